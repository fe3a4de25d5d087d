"""Files as other programs write them: what comes of each, and that every one can be gone on with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.chat.context import with_tool_pictures
from backend.chat.messages import AssistantMessage, Conversation, Message, ToolMessage, UserMessage
from backend.chat.parts import Image, Part, Text, TextFile
from backend.chat.request import ChatRequest
from backend.chat.thoughts import thoughts_as_sent
from backend.sandbox.pool import Run, Sandbox
from backend.storage.document import Document
from backend.storage.images import ImageStore
from backend.storage.imports import Imported, import_file
from backend.tokenization.tokenizer import Tokenizer
from backend.tools.toolbox import parse_tools

FOLDER = Path(__file__).parent / "imports"
FILES = sorted(file for file in FOLDER.iterdir() if file.suffix in (".json", ".jsonl"))


@pytest.fixture(params=FILES, ids=lambda file: file.name)
def file(request: pytest.FixtureRequest) -> Path:
    """Each of the files."""
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """In a process with limits, which gives back plain data only."""
    sandbox = Sandbox(2.0, 1_000_000_000, ["backend.storage.imports"])
    yield sandbox.run
    sandbox.close()


def opened(file: Path, folder: Path, run: Run) -> Imported:
    return import_file(file, ImageStore(folder / "store").take_data_url, run)


def shown(imported: Imported) -> str:
    """All that came of a file, for people to read."""
    parts = [_document(document) for document in imported.documents]
    return "\n".join([*parts, *(f"left out: {left}" for left in imported.left_out)]) + "\n"


def _document(document: Document) -> str:
    lines = [f"== {document.title}".rstrip()]
    lines += [f"prompt: {document.prompt!r}"] if document.prompt else []
    lines += [f"tools: {document.tools.schemas}"] if document.tools.schemas else []
    names: dict[str, str] = {}
    places: dict[str | None, int] = {None: 0}
    for place, node in enumerate(document.history.nodes.values(), 1):
        places[node.id] = place
        on_path = "*" if node.id in document.history.path else " "
        lines.append(f"{on_path}{place}<{places[node.parent]} {_message(node.message, names)}")
    return "\n".join(lines)


def _message(message: Message, names: dict[str, str]) -> str:
    match message:
        case UserMessage(parts):
            return "user: " + " | ".join(map(_part, parts))
        case AssistantMessage(text, calls):
            for call in calls:
                names[call.id] = f"{call.name}#{len(names) + 1}"
            thought = [f"thought {message.thought!r}"] if message.thought else []
            called = [f"call {names[call.id]} {call.arguments}" for call in calls]
            note = [f"note {message.note!r}"] if message.note else []
            return "assistant: " + " | ".join([*thought, *([repr(text)] if text else []), *called, *note])
        case ToolMessage(result):
            pictures = " ".join(map(_size, result.images))
            return (
                f"{'error' if result.is_error else 'result'} of {names[result.call_id]}: {result.output!r} {pictures}"
            )


def _part(part: Part) -> str:
    match part:
        case Text(text):
            return repr(text)
        case TextFile(name, content):
            return f"file {name!r} {content!r}"
        case Image():
            return _size(part)


def _size(image: Image) -> str:
    return f"picture {image.width}x{image.height}"


def test_what_comes_of_it_is_what_it_says(file: Path, tmp_path: Path, run: Run) -> None:
    expected = file.with_name(f"{file.name}.txt")
    assert shown(opened(file, tmp_path, run)) == expected.read_text(encoding="utf-8")


def test_it_can_be_gone_on_with(file: Path, tmp_path: Path, demo_tokenizer: Tokenizer, run: Run) -> None:
    for document in opened(file, tmp_path, run).documents:
        ends = {node.id for node in document.history.nodes.values()} - {
            node.parent for node in document.history.nodes.values()
        }
        assert parse_tools(document.tools.schemas) or not document.tools.schemas
        for end in ends:
            said = document.history.showing(end).conversation.add(UserMessage((Text("Go on."),)))
            read = Conversation(thoughts_as_sent(said.messages, send=False))
            sent = with_tool_pictures(read.close_open_calls().messages)
            assert demo_tokenizer.encode(ChatRequest(document.prompt, Conversation(sent).messages)).tokens
