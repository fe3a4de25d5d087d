"""History files and exports of the version before, which kept a conversation in one piece."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.errors import NotSaved
from backend.chat.messages import AssistantMessage, Finished, ToolMessage, UserMessage
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree
from backend.storage.archive import first_version, schema
from backend.storage.document import Document, data_url
from backend.storage.document_json import from_json, to_json
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive

FIXTURE = Path(__file__).parent / "fixtures" / "first_version.db"
KEY = "0123456789abcdef"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(FIXTURE, tmp_path / "kept.db"))


def opened(path: Path, store: str = "store") -> Archive:
    return Archive(path, ImageStore(path.parent / store))


def is_first(path: Path) -> bool:
    """Whether the version before would take the file: what it asks as it starts."""
    with closing(sqlite3.connect(path)) as db:
        (mark,) = db.execute("PRAGMA application_id").fetchone()
        return bool(mark == 0x4D434854 or not db.execute("SELECT 1 FROM sqlite_master").fetchone())


def bodies(path: Path) -> list[tuple[str, str]]:
    """The conversations of a file of the first version."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT id, body FROM documents ORDER BY id").fetchall()


def test_a_file_of_the_version_before_opens_whole(path: Path) -> None:
    archive = opened(path)
    assert [(entry.id, entry.title) for entry in archive.entries()] == [
        ("fedcba9876543210", "Hello there"),
        (KEY, "Shapes of mine"),
    ]
    document = archive.load(KEY)
    assert document is not None
    texts = [getattr(message, "text", "") for message in document.history.conversation.messages]
    assert texts == ["What is this? Ein Würfel?", "Let me look.", "", "It is red.", "And the other one?", "Blue."]
    assert len(document.history.nodes) == 7
    other = document.history.switch_branch(1, 1).conversation.messages
    assert [message.text for message in other if not isinstance(message, ToolMessage)] == [texts[0], "I cannot say."]
    asked = [node.asked for node in document.history.nodes.values()]
    assert [each is not None for each in asked] == [False, True, False, True, True, False, True]
    panel = (document.title, document.updated, document.prompt, document.model, document.keep, document.tools.approval)
    assert panel == (
        "Shapes of mine", "2026-11-20T09:30:00.000+00:00", "Be {today}.", "Mistral Demo", "no earlier pictures", "ask",
    )  # fmt: skip
    assert document.settings == GenerationSettings(
        0.7, 0.9, 40, 0.1, 1.1, 77, 2**32 - 1, ("END", "\n\n"), '{"type": "object"}'
    )
    assert document.example is not None
    pixels = []
    for image in document.history.images:
        with PILImage.open(image.path) as picture:
            pixels.append(picture.getpixel((0, 0)))
    assert pixels == [(255, 0, 0), (0, 0, 255)]
    assert (archive.search("würfel"), archive.search("hello")) == ([KEY], ["fedcba9876543210"])


def test_a_copy_lies_beside_it_and_the_version_before_refuses_the_new_file_and_takes_the_copy(path: Path) -> None:
    before = bodies(path)
    opened(path)
    copy = path.with_name("kept.db.before-2")
    assert (is_first(path), is_first(copy)) == (False, True)
    assert bodies(copy) == before
    assert sorted(file.name for file in path.parent.glob("kept.db*")) == ["kept.db", "kept.db.before-2"]


def test_it_goes_on_as_any_other(path: Path) -> None:
    opened(path)
    archive = opened(path, "another store")
    document = archive.load(KEY)
    assert document is not None
    history = document.history.with_branch(document.history.conversation.add(AssistantMessage("Yes.")))
    archive.save(Document(KEY, updated="2026-11-28T10:00", history=history), [history.nodes[str(history.leaf)]])
    archive.save(Document(KEY, updated="2026-11-28T10:00", history=history))
    assert archive.entries()[0].title == "Shapes of mine"
    archive.rename(KEY, "Forms", "2026-11-28T11:00")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM pictures").fetchone() == (2,)
    again = archive.load(KEY)
    assert again is not None
    assert (again.history.nodes.keys(), again.title) == (history.nodes.keys(), "Forms")
    archive.delete(KEY)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM pictures").fetchone() == (0,)


