"""Conversations kept in a SQLite file."""

import random
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.errors import Deleted, NotSaved
from backend.chat.messages import AssistantMessage, Conversation, Finished, Message, ToolSpec, UserMessage
from backend.chat.parts import Image, Text, TextFile
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree, Node, new_id
from backend.storage.archive import rows
from backend.storage.archive.rows import MAX_SEARCHED
from backend.storage.document import Document
from backend.storage.document_json import GONE_PICTURE
from backend.storage.images import ImageStore
from backend.storage.sqlite import DELETED, Archive

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


def count(tmp_path: Path, table: str) -> int:
    """How many rows a table of the file has."""
    db = sqlite3.connect(tmp_path / "kept.db")
    (rows,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    db.close()
    return int(rows)


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
    assert colours(Archive(tmp_path / "kept.db", ImageStore(tmp_path / "other")).load("a")) == colours(loaded)


def test_of_branch_and_panel_the_later_save_wins_and_of_nodes_all_are_kept(kept: Kept) -> None:
    archive, _ = kept
    archive.save(later := document("a", "What?", updated="2026-11-25"))
    archive.save(earlier := replace(document("a", "Who?", updated="2026-11-24"), prompt="Be late."))
    loaded = archive.load("a")
    assert loaded is not None
    assert (loaded.history.leaf, loaded.prompt, loaded.updated) == (later.history.leaf, "", "2026-11-25")
    assert loaded.history.nodes == {**later.history.nodes, **earlier.history.nodes}


def said(*messages: Message) -> ConversationTree:
    return ConversationTree().with_branch(Conversation(messages))


def test_two_tabs_that_each_send_are_two_branches(kept: Kept) -> None:
    archive, _ = kept
    archive.save(start := document("a", "Who?"))
    for text in ("Tab one.", "Tab two."):
        here = archive.load("a") if text == "Tab one." else start
        assert here is not None
        turn = here.history.conversation.add(UserMessage((Text(text),)), AssistantMessage(f"To {text}"))
        history = here.history.with_branch(turn)
        archive.save(replace(here, history=history), [history.nodes[id] for id in history.path[-2:]])
    loaded = archive.load("a")
    assert loaded is not None
    assert len(loaded.history.nodes) == len(start.history.nodes) + 4
    assert loaded.history.conversation.messages[-1] == AssistantMessage("To Tab two.")


def growing(*texts: str) -> Iterator[tuple[Document, Node]]:
    """A document as its answer is written, and the node of that."""
    history, ids = said(UserMessage((Text("Who?"),))), [new_id()]
    question = history.leaf
    for text in texts:
        history = history.with_answer(question, [AssistantMessage(text)], ids, ChatRequest("Be brief."))
        yield Document("a", updated="2026-11-24", history=history), history.nodes[ids[0]]


def test_an_answer_grows_in_its_place(kept: Kept) -> None:
    archive, _ = kept
    for document, node in growing("A", "A cat", "A cat."):
        archive.save(document, list(document.history.nodes.values()), growing=node.id)
        assert archive.load("a") == document


def test_a_tab_that_saw_less_of_an_answer_does_not_shorten_it(kept: Kept) -> None:
    archive, _ = kept
    (half, _), (whole, _) = growing("A", "A cat.")
    archive.save(half, growing=half.history.leaf)
    archive.save(whole)
    archive.save(half)
    archive.save(half, growing=half.history.leaf)
    loaded = archive.load("a")
    assert loaded is not None
    assert loaded.history.conversation == whole.history.conversation
    assert archive.search("cat") == ["a"]


def test_a_node_whose_parent_is_not_in_the_file_brings_its_conversation_along(kept: Kept) -> None:
    archive, _ = kept
    saved = document("a", "Who?")
    assert saved.history.leaf
    archive.save(saved, [saved.history.nodes[saved.history.leaf]])
    loaded = archive.load("a")
    assert loaded is not None
    assert loaded.history == saved.history


def test_what_an_answer_was_asked_with_comes_back_and_is_kept_once(kept: Kept, tmp_path: Path) -> None:
    archive, _ = kept
    asked = ChatRequest("Be brief. " * 10_000, tools=(ToolSpec("look", "Looks.", "{}"),))
    history = ConversationTree()
    for number in range(20):
        turn = (UserMessage((Text(f"{number}?"),)), AssistantMessage(f"{number}!"))
        history = history.with_branch(history.conversation.add(*turn), asked)
    archive.save(Document("a", updated="2026-11-24", history=history))
    loaded = archive.load("a")
    assert loaded is not None
    assert loaded.history == history
    assert (tmp_path / "kept.db").stat().st_size < 300_000
    archive.delete("a")
    assert count(tmp_path, "setups") == 0


def test_a_title_given_by_hand_survives_a_later_save(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Who?", updated="2026-11-24T09:00"))
    archive.rename("a", "Cats", "2026-11-24T10:00")
    archive.save(replace(document("a", "What?", updated="2026-11-24T11:00"), title="Dogs", titled="2026-11-24T09:30"))
    archive.rename("a", "Birds", "2026-11-24T09:45")
    loaded = archive.load("a")
    assert loaded is not None
    assert (loaded.title, loaded.titled, archive.entries()[0].title) == ("Cats", "2026-11-24T10:00", "Cats")
    archive.save(replace(loaded, title="Dogs", titled="2026-11-24T12:00"))
    assert archive.entries()[0].title == "Dogs"


def test_renaming_what_is_not_there_keeps_nothing(kept: Kept) -> None:
    archive, _ = kept
    archive.rename("a", "Cats", "2026-11-24")
    assert archive.entries() == []


def test_a_title_that_was_taken_away_gives_way_to_the_first_words(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Who?"))
    archive.rename("a", "  ", "2026-11-24")
    assert archive.entries()[0].title == "Who?"


def test_the_list_is_told_the_first_words_once_there_are_some(kept: Kept) -> None:
    archive, _ = kept
    archive.save(Document("a", updated="2026-11-24", history=said(AssistantMessage("Hello."))))
    assert archive.entries()[0].title == "New chat"
    turn = said(AssistantMessage("Hello."), UserMessage((Text("Who?"),)))
    archive.save(Document("a", updated="2026-11-25", history=turn))
    assert archive.entries()[0].title == "Who?"


def test_what_was_deleted_stays_deleted_unless_it_is_imported_again(kept: Kept) -> None:
    archive, _ = kept
    archive.save(saved := document("a", "Who?"))
    archive.delete("a")
    with pytest.raises(Deleted, match=f"^{DELETED}$"):
        archive.save(saved)
    assert (archive.entries(), archive.load("a")) == ([], None)
    archive.save(saved, is_import=True)
    assert archive.load("a") == saved


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
    assert count(tmp_path, "pictures") == 1
    archive.delete("b")
    assert (archive.entries(), count(tmp_path, "pictures")) == ([], 0)


def test_the_list_has_the_newest_first(kept: Kept) -> None:
    archive, _ = kept
    for key, updated in (("a", "2026-11-24"), ("b", "2026-11-26"), ("c", "2026-11-25")):
        archive.save(document(key, "Who?", updated=updated))
    assert [entry.id for entry in archive.entries()] == ["b", "c", "a"]


def test_a_search_looks_through_the_words_of_every_branch_and_the_titles(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Wer ist ZOË?", updated="2026-11-24"))
    archive.save(document("b", "Who? 100%", updated="2026-11-25"))
    archive.rename("b", "Of Zoës and Öfen", "2026-11-25")
    found = {text: archive.search(text) for text in ("zoë", "ZOË?", "one.", "öFEN", "100%", "_", "'", "")}
    assert found == {
        "zoë": ["b", "a"], "ZOË?": ["a"], "one.": ["b", "a"], "öFEN": ["b"], "100%": ["b"], "_": [], "'": [],
        "": ["b", "a"],
    }  # fmt: skip


def test_a_search_finds_a_file_by_its_name_and_its_beginning_and_what_is_said_after_it(kept: Kept) -> None:
    archive, _ = kept
    asked = UserMessage((TextFile("Umsatz.CSV", f"Öl,{'7,' * 20_000}"), Text("Sum?")))
    history = ConversationTree().with_branch(Conversation((asked, AssistantMessage("Much."))))
    archive.save(Document("a", updated="2026-11-24", history=history))
    assert [archive.search(text) for text in ("umsatz.csv", "öl,7", "sum?", "much.", "little")] == [["a"]] * 4 + [[]]
    loaded = archive.load("a")
    assert loaded
    assert loaded.history == history


def test_a_search_looks_through_so_much_of_a_conversation_and_no_more(kept: Kept) -> None:
    archive, _ = kept
    history = ConversationTree()
    for number in range(30):
        history = history.with_branch(history.conversation.add(UserMessage((Text(f"No{number}. {'x' * 990}"),))))
        archive.save(Document("a", updated="2026-11-24", history=history), [history.nodes[str(history.leaf)]])
    assert (archive.search("no18."), archive.search("no25.")) == (["a"], [])
    assert MAX_SEARCHED == 20_000


def test_an_answer_that_broke_off_is_found_after_the_next_start(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    for document, node in growing("A cat"):
        archive.save(document, growing=node.id)
    assert archive.search("cat") == []
    for _ in range(2):
        assert Archive(tmp_path / "kept.db", store).search("cat") == ["a"]


def test_a_picture_is_kept_once_however_often_the_app_is_started(tmp_path: Path) -> None:
    noise = PILImage.frombytes("RGB", (300, 200), random.Random(3).randbytes(180_000))
    noise.save(tmp_path / "noise.png")
    store = ImageStore(tmp_path / "store")
    first = Archive(tmp_path / "kept.db", store)
    first.save(document("a", "Who?", store.take(tmp_path / "noise.png", "noise.png")))
    before = (tmp_path / "kept.db").stat().st_size
    for start in range(3):
        archive = Archive(tmp_path / "kept.db", ImageStore(tmp_path / f"store{start}"))
        here = archive.load("a")
        assert here is not None
        turn = here.history.conversation.add(UserMessage((Text(f"Again {start}"),)), AssistantMessage("Yes."))
        archive.save(replace(here, updated=f"2026-11-2{start + 5}", history=here.history.with_branch(turn)))
    assert count(tmp_path, "pictures") == 1
    assert (tmp_path / "kept.db").stat().st_size - before < 20_000


def test_one_bad_picture_does_not_close_its_conversation(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    red, blue = picture(store, tmp_path, "red"), picture(store, tmp_path, "blue")
    archive.save(saved := document("a", "Who?", red, blue))
    db = sqlite3.connect(tmp_path / "kept.db")
    db.execute("UPDATE pictures SET bytes = x'00' WHERE name = ?", (Path(red.path).name,))
    db.commit()
    loaded = archive.load("a")
    assert colours(loaded) == [(0, 0, 255)]
    assert loaded is not None
    first = next(iter(loaded.history.nodes.values())).message
    assert isinstance(first, UserMessage)
    assert first.parts == (Text(GONE_PICTURE), blue, Text("Who?"))
    archive.save(replace(loaded, updated="2026-11-25"))  # and the mark is not kept in the picture's place
    db.execute("UPDATE pictures SET bytes = ? WHERE name = ?", (Path(red.path).read_bytes(), Path(red.path).name))
    db.commit()
    db.close()
    again = archive.load("a")
    assert again is not None
    assert again.history == saved.history


def test_a_picture_that_is_gone_before_it_is_kept_leaves_the_words(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    red = picture(store, tmp_path, "red")
    Path(red.path).unlink()
    archive.save(document("a", "Who?", red))
    loaded = archive.load("a")
    assert loaded is not None
    assert GONE_PICTURE in str(loaded.history.nodes)
    assert archive.search("who?") == ["a"]


def test_threads_that_save_at_once_wait_for_each_other(kept: Kept) -> None:
    archive, _ = kept
    start = said(UserMessage((Text("Who?"),)))

    def save(number: int) -> None:
        history = start.with_branch(start.conversation.add(AssistantMessage(f"Answer {number}.")))
        archive.save(Document("a", updated=f"2026-11-24T{number:04}", history=history))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(60)))
    loaded = archive.load("a")
    assert loaded is not None
    assert len(loaded.history.nodes) == 61
    assert loaded.history.conversation.messages[-1] == AssistantMessage("Answer 59.")


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
    with pytest.raises(NotSaved):
        Archive(tmp_path / "other.db", ImageStore(tmp_path / "store"))


def test_how_an_answer_ended_is_not_undone_by_a_tab_that_saw_it_before(kept: Kept) -> None:
    archive, _ = kept
    ((open_end, node),) = growing("A cat.")
    assert isinstance(node.message, AssistantMessage)
    ended = replace(node, message=replace(node.message, stats=Finished("length")))
    archive.save(open_end, growing=node.id)
    archive.save(open_end, [ended])
    archive.save(open_end)
    archive.save(open_end, [node], growing=node.id)
    loaded = archive.load("a")
    assert loaded is not None
    assert loaded.history.nodes[node.id] == ended
    noted = replace(ended, message=replace(ended.message, note="It broke off."))
    archive.save(open_end, [noted])
    archive.save(open_end, [ended], growing=node.id)
    loaded = archive.load("a")
    assert loaded is not None
    assert loaded.history.nodes[node.id] == noted


def test_half_a_character_keeps_nothing_from_being_kept(kept: Kept) -> None:
    archive, _ = kept
    archive.save(replace(document("a", "Who \ud83d is it?"), prompt="\ud800"))
    archive.rename("a", "Cats \udc08", "2026-11-28")
    loaded = archive.load("a")
    assert loaded is not None
    assert (loaded.title, loaded.prompt) == ("Cats ?", "?")
    assert archive.search("who ? is") == archive.search("cats \ud83d") == ["a"]


def test_what_is_loaded_is_of_one_moment(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, _ = kept
    archive.save(document("a", "Who?"))
    before = archive.load("a")
    read = rows.load

    def while_another_deletes(db: sqlite3.Connection, key: str) -> str | None:
        db.execute("SELECT 1 FROM conversations").fetchone()
        archive.delete(key)
        return read(db, key)

    monkeypatch.setattr(rows, "load", while_another_deletes)
    assert archive.load("a") == before


def test_a_branch_that_another_tab_has_gone_on_from_stays_in_view_when_its_answer_ends(kept: Kept) -> None:
    archive, _ = kept
    first = document("a", "Who?")
    archive.save(first)
    other = archive.load("a")
    assert other is not None
    on = other.history.conversation.add(UserMessage((Text("And?"),)), AssistantMessage("Well."))
    archive.save(replace(other, history=other.history.with_branch(on), updated="2026-11-25"))
    archive.save(replace(first, updated="2026-11-26"), ())  # the first tab's answer ends
    loaded = archive.load("a")
    assert loaded is not None
    assert loaded.history.conversation == on
    back = replace(loaded.history, leaf=first.history.leaf)  # somebody who has seen it takes it back
    archive.save(replace(loaded, history=back, updated="2026-11-27"), ())
    assert archive.load("a").history.conversation == first.history.conversation  # type: ignore[union-attr]
