"""What a message will cost is exactly what the prompt will have."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.errors import RequestRejected
from backend.chat.messages import AssistantMessage, Message, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.tokenization.count import TokenCounter
from backend.tokenization.estimate import Estimate, picture_tokens
from backend.tokenization.tokenizer import Tokenizer

LIMIT = 4096
TOOLS = (
    ToolSpec("weather", "The weather.", '{"type": "object", "properties": {"city": {"type": "string"}}}'),
    ToolSpec("clock", "The time.", '{"type": "object"}'),
)
CALLS = (ToolCall("abcDEF123", "weather", '{"city": "Orléans"}'), ToolCall("zyx987WVU", "clock", "{}"))
PICTURES = {"S": (20, 20), "W": (300, 29), "H": (57, 301), "L": (1540, 1000)}

# Each letter of a message is a picture, and anything else is text.
SHAPES: dict[str, tuple[str, ...]] = {
    "a text": ("Hello, wörld 👩‍👧!",),
    "an empty box": ("",),
    "a picture alone": ("S",),
    "pictures of many sizes": ("SWHL",),
    "pictures and a text": ("SW what is this?",),
    "a text and a picture": ("what is this? H",),
    "turns with pictures": ("S one", "Two.", "W", "Three.", "four H"),
    "rounds of tools": ("H weather?", "[calls]", "Rain.", "and now?", "[calls]", "Sun.", "thanks"),
}


def user(shape: str, folder: Path) -> UserMessage:
    parts: list[Text | Image] = []
    for letter in shape:
        if letter in PICTURES:
            path = folder / f"{letter}.png"
            PILImage.new("RGB", PICTURES[letter]).save(path)
            parts.append(Image(str(path), *PICTURES[letter]))
        elif parts and isinstance(last := parts[-1], Text):
            parts[-1] = Text(last.text + letter)
        else:
            parts.append(Text(letter))
    return UserMessage(tuple(parts) or (Text(""),))


def messages(shape: tuple[str, ...], folder: Path) -> tuple[Message, ...]:
    """The user's messages and answers in turn; a round of tools has two calls and their results."""
    made: list[Message] = []
    for text in shape:
        if text == "[calls]":
            made += [AssistantMessage("", CALLS), *(ToolMessage(ToolResult(call.id, "7 °C")) for call in CALLS)]
        elif made and not isinstance(made[-1], AssistantMessage):
            made.append(AssistantMessage(text))
        else:
            made.append(user(text, folder))
    return tuple(made)


@pytest.fixture
def counter(demo_tokenizer: Tokenizer) -> TokenCounter:
    return TokenCounter(demo_tokenizer, LIMIT)


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
@pytest.mark.parametrize("name", SHAPES)
def test_the_count_is_that_of_the_prompt(
    name: str, version: str, tokenizer_of: Callable[[str], Tokenizer], tmp_path: Path
) -> None:
    tokenizer = tokenizer_of(version)
    for prompt, tools in product(("", "Be brief.\n"), ((), TOOLS)):
        request = ChatRequest(prompt, messages(SHAPES[name], tmp_path), tools)
        cost = TokenCounter(tokenizer, LIMIT).cost(request)
        assert cost.total == len(tokenizer.encode(request).tokens)
        assert (cost.system_prompt > 0, cost.tools > 0) == (bool(prompt), bool(tools))
        assert cost.history >= 0


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (["one S two"], "texts on both sides of a picture meet once it is out, and are set apart by a token"),
        (["S", "two"], "a message of pictures alone next to another of the user's is joined with it"),
        (["·"], "a text that is the filler itself is taken for the filler"),
    ],
    ids=["text around", "two in a row", "filler"],
)
def test_the_count_is_exact_for_rare_shapes_too(
    shape: list[str], reason: str, counter: TokenCounter, demo_tokenizer: Tokenizer, tmp_path: Path
) -> None:
    request = ChatRequest(messages=tuple(user(text, tmp_path) for text in shape))
    assert counter.cost(request).total == len(demo_tokenizer.encode(request).tokens), reason


