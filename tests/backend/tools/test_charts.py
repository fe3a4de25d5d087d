"""A picture that a tool makes: drawn, kept, shown to the person and passed on to the model."""

import io
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.context import MADE, with_tool_pictures
from backend.chat.messages import AssistantMessage, Conversation, ToolCall, ToolMessage, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree
from backend.storage.images import ImageStore
from backend.tokenization.tokenizer import Tokenizer
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.charts import draw_chart
from backend.tools.toolbox import Toolbox
from backend.turn import messages_sent
from ui.render.tool_calls import Round, render_round

CALL = ToolCall("abcDEF123", "draw_chart", '{"labels": ["a", "b"], "values": [1, 3]}')


def test_the_bars_are_as_high_as_their_values() -> None:
    with PIL.Image.open(io.BytesIO(draw_chart(["a", "b"], [1, 3]).pictures[0])) as picture:
        colours = {colour: count for count, colour in picture.getcolors(100_000) or []}
    assert colours[47, 111, 159] / colours[201, 79, 4] == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(
    ("labels", "values"),
    [([], []), (["a"], [1, 2]), (["a"], [-1]), (["a"], [float("inf")]), (["a"] * 13, [1] * 13)],
)
def test_what_cannot_be_drawn_is_refused(labels: list[str], values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"give|must"):
        draw_chart(labels, values)


@pytest.fixture
def talk(tmp_path: Path) -> tuple[UserMessage, AssistantMessage, ToolMessage]:
    store = ImageStore(tmp_path / "store")
    result = Toolbox(BUILTIN_TOOLS, store.take_bytes).run(CALL)
    return UserMessage((Text("Draw it."),)), AssistantMessage("", (CALL,)), ToolMessage(result)


def test_the_picture_is_kept_and_shown_in_the_calls_card(
    talk: tuple[UserMessage, AssistantMessage, ToolMessage],
) -> None:
    (image,) = talk[2].result.images
    assert (image.width, image.height) == (448, 336)
    assert f"file={image.path}" in render_round(Round((CALL,), {CALL.id: talk[2].result}))
    assert ConversationTree().with_branch(Conversation(talk)).images == (image,)


def test_the_model_gets_it_in_a_users_message_after_the_result(
    talk: tuple[UserMessage, AssistantMessage, ToolMessage], demo_tokenizer: Tokenizer
) -> None:
    sent = messages_sent(talk, ChatRequest())
    assert sent == with_tool_pictures(sent)
    last = sent[-1]
    assert isinstance(last, UserMessage)
    assert isinstance(last.parts[0], Image)
    assert last.text == MADE
    assert len(demo_tokenizer.encode(ChatRequest(messages=sent)).images) == 1
