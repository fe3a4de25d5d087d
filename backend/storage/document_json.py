"""Documents as JSON, and back: exports, what the archive and the browsers keep.

The format is mistral-chat/2: a list of nodes, each with the id of its parent, which comes before it; of the request
that an answer came from, what is large stands once for all answers, under its hash. The JSON is made and checked by
pydantic from our dataclasses. mistral-chat/1 is read: its nodes are known by their places, and hold whole requests.
Pictures are given by whatever the caller wants to stand for them: data URLs in an export, file names in an archive.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

from backend.chat.errors import ConversationInvalid, ImageRefused, ImageWaits
from backend.chat.messages import AssistantMessage, Message, ToolMessage, ToolSpec, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.chat.scores import fitting
from backend.chat.tree import ConversationTree, Node, images_of, new_id
from backend.storage.document import Document
from backend.storage.images import TooManyPictures, once_each

FORMAT = "mistral-chat/2"
GONE_PICTURE = "(an image that couldn’t be read)"
INVALID = "This isn't a chat export this app can read."
NEWER = "This chat was exported by a newer version of the app. Update the app to open it."
MAX_NAME = 500  # characters of a file's name, and of what is said of a picture
MAX_TOKENS = 10**12  # of one answer; none of over 64 bits could be sent to the page
MAX_SECONDS = 10**6  # of a thought
HALF = re.compile(rb"\\u[dD]")
PANEL = ("model", "revision", "versions", "prompt", "settings", "tools", "example", "keep")

Json = dict[str, Any]
Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
Address = Callable[[Image], str]


@dataclass(frozen=True)
class _Setup:
    """What is large in a request, and mostly the same in the next: the prompt, the tools, the schema of the answer."""

    system_prompt: str
    tools: tuple[ToolSpec, ...]
    json_schema: str = ""


_DOCUMENT, _MESSAGE, _REQUEST = TypeAdapter(Document), TypeAdapter[Message](Message), TypeAdapter(ChatRequest)
_SETUP = TypeAdapter(_Setup)
_KINDS: dict[str, TypeAdapter[Any]] = {
    "parts": TypeAdapter(UserMessage), "result": TypeAdapter(ToolMessage), "text": TypeAdapter(AssistantMessage),
}  # fmt: skip


class _Node(BaseModel):
    """`asked` names its setup in /2 and holds all in /1; `parent` is a place in /1."""

    id: Id = ""
    parent: Id | int | None
    message: Json
    asked: Json | None = None


class _File(BaseModel):
    format: Literal["mistral-chat/2"]
    id: Id
    leaf: Id | None
    nodes: list[_Node]
    setups: dict[str, _Setup]


class _OldHistory(BaseModel):
    nodes: list[_Node]
    leaf: int | None


class _OldFile(BaseModel):
    format: Literal["mistral-chat/1"]
    id: Id = "old"
    history: _OldHistory


def to_json(document: Document, address: Address) -> Json:
    """The document as JSON values, each picture's path being the address given for it."""
    nodes, setups = nodes_json(document.history.nodes.values(), address)
    head: Json = _DOCUMENT.dump_python(replace(document, history=ConversationTree()), mode="json")
    del head["history"]
    return {"format": FORMAT, **head, "leaf": document.history.leaf, "nodes": nodes, "setups": setups}


def panel_json(document: Document) -> Json:
    """What the panel held, as JSON values."""
    head: Json = _DOCUMENT.dump_python(replace(document, history=ConversationTree()), mode="json")
    return {name: head[name] for name in PANEL}


def nodes_json(nodes: Iterable[Node], address: Address) -> tuple[list[Json], dict[str, Json]]:
    """Nodes as JSON values, and what their answers were asked with, by its hash."""
    values, setups = [], dict[str, Json]()
    for node in nodes:
        made, named = node_json(node, address)
        values.append(made)
        setups |= named
    return values, setups


def node_json(node: Node, address: Address) -> tuple[Json, dict[str, Json]]:
    """One node as JSON values, and the setup that it names, by its hash."""
    message = _MESSAGE.dump_python(_addressed(node.message, address), mode="json")
    made: Json = {"id": node.id, "parent": node.parent, "message": message, "asked": None}
    if node.asked is None:
        return made, {}
    request = node.asked
    setup = _SETUP.dump_python(_Setup(request.system_prompt, request.tools, request.settings.json_schema), mode="json")
    asked: Json = _REQUEST.dump_python(replace(request, system_prompt="", messages=(), tools=()), mode="json")
    for name in ("system_prompt", "messages", "tools", "owner"):  # the last is a secret of the page
        del asked[name]
    del asked["settings"]["json_schema"]
    text = json.dumps(setup, ensure_ascii=False, sort_keys=True)
    key = blake2b(text.encode(), digest_size=20).hexdigest()
    return made | {"asked": asked | {"setup": key}}, {key: setup}


def from_json(value: object, take: Callable[[str], Image]) -> Document:
    """The document in JSON values or JSON text; `take` turns a picture's address into a picture of ours.

    One that it refuses is marked in its place. Raises ConversationInvalid, ImageWaits and TooManyPictures.
    """
    return with_pictures(parsed(value), take)


