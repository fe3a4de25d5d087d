"""All conversations of a history file as one zip, and back."""

import io
import json
import random
import sqlite3
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.errors import ConversationInvalid
from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree
from backend.sandbox.pool import LimitReached, Sandbox, directly
from backend.storage.document import Document
from backend.storage.document_json import FORMAT
from backend.storage.exports.bundle import NOT_EXPORTED, file_name, write_zip
from backend.storage.foreign import zips
from backend.storage.images import ImageStore
from backend.storage.imports import Imported, import_file
from backend.storage.sqlite import Archive

HI = json.dumps([{"role": "user", "content": "Hi"}])


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


@pytest.fixture
def archive(tmp_path: Path, store: ImageStore) -> Archive:
    """Two conversations: one has a title and a picture, the other two branches."""
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    red = store.take_bytes(buffer.getvalue(), "red")
    archive = Archive(tmp_path / "kept.db", store)
    for key, title, parts in (("a", "Über ../x:\\y", (red, Text("Who?"))), ("b", "", (Text("What?"),))):
        history = ConversationTree()
        for text in ("One.", "Two."):
            answer = Conversation((UserMessage(parts), AssistantMessage(text)))
            history = history.with_branch(answer, ChatRequest("Be brief."))
        archive.save(Document(key, title, "2026-11-28" if title else "", "2026-11-28", history=history))
    return archive


def opened(path: Path, store: ImageStore, run: Callable[..., object] = directly) -> Imported:
    return import_file(path, store.take_data_url, run)


def test_all_conversations_come_back_from_one_file(archive: Archive, store: ImageStore, tmp_path: Path) -> None:
    assert write_zip(archive.documents(), tmp_path / "all.zip") == 2
    with zipfile.ZipFile(tmp_path / "all.zip") as bundle:
        assert sorted(bundle.namelist()) == ["What-b.json", "Über-x-y-a.json"]
        assert all(json.loads(bundle.read(name))["format"] == FORMAT for name in bundle.namelist())
    back = opened(tmp_path / "all.zip", store)
    assert {document.id: document for document in back.documents} == {key: archive.load(key) for key in "ab"}
    assert (back.prompt, back.left_out) == (None, ())


def test_what_comes_back_into_a_file_that_has_it_adds_nothing(
    archive: Archive, store: ImageStore, tmp_path: Path
) -> None:
    before = {key: archive.load(key) for key in "ab"}
    write_zip(archive.documents(), tmp_path / "all.zip")
    archive.delete("b")
    for document in opened(tmp_path / "all.zip", store).documents:
        archive.save(document, is_import=True)
    assert {key: archive.load(key) for key in "ab"} == before


def test_what_cannot_be_read_is_named_in_the_file(archive: Archive, store: ImageStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db, db:
        db.execute("UPDATE nodes SET body = '{' WHERE conversation = 'b'")
    assert write_zip(archive.documents(), tmp_path / "all.zip") == 2
    with zipfile.ZipFile(tmp_path / "all.zip") as bundle:
        told = bundle.read(NOT_EXPORTED).decode()
    assert told.startswith("What?: This chat is damaged in the history file kept.db. Delete it, or")
    assert [document.id for document in opened(tmp_path / "all.zip", store).documents] == ["a"]


def test_pictures_may_be_given_by_another_address(archive: Archive, tmp_path: Path) -> None:
    write_zip(archive.documents(), tmp_path / "all.zip", lambda image: Path(image.path).name)
    with zipfile.ZipFile(tmp_path / "all.zip") as bundle:
        assert all(bundle.read(name).count(b"data:") == 0 for name in bundle.namelist())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Which cat?", "Which-cat"), ("../../etc/passwd", "etc-passwd"), ("C:\\x\0\n", "C-x"), ("…", "conversation"),
        ("", "conversation"), ("Ünï 猫", "Ünï-猫"), ("x" * 90, "x" * 40),
    ],
)  # fmt: skip
def test_a_title_makes_a_name_that_any_system_takes(title: str, name: str) -> None:
    assert file_name(title) == name


