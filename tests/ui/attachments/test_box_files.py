"""What the files in a message box are, and what of them goes with the message."""

from itertools import count
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.errors import DocumentRefused, ImageRefused, InputRefused
from backend.chat.parts import TextFile
from backend.documents.reader import DocumentReader
from backend.storage.images import ImageStore
from tests.support.pdfs import pdf_of, written
from ui.attachments.box_files import (
    PLAN_SECONDS,
    SEND_SECONDS,
    BoxFiles,
    DocumentFile,
    PictureFile,
    WrittenFile,
    WrongFile,
)
from ui.attachments.choice import Choice
from ui.attachments.readings import Readings


@pytest.fixture
def box(tmp_path: Path) -> BoxFiles:
    return BoxFiles(Readings(ImageStore(tmp_path / "pictures")))


def pdf(folder: Path, count: int, name: str = "report.pdf") -> str:
    (folder / name).write_bytes(pdf_of(*[written(f"Page {number}") for number in range(1, count + 1)]))
    return str(folder / name)


def picture(folder: Path, name: str = "a.png") -> str:
    PIL.Image.new("RGB", (60, 40), "red").save(folder / name)
    return str(folder / name)


def text(folder: Path, name: str, content: str) -> str:
    (folder / name).write_text(content)
    return str(folder / name)


def only(box: BoxFiles, path: str, choice: Choice | None = None) -> DocumentFile:
    (file,) = box.look([path], {path: choice} if choice else {})
    assert isinstance(file, DocumentFile)
    return file


def test_files_are_what_they_hold_and_not_what_they_are_called(box: BoxFiles, tmp_path: Path) -> None:
    paths = [
        pdf(tmp_path, 1, "a.png"), text(tmp_path, "b.pdf", "words"), picture(tmp_path, "c.png"),
        str(tmp_path / "d.png"),
    ]  # fmt: skip
    (tmp_path / "d.png").write_bytes(bytes(range(256)))
    kinds = [type(file) for file in box.look(paths, {})]
    assert kinds == [DocumentFile, WrittenFile, PictureFile, WrongFile]


def test_of_a_document_the_first_pages_go_as_many_as_the_images_beside_it_leave(box: BoxFiles, tmp_path: Path) -> None:
    paths = [picture(tmp_path), pdf(tmp_path, 20), pdf(tmp_path, 3, "other.pdf")]
    _, report, other = box.look(paths, {})
    assert isinstance(report, DocumentFile)
    assert isinstance(other, DocumentFile)
    assert (report.chosen, report.going) == (tuple(range(1, 10)), tuple(range(1, 10)))
    assert (other.chosen, other.going) == ((), ())
    _, report, other = box.look(paths, {paths[1]: Choice(pages=(2, 3))})
    assert isinstance(other, DocumentFile)
    assert other.going == (1, 2, 3)


def test_what_was_chosen_beyond_the_limit_goes_with_the_next_message(box: BoxFiles, tmp_path: Path) -> None:
    path = pdf(tmp_path, 30)
    chosen = only(box, path, Choice(pages=tuple(range(3, 26))))
    assert chosen.going == tuple(range(3, 13))
    assert chosen.later == tuple(range(13, 26))
    assert only(box, path).later == tuple(range(11, 21))  # nobody has chosen: those that follow
    assert only(box, path, Choice(pages=(30,))).later == ()
    assert only(box, path, Choice(pages=(5, 40))).chosen == (5,)  # forged, or of another file


def test_texts_of_pages_are_bounded_by_no_number_of_images(box: BoxFiles, tmp_path: Path) -> None:
    path = pdf(tmp_path, 12)
    file = only(box, path, Choice(pages=tuple(range(1, 13)), form="text"))
    images, written_files = box.taken([file])
    assert images == ()
    assert written_files[11] == TextFile("report.pdf, page 12", "Page 12")


