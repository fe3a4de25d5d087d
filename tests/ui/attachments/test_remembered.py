"""What was made of a file is made once, as long as there is room for it."""

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


def test_a_refusal_is_remembered_and_what_waits_is_tried_again() -> None:
    errors = [DocumentWaits("Try again."), DocumentRefused("It is damaged."), AssertionError]

    def make(_: str) -> str:
        raise errors.pop(0)

    remembered = Remembered(make, 10)
    with pytest.raises(DocumentWaits):
        remembered("a")
    for _ in range(3):
        with pytest.raises(DocumentRefused, match="It is damaged"):
            remembered("a")
