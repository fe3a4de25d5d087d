"""A history file that cannot be used: whatever is asked of it, one sentence says why and what to do."""

import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backend.chat.errors import NotSaved
from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree
from backend.storage.archive import connection
from backend.storage.document import Document, Unreadable
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive

USES: dict[str, Callable[[Archive], object]] = {
    "save": lambda archive: archive.save(document("b", "What?")),
    "entries": lambda archive: archive.entries(),
    "search": lambda archive: archive.search("x"),
    "load": lambda archive: archive.load("a"),
    "rename": lambda archive: archive.rename("a", "Cats", "2026-11-29"),
    "delete": lambda archive: archive.delete("a"),
}
WRITES = ("save", "rename", "delete")
SENTENCE = re.compile(r"(The history file kept\.db [^.\n]+|This chat [^.\n]+ kept\.db)(\. [A-Z][^.\n]+)?\.")


def document(key: str, text: str) -> Document:
    turn = Conversation((UserMessage((Text(text),)), AssistantMessage("An answer. " * 3_000)))
    return Document(key, updated="2026-11-28", history=ConversationTree().with_branch(turn))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.db"


@pytest.fixture
def archive(path: Path) -> Archive:
    archive = Archive(path, ImageStore(path.parent / "store"))
    archive.save(document("a", "Who?"))
    return archive


def told(archive: Archive, use: str) -> str:
    """The one sentence that is told where this fails."""
    with pytest.raises(NotSaved) as refused:
        USES[use](archive)
    assert SENTENCE.fullmatch(str(refused.value))
    return str(refused.value)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 2 <= connection.BUSY_SECONDS <= 5
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)


