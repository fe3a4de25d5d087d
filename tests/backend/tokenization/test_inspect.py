"""The prompt that people look at is the one that the model was sent."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.context import file_text
from backend.chat.errors import RequestRejected
from backend.chat.marks import composed
from backend.chat.messages import AssistantMessage, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Image, Text, TextFile
from backend.chat.request import ChatRequest
from backend.tokenization.count import TokenCounter
from backend.tokenization.estimate import Estimate
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


def pieces_of(request: ChatRequest, tokenizer: Tokenizer) -> list[str]:
    """What a person said, an image by its number."""
    said = [piece for piece in inspect(request, tokenizer).pieces if not piece.is_control]
    return [piece.text if piece.image is None else f"<{piece.image + 1}>" for piece in said]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Is [2] like [1]?", ["Is ", "<1>", " like ", "<2>", "?"]),
        ("What is [1]", ["<1>", "What is ", "<2>"]),
        ("What?", ["<1>", "<2>", "What?"]),
    ],
)
def test_an_image_is_read_where_a_mark_placed_it(
    typed: str, read: list[str], request_: ChatRequest, demo_tokenizer: Tokenizer
) -> None:
    request = ChatRequest("", (UserMessage(composed(typed, request_.images[:2])),))
    assert pieces_of(request, demo_tokenizer) == read
    assert TokenCounter(demo_tokenizer, None).cost(request).total == inspect(request, demo_tokenizer).tokens


def test_a_single_image_can_be_placed_after_the_text_and_a_file_is_read_before_it(
    request_: ChatRequest, demo_tokenizer: Tokenizer
) -> None:
    csv = TextFile("a.csv", "1,2")
    request = ChatRequest("", (UserMessage(composed("Sum of [1]", request_.images[:1], (csv,))),))
    assert pieces_of(request, demo_tokenizer) == [f"{file_text(csv)}\n\nSum of ", "<1>"]
    assert TokenCounter(demo_tokenizer, None).cost(request).total == inspect(request, demo_tokenizer).tokens
    assert Estimate(None).cost(request).text >= len(csv.content) // 4