def zipped(path: Path, *files: tuple[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as bundle:
        for name, content in files:
            bundle.writestr(name, content)
    return path


def test_too_many_files_are_refused(tmp_path: Path, store: ImageStore) -> None:
    path = zipped(tmp_path / "all.zip", *((f"{number}.json", HI) for number in range(zips.MAX_FILES + 1)))
    with pytest.raises(ConversationInvalid, match=r"^This zip has more than 1,000 files, too many to open at once\.$"):
        opened(path, store)


def test_files_that_grow_as_they_are_unpacked_are_refused_before_they_are(
    tmp_path: Path, store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "MAX_UNPACKED", 5_000_000)
    path = zipped(tmp_path / "all.zip", *((f"{number}.json", b" " * 1_000_000) for number in range(6)))
    assert path.stat().st_size < 10_000
    with pytest.raises(ConversationInvalid, match=r"^This zip unpacks to more than 5 MB, too much to"):
        opened(path, store)


def test_one_file_that_is_too_large_keeps_no_other_from_being_taken(
    tmp_path: Path, store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "MAX_MEMBER", 1_000)
    back = opened(zipped(tmp_path / "all.zip", ("a.json", HI + " " * 1_000), ("b.json", HI)), store)
    assert len(back.documents) == 1
    assert back.left_out == ("1 chat that couldn’t be read",)


def test_a_file_that_says_it_is_small_gives_no_more_than_that(tmp_path: Path, store: ImageStore) -> None:
    path = zipped(tmp_path / "all.zip", ("a.json", b" " * 30_000_000))
    said = (30_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(said, (1_000).to_bytes(4, "little")))
    tracemalloc.start()
    try:
        with pytest.raises(ConversationInvalid):
            opened(path, store)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_zip_is_read_where_it_can_be_ended(tmp_path: Path, store: ImageStore, archive: Archive) -> None:
    write_zip(archive.documents(), tmp_path / "all.zip")
    with closing(Sandbox(0.5, 1_000_000_000, ["backend.storage.imports"])) as sandbox:
        assert len(opened(tmp_path / "all.zip", store, sandbox.run).documents) == 2
        endless = "[" + "[]," * 5_000_000 + "0]"
        one = zipped(tmp_path / "one.zip", ("a.json", endless), ("b.json", HI))
        back = opened(one, store, sandbox.run)
        assert (len(back.documents), back.left_out) == (1, ("1 chat that couldn’t be read",))


def test_a_zip_of_files_that_take_too_long_is_given_up(tmp_path: Path, store: ImageStore) -> None:
    asked: list[object] = []

    def run(function: Callable[..., object], *given: object) -> object:
        if len(given) == 1:
            return function(*given)
        asked.append(given)
        raise LimitReached("it took longer than 2 s")

    path = zipped(tmp_path / "all.zip", *((f"{number}.json", HI) for number in range(100)))
    with pytest.raises(ConversationInvalid, match=r"^This chat takes too long or too much memory to open\.$"):
        opened(path, store, run)
    assert len(asked) == 3


def test_whatever_is_damaged_in_a_zip_is_refused_in_a_sentence(tmp_path: Path, store: ImageStore) -> None:
    dice = random.Random(4)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        whole = zipped(tmp_path / "all.zip", ("a.json", HI * 20), ("b.json", HI), method=method).read_bytes()
        for _ in range(300):
            damaged = bytearray(whole)
            for _ in range(dice.randint(1, 4)):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            cut = len(damaged) if dice.random() < 0.8 else dice.randrange(len(damaged))
            (tmp_path / "bad.zip").write_bytes(damaged[:cut])
            with suppress(ConversationInvalid):
                opened(tmp_path / "bad.zip", store)


def test_the_picture_of_another_folder_is_never_read(tmp_path: Path, store: ImageStore) -> None:
    history = ConversationTree().with_branch(Conversation((UserMessage((Image("/etc/passwd", 1, 1),)),)))
    write_zip([replace(Document("a"), history=history)], tmp_path / "all.zip", lambda image: image.path)
    (document,) = opened(tmp_path / "all.zip", store).documents
    assert document.history.images == ()