@pytest.fixture
def locked(path: Path, archive: Archive, impatient: None) -> Iterator[None]:
    """Another program writes to the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE conversations SET title = title")
        yield


@pytest.mark.parametrize("use", USES)
@pytest.mark.usefixtures("locked")
def test_a_locked_file(archive: Archive, use: str) -> None:
    if use in WRITES:
        assert "in use by another program" in told(archive, use)
    else:
        USES[use](archive)  # who reads need not wait for who writes


@pytest.mark.parametrize("use", USES)
def test_a_file_that_nobody_else_may_even_read(
    path: Path, archive: Archive, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("BEGIN EXCLUSIVE")
        assert "in use by another program. Close that program, or try again in a moment" in told(archive, use)
        with pytest.raises(NotSaved, match="in use by another program"):
            Archive(path, ImageStore(path.parent / "store"))


@pytest.mark.parametrize("use", USES)
def test_a_file_that_is_overwritten(path: Path, archive: Archive, use: str) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))
    assert "is damaged. Restore a copy of it, or give --history another file" in told(archive, use)


@pytest.mark.parametrize("use", USES)
def test_a_file_that_is_gone(path: Path, archive: Archive, use: str) -> None:
    path.unlink()
    assert "can't be opened. Check that it exists" in told(archive, use)
    assert not path.exists()


@pytest.mark.parametrize("use", WRITES)
def test_a_file_that_may_only_be_read(archive: Archive, use: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = connection.connected
    monkeypatch.setattr(connection, "connected", lambda path, mode: opened(path, "ro"))
    assert "isn't writable. Allow the app to write to it and its folder" in told(archive, use)
    assert archive.load("a") == document_of(archive)


def document_of(archive: Archive) -> Document:
    (kept,) = archive.documents()
    assert isinstance(kept, Document)
    return kept


def test_a_full_disk(path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = connection.connected
    before = document_of(archive)

    def full(path: Path, mode: str) -> sqlite3.Connection:
        db = opened(path, mode)
        db.execute("PRAGMA max_page_count = 1")  # is as many pages as there are
        return db

    monkeypatch.setattr(connection, "connected", full)
    assert "can't grow because the disk is full. Free some space" in told(archive, "save")
    assert [entry.id for entry in archive.entries()] == ["a"]
    assert document_of(archive) == before


def is_refused(archive: Archive, use: Callable[[Archive], object]) -> bool:
    """Whether this fails, and then with a sentence of ours."""
    try:
        use(archive)
    except NotSaved as error:
        return bool(SENTENCE.fullmatch(str(error))) or pytest.fail(str(error))
    return False


def test_whatever_is_damaged_in_the_middle_is_told_in_one_sentence(path: Path, tmp_path: Path) -> None:
    """Random bytes at a random place; what can still be read is read, and no use raises anything else."""
    archive = Archive(path, ImageStore(tmp_path / "store"))
    for number in range(12):
        archive.save(document(f"{number}", f"Question {number}"))
    whole, dice, refused = path.read_bytes(), random.Random(5), 0
    for _ in range(12):
        damaged = bytearray(whole)
        at, length = dice.randrange(len(whole) - 4_096), dice.choice([1, 16, 4_096])
        damaged[at : at + length] = dice.randbytes(length)
        path.write_bytes(damaged)
        for use in (*USES.values(), lambda archive: [archive.load(str(number)) for number in range(12)]):
            refused += is_refused(archive, use)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert refused > 5


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE nodes SET body = substr(body, 1, 40) WHERE conversation = 'a'",
        "UPDATE nodes SET body = '7' WHERE conversation = 'a'",
        "UPDATE nodes SET body = '{}' WHERE conversation = 'a'",
        "UPDATE nodes SET body = replace(body, 'message', 'massage') WHERE conversation = 'a'",
        "DELETE FROM nodes WHERE conversation = 'a' AND number = (SELECT min(number) FROM nodes)",
        "UPDATE panels SET body = '7' WHERE conversation = 'a'",
        "UPDATE panels SET body = '{\"keep\": 7}' WHERE conversation = 'a'",
        "DELETE FROM panels WHERE conversation = 'a'",
    ],
)
def test_a_damaged_conversation_keeps_nobody_from_the_others(path: Path, archive: Archive, damage: str) -> None:
    archive.save(document("b", "What?"))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(damage)
    with pytest.raises(NotSaved, match=r"^This chat is damaged in the history file kept\.db\. Delete it"):
        archive.load("a")
    kinds = {type(found) for found in archive.documents()}
    assert kinds == {Document, Unreadable}
    archive.delete("a")
    assert [entry.id for entry in archive.entries()] == ["b"]


@pytest.mark.parametrize("damage", ["UPDATE nodes SET body = x'ff'", "UPDATE panels SET body = x'ff'"])
def test_bytes_in_the_place_of_text_are_told_as_damage(path: Path, archive: Archive, damage: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(damage)
    told(archive, "load")


@pytest.mark.parametrize("damage", ["UPDATE setups SET body = '{'", "DELETE FROM setups"])
def test_an_answer_is_there_even_if_what_it_was_asked_with_is_damaged(
    path: Path, archive: Archive, damage: str
) -> None:
    history = document_of(archive).history
    asked = history.with_branch(
        history.conversation.add(UserMessage((Text("Q"),)), AssistantMessage("A")), ChatRequest()
    )
    archive.save(Document("a", updated="2026-11-29", history=asked))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(damage)
    assert document_of(archive).history.conversation == asked.conversation


def test_a_shown_branch_that_is_not_there_gives_way_to_the_newest(path: Path, archive: Archive) -> None:
    before = document_of(archive)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE conversations SET leaf = 'elsewhere'")
    assert document_of(archive) == before


def test_a_file_that_was_put_in_its_place_is_used(path: Path, archive: Archive, tmp_path: Path) -> None:
    copy = Path(shutil.copy(path, tmp_path / "copy.db"))
    path.unlink()
    told(archive, "save")
    copy.replace(path)
    archive.save(document("b", "What?"))
    assert {entry.id for entry in archive.entries()} == {"a", "b"}
