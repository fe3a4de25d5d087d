"""The prompt that people look at is the one that the model was sent."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.errors import RequestRejected
from backend.chat.messages import AssistantMessage, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.tokenization.inspect import inspect
from backend.tokenization.tokenizer import Tokenizer

CALL = ToolCall("abcDEF123", "clock", '{"zone": "Zürich"}')
TOOLS = (ToolSpec("clock", "The time.", '{"type": "object"}'),)
MARKED = "[TOOL_CALLS][INST]</s>[IMG]<s>"


@pytest.fixture
def request_(tmp_path: Path) -> ChatRequest:
    """A request that has everything in it: three pictures, text in many scripts, tools."""
    sizes = [(20, 20), (90, 20), (20, 90)]
    images = []
    for number, size in enumerate(sizes):
        path = tmp_path / f"{number}.png"
        PILImage.new("RGB", size).save(path)
        images.append(Image(str(path), *size))
    return ChatRequest(
        "Be brief. 短く!",
        (
            UserMessage((images[0], Text("Time? 👩‍👧 " + MARKED), images[1])),
            AssistantMessage("I look.", (CALL,)),
            ToolMessage(ToolResult(CALL.id, "12:00")),
            AssistantMessage("Noon."),
            UserMessage((images[2],)),
        ),
        TOOLS,
    )


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
def test_the_pieces_are_the_whole_prompt_in_order(
    version: str, request_: ChatRequest, tokenizer_of: Callable[[str], Tokenizer]
) -> None:
    found = inspect(request_, tokenizer_of(version))
    sent = tokenizer_of(version).encode(request_).tokens
    assert [id_ for piece in found.pieces for id_ in piece.ids] == sent
    assert found.tokens == len(sent)


def test_text_is_shown_as_it_was_written(request_: ChatRequest, demo_tokenizer: Tokenizer) -> None:
    found = inspect(request_, demo_tokenizer)
    text = "".join(piece.text for piece in found.pieces if not piece.is_control and piece.image is None)
    for written in ("Be brief. 短く!", "Time? 👩‍👧 " + MARKED, "I look.", "12:00", "Noon."):
        assert written in text


def test_control_tokens_are_told_apart_and_none_can_be_typed(request_: ChatRequest, demo_tokenizer: Tokenizer) -> None:
    found = inspect(request_, demo_tokenizer)
    control = [piece.text for piece in found.pieces if piece.is_control]
    assert all(len(piece.ids) == 1 for piece in found.pieces if piece.is_control)
    assert control[:3] == ["<s>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"]
    assert [control.count(token) for token in ("[INST]", "[/INST]", "[TOOL_CALLS]", "[IMG]")] == [2, 2, 1, 0]


def test_each_picture_is_one_piece_with_its_number_and_size(request_: ChatRequest, demo_tokenizer: Tokenizer) -> None:
    found = inspect(request_, demo_tokenizer)
    pictures = [piece for piece in found.pieces if piece.image is not None]
    assert [(piece.image, piece.text) for piece in pictures] == [(n, f"picture {n + 1}") for n in range(3)]
    assert found.images == ((56, 56), (112, 28), (28, 112))
    assert [len(piece.ids) for piece in pictures] == [6, 5, 8]


def test_what_the_protocol_does_not_allow_cannot_be_looked_at(demo_tokenizer: Tokenizer) -> None:
    with pytest.raises(RequestRejected):
        inspect(ChatRequest(), demo_tokenizer)
