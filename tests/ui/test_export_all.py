"""All conversations as one file, on a disk that has no room for it."""

import resource
import secrets
from pathlib import Path

import gradio as gr
import pytest

from backend.chat.errors import NotSaved
from backend.chat.messages import Conversation, UserMessage
from backend.chat.parts import Text
from backend.chat.tree import ConversationTree
from backend.storage.document import Document
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive
from ui.conversations.store import ConversationStore
from ui.session_store import SessionStore


def test_what_does_not_fit_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    images = ImageStore(tmp_path / "pictures")
    archive = Archive(tmp_path / "kept.db", images)
    conversation = Conversation((UserMessage((Text(secrets.token_hex(300_000)),)),))
    archive.save(Document(id="a", history=ConversationTree().with_branch(conversation)))
    none: object = None
    store = ConversationStore(none, images, archive, gr.HTML(render=False), SessionStore())  # type: ignore[arg-type]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # fails as a full disk does
    try:
        with pytest.raises(NotSaved, match="Free some space there"):
            store.exported()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list((tmp_path / "exports").iterdir())
