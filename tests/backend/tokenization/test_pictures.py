"""Pictures on their way to the model: what tells one from another, and how often they are read for it."""

from pathlib import Path

import PIL.Image
import pytest

from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.storage.images import ImageStore
from backend.tokenization.tokenizer import Tokenizer


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The pictures whose pixels were turned to RGB since."""
    seen: list[object] = []
    convert = PIL.Image.Image.convert

    def counted(picture: PIL.Image.Image, *given: object, **named: object) -> PIL.Image.Image:
        seen.append(picture)
        return convert(picture, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(PIL.Image.Image, "convert", counted)
    return seen


def test_a_picture_that_is_taken_twice_is_read_once(
    tmp_path: Path, demo_tokenizer: Tokenizer, decoded: list[object]
) -> None:
    store = ImageStore(tmp_path / "store")
    PIL.Image.new("RGB", (90, 60), "red").save(tmp_path / "red.png")
    keys = []
    for text in ("What is it?", "Which colour is it?"):  # the second is the first, edited
        message = UserMessage((store.take(tmp_path / "red.png", "red.png"), Text(text)))
        decoded.clear()
        keys += [picture.key for picture in demo_tokenizer.encode(ChatRequest(messages=(message,))).images]
        decoded_for_it = len(decoded)
    assert keys[0] == keys[1]
    assert decoded_for_it == 0
