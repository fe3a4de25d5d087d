"""Conversations kept in a SQLite file."""

import os
import random
import re
import shutil
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.errors import Deleted, NotSaved
from backend.chat.messages import AssistantMessage, Conversation, Image, Message, Text, ToolSpec, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree, Node
from backend.storage.archive_file import MAX_SEARCHED, VERSION
from backend.storage.document import Document
from backend.storage.document_json import GONE_PICTURE
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive

Kept = tuple[Archive, ImageStore]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    store = ImageStore(tmp_path / "store")
    return Archive(tmp_path / "kept.db", store), store


def picture(store: ImageStore, folder: Path, colour: str) -> Image:
    path = folder / f"{colour}.png"
    PILImage.new("RGB", (40, 30), colour).save(path)
    return store.take(path, path.name)


def document(key: str, text: str, *images: Image, updated: str = "2026-11-24T09:30:00.000+00:00") -> Document:
    """A conversation of two branches; the pictures are in the branch that is not shown."""
    history = ConversationTree().with_branch(
        Conversation((UserMessage((*images, Text(text))), AssistantMessage("One.")))
    )
    history = history.with_branch(Conversation((UserMessage((Text(text),)), AssistantMessage("TWO."))))
    return Document(key, updated=updated, history=history)


def colours(document: Document | None) -> list[object]:
    """The colour of each picture of the document, as read from its file."""
    assert document is not None
    found = []
    for image in document.history.images:
        with PILImage.open(image.path) as opened:
            found.append(opened.getpixel((0, 0)))
    return found


def opened(archive: Archive, key: str) -> Document:
    document = archive.load(key)
    assert document is not None
    return document


def stored(tmp_path: Path) -> int:
    """How many pictures the file holds."""
    db = sqlite3.connect(tmp_path / "kept.db")
    (count,) = db.execute("SELECT count(*) FROM pictures").fetchone()
    db.close()
    return int(count)