def test_pages_are_priced_by_their_size_before_any_is_drawn_and_have_it_then(box: BoxFiles, tmp_path: Path) -> None:
    file = only(box, pdf(tmp_path, 2), Choice(512, form="both"))
    planned, layers = box.planned([file])
    assert [image.path for image in planned] == ["", ""]
    assert not (tmp_path / "pictures").exists() or not list((tmp_path / "pictures").rglob("*.png"))
    taken, same = box.taken([file])
    assert [(image.width, image.height, image.label) for image in planned] == [
        (image.width, image.height, image.label) for image in taken
    ]
    assert [image.label for image in taken] == ["page 1 of report.pdf", "page 2 of report.pdf"]
    assert layers == same
    assert max(taken[0].width, taken[0].height) == 512
    assert box.planned([file])[0] == taken


def test_pages_are_drawn_ahead_one_by_one(box: BoxFiles, tmp_path: Path) -> None:
    file = only(box, pdf(tmp_path, 3))
    steps = box.draw([file])
    next(steps)
    assert not box.is_drawn([file])
    assert [*steps] == [None, None]
    assert box.is_drawn([file])


def test_a_wrong_file_is_told_with_its_name_and_the_others_are_read(box: BoxFiles, tmp_path: Path) -> None:
    paths = [text(tmp_path, "broken.pdf", "%PDF-1.7\n1 0 obj"), picture(tmp_path), str(tmp_path / "gone.pdf")]
    broken, good, gone = box.look(paths, {})
    assert isinstance(broken, WrongFile)
    assert "“broken.pdf”" in broken.problem
    assert isinstance(good, PictureFile)
    assert isinstance(gone, WrongFile)
    with pytest.raises(ImageRefused, match="“broken"):
        box.taken([broken, good])


def test_more_images_than_a_message_may_have_are_refused_with_how_many_to_remove(box: BoxFiles, tmp_path: Path) -> None:
    files = box.look([picture(tmp_path)] * 12, {})
    with pytest.raises(InputRefused, match=r"up to 10 images\. Remove 2\."):
        box.taken(files)


def test_a_damaged_page_keeps_nobody_from_choosing_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Torn(DocumentReader):
        def page_text(self, path: str | Path, name: str, number: int) -> str:
            if number == 2:
                raise DocumentRefused("Page 2 is damaged.")
            return super().page_text(path, name, number)

    box = BoxFiles(Readings(ImageStore(tmp_path / "pictures"), Torn()))
    file = only(box, pdf(tmp_path, 3), Choice(form="text"))
    assert [part.content for part in box.planned([file])[1]] == ["Page 1", "", "Page 3"]
    with pytest.raises(DocumentRefused, match="Page 2"):
        box.taken([file])


def test_a_page_that_was_sent_once_is_known_by_its_label_when_it_is_sent_again(box: BoxFiles, tmp_path: Path) -> None:
    path = picture(tmp_path)
    (file,) = box.look([path], {path: Choice(label="page 3 of report.pdf")})
    assert isinstance(file, PictureFile)
    assert box.taken([file])[0][0].label == "page 3 of report.pdf"


def test_pages_that_take_long_to_read_are_read_bit_by_bit_while_a_person_writes(tmp_path: Path) -> None:
    seconds = count(step=int(PLAN_SECONDS // 2) + 1)  # at each look at the clock so many are gone
    box = BoxFiles(Readings(ImageStore(tmp_path / "pictures")), now=lambda: float(next(seconds)))
    files = [only(box, pdf(tmp_path, 4), Choice(pages=(1, 2, 3, 4), form="text"))]
    assert [bool(text.content) for text in box.planned(files)[1]] == [True, False, False, False]
    assert [bool(text.content) for text in box.planned(files)[1]] == [True, True, False, False]
    assert all(text.content for text in box.taken(files)[1])


def test_pages_that_take_too_long_to_read_are_not_sent(tmp_path: Path) -> None:
    seconds = count(step=int(SEND_SECONDS // 2) + 1)
    box = BoxFiles(Readings(ImageStore(tmp_path / "pictures")), now=lambda: float(next(seconds)))
    files = [only(box, pdf(tmp_path, 4), Choice(pages=(1, 2, 3, 4), form="text"))]
    with pytest.raises(DocumentRefused, match=r"“report.pdf” takes too long\. Choose fewer pages"):
        box.taken(files)
