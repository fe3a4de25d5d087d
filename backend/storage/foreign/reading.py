"""A file of conversations -> documents, each picture having its address as its path. Runs in a process with limits."""

import json
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from backend.chat.errors import ConversationInvalid
from backend.chat.messages import AssistantMessage, Message, ToolMessage, UserMessage
from backend.chat.parts import Text
from backend.storage.document import Document, ToolPanel
from backend.storage.document_json import parsed
from backend.storage.foreign import zips
from backend.storage.foreign.chats import ForeignChat, chats
from backend.storage.foreign.pieces import CHAT, MORE, SPOILT, Kind
from backend.storage.foreign.reader import Reader
from backend.storage.foreign.tools import declared

MAX_MESSAGES = 12_000  # of one conversation
MAX_WORDS = 25_000_000  # characters of one conversation, its pictures apart
MAX_WORDS_EACH = 3_000_000  # of one message: more than any answer may have (engines/server/limits.py)
MAX_CONVERSATIONS = 1_000  # of one file


@dataclass
class Reading:
    """What was read of one file; `prompt` and `left` as in Imported, the latter still to be put into words."""

    documents: list[Document]
    prompt: str | None
    left: dict[Kind, int]


def members(path: Path) -> list[str | None]:
    """The names of the files within a zip that may hold conversations; for any other file, only None."""
    return [*zips.names(path)] if zipfile.is_zipfile(path) else [None]


def read_file(path: Path, name: str | None = None) -> Reading:
    """The conversations in a file, or in the one of this name within a zip."""
    left = Counter[Kind]()
    value = _value(_text(path, name), left)
    exports = [each for each in (value if isinstance(value, list) else [value]) if _is_ours(each)]
    if exports:
        return Reading([_checked(parsed(each)) for each in exports[:MAX_CONVERSATIONS]], None, {})
    documents: list[Document] = []
    refused: ConversationInvalid | None = None
    for chat in chats(value):
        if len(documents) == MAX_CONVERSATIONS:
            left[MORE] += 1
            continue
        try:
            documents.append(_foreign(chat, left))
        except ConversationInvalid as error:
            refused = error
            left[CHAT] += 1
    if not documents and name is None:
        raise refused or ConversationInvalid("This file has no messages.")
    return Reading(documents, documents[0].prompt if documents else None, dict(left))


def read_kept(path: Path) -> Document:
    """What imports.open_kept gives, each picture having its address as its path."""
    return _checked(parsed(_text(path).encode()))


def _text(path: Path, name: str | None = None) -> str:
    try:
        data = path.read_bytes() if name is None else zips.unpacked(path, name)
        return data.decode("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise ConversationInvalid(zips.UNREADABLE) from error


def _value(text: str, left: Counter[Kind]) -> object:
    """The JSON value of a text, or a list of those of its lines. Half characters in it are replaced."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        try:
            value = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            raise ConversationInvalid("This isn't a chat export this app can read.") from error
    try:
        if "\\ud" in text or "\\uD" in text:  # only so can half a character come in: it could be neither shown nor kept
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        left[SPOILT] += 1
        whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        value = json.loads(whole)
    return value


def _is_ours(value: object) -> bool:
    return isinstance(value, dict) and str(value.get("format", "")).startswith("mistral-chat/")


def _foreign(chat: ForeignChat, left: Counter[Kind]) -> Document:
    """The document of another program's chat. Raises ConversationInvalid where it is too long, or holds no message."""
    _check_count(len(chat.links))
    reader = Reader()
    prompt, history = reader.read(chat)
    if not reader.has_messages:
        raise ConversationInvalid("This file has no messages.")
    tools = ToolPanel(schemas=declared(chat.tools, reader.left))
    document = _checked(Document(title=chat.title, prompt=prompt, tools=tools, history=history))
    left += reader.left
    return document


def _checked(document: Document) -> Document:
    nodes = document.history.nodes.values()
    _check_count(len(nodes))
    setups = {id(node.asked.system_prompt): node.asked for node in nodes if node.asked}  # answers share them
    around = (asked.system_prompt + "".join(tool.parameters for tool in asked.tools) for asked in setups.values())
    head = len(document.title) + len(document.prompt) + len(document.tools.schemas) + sum(map(len, around))
    if head + sum(_length(node.message) for node in nodes) > MAX_WORDS:
        raise ConversationInvalid(f"This chat has more than {MAX_WORDS:,} characters, too many to open.")
    if any(_length(node.message) > MAX_WORDS_EACH for node in nodes):
        raise ConversationInvalid(
            f"A message in this file has more than {MAX_WORDS_EACH:,} characters, too many to open."
        )
    return document


def _check_count(messages: int) -> None:
    if messages > MAX_MESSAGES:
        raise ConversationInvalid(f"This chat has more than {MAX_MESSAGES:,} messages, too many to open.")


def _length(message: Message) -> int:
    """Its characters."""
    match message:
        case UserMessage(parts):
            texts = (part.text for part in parts if isinstance(part, Text))
            return sum(map(len, texts)) + sum(len(file.name + file.content) for file in message.files)
        case AssistantMessage(text, calls):
            return len(text) + len(message.thought) + sum(len(call.arguments) for call in calls)
        case ToolMessage(result):
            return len(result.output)
