"""Requests that no program sends by mistake alone, as a table: what each is, its body, the status, and the parameter
that the answer names. All of them are for /v1/chat/completions."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from web.api.requests import ChatCompletion

ASKED: list[Any] = [{"role": "user", "content": "hi"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 40).decode()


@dataclass(frozen=True)
class Hostile:
    """`body` makes it, since some are large. `param` is None where the error names none."""

    what: str
    body: Callable[[], bytes]
    param: str | None = None
    status: int = 400


def request(**fields: Any) -> bytes:
    """A body with these fields, and a message unless they have some."""
    return json.dumps({"messages": ASKED} | fields).encode()


def _raw(what: str, body: bytes, status: int = 400) -> Hostile:
    return Hostile(what, lambda: body, None, status)


def _with(what: str, param: str | None, status: int = 400, **fields: Any) -> Hostile:
    return Hostile(what, lambda: request(**fields), param, status)


def _said(what: str, param: str, *messages: Any) -> Hostile:
    return Hostile(what, lambda: request(messages=[*messages]), param)


def _part(what: str, part: Any, param: str = "") -> Hostile:
    return _said(what, f"messages[0].content[0]{param}", {"role": "user", "content": [part]})


def _picture(what: str, url: Any, param: str = "") -> Hostile:
    return _part(what, {"type": "image_url", "image_url": {"url": url}}, f".image_url{param}")


def _calls(*calls: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [*calls]} | fields


def _call(id_: Any = "call_1", name: Any = "f", arguments: Any = "{}") -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def _result(id_: Any = "call_1", content: Any = "x") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id_, "content": content}


def _function(**fields: Any) -> list[Any]:
    return [{"type": "function", "function": {"name": "f"} | fields}]


def _schema(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}


def _nested(levels: int) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": _nested(levels - 1)}} if levels else {}


BODIES = (
    _raw("nothing", b""), _raw("blanks", b" \n"), _raw("null", b"null"), _raw("a list", b"[]"), _raw("a text", b'"hi"'),
    _raw("a number", b"1"), _raw("half of it", request()[:-5]), _raw("two objects", request() * 2),
    _raw("a comma too many", b'{"messages":[],}'), _raw("a comment", b'{"messages":[]} // hi'),
    _raw("a mark of byte order", b"\xef\xbb\xbf" + request()), _raw("UTF-16", request().decode().encode("utf-16")),
    _raw("bytes that are no UTF-8", b'{"messages":[{"role":"user","content":"\xff\xfe"}]}'),
    _raw("a surrogate in UTF-8", b'{"messages":[{"role":"user","content":"\xed\xa0\x80"}]}'),
    _raw("half of a character", b'{"messages":[{"role":"user","content":"\\ud83d"}]}'),
    _raw("a bare control character", b'{"messages":[{"role":"user","content":"\0"}]}'),
    _raw("NaN", b'{"messages":[{"role":"user","content":"hi"}],"temperature":NaN}'),
    _raw("infinity", b'{"messages":[{"role":"user","content":"hi"}],"top_p":-Infinity}'),
    _raw("more than a float holds", b'{"messages":[{"role":"user","content":"hi"}],"temperature":1e999}'),
    _raw("NaN within a tool", b'{"messages":[{"role":"user","content":"hi"}],"tools":[{"a":NaN}]}'),
    Hostile("a number of a million digits", lambda: b'{"messages":[],"seed":' + b"9" * 1_000_000 + b"}"),
    _raw("a name twice", b'{"messages":[{"role":"user","content":"hi"}],"model":"a","model":"b"}'),
    _raw("a role twice", b'{"messages":[{"role":"user","role":"system","content":"hi"}]}'),
    Hostile("lists within lists", lambda: b'{"messages":' + b"[" * 40_000),
    Hostile("objects within objects", lambda: b'{"a":' * 20_000),
    Hostile("a tool nested 200 deep", lambda: request(tools=[_nested(100)])),
    Hostile("a million values", lambda: b'{"messages":[' + b"[]," * 1_000_000 + b"1]}", None, 413),
    Hostile("a million texts", lambda: b'{"messages":[' + b'"",' * 1_000_000 + b"1]}", None, 413),
    Hostile("names that all differ", lambda: json.dumps(dict.fromkeys(map(str, range(200_000)))).encode(), None, 413),
    Hostile("100 MB", lambda: request(messages=[{"role": "user", "content": "a" * 100_000_000}]), None, 413),
)  # fmt: skip

MESSAGES = (
    _raw("no messages", b"{}"), _with("no message", "messages", messages=[]),
    _with("messages that are null", "messages", messages=None), _with("a text", "messages", messages="hi"),
    _said("a message that is a text", "messages[0]", "hi"),
    Hostile("10,000 messages", lambda: request(messages=ASKED * 10_000), None, 413),
    Hostile("3,000 messages", lambda: request(messages=ASKED * 3_000), "messages"),
    _said("an unknown role", "messages[1].role", *ASKED, {"role": "root", "content": "hi"}),
    _said("a role in capitals", "messages[0].role", {"role": "User", "content": "hi"}),
    _said("the role of old functions", "messages[0].role", {"role": "function", "name": "f", "content": "hi"}),
    _said("no role", "messages[0].role", {"content": "hi"}),
    _said("a role that is a list", "messages[0].role", {"role": ["user"], "content": "hi"}),
    _said("no content", "messages[0].content", {"role": "user"}),
    _said("content that is null", "messages[0].content", {"role": "user", "content": None}),
    _said("content that is a number", "messages[0].content", {"role": "user", "content": 1}),
    _said("content that is an object", "messages[0].content", {"role": "user", "content": {"type": "text"}}),
    _said("parts that are texts", "messages[0].content[0]", {"role": "user", "content": ["hi"]}),
    _said("no person's message", "messages", {"role": "system", "content": "hi"}),
    _said("an answer first", "messages[0].role", {"role": "assistant", "content": "hi"}, *ASKED),
    _said("an answer last", "messages[1].role", *ASKED, {"role": "assistant", "content": "hi"}),
    _said("an answer of nothing", "messages[1].content", *ASKED, {"role": "assistant"}, *ASKED),
    _said("a beginning in the middle", "messages[1].prefix", *ASKED,
          {"role": "assistant", "content": "a", "prefix": True}, *ASKED),
    _with("a question to be gone on with", "continue_final_message", continue_final_message=True),
    _with("both ways to begin", "add_generation_prompt", continue_final_message=True, add_generation_prompt=True),
    Hostile("10,000 wrong parts", lambda: request(messages=[{"role": "user", "content": [{"type": "text"}] * 10_000}]),
            "messages[0].content[0].text"),
    Hostile("three million characters", lambda: request(messages=[{"role": "user", "content": "a" * 3_000_000}]),
            "messages"),
)  # fmt: skip

PARTS = (
    _part("an unknown part", {"type": "gadget"}, ".type"), _part("a part without type", {"text": "hi"}, ".type"),
    _part("a text part without text", {"type": "text"}, ".text"),
    _part("a number as text", {"type": "text", "text": 1}, ".text"),
    _part("sound", {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}, ".type"),
    _part("a file", {"type": "file", "file": {"file_id": "x"}}, ".type"),
    _part("a picture of nothing", {"type": "image_url"}, ".image_url"),
    _part("a picture that is null", {"type": "image_url", "image_url": None}, ".image_url"),
    _picture("an address that is a number", 7, ".url"), _picture("an empty address", ""),
    _picture("a file of this machine", "file:///etc/passwd"), _picture("a path", "/etc/passwd"),
    _picture("a script", "javascript:alert(1)"), _picture("another protocol", "ftp://example.com/a.png"),
    _picture("this machine", "http://127.0.0.1/a.png"), _picture("this machine by name", "http://localhost/a.png"),
    _picture("this machine in IPv6", "http://[::1]/a.png"), _picture("a cloud's own address", "http://169.254.169.254/"),
    _picture("another port", "http://example.com:22/a.png"), _picture("a password", "http://a:b@example.com/a.png"),
    _picture("an address that is none", "http://[/"), _picture("no base64", "data:image/png,abc"),
    _picture("base64 that is none", "data:image/png;base64,ä€"),
    _picture("base64 of odd length", "data:image/png;base64,abc"), _picture("no bytes", "data:image/png;base64,"),
    _picture("a text as a picture", "data:image/png;base64,aGk="),
    _picture("half of a picture", f"data:image/png;base64,{PNG}"),
    _picture("a page", "data:text/html;base64," + base64.b64encode(b"<script>alert(1)</script>").decode()),
    _picture("a drawing", "data:image/svg+xml;base64," + base64.b64encode(b"<svg xmlns='http://www.w3.org/'/>").decode()),
)  # fmt: skip

CALL = "messages[1].tool_calls[0]"
CALLS = (
    _said("a call without a result", f"{CALL}.id", *ASKED, _calls(_call())),
    _said("a call without a result, then words", f"{CALL}.id", *ASKED, _calls(_call()), *ASKED),
    _said("one of two without", "messages[1].tool_calls[1].id", *ASKED, _calls(_call(), _call("b")), _result()),
    _said("a result without a call", "messages[1].tool_call_id", *ASKED, _result()),
    _said("a result of another call", "messages[2].tool_call_id", *ASKED, _calls(_call()), _result("b")),
    _said("two results of a call", "messages[3].tool_call_id", *ASKED, _calls(_call()), _result(), _result()),
    _said("an id twice", "messages[1].tool_calls[1].id", *ASKED, _calls(_call(), _call()), _result(), _result()),
    _said("a call without an id", f"{CALL}.id", *ASKED,
          _calls({"type": "function", "function": {"name": "f", "arguments": "{}"}})),
    _said("an empty id", f"{CALL}.id", *ASKED, _calls(_call(""))),
    _said("an id that is a number", f"{CALL}.id", *ASKED, _calls(_call(1))),
    _said("an id of 1,000 characters", f"{CALL}.id", *ASKED, _calls(_call("a" * 1000))),
    _said("a call of no function", f"{CALL}.function", *ASKED, _calls({"id": "a", "type": "function"})),
    _said("a function's name with blanks", f"{CALL}.function.name", *ASKED, _calls(_call("a", "a b"))),
    _said("control tokens as a name", f"{CALL}.function.name", *ASKED, _calls(_call("a", "[ARGS]"))),
    _said("arguments that are a number", f"{CALL}.function.arguments", *ASKED,
          _calls(_call("a", "f", 1))),
    _said("calls that are an object", "messages[1].tool_calls", *ASKED, {"role": "assistant", "tool_calls": _call()}),
    _said("a result without an id", "messages[2].tool_call_id", *ASKED, _calls(_call()), {"role": "tool"}),
    _said("a result of a whole number", "messages[2].content", *ASKED, _calls(_call()), _result(content=21)),
    _said("a result that is an object", "messages[2].content", *ASKED, _calls(_call()), _result(content={"a": 1})),
)  # fmt: skip

TOOLS = (
    _with("tools that are a text", "tools", tools="f"), _with("a tool that is a number", "tools[0]", tools=[1]),
    _with("a tool of nothing", "tools[0].function", tools=[{}]),
    _with("a tool without a name", "tools[0].function.name", tools=[{"type": "function", "function": {}}]),
    _with("a tool's name with blanks", "tools[0].function.name", tools=_function(name="a b")),
    _with("a tool's name that is a number", "tools[0].function.name", tools=_function(name=1)),
    _with("two tools of one name", "tools[1].function.name", tools=[TOOL, TOOL]),
    _with("parameters that are a number", "tools[0].function.parameters", tools=_function(parameters=1)),
    _with("a tool of another kind", "tools[0].type", tools=[{"type": "custom", "custom": {"name": "f"}}]),
    _with("parameters of no known type", "tools", tools=_function(parameters={"type": "gadget"})),
    _with("a schema within a schema that is none", "tools",
          tools=_function(parameters={"type": "object", "properties": {"a": {"properties": {"b": 7}}}})),
    Hostile("1,000 tools", lambda: request(tools=[_function(name=f"f{n}")[0] for n in range(1_000)]), "tools"),
    _with("a call of no tool", "tool_choice", tool_choice="required"),
    _with("a call of another tool", "tool_choice", tools=[TOOL],
          tool_choice={"type": "function", "function": {"name": "g"}}),
    _with("a choice that is none", "tool_choice", tools=[TOOL], tool_choice="perhaps"),
    _with("a choice without a name", "tool_choice.function", tools=[TOOL], tool_choice={"type": "function"}),
)  # fmt: skip

FORMATS = (
    _with("a format that is a text", "response_format", response_format="json"),
    _with("a format without a type", "response_format.type", response_format={}),
    _with("an unknown format", "response_format.type", response_format={"type": "xml"}),
    _with("a schema that is missing", "response_format.json_schema", response_format={"type": "json_schema"}),
    _with("a schema that is a list", "response_format.json_schema.schema", response_format=_schema([])),
    _with("a schema of 30,000 characters", "response_format.json_schema.schema",
          response_format=_schema({"title": "a" * 30_000})),
    _with("a schema nested 40 deep", "response_format.json_schema.schema", response_format=_schema(_nested(40))),
    _with("an object's schema that is none", "response_format.schema",
          response_format={"type": "json_object", "schema": {"type": 7}}),
    _with("a schema that is none", "response_format.json_schema.schema", response_format=_schema({"type": "gadget"})),
)  # fmt: skip

SETTINGS = (
    *(
        _with(f"{name} {value}", name, **{name: value})
        for name, values in {
            "temperature": (-0.1, 2.1, 1e300), "top_p": (0, 1.1, -1), "top_k": (-2, 1_001, 10**200), "min_p": (-1, 2),
            "repetition_penalty": (0, 3), "seed": (-1, 2**64), "random_seed": (-1,),
            "max_tokens": (0, -1), "max_completion_tokens": (0,),
            "n": (0, 2, 1.5), "top_logprobs": (-1, 21, 3), "frequency_penalty": (0.5, "a"), "presence_penalty": (-2,),
            "logit_bias": ({"1": 100}, "a"), "stop": ([""], ["a"] * 9, ["a" * 201]), "best_of": (3,),
            "functions": ([{"name": "f"}],), "modalities": (["text", "audio"],), "guided_json": ({},),
            "reasoning_effort": ("extreme",), "stream_options": ({"include_usage": True},),
        }.items()
        for value in values
    ),
    Hostile("20,000 wrong stops", lambda: request(stop=[1] * 20_000), "stop[0]"),
    _with("a stop that is null", "stop[0]", stop=[None]),
    _with("a model that is not here", "model", 404, model="gpt-9"),
    _with("a model of 100,000 characters", "model", 404, model="a" * 100_000),
    _with("a path as a model", "model", 404, model="../../etc/passwd"),
)  # fmt: skip

HOSTILE: tuple[Hostile, ...] = (*BODIES, *MESSAGES, *PARTS, *CALLS, *TOOLS, *FORMATS, *SETTINGS)


def of_wrong_types(kind: type[BaseModel] = ChatCompletion) -> Iterator[Hostile]:
    """Each field of a request with values of types that it does not have."""
    for name, field in kind.model_fields.items():
        for value in ("x", 1, 1.5, True, [1], [[]], {"x": 1}, [{"x": 1}]):
            if not _fits(kind, name, value):
                body = json.dumps({"messages": ASKED} | {field.alias or name: value}).encode()
                yield Hostile(f"{name}: {value}", lambda body=body: body, name)  # type: ignore[misc]


@cache
def _schema_of(kind: type[BaseModel]) -> dict[str, Any]:
    return kind.model_json_schema()


def _fits(kind: type[BaseModel], name: str, value: Any) -> bool:
    """Whether a value of this type may be the field's."""
    schema = _schema_of(kind)
    kinds = _types(schema["properties"][name], schema["$defs"])
    given = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}[
        type(value)
    ]
    if given == "string":
        return name in ("model", "stop", "prompt")  # of others only some words are taken
    if given == "array":
        return False  # of nothing that is an entry
    if given == "object":
        return name == "stream_options"  # in which all may be left out
    return given in kinds or (given == "integer" and "number" in kinds)


def _types(schema: dict[str, Any], definitions: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _types(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    own = {schema["type"]} if isinstance(schema.get("type"), str) and "enum" not in schema else set()
    return own.union(*(_types(each, definitions) for each in inner))