def test_pictures_of_kept_conversations_outlive_the_sweep(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    archive.save(saved := document("a", "Who?", picture(store, tmp_path, "red")))
    store.sweep(days=-1)
    assert not Path(saved.history.images[0].path).exists()
    assert colours(archive.load("a")) == [(255, 0, 0)]


def test_what_was_saved_is_loaded_by_another_start_of_the_app(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    saved = document("a", "Who?", picture(store, tmp_path, "red"), picture(store, tmp_path, "blue"))
    archive.save(saved)
    again = Archive(tmp_path / "kept.db", store)
    assert again.load("a") == saved
    assert again.load("b") is None


def test_pictures_are_in_the_file_even_if_the_stores_folder_was_emptied(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    archive.save(document("a", "Who?", picture(store, tmp_path, "red"), picture(store, tmp_path, "blue")))
    for path in (tmp_path / "store").rglob("*.png"):
        path.unlink()
    loaded = archive.load("a")
    assert colours(loaded) == [(255, 0, 0), (0, 0, 255)]
    assert colours(Archive(tmp_path / "kept.db", ImageStore(tmp_path / "other")).load("a")) == [
        (255, 0, 0),
        (0, 0, 255),
    ]


def test_a_later_save_adds_to_an_earlier_one(kept: Kept) -> None:
    archive, _ = kept
    archive.save(early := document("a", "Who?"))
    archive.save(late := document("a", "What?", updated="2026-11-25"))
    loaded = opened(archive, "a")
    assert loaded.history.nodes == {**early.history.nodes, **late.history.nodes}
    assert (loaded.history.leaf, loaded.updated) == (late.history.leaf, "2026-11-25")
    assert [entry.title for entry in archive.entries()] == ["Who?"]  # its first words are what they were


def test_of_branch_and_panel_the_later_one_stays_whichever_comes_first(kept: Kept) -> None:
    archive, _ = kept
    late = replace(document("a", "Who?", updated="2026-11-25"), prompt="Late.", model="New")
    early = replace(late, updated="2026-11-24", prompt="Early.", model="Old")
    early = replace(early, history=early.history.switch_branch(1, 1))
    archive.save(late)
    archive.save(early)
    assert archive.load("a") == late
    same_time = replace(early, updated="2026-11-25")
    archive.save(same_time)
    assert archive.load("a") == same_time


def test_a_title_given_by_hand_survives_a_save_that_knows_nothing_of_it(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Who?"))
    archive.rename("a", "Cats", "2026-11-25")
    archive.save(document("a", "What?", updated="2026-11-26"))
    assert (opened(archive, "a").title, archive.entries()[0].title) == ("Cats", "Cats")


def test_of_titles_the_later_one_stays_whichever_comes_first(kept: Kept) -> None:
    archive, _ = kept
    archive.save(plain := document("a", "Who?"))
    archive.rename("a", "Second", "2026-11-25")
    archive.rename("a", "First", "2026-11-24")
    archive.save(replace(plain, title="First", titled="2026-11-24", updated="2026-11-27"))
    assert (opened(archive, "a").title, opened(archive, "a").titled) == ("Second", "2026-11-25")
    archive.save(replace(plain, title="Third", titled="2026-11-26", updated="2026-11-23"))
    assert (opened(archive, "a").title, archive.entries()[0].title) == ("Third", "Third")
    assert (archive.search("THIRD"), archive.search("second")) == (["a"], [])


def test_a_renamed_conversation_is_called_the_same_after_the_next_save(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Who?"))
    archive.rename("a", "x" * 100, "2026-11-25")
    (entry,) = archive.entries()
    archive.save(loaded := opened(archive, "a"))
    assert (archive.entries(), entry.title, loaded.title) == ([entry], loaded.name, "x" * 100)


def test_renaming_what_is_not_there_keeps_nothing(kept: Kept) -> None:
    archive, _ = kept
    archive.rename("a", "Cats", "2026-11-25")
    assert archive.entries() == []


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_title_that_was_taken_away_gives_way_to_the_first_words(kept: Kept, blank: str) -> None:
    archive, _ = kept
    archive.save(document("a", "Who?"))
    archive.rename("a", blank, "2026-11-25")
    assert archive.entries()[0].title == "Who?"


def test_deleting_forgets_only_the_pictures_that_no_other_conversation_holds(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    red, blue = picture(store, tmp_path, "red"), picture(store, tmp_path, "blue")
    archive.save(document("a", "Who?", red, blue))
    archive.save(document("b", "What?", blue))
    archive.delete("a")
    for path in (tmp_path / "store").rglob("*.png"):
        path.unlink()
    assert archive.load("a") is None
    assert colours(archive.load("b")) == [(0, 0, 255)]
    assert stored(tmp_path) == 1
    archive.delete("b")
    assert (archive.entries(), stored(tmp_path)) == ([], 0)


def test_the_list_has_the_newest_first(kept: Kept) -> None:
    archive, _ = kept
    for key, updated in (("a", "2026-11-24"), ("b", "2026-11-26"), ("c", "2026-11-25")):
        archive.save(document(key, "Who?", updated=updated))
    assert [entry.id for entry in archive.entries()] == ["b", "c", "a"]


def test_a_search_looks_through_the_words_of_every_branch(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Wer ist ZOË?\0 Na?", updated="2026-11-24"))
    archive.save(document("b", "Who?", updated="2026-11-25"))
    archive.rename("b", "Große KATZEN", "2026-11-25")
    assert archive.search("ist zoë") == archive.search("NA?") == ["a"]
    assert archive.search("one.") == archive.search("TWO") == archive.search("") == ["b", "a"]
    assert archive.search("e katze") == ["b"]
    assert archive.search("%") == archive.search("a_b") == archive.search("nobody said this") == []


def test_a_search_looks_through_the_beginning_of_a_long_conversation(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "x" * (MAX_SEARCHED - 10) + "inside and outside"))
    assert (archive.search("inside"), archive.search("outside")) == (["a"], [])


def turn(history: ConversationTree, question: str, *answer: Message) -> ConversationTree:
    return history.with_branch(Conversation((*history.conversation.messages, user(question), *answer)))


def user(text: str) -> UserMessage:
    return UserMessage((Text(text),))


def new_since(before: ConversationTree, after: ConversationTree) -> tuple[Node, ...]:
    return tuple(node for id, node in after.nodes.items() if id not in before.nodes)


def rows(tmp_path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db:
        return db.execute(query).fetchall()


def test_each_node_is_one_row_and_of_a_turn_only_the_new_ones_are_written(kept: Kept, tmp_path: Path) -> None:
    archive, _ = kept
    history = turn(ConversationTree(), "Q", AssistantMessage("A"))
    archive.save(Document("a", updated="1", history=history))
    longer = turn(history, "R", AssistantMessage("B"))
    first = next(iter(history.nodes))
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db, db:
        db.execute("UPDATE nodes SET body = 'untouched' WHERE id = ?", (first,))
    archive.save(Document("a", updated="2", history=longer), new_since(history, longer))
    assert rows(tmp_path, "SELECT id FROM nodes ORDER BY number") == [(id,) for id in longer.nodes]
    assert rows(tmp_path, f"SELECT body FROM nodes WHERE id = '{first}'") == [("untouched",)]


def test_what_the_answers_of_all_conversations_were_asked_with_is_kept_once(kept: Kept, tmp_path: Path) -> None:
    archive, _ = kept
    tools = (ToolSpec("look", "Looks.", "{}" + " " * 5_000),)
    for key in "abc":
        history = ConversationTree()
        for number in range(20):
            asked = ChatRequest("Be brief.", tools=tools, settings=GenerationSettings(seed=number))
            shown = Conversation((*history.conversation.messages, user("Q"), AssistantMessage(str(number))))
            history = history.with_branch(shown, asked)
        archive.save(saved := Document(key, updated="1", history=history))
        assert archive.load(key) == saved
    assert rows(tmp_path, "SELECT count(*) FROM setups") == [(1,)]
    assert (tmp_path / "kept.db").stat().st_size < 150_000


def test_an_answer_that_grows_is_one_row_and_its_words_are_searched_once_it_is_done(kept: Kept, tmp_path: Path) -> None:
    archive, _ = kept
    begun = turn(ConversationTree(), "Which?")
    for text in ("", "Hal", "Hallo W", "Hallo Welt."):
        grown = begun.with_answer(begun.leaf, [AssistantMessage(text)], ["x"], None)
        archive.save(saved := Document("a", updated="1", history=grown), tuple(grown.nodes.values()), growing="x")
        assert archive.load("a") == saved
        assert archive.search("hal") == []
    archive.save(saved, new_since(begun, grown))
    archive.save(saved, new_since(begun, grown))
    archive.save(saved)
    assert (archive.load("a"), archive.search("hallo welt.")) == (saved, ["a"])
    assert rows(tmp_path, "SELECT words FROM conversations") == [(" which? hallo welt.",)]
    assert rows(tmp_path, "SELECT id, done FROM nodes") == [(begun.leaf, 1), ("x", 1)]


def test_an_answer_that_is_done_is_never_again_what_it_was_before(kept: Kept) -> None:
    archive, _ = kept
    begun = turn(ConversationTree(), "Which?")
    half, done = (begun.with_answer(begun.leaf, [AssistantMessage(text)], ["x"], None) for text in ("Ha", "Hallo."))
    archive.save(Document("a", updated="1", history=done))
    for growing in ("x", None):  # another page opened it while it was written, and saves what it has
        archive.save(Document("a", updated="2", history=half), growing=growing)
        assert opened(archive, "a").history.nodes == done.nodes
    archive.save(Document("b", updated="1", history=half))  # and the other way round
    archive.save(Document("b", updated="2", history=done))
    assert opened(archive, "b").history.nodes == done.nodes


def test_a_picture_that_was_gone_for_a_time_is_not_given_up(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    archive.save(document("a", "Who?", picture(store, tmp_path, "red")))
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db, db:
        db.execute("ALTER TABLE pictures RENAME TO elsewhere")
        db.execute("CREATE TABLE pictures (name TEXT PRIMARY KEY, bytes BLOB NOT NULL)")
    archive.save(marked := opened(archive, "a"))
    assert GONE_PICTURE in str(marked.history)
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db, db:
        db.execute("INSERT OR REPLACE INTO pictures SELECT * FROM elsewhere")
    assert colours(archive.load("a")) == [(255, 0, 0)]


def test_one_bad_picture_does_not_close_its_conversation(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    red, blue = picture(store, tmp_path, "red"), picture(store, tmp_path, "blue")
    archive.save(saved := document("a", "Who?", red, blue))
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db, db:
        db.execute("UPDATE pictures SET bytes = x'00' WHERE name = ?", (Path(red.path).name,))
    loaded = opened(archive, "a")
    assert list(loaded.history.nodes) == list(saved.history.nodes)
    first = next(iter(loaded.history.nodes.values()))
    assert first.message == UserMessage((Text(GONE_PICTURE), blue, Text("Who?")))


def test_a_picture_whose_file_is_gone_does_not_keep_the_words_from_being_kept(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    red, blue = picture(store, tmp_path, "red"), picture(store, tmp_path, "blue")
    Path(red.path).unlink()
    archive.save(document("a", "Who?", red, blue))
    assert colours(archive.load("a")) == [(0, 0, 255)]
    assert archive.search("who?") == ["a"]


def test_two_processes_that_each_go_on_with_one_conversation_lose_neither_turn(kept: Kept, tmp_path: Path) -> None:
    one, store = kept
    two = Archive(tmp_path / "kept.db", ImageStore(tmp_path / "other"))
    one.save(begun := document("a", "Who?", picture(store, tmp_path, "red")))
    here, there = opened(one, "a"), opened(two, "a")
    mine, yours = (turn(each.history, text, AssistantMessage(text)) for each, text in ((here, "R"), (there, "S")))
    two.save(replace(there, history=yours, updated="2026-11-26"), new_since(there.history, yours))
    one.save(replace(here, history=mine, updated="2026-11-27"), new_since(here.history, mine))
    for archive in kept[0], two, Archive(tmp_path / "kept.db", store):
        found = opened(archive, "a")
        assert found.history.nodes.keys() == begun.history.nodes.keys() | mine.nodes.keys() | yours.nodes.keys()
        assert found.history.leaf == mine.leaf
        assert {str(node.message) for node in (*new_since(here.history, mine), *new_since(there.history, yours))} <= {
            str(node.message) for node in found.history.nodes.values()
        }


def test_many_that_save_at_once_into_one_conversation_lose_nothing(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    begun = turn(ConversationTree(), "Q", AssistantMessage("A"))
    archive.save(Document("a", updated="1", history=begun))

    def go_on(number: int) -> ConversationTree:
        mine, history = Archive(tmp_path / "kept.db", store), begun
        for step in range(10):
            longer = turn(history, f"{number} {step}", AssistantMessage(f"answer {number} {step}"))
            mine.save(Document("a", updated=f"{step}", history=longer), new_since(history, longer))
            history = longer
        return history

    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(go_on, range(4)))
    assert opened(archive, "a").history.nodes == {id: node for tree in trees for id, node in tree.nodes.items()}
    assert all(archive.search(f"answer {number} 9") == ["a"] for number in range(4))


def test_a_late_save_does_not_bring_back_what_was_deleted(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    archive.save(saved := document("a", "Who?", picture(store, tmp_path, "red")))
    archive.delete("a")
    for late in archive, Archive(tmp_path / "kept.db", store):
        with pytest.raises(Deleted, match=r"^This conversation was deleted elsewhere, [^\n]*\.$"):
            late.save(saved)
        late.rename("a", "Cats", "2027-01-01")
    assert (archive.load("a"), archive.entries(), archive.search(""), stored(tmp_path)) == (None, [], [], 0)
    archive.save(saved, is_import=True)
    assert archive.load("a") == saved
    archive.save(replace(saved, updated="2026-11-25"))
    assert opened(archive, "a").updated == "2026-11-25"


def test_deleting_forgets_only_what_the_answers_of_no_other_were_asked_with(kept: Kept, tmp_path: Path) -> None:
    archive, _ = kept
    for key, prompts in (("a", ("Shared.", "Mine.")), ("b", ("Shared.",))):
        history = ConversationTree()
        for prompt in prompts:
            history = history.with_branch(Conversation((user("Q"), AssistantMessage(prompt))), ChatRequest(prompt))
        archive.save(Document(key, updated="1", history=history))
    assert rows(tmp_path, "SELECT count(*) FROM setups") == [(2,)]
    archive.delete("a")
    assert rows(tmp_path, "SELECT count(*), max(body LIKE '%Shared.%') FROM setups") == [(1, 1)]
    assert [node.asked for node in opened(archive, "b").history.nodes.values()] == [None, ChatRequest("Shared.")]
    archive.delete("b")
    for table in ("conversations", "nodes", "setups", "pictures", "uses"):
        assert rows(tmp_path, f"SELECT count(*) FROM {table}") == [(0,)]


def test_the_file_grows_by_what_is_new_over_many_starts_of_the_app(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    noise = PILImage.effect_noise((250, 250), 90).convert("RGB")
    noise.save(tmp_path / "noise.png")
    archive.save(document("a", "Who?", store.take(tmp_path / "noise.png", "noise.png")))
    first = (tmp_path / "kept.db").stat().st_size
    assert first > 50_000
    for number in range(3):
        again = Archive(tmp_path / "kept.db", ImageStore(tmp_path / f"start {number}"))
        loaded = opened(again, "a")
        again.save(loaded)
        longer = turn(loaded.history, "And?", AssistantMessage("So."))
        again.save(replace(loaded, history=longer), new_since(loaded.history, longer))
        assert stored(tmp_path) == 1
        assert (tmp_path / "kept.db").stat().st_size - first < 4_000 * (number + 1)


def test_a_file_that_is_an_older_copy_of_itself_takes_the_whole_conversation_again(kept: Kept, tmp_path: Path) -> None:
    archive, _ = kept
    histories = [turn(ConversationTree(), "Q", AssistantMessage("A"))]
    for text in "RST":
        histories.append(turn(histories[-1], text, AssistantMessage(text)))
    archive.save(Document("a", updated="1", history=histories[0]))
    copy = (tmp_path / "kept.db").read_bytes()
    archive.save(Document("a", updated="2", history=histories[2]), new_since(histories[0], histories[2]))
    (tmp_path / "kept.db").write_bytes(copy)  # put back while the page is open
    archive.save(Document("a", updated="3", history=histories[3]), new_since(histories[2], histories[3]))
    assert opened(archive, "a").history == histories[3]


def test_half_a_character_keeps_nothing_else_from_being_kept(kept: Kept) -> None:
    archive, _ = kept
    history = turn(ConversationTree(), "half \ud83d whole \ud83d\udc08", AssistantMessage("A"))
    archive.save(replace(document("a", "Who?"), history=history, title="\ud83d!", titled="1", prompt="\udc08"))
    archive.rename("a", "half \ud83d", "2")
    loaded = opened(archive, "a")
    assert (loaded.title, loaded.prompt) == ("half \ufffd", "\ufffd")
    assert loaded.history.conversation.messages == (user("half \ufffd whole 🐈"), AssistantMessage("A"))
    assert (archive.search("half \ud83d"), archive.search("🐈")) == (["a"], ["a"])


def test_all_conversations_are_handed_out_one_after_the_other(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    archive.save(one := document("a", "Who?", picture(store, tmp_path, "red"), updated="1"))
    archive.save(two := document("b", "What?", updated="2"))
    assert list(archive.documents()) == [two, one]


USES: dict[str, Callable[[Archive], object]] = {
    "entries": lambda archive: archive.entries(),
    "search": lambda archive: archive.search("who"),
    "load": lambda archive: archive.load("a"),
    "documents": lambda archive: list(archive.documents()),
    "save": lambda archive: archive.save(document("c", "Late?")),
    "import": lambda archive: archive.save(document("c", "Late?"), is_import=True),
    "rename": lambda archive: archive.rename("a", "Cats", "2027-01-01"),
    "delete": lambda archive: archive.delete("a"),
}
READING = ("entries", "search", "load", "documents")
DAMAGED = r"^“Who\?” is damaged in the history file kept\.db, so it cannot be opened: [^\n]+\.$"
SENTENCE = re.compile(r"^The history file kept\.db cannot be used: [^\n]+\.$")


@pytest.fixture(params=USES)
def use(request: pytest.FixtureRequest) -> Callable[[Archive], object]:
    """Each thing that the app does with an archive."""
    return USES[request.param]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is not waited for."""
    monkeypatch.setattr("backend.storage.sqlite.BUSY_SECONDS", 0.05)


def problem(use: Callable[[Archive], object], archive: Archive) -> str | None:
    """What is told of it, where it cannot be done."""
    try:
        use(archive)
    except NotSaved as error:
        return str(error)
    return None


def check_told(use: Callable[[Archive], object], archive: Archive) -> None:
    with pytest.raises(NotSaved) as told:
        use(archive)
    assert SENTENCE.match(str(told.value))


def begun(kept: Kept, tmp_path: Path) -> Archive:
    archive, store = kept
    archive.save(document("a", "Who?", picture(store, tmp_path, "red")))
    return archive


@pytest.mark.usefixtures("hurried")
def test_a_file_that_another_holds_alone_is_told_of(
    kept: Kept, tmp_path: Path, use: Callable[[Archive], object]
) -> None:
    archive = begun(kept, tmp_path)
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        db.execute("DELETE FROM deleted")
        check_told(use, archive)
        check_told(lambda _: Archive(tmp_path / "kept.db", kept[1]), archive)
    use(archive)


@pytest.mark.usefixtures("hurried")
def test_a_file_that_another_writes_to_can_be_read_and_the_rest_is_told(kept: Kept, tmp_path: Path) -> None:
    archive = begun(kept, tmp_path)
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db:
        db.execute("BEGIN EXCLUSIVE")
        for name, use in USES.items():
            if name in READING:
                assert use(archive)
            else:
                check_told(use, archive)


def test_a_save_waits_for_another_to_end(kept: Kept, tmp_path: Path) -> None:
    archive = begun(kept, tmp_path)
    with closing(sqlite3.connect(tmp_path / "kept.db", check_same_thread=False)) as db:
        db.execute("BEGIN EXCLUSIVE")
        timer = threading.Timer(0.3, db.rollback)
        timer.start()
        archive.save(document("b", "What?"))
        timer.join()
    assert archive.load("b") is not None


def test_a_file_that_was_deleted_under_the_app_is_told_of(
    kept: Kept, tmp_path: Path, use: Callable[[Archive], object]
) -> None:
    archive = begun(kept, tmp_path)
    for path in tmp_path.glob("kept.db*"):
        path.unlink()
    check_told(use, archive)
    assert not list(tmp_path.glob("kept.db*"))  # and is not made anew, without what was in it


def test_a_folder_in_place_of_the_file_is_told_of(kept: Kept, tmp_path: Path, use: Callable[[Archive], object]) -> None:
    archive = begun(kept, tmp_path)
    (tmp_path / "kept.db").unlink()
    (tmp_path / "kept.db").mkdir()
    check_told(use, archive)
    check_told(lambda _: Archive(tmp_path / "kept.db", kept[1]), archive)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 500, bytes(range(256)) * 40])
def test_a_file_that_another_program_wrote_over_is_told_of(
    kept: Kept, tmp_path: Path, use: Callable[[Archive], object], content: bytes
) -> None:
    archive = begun(kept, tmp_path)
    (tmp_path / "kept.db").write_bytes(content)
    check_told(use, archive)
    assert (tmp_path / "kept.db").read_bytes() == content


def test_a_file_that_is_damaged_in_the_middle_never_ends_in_a_trace(kept: Kept, tmp_path: Path) -> None:
    archive = begun(kept, tmp_path)
    for number in range(30):
        archive.save(document(f"n{number}", f"Number {number}?" + "x" * 500))
    whole = (tmp_path / "kept.db").read_bytes()
    dice, told = random.Random(7), Counter[str]()
    for _ in range(40):
        start, length = dice.randrange(100, len(whole)), dice.choice([1, 40, 4_096])
        for path in tmp_path.glob("kept.db*"):
            path.unlink()
        (tmp_path / "kept.db").write_bytes(whole[:start] + dice.randbytes(length) + whole[start + length :])
        for name in dice.sample(list(USES), len(USES)):
            if sentence := problem(USES[name], archive):
                told[name] += 1
                assert re.match(r"^[^\n]+\.$", sentence)
                assert "x" * 60 not in sentence  # none of what was written but the name
    assert told.keys() == USES.keys()


@contextmanager
def nobody() -> Iterator[None]:
    """As a user to whom permissions apply; root may do everything."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may look into."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", ["file", "folder", "both"])
def test_a_file_that_must_not_be_written_is_told_of(shared: Path, kind: str) -> None:
    path, store = shared / "kept.db", ImageStore(shared / "store")
    Archive(path, store).save(document("a", "Who?"))
    path.chmod(0o444 if kind in ("file", "both") else 0o666)
    shared.chmod(0o555 if kind in ("folder", "both") else 0o777)
    uses: dict[str, Callable[[Archive], object]] = {"open": lambda _: Archive(path, store), **USES}
    as_owner = Archive(path, store)
    with nobody():
        told = {name: problem(use, as_owner) for name, use in uses.items()}
    assert all(SENTENCE.match(sentence) for sentence in told.values() if sentence)
    assert all(told[name] for name in USES if name not in READING)
    path.chmod(0o644)
    shared.chmod(0o755)
    assert [entry.id for entry in Archive(path, store).entries()] == ["a"]


def test_a_file_that_nobody_may_make_is_told_of(shared: Path) -> None:
    shared.chmod(0o555)
    store = ImageStore(Path(tempfile.mkdtemp()))
    with nobody(), pytest.raises(NotSaved, match=SENTENCE):
        Archive(shared / "kept.db", store)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE nodes SET body = '{' WHERE id = :id",
        "UPDATE nodes SET body = '7' WHERE id = :id",
        "UPDATE nodes SET body = '{}' WHERE id = :id",
        "UPDATE nodes SET body = x'ff' WHERE id = :id",
        "UPDATE nodes SET body = NULL WHERE id = :id",
        "UPDATE nodes SET body = replace(body, '\"message\"', '\"massage\"') WHERE id = :id",
        "DELETE FROM nodes WHERE id = :id",
        "UPDATE conversations SET panel = '7' WHERE id = 'a' AND :id != ''",
        "UPDATE conversations SET panel = '{\"keep\": 7}' WHERE id = 'a' AND :id != ''",
        "UPDATE conversations SET panel = '{\"title\": 7}' WHERE id = 'a' AND :id != ''",
    ],
)
def test_a_conversation_that_is_damaged_is_named_and_the_others_open(kept: Kept, tmp_path: Path, change: str) -> None:
    archive = begun(kept, tmp_path)
    archive.save(other := document("b", "What?"))
    first = next(iter(opened(archive, "a").history.nodes))
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db, db:
        try:
            db.execute(change, {"id": first})
        except sqlite3.IntegrityError:
            return  # the file itself refuses it
    sentence = problem(USES["load"], archive)
    # What has a column of its own stands, whatever else there is.
    assert sentence is None if "title" in change else re.match(DAMAGED, sentence or "")
    assert archive.load("b") == other
    archive.delete("a")
    assert list(archive.documents()) == [other]


def test_an_answer_is_there_even_if_what_it_was_asked_with_is_damaged(kept: Kept, tmp_path: Path) -> None:
    archive, _ = kept
    history = ConversationTree().with_branch(Conversation((user("Q"), AssistantMessage("A"))), ChatRequest("Be brief."))
    archive.save(Document("a", updated="1", history=history))
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db, db:
        db.execute("DELETE FROM setups")
    loaded = opened(archive, "a")
    assert loaded.history.conversation == history.conversation
    assert [node.asked for node in loaded.history.nodes.values()] == [None, None]


def test_a_file_of_a_newer_version_is_refused_with_what_helps(kept: Kept, tmp_path: Path) -> None:
    begun(kept, tmp_path)
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = (tmp_path / "kept.db").read_bytes()
    with pytest.raises(NotSaved, match=r"^[^\n]*kept\.db was written by a newer version of this app: [^\n]+\.$"):
        Archive(tmp_path / "kept.db", kept[1])
    assert (tmp_path / "kept.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all", bytes(range(256)) * 40])
def test_a_file_that_is_no_database_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(NotSaved):
        Archive(path, ImageStore(tmp_path / "store"))
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotSaved):
        Archive(tmp_path / "nowhere" / "kept.db", ImageStore(tmp_path / "store"))


def test_another_apps_database_is_refused(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "other.db")
    db.execute("CREATE TABLE documents (number INTEGER)")
    db.close()
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(NotSaved, match=r"other\.db is another program's file; give --history a file of its own\.$"):
        Archive(tmp_path / "other.db", ImageStore(tmp_path / "store"))
    assert (tmp_path / "other.db").read_bytes() == before