def test_where_no_copy_can_be_made_the_file_is_left_as_it_is(path: Path) -> None:
    path.with_name("kept.db.before-2.part").mkdir()
    before = path.read_bytes()
    with pytest.raises(NotSaved, match=r"of an older version .* couldn't be backed up. Free some space"):
        opened(path)
    assert path.read_bytes() == before


def test_an_app_that_ends_in_the_middle_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bodies(path)

    def fails(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(schema, "run", fails)  # after all rows, before the marks
        with pytest.raises(RuntimeError):
            opened(path)
    assert is_first(path)
    assert bodies(path) == before
    assert len(opened(path).entries()) == 2
    assert len(list(path.parent.glob("kept.db.before-2*"))) == 1


def test_a_copy_of_another_content_is_never_written_over(path: Path) -> None:
    other = path.with_name("kept.db.before-2")
    other.write_bytes(b"of last year")
    opened(path)
    assert other.read_bytes() == b"of last year"
    assert is_first(path.with_name("kept.db.before-2-2"))


def test_one_conversation_that_cannot_be_read_keeps_nobody_from_the_others(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE documents SET body = 'half of it' WHERE id = ?", (KEY,))
    assert [entry.title for entry in opened(path).entries()] == ["Hello there"]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT id, body FROM unreadable").fetchall() == [(KEY, "half of it")]
    assert [entry.title for entry in opened(path).entries()] == ["Hello there"]


def test_two_that_start_at_once_bring_it_up_to_date_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy, calls = schema._copy, []

    def slow(db: sqlite3.Connection, of: Path) -> None:
        copy(db, of)
        calls.append(of)
        if len(calls) == 1:
            opened(path)  # the other one

    monkeypatch.setattr(schema, "_copy", slow)
    assert len(opened(path).entries()) == 2
    assert len(calls) == 2


def test_a_file_that_was_only_just_begun_is_taken(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db, db:
        db.execute(f"PRAGMA application_id = {0x4D434854}")
        db.execute(first_version.OLD)
    archive = opened(tmp_path / "kept.db")
    asked = ConversationTree().with_branch(ConversationTree().conversation.add(UserMessage(())))
    archive.save(Document("a", updated="2026-11-28", history=asked))
    assert len(archive.entries()) == 1


def test_a_file_of_a_newer_version_says_to_update_the_app(tmp_path: Path) -> None:
    opened(tmp_path / "kept.db")
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db, db:
        db.execute("PRAGMA user_version = 3")
    before = (tmp_path / "kept.db").read_bytes()
    with pytest.raises(NotSaved, match=r"written by a newer version of this app\. Update the app, or give --history"):
        opened(tmp_path / "kept.db")
    assert (tmp_path / "kept.db").read_bytes() == before


def test_an_export_of_the_version_before_opens_whole(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "store")
    back = from_json(FIXTURE.with_suffix(".json").read_text(encoding="utf-8"), store.take_data_url)
    assert (back.title, back.prompt, back.keep, back.tools.approval) == (
        "Shapes of mine", "Be {today}.", "no earlier pictures", "ask",
    )  # fmt: skip
    nodes = list(back.history.nodes.values())
    assert [type(node.message).__name__[0] for node in nodes] == list("UATAAUA")
    assert [node.asked.system_prompt if node.asked else None for node in nodes] == [
        None, "Be brief.", None, "Be brief.", "Be brief.", None, "Be brief.",
    ]  # fmt: skip
    assert nodes[1].asked is not None
    assert (nodes[1].asked.tools[0].name, nodes[1].asked.settings.json_schema) == ("look", '{"type": "object"}')
    assert len(back.history.images) == 2
    texts = [getattr(message, "text", "") for message in back.history.conversation.messages]
    assert texts == ["What is this? Ein Würfel?", "Let me look.", "", "It is red.", "And the other one?", "Blue."]
    assert back.history.switch_branch(1, 1).conversation.messages[1] == AssistantMessage(
        "I cannot say.", stats=Finished("stop")
    )
    assert back.history.nodes.keys() == {id for id in back.history.nodes if re.fullmatch("[0-9a-f]{16}", id)}
    assert from_json(to_json(back, data_url), store.take_data_url) == back
