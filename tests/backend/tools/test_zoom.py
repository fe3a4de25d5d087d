"""The tool that shows the model a part of an image: cut at full size, of any image that the model sees."""

import io
import json
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.messages import AssistantMessage, Conversation, ToolCall, ToolMessage, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest, Finished, TextDelta
from backend.storage.images import ImageStore
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.toolbox import Toolbox
from backend.turn import run_turn
from tests.support.scripted_engine import ScriptedEngine

HALF = {"left": 0, "top": 0, "right": 500, "bottom": 1000}


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path)


def photo(store: ImageStore, size: tuple[int, int] = (3000, 2000)) -> Image:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", size, "red").save(buffer, "JPEG")
    return store.take_bytes(buffer.getvalue(), "")


def call(number: float, name: str = "a" * 9, **sides: object) -> ToolCall:
    return ToolCall(name, "zoom", json.dumps({"image": number, **HALF, **sides}))


def toolbox(store: ImageStore) -> Toolbox:
    return Toolbox(BUILTIN_TOOLS, store.take_bytes, cut=store.cut)


def test_a_part_is_an_image_of_its_own_at_full_size(store: ImageStore) -> None:
    seen = (photo(store, (40, 30)), photo(store))
    result = toolbox(store).run(call(2, right=200, bottom=100), seen)
    assert not result.is_error
    (part,) = result.images
    assert (part.width, part.height, part.label) == (600, 200, "part of image 2")
    assert "image 2" in result.output
    assert "600 × 200" in result.output


def test_what_lies_outside_is_left_out(store: ImageStore) -> None:
    (part,) = toolbox(store).run(call(1, left=-50, right=2000, bottom=4000), (photo(store, (400, 300)),)).images
    assert (part.width, part.height) == (400, 300)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (call(1, left=500, right=100), "600 × 400 pixels"), (call(1, top=1000), "600 × 400 pixels"),
        (call(3), "from 1 to 1"), (call(0), "from 1 to 1"), (call(-1), "from 1 to 1"), (call(1.5), "image"),
        (ToolCall("a" * 9, "zoom", '{"image": 1}'), "left"), (call(1, left="a"), "left"),
    ],
    ids=lambda value: getattr(value, "arguments", value),
)  # fmt: skip
def test_nonsense_is_an_error_from_which_the_model_can_tell_what_to_ask(
    store: ImageStore, wrong: ToolCall, told: str
) -> None:
    result = toolbox(store).run(wrong, (photo(store, (600, 400)),))
    assert result.is_error
    assert told in result.output
    assert not result.images


def test_without_an_image_there_is_no_part(store: ImageStore) -> None:
    assert toolbox(store).run(call(1)).output == "Error: there is no image in this conversation."


def test_images_count_in_the_order_in_which_the_model_sees_them_those_of_tools_too(store: ImageStore) -> None:
    first, second = photo(store, (400, 300)), photo(store, (800, 600))
    script = [
        [call(1, "a" * 9), Finished("tool_calls")],
        [call(2, "b" * 9), Finished("tool_calls")],
        [call(3, "c" * 9), Finished("tool_calls")],
        [TextDelta("Read."), Finished("stop")],
    ]
    engine = ScriptedEngine(script)
    conversation = Conversation((UserMessage((first, Text("and"))),)).add(AssistantMessage("Yes?"))
    conversation = conversation.add(UserMessage((second, Text("Look closer."))))
    request = ChatRequest("", tools=toolbox(store).specs)
    for state in run_turn(engine, conversation, request, toolbox(store)):
        conversation = state
    parts = [message.result.images[0] for message in conversation.messages if isinstance(message, ToolMessage)]
    assert [(part.width, part.height) for part in parts] == [(200, 300), (400, 600), (100, 300)]
    assert [part.label for part in parts] == [f"part of image {number}" for number in (1, 2, 3)]