def parsed(value: object) -> Document:
    """The same with each picture's address as its path. Raises ConversationInvalid."""
    try:
        values = json.loads(value) if isinstance(value, str | bytes) else value
        if not isinstance(value, bytes) or HALF.search(value):  # bytes can have half a character only as an escape
            json.dumps(values, ensure_ascii=False).encode()  # it could be neither shown nor kept
        return _read(values)
    except (ValueError, RecursionError) as error:  # of which pydantic's is one
        raise ConversationInvalid(INVALID) from error


def with_pictures(document: Document, take: Callable[[str], Image]) -> Document:
    """The document with the pictures at its pictures' addresses."""
    taken = once_each(take)

    def changed(image: Image) -> Image | Text:
        try:
            return taken(image.path)
        except (ImageWaits, TooManyPictures):
            raise
        except ImageRefused:
            return Text(GONE_PICTURE)

    return replace(document, history=document.history.with_images(changed))


def _read(values: Any) -> Document:
    """Raises ValueError, of which pydantic's error is one."""
    form = values.get("format") if isinstance(values, dict) else None
    if isinstance(form, str) and form.startswith("mistral-chat/") and form not in (FORMAT, "mistral-chat/1"):
        raise ConversationInvalid(NEWER)
    if form == FORMAT:
        file = _File.model_validate(values)
        history = ConversationTree.of([_node(node, file.setups) for node in file.nodes], file.leaf)
    else:
        history = _old_history(_OldFile.model_validate(values).history)
    head = {name: part for name, part in values.items() if name not in ("history", "nodes", "leaf", "setups")}
    return replace(_DOCUMENT.validate_python(head), history=history)


def _node(node: _Node, setups: dict[str, _Setup]) -> Node:
    if not isinstance(node.parent, str | None) or not node.id:
        raise ValueError("a node without an id")
    asked = None
    if node.asked is not None:
        setup = setups.get(str(node.asked.get("setup")))
        if setup is None:
            raise ValueError("a request without its setup")
        asked = _asked(node.asked)
        settings = replace(asked.settings, json_schema=setup.json_schema or asked.settings.json_schema)
        asked = replace(asked, system_prompt=setup.system_prompt, tools=setup.tools, settings=settings)
    return Node(node.id, node.parent, _message(node.message), asked)


def _asked(values: Json) -> ChatRequest:
    """Without messages, whatever a file says: they are the nodes before, and their pictures would not be ours."""
    return _REQUEST.validate_python(values | {"messages": (), "owner": ""})


def _old_history(history: _OldHistory) -> ConversationTree:
    ids = [new_id() for _ in history.nodes]
    nodes = []
    for place, node in enumerate(history.nodes):
        if isinstance(node.parent, str) or (node.parent is not None and not 0 <= node.parent < place):
            raise ValueError("a node without a parent")
        asked = None if node.asked is None else _asked(node.asked)
        nodes.append(Node(ids[place], None if node.parent is None else ids[node.parent], _message(node.message), asked))
    if history.leaf is not None and not 0 <= history.leaf < len(ids):
        raise ValueError("the shown branch does not exist")
    return ConversationTree.of(nodes, None if history.leaf is None else ids[history.leaf])


def _message(values: Json) -> Message:
    """What pydantic would let pass is refused: a message or a part that it would take for an empty one."""
    (kind,) = _KINDS.keys() & values.keys()
    parts = values.get("parts")
    if len(str(values.get("example", ""))) > MAX_NAME:
        raise ValueError("no name of an example")
    for part in parts if isinstance(parts, list) else ():
        if not (isinstance(part, dict) and len({"text", "path", "content"} & part.keys()) == 1):
            raise ValueError("not a part of a message")
        if any(len(str(part.get(name, ""))) > MAX_NAME for name in ("name", "label", "mark")):
            raise ValueError("a name that nobody could read")
    message: Message = _KINDS[kind].validate_python(values)
    if not isinstance(message, AssistantMessage):
        return message
    usage = message.stats.usage if message.stats else None
    if usage and not all(
        0 <= count <= MAX_TOKENS
        for count in (
            usage.prompt_tokens,
            usage.image_tokens,
            usage.new_tokens,
            usage.reused_tokens,
            usage.thought_tokens,
        )
    ):
        raise ValueError("a count of tokens that no answer takes")
    if not (0 <= message.thought_tokens <= MAX_TOKENS and 0 <= message.thought_seconds <= MAX_SECONDS):
        raise ValueError("a thought that nobody has")
    return replace(message, scores=fitting(message.scores, message.text))


def _addressed(message: Message, address: Address) -> Message:
    if not images_of(message):
        return message
    if isinstance(message, ToolMessage):
        made = tuple(replace(image, path=address(image)) for image in message.result.images)
        return ToolMessage(replace(message.result, images=made))
    assert isinstance(message, UserMessage)
    parts = (replace(part, path=address(part)) if isinstance(part, Image) else part for part in message.parts)
    return replace(message, parts=tuple(parts))
