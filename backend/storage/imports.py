"""Conversations that come in as JSON: read in a process with limits, and their pictures then taken in here.

Reading 99 MB of nothing but brackets took 13 s, in which nothing else ran, and 2.5 GB.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.chat.errors import ConversationInvalid
from backend.chat.messages import Image
from backend.chat.tree import ConversationTree
from backend.sandbox.pool import Busy, LimitReached, Run
from backend.storage.document import Document
from backend.storage.document_json import parsed, to_json, with_pictures
from backend.storage.openai_format import from_openai

MAX_MESSAGES = 5_000
MAX_WORDS = 8_000_000  # characters of JSON without pictures: what a page can hand over to be opened again


def import_file(path: Path, take: Callable[[str], Image], run: Run) -> tuple[Document, str | None]:
    """The conversation in a file of ours or of OpenAI messages, and the latter's system prompt.

    `take` turns a picture's address into a picture of ours; `run` reads, see Sandbox.run. Raises ConversationInvalid,
    what `take` raises, and ImageRefused for too many pictures.
    """
    document, prompt = _limited(run, read_file, path)
    return with_pictures(document, take), prompt


def open_kept(path: Path, take: Callable[[str], Image], run: Run) -> Document:
    """The conversation that a page kept, as it hands it over in a file; see import_file."""
    document: Document = _limited(run, read_kept, path)
    return with_pictures(document, take)


def read_file(path: Path) -> tuple[Document, str | None]:
    """What import_file gives, each picture having its address as its path."""
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError, ValueError, RecursionError) as error:
        raise ConversationInvalid("This is not a JSON file that this app or OpenAI's API would write.") from error
    if isinstance(value, dict) and str(value.get("format", "")).startswith("mistral-chat/"):
        value.pop("system_prompt_as_sent", None)
        return _bounded(parsed(value)), None
    prompt, conversation = from_openai(value, _unopened)
    _check_count(len(conversation.messages))  # before each is looked for among those before it
    return _bounded(Document(history=ConversationTree().with_branch(conversation))), prompt


def read_kept(path: Path) -> Document:
    """What open_kept gives, each picture having its address as its path."""
    try:
        return _bounded(parsed(path.read_bytes()))
    except OSError as error:
        raise ConversationInvalid("The conversation did not arrive whole: open it again.") from error


def _unopened(address: str) -> Image:
    return Image(address, 0, 0)


def _bounded(document: Document) -> Document:
    _check_count(len(document.history.nodes))
    if len(json.dumps(to_json(document, lambda _: ""))) > MAX_WORDS:
        raise ConversationInvalid(f"This conversation has more than {MAX_WORDS:,} characters, too many to open.")
    return document


def _check_count(messages: int) -> None:
    if messages > MAX_MESSAGES:
        raise ConversationInvalid(f"This conversation has more than {MAX_MESSAGES:,} messages, too many to open.")


def _limited(run: Run, read: Callable[[Any], Any], source: object) -> Any:
    try:
        return run(read, source)
    except Busy as error:
        raise ConversationInvalid("Many conversations are being opened: try again in a moment.") from error
    except LimitReached as error:
        raise ConversationInvalid("This conversation takes too long or too much memory to open.") from error
