"""Events that no page would send, through Gradio's queue to the running app: each ends in one readable sentence for who
sent it and at most one line in the log, and the app goes on answering."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest

from scripts.visitors import Visitor
from tests.trust.conftest import App, visitor
from ui.events import GONE
from ui.gradio_patches.calls import UNKNOWN
from ui.gradio_patches.validation import UNFIT
from ui.handlers.panel.tool_bench import MAX_FIELDS, MAX_FIELDS_OF_ALL
from ui.texts import texts

Json = dict[str, Any]
ADDRESSES = count(1)
NAN = float("nan")
SHAPES = Path("assets/examples/shapes.png")


@dataclass
class Told:
    """What came of a forged event: what its sender was told, whether it was carried out, the lines of the log."""

    sentences: list[str] = field(default_factory=list)
    done: bool = False
    printed: list[str] = field(default_factory=list)


def forged(
    app: App, name: str, trigger: str, call: Json | None = None, fields: Json | None = None, after: bool = False
) -> Told:
    """Sends what a page would after a message and its answer, or what would follow it, with parts of it exchanged."""

    async def send() -> list[Json]:
        async with visitor(app, address=f"203.0.113.{100 + next(ADDRESSES) % 100}") as page:
            assert (await page.say("Hello", **{"max-tokens": 2})).state == "completed"
            event = page.event(name, trigger)
            given = {"message": {"text": "Hello", "files": []}, "max-tokens": 1}
            if after:
                async for _ in page.call(page.body(event, given)):
                    pass
                event = page.after(event)
            body = page.body(event, given | (fields or {})) | (call or {})
            return [told async for told in page.call(body)]

    before = app.printed()
    events = asyncio.run(send())
    told = Told([event["log"] for event in events if event["msg"] == "log"])
    if events[-1]["msg"] == "process_completed":
        told.done = events[-1]["success"]
        told.sentences += [] if told.done else [events[-1]["output"]["error"]]
    told.printed = app.printed().removeprefix(before).splitlines()
    return told


@pytest.fixture(autouse=True)
def answering(open_app: App) -> Iterator[None]:
    """After each of these the app answers the next visitor, and has logged no traceback."""
    yield

    async def talk() -> str:
        async with visitor(open_app, address="203.0.113.99") as page:
            return (await page.say("Hello", **{"max-tokens": 2})).state

    assert asyncio.run(talk()) == "completed"
    assert "Traceback" not in open_app.printed()


CALLS: list[tuple[Json, str]] = [
    ({"fn_index": 9999}, UNKNOWN), ({"fn_index": -1}, UNKNOWN), ({"fn_index": "x"}, UNFIT), ({"fn_index": 1.5}, UNFIT),
    ({"data": None}, UNFIT), ({"data": {"a": 1}}, UNFIT), ({"batched": True}, UNFIT), ({"trigger_id": "x"}, UNFIT),
    ({"session_hash": ""}, UNFIT), ({"session_hash": 7}, UNFIT), ({"session_hash": "x" * 10_000}, UNFIT),
    ({"session_hash": "../x"}, UNFIT), ({"event_data": "half \ud83d"}, UNFIT),
    ({"event_data": {"path": "http://127.0.0.1:9/a.png"}}, UNFIT), ({"event_data": {"path": "/etc/passwd"}}, UNFIT),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), CALLS, ids=lambda value: str(value)[:30])
def test_a_call_that_names_no_event_or_no_page_is_refused(open_app: App, change: Json, sentence: str) -> None:
    told = forged(open_app, "message", "submit", change)
    assert [json.loads(text)["detail"] for text in told.sentences] == [sentence]
    assert len(told.printed) <= 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"\xff\xfe", b"[" * 100_000], ids=lambda body: repr(body[:9]))
def test_a_body_that_is_no_call_is_refused(open_app: App, body: bytes) -> None:
    before = open_app.printed()
    headers = {"Content-Type": "application/json"}
    answer = httpx2.post(f"{open_app.url}/gradio_api/queue/join", content=body, headers=headers, timeout=30)
    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)
    assert open_app.printed() == before


FIELDS: list[tuple[str, object]] = [
    ("temperature", "hot-secret"), ("temperature", 9), ("temperature", -1), ("temperature", NAN), ("temperature", None),
    ("temperature", [1]), ("top-k", True), ("keep", "secret"),
    ("approval", {"a": 1}), ("builtin-tools", ["secret"]), ("builtin-tools", 7), ("tool-choice", "secret"),
    ("tool-schemas", 7), ("private", "secret"), ("seed", NAN), ("seed", {"a": 1}), ("seed", True), ("system-prompt", 7),
    ("builtin-tools", None), ("builtin-tools", [7]), ("keep", ["secret"]), ("tool-choice", ["secret"]),
    ("message", "secret"), ("message", {"text": 5}),
    ("message", {"text": "secret", "files": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]}),
    ("message", {"text": "secret", "files": [{"path": "http://127.0.0.1:9/a", "meta": {"_type": "gradio.FileData"}}]}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), FIELDS, ids=lambda value: str(value)[:30])
def test_a_value_that_does_not_fit_its_field_is_refused(open_app: App, name: str, value: object) -> None:
    told = forged(open_app, "message", "submit", fields={name: value})
    assert not told.done
    (sentence,) = told.sentences
    assert sentence == UNFIT or re.fullmatch(
        r"Value \S+ is (less|greater) than (minimum|maximum) value \S+\.", sentence
    )
    assert len(told.printed) <= 1
    assert "secret" not in str(told.printed)


@pytest.mark.parametrize("do", ["fill", "send"])
def test_a_picture_of_the_servers_own_comes_into_no_message(open_app: App, do: str) -> None:
    data = {"do": do, "id": "q", "text": "", "files": [str(SHAPES.resolve())]}
    told = forged(open_app, "channel", "submit" if do == "send" else "select", {"event_data": data})
    assert (told.done, len(told.sentences), told.printed) == (True, 1, [])


@pytest.mark.parametrize("value", ["secret", "nan", "9" * 10_000], ids=lambda value: value[:20])
def test_a_seed_that_is_no_number_is_refused_in_a_sentence_of_its_own(open_app: App, value: str) -> None:
    told = forged(open_app, "message", "submit", fields={"seed": value})
    assert (told.sentences, told.printed) == ([texts.panel.seed_not_whole], [])


def test_a_call_without_its_values_is_refused_and_those_of_it_are_not_logged(open_app: App) -> None:
    told = forged(open_app, "message", "submit", {"data": ["secret"]})
    assert (told.done, told.sentences) == (False, [UNFIT])
    assert len(told.printed) <= 1
    assert "secret" not in str(told.printed)


PLACES: list[object] = [99, -1, "x", None, [], ["x"], {"a": 1}, True, 1.5, float("inf"), 10**400]


@pytest.mark.parametrize("index", PLACES, ids=lambda value: str(value)[:20])
def test_an_example_that_does_not_exist_changes_nothing(open_app: App, index: object) -> None:
    told = forged(open_app, "examples", "select", {"event_data": {"index": index}})
    assert (told.done, told.sentences, told.printed) == (True, [GONE], [])


@pytest.mark.parametrize("data", [None, "x", [], {}, 7], ids=str)
def test_an_example_that_is_not_named_changes_nothing(open_app: App, data: object) -> None:
    told = forged(open_app, "examples", "select", {"event_data": data})
    assert (told.done, told.sentences, told.printed) == (True, [GONE], [])


@pytest.mark.parametrize(
    "index", [99, -99, "x", None, [1], float("inf"), "9" * 5000], ids=lambda value: str(value)[:20]
)
@pytest.mark.parametrize("command", ["turn", "inspect", "edit", "compare", "rewrite", "source", "zzz"])
def test_a_branch_a_prompt_a_message_or_a_command_that_does_not_exist_changes_nothing(
    open_app: App, command: str, index: object
) -> None:
    data = {"do": command, "index": index, "step": 1, "text": "forged"}
    told = forged(open_app, "channel", "select", {"event_data": data})
    assert (told.done, told.sentences, told.printed) == (True, [GONE], [])


def test_settings_that_are_exchanged_after_a_comparison_was_announced_count_for_nothing(open_app: App) -> None:
    told = forged(open_app, "compare-start", "click", fields={"json-schema": "["}, after=True)
    assert (told.done, told.sentences, told.printed) == (True, [], [])


ODD: list[Json] = [
    {"properties": {"a": True}}, {"properties": {"a": {"enum": [None, [1], {"b": 2}]}}}, {"properties": {"": {}}},
    {"properties": {"a": {"enum": [2**70, -(10**299)], "maximum": 2**70}}},
    {"properties": {f"p{number}": {} for number in range(3000)}},
]  # fmt: skip


def bench(app: App, *tools: Json) -> Json:
    """What a page is told that has these tools in its editor."""

    async def show() -> Json:
        async with visitor(app, address="203.0.113.98") as page:
            form = next(d for d in page.config["dependencies"] if d.get("api_name") == "apply")
            schemas = {"tool-schemas": json.dumps(tools)}
            return [event async for event in page.call(page.body(form, schemas))][-1]

    return asyncio.run(show())


@pytest.mark.parametrize("parameters", ODD, ids=lambda value: str(value)[:40])
def test_the_bench_shows_a_form_for_every_schema_that_the_editor_takes(open_app: App, parameters: Json) -> None:
    shown = bench(open_app, {"name": "odd", "parameters": parameters})
    assert shown["success"]
    assert len(json.dumps(shown)) < 100_000


def test_the_fields_of_many_tools_are_bounded_together_and_each_tool_may_have_its_reply(open_app: App) -> None:
    many = {"properties": {f"p{number}": {"type": "string"} for number in range(30)}}
    shown = bench(open_app, *({"name": f"tool{number}", "parameters": many} for number in range(64)))
    drawn = [part["props"].get("label") or "" for part in shown["output"]["render_config"]["components"]]
    assert len([label for label in drawn if label.endswith("(optional)")]) == MAX_FIELDS_OF_ALL
    assert drawn.count(texts.panel.canned) == 64
    assert texts.panel.too_many_fields.format(of_one=MAX_FIELDS, of_all=MAX_FIELDS_OF_ALL) in json.dumps(
        shown, ensure_ascii=False
    )
    assert len(drawn) < 400


def model_status(app: App, **headers: str) -> str:
    """What the page says after a visitor who sends these headers too asked for a model that is nowhere."""

    async def call() -> str:
        async with httpx2.AsyncClient(timeout=60, headers=headers) as client:
            page = Visitor(app.url, (await client.get(f"{app.url}/config")).json(), client)
            load = page.body(page.event("model-load", "click"), {"model": "/nowhere", "precision": "bf16"})
            return json.dumps([event async for event in page.call(load)])

    return asyncio.run(call())


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.5"}, {"Forwarded": "for=203.0.113.5"}, {"X-Real-IP": "203.0.113.5"},
        {"X-Forwarded-For": ""}, {"Host": "chat.example", "X-Forwarded-Host": "chat.example"},
        {"Host": "localhost.example", "Via": "1.1 proxy"},
    ],
    ids=str,
)  # fmt: skip
def test_who_comes_through_a_proxy_cannot_change_the_model_nor_look_for_folders(
    open_app: App, headers: dict[str, str]
) -> None:
    said = model_status(open_app, **headers)
    assert texts.model.elsewhere in said
    assert "nowhere" not in said


def test_who_runs_the_app_can_change_the_model(open_app: App) -> None:
    assert "no folder /nowhere" in model_status(open_app)


PASSED_ON = {"Host": "evil.example", "X-Forwarded-For": "203.0.113.5"}


@pytest.mark.parametrize("path", ["/robots.txt/", "/manifest.json/", "/config/", "/login/"])
def test_no_answer_leads_to_a_host_that_whoever_asked_made_up(open_app: App, path: str) -> None:
    answer = httpx2.get(f"{open_app.url}{path}", headers=PASSED_ON, follow_redirects=False)
    assert "evil.example" not in answer.text + str(answer.headers)