def test_each_part_is_counted_where_it_belongs(counter: TokenCounter, tmp_path: Path) -> None:
    request = ChatRequest("Be brief.", messages(("S one", "Two.", "W three"), tmp_path), TOOLS)
    cost = counter.cost(request)
    assert cost.pictures == counter.picture(*PICTURES["S"]) + counter.picture(*PICTURES["W"])
    assert cost.total == cost.system_prompt + cost.tools + cost.history + cost.pictures + cost.text
    assert cost.room == LIMIT - cost.total
    longer = counter.cost(replace(request, system_prompt="Be brief and be kind, please."))
    assert longer.system_prompt > cost.system_prompt
    assert (longer.tools, longer.history, longer.pictures, longer.text) == (
        cost.tools, cost.history, cost.pictures, cost.text,
    )  # fmt: skip
    alone = counter.cost(replace(request, messages=request.messages[-1:]))
    assert (alone.history, alone.text, alone.tools) == (0, cost.text, cost.tools)


def test_a_picture_costs_what_its_size_makes(counter: TokenCounter) -> None:
    assert counter.picture(28, 28) == 6  # the model cannot take a lone picture of one cell
    assert counter.picture(29, 57) == 9
    assert counter.picture(57, 29) == 8
    assert counter.picture(1540, 10) == counter.picture(3080, 20)


def test_a_picture_of_a_size_is_counted_once_for_a_model(counter: TokenCounter, demo_tokenizer: Tokenizer) -> None:
    counter.picture(71, 93)
    before = demo_tokenizer.count_picture.cache_info()
    assert TokenCounter(demo_tokenizer, LIMIT).picture(71, 93) == counter.picture(71, 93)
    after = demo_tokenizer.count_picture.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (2, 0)


def test_an_estimate_knows_what_pictures_cost(tokenizer_file: Callable[[str], Path], tmp_path: Path) -> None:
    data = json.loads(tokenizer_file("v11").read_text("utf-8"))
    data["image"] |= {"max_image_size": 1540}  # as Small 3.2 has it
    (tmp_path / "tekken.json").write_text(json.dumps(data), "utf-8")
    exact = Tokenizer(tmp_path / "tekken.json")
    edges = (1, 27, 28, 29, 56, 57, 300, 1000, 1539, 1540, 1541, 3081, 9999)
    sizes = list(product(edges, edges))
    assert [picture_tokens(*size) for size in sizes] == [exact.count_picture(*size) for size in sizes]
    known = {(1540, 1540): 3080, (1920, 1080): 1736, (1024, 1024): 1406, (512, 512): 380}
    assert {size: picture_tokens(*size) for size in known} == known


def test_an_estimate_counts_all_that_is_sent(tmp_path: Path) -> None:
    request = ChatRequest("Be brief.", messages(SHAPES["rounds of tools"], tmp_path), TOOLS)
    cost = Estimate(None).cost(request)
    said = len("H weather?Rain.and now?Sun.") - len("H") + 2 * 2 * len("7 °C")
    called = 2 * sum(len(call.name + call.arguments) for call in CALLS)
    assert (cost.system_prompt, cost.text) == (3, 2)  # a token for four characters, rounded up
    assert cost.history == -(-(said + called) // 4)
    assert cost.tools == -(-sum(len(tool.name + tool.description + tool.parameters) for tool in TOOLS) // 4)
    assert cost.pictures == picture_tokens(*PICTURES["H"])
    assert (cost.limit, cost.room, cost.is_exact) == (None, None, False)


def test_a_prompt_that_does_not_fit_has_no_room(demo_tokenizer: Tokenizer, tmp_path: Path) -> None:
    cost = TokenCounter(demo_tokenizer, 10).cost(ChatRequest(messages=messages(("SWHL",), tmp_path)))
    assert cost.room == 10 - cost.total < 0


@pytest.mark.parametrize("shape", [(), ("one", "Two.")])
def test_what_cannot_be_sent_has_no_cost(shape: tuple[str, ...], counter: TokenCounter, tmp_path: Path) -> None:
    with pytest.raises(RequestRejected):
        counter.cost(ChatRequest(messages=messages(shape, tmp_path)))
