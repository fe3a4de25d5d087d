"""What was made of a file is made once, as long as there is room for it."""

import time
from pathlib import Path

import pytest

from backend.chat.errors import DocumentRefused, DocumentWaits
from ui.attachments.remembered import Remembered


def test_each_is_made_once_and_the_oldest_go_for_want_of_room() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    remembered = Remembered(make, most=10, weigh=len)
    for name in ("abcde", "fgh", "abcde", "ijklm"):
        assert remembered(name) == name
    assert made == ["abcde", "fgh", "ijklm"]
    assert remembered.known("abcde")
    assert not remembered.known("fgh")  # asked for longest ago
    assert remembered("a text longer than all") == "a text longer than all"
    assert remembered.known("a text longer than all")
    assert not remembered.known("abcde")


def test_a_refusal_is_remembered_for_a_while_and_what_waits_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.pdf"
    file.touch()
    errors = [DocumentWaits("Try again."), DocumentRefused("The disk is full.")]

    def make(_: str) -> str:
        if errors:
            raise errors.pop(0)
        return "made"

    remembered = Remembered(make, 10)
    with pytest.raises(DocumentWaits):
        remembered(str(file))
    for _ in range(3):
        with pytest.raises(DocumentRefused, match="The disk is full"):
            remembered(str(file))
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert remembered(str(file)) == "made"


def test_a_file_that_was_gone_is_taken_once_it_is_there_again(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"

    def make(path: str) -> str:
        try:
            return Path(path).read_text()
        except OSError as error:
            raise DocumentRefused("Upload it again.") from error

    remembered = Remembered(make, 10)
    with pytest.raises(DocumentRefused):
        remembered(str(file))
    file.write_text("here")
    assert remembered(str(file)) == "here"
