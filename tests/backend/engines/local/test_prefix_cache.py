"""Keys and values kept between turns: less to compute, and the same answers."""

import os
import time
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest
import torch
from transformers import DynamicCache, PreTrainedConfig

from backend.chat.messages import AssistantMessage, Finished, Message, ToolSpec, UserMessage
from backend.chat.parts import Image, Part, Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local import prefix_cache
from backend.engines.local.engine import LocalEngine
from backend.engines.local.kv_cache import SPARE, growing_cache
from backend.engines.local.prefix_cache import PrefixCache, keys_of
from backend.storage.images import ImageStore
from scripts.benchmark.whole import whole_inputs
from tests.conftest import SHAPES

GREEDY = GenerationSettings(temperature=0.0, max_tokens=24)


@pytest.fixture(autouse=True)
def nothing_kept(engine: LocalEngine) -> None:
    engine._reader = None


def said(*parts: Part | str) -> UserMessage:
    return UserMessage(tuple(Text(part) if isinstance(part, str) else part for part in parts))


def asking(*messages: Message) -> ChatRequest:
    return ChatRequest("You are a model that is asked many things, one after another.", messages, settings=GREEDY)


def answer(engine: LocalEngine, request: ChatRequest) -> tuple[str, int]:
    """(text, reused tokens)."""
    events = list(engine.stream(request))
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.usage
    return "".join(event.text for event in events if isinstance(event, TextDelta)), last.usage.reused_tokens


def alone(engine: LocalEngine, request: ChatRequest) -> str:
    """The text of the answer when nothing was kept."""
    engine._reader = None
    return answer(engine, request)[0]


@pytest.fixture
def pictures(tmp_path: Path) -> list[Image]:
    made = []
    for number, colour in enumerate(("red", "blue", "green")):
        path = tmp_path / f"{number}.png"
        PIL.Image.new("RGB", (112, 84), colour).save(path)
        made.append(Image(str(path), 112, 84))
    return made


def test_the_next_turn_reuses_all_of_the_turn_before_it(engine: LocalEngine) -> None:
    first = asking(said("Hello, what can you do?"))
    text, reused = answer(engine, first)
    assert reused == 0
    second = asking(*first.messages, AssistantMessage(text), said("And what else?"))
    again, reused = answer(engine, second)
    assert reused > 30
    assert again == alone(engine, second)


def test_a_picture_of_an_earlier_turn_is_not_read_again_and_a_new_one_is(
    engine: LocalEngine, pictures: list[Image]
) -> None:
    first = asking(said(pictures[0], "What is this?"))
    text, _ = answer(engine, first)
    second = asking(*first.messages, AssistantMessage(text), said(pictures[1], "And this?"))
    again, reused = answer(engine, second)
    assert reused > 30
    assert again == alone(engine, second)


def test_another_picture_in_the_same_place_is_never_taken_for_the_first(
    engine: LocalEngine, pictures: list[Image]
) -> None:
    one, two = (asking(said("Look closely at this one, please:", picture, "What is it?")) for picture in pictures[:2])
    answer(engine, one)
    text, _ = answer(engine, two)
    assert text == alone(engine, two)


def through_the_picture(engine: LocalEngine, request: ChatRequest) -> int:
    """The tokens of the prompt up to and with its only picture."""
    tokenizer = engine.loading.result().tokenizer
    return tokenizer.encode(request).tokens.index(tokenizer.control.end_of_picture) + 1


def test_the_picture_of_an_edited_question_and_of_an_example_taken_again_is_not_read_again(
    engine: LocalEngine, tmp_path: Path
) -> None:
    store, again = ImageStore(tmp_path / "store"), ImageStore(tmp_path / "again")
    picture = store.take(SHAPES.path, "shapes.png")
    first = asking(said(picture, "What is in this picture?"))
    answer(engine, first)
    os.utime(picture.path, (1, 1))  # as long after as it may be
    for taken in (store.take(picture.path, "shapes.png"), again.take(SHAPES.path, "shapes.png")):
        edited = asking(said(taken, "Which colours are there?"))
        text, reused = answer(engine, edited)
        assert reused >= through_the_picture(engine, edited) > 20
    assert text == alone(engine, edited)


def test_a_file_that_holds_another_picture_by_now_is_read_again(engine: LocalEngine, pictures: list[Image]) -> None:
    first = asking(said(pictures[0], "What is in this picture?"))
    answer(engine, first)
    Path(pictures[1].path).replace(pictures[0].path)
    text, reused = answer(engine, first)
    assert reused < through_the_picture(engine, first)
    assert text == alone(engine, first)


def test_an_edit_and_a_retry_reuse_what_stands_before_them(engine: LocalEngine) -> None:
    first = asking(said("Hello, what can you do for me today?"))
    answer(engine, first)
    retried, reused = answer(engine, first)
    assert reused > 20
    edited = asking(said("Hello, what can you do for us today?"))
    text, reused = answer(engine, edited)
    assert reused > 16
    assert (retried, text) == (alone(engine, first), alone(engine, edited))


def test_what_one_visitor_wrote_is_not_told_to_another_who_guesses_it(engine: LocalEngine) -> None:
    secret = asking(said("My password is tulip. " * 5))
    prompt = replace(secret, system_prompt="You are a careful assistant, and what you read is nobody else's. " * 2)
    answer(engine, replace(prompt, owner="one"))
    _, again = answer(engine, replace(prompt, owner="one"))
    _, guessed = answer(engine, replace(prompt, owner="another"))
    of_the_prompt = len(engine.loading.result().tokenizer.encode(prompt).tokens)
    assert again == of_the_prompt - 1
    assert 16 < guessed < 60  # the system prompt alone


@pytest.mark.parametrize("part", ["system prompt", "tools"])
def test_of_a_system_prompt_and_tools_a_part_that_is_guessed_tells_nothing(engine: LocalEngine, part: str) -> None:
    secret = "You are the helper of a small shop that sells tulips, and its discount code is orchid. " * 2

    def written(text: str, owner: str) -> ChatRequest:
        tools = (ToolSpec("look_up", text, '{"type": "object", "properties": {}}'),) if part == "tools" else ()
        prompt = text if part == "system prompt" else "Be brief. " * 12
        return replace(asking(said("Hello")), system_prompt=prompt, tools=tools, owner=owner)

    answer(engine, written(secret, "one"))
    _, whole = answer(engine, written(secret, "another"))
    _, guesses = zip(*(answer(engine, written(secret[:end], "a third")) for end in (40, 80, 120)), strict=True)
    assert whole > 50
    assert len(set(guesses)) == 1


def test_two_visitors_in_turns_keep_both_their_conversations(engine: LocalEngine) -> None:
    texts = ["Tell me about yourself. " * 5, "How do I run the real model? " * 5]
    talks = [asking(said(text)) for text in texts]
    for _ in range(2):
        for number, talk in enumerate(talks):
            text, _ = answer(engine, talk)
            talks[number] = asking(*talk.messages, AssistantMessage(text), said("Go on."))
    answers = [answer(engine, talk) for talk in talks]
    assert all(reused > 60 for _, reused in answers)
    assert [text for text, _ in answers] == [alone(engine, talk) for talk in talks]


def test_logits_with_and_without_reuse_agree(engine: LocalEngine, pictures: list[Image]) -> None:
    loaded = engine.loading.result()
    request = asking(said(pictures[0], pictures[1], "What are these two?"))
    prompt = loaded.tokenizer.encode(request)
    keys, starts = keys_of(prompt, loaded.tokenizer.control)
    config = loaded.model.config.get_text_config()
    with torch.no_grad():
        whole = loaded.model(**whole_inputs(loaded, prompt), use_cache=True)
        kept = PrefixCache(10**9)
        kept.keep(keys, whole.past_key_values)
        longer = [*keys[:-3], 5, 5, 5]  # shares all but the end, both pictures included
        reused = kept.reuse(longer, starts, config)
        assert reused.images == 2
        rest = torch.tensor([prompt.tokens[reused.tokens :]])
        part = loaded.model(input_ids=rest, past_key_values=reused.cache)
    expected = whole.logits[0, reused.tokens :].float()
    # Between neighbouring numbers of that size; in float32 sums in another order come to some steps more.
    steps = 2 if loaded.model.dtype == torch.bfloat16 else 64
    step = torch.finfo(loaded.model.dtype).eps * expected.abs().max()
    assert (expected - part.logits[0].float()).abs().max() <= steps * step


def filled(config: PreTrainedConfig, tokens: int) -> DynamicCache:
    """A cache that holds so many tokens, as a generation leaves it."""
    cache = growing_cache(config)
    for layer in range(config.num_hidden_layers):
        states = torch.zeros(1, config.num_key_value_heads, tokens, config.head_dim)
        cache.update(states, states, layer)
    return cache


def test_what_was_used_longest_ago_goes_first(engine: LocalEngine) -> None:
    config = engine.loading.result().model.config.get_text_config()
    one, two, three = ([number] * 100 for number in (1, 2, 3))
    kept = PrefixCache(10**9)
    kept.keep(one, filled(config, 100))
    kept._budget = int(kept.bytes * 2.5)
    kept.keep(two, filled(config, 100))
    assert kept.reuse([*one[:40], 9], [], config).tokens == 40  # a copy: the entry stays, and is the newest now
    kept.keep(three, filled(config, 100))
    assert [kept.reuse([*keys[:40], 9], [], config).tokens for keys in (one, two, three)] == [40, 0, 40]


def test_the_memory_of_an_entry_is_that_of_its_buffers_spare_room_included(engine: LocalEngine) -> None:
    config = engine.loading.result().model.config.get_text_config()
    kept = PrefixCache(10**9)
    kept.keep([1] * 20, filled(config, 20))
    floats = config.num_hidden_layers * 2 * config.num_key_value_heads * SPARE * config.head_dim
    assert kept.bytes == 4 * floats


def test_a_conversation_that_is_cut_again_and_again_gives_its_memory_back(engine: LocalEngine) -> None:
    config = engine.loading.result().model.config.get_text_config()
    kept = PrefixCache(10**9)
    keys = list(range(4000))
    kept.keep(keys, filled(config, 4000))
    whole = kept.bytes
    for length in (2200, 1200, 700, 400):
        reused = kept.reuse(keys[: length + 1], [], config)
        assert reused.tokens == length
        kept.keep(keys[:length], reused.cache)
    assert kept.bytes <= whole * 2 * (400 + SPARE) / 4000


def test_where_no_memory_is_left_for_a_copy_all_that_is_kept_goes_and_the_prompt_is_read_anew(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = engine.loading.result().model.config.get_text_config()
    kept = PrefixCache(10**9)
    kept.keep([1] * 100, filled(config, 100))

    def full(*_: object) -> DynamicCache:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(prefix_cache, "_copied", full)
    reused = kept.reuse([*[1] * 40, 9], [], config)
    assert (reused.tokens, reused.cache.get_seq_length(), kept.bytes) == (0, 0, 0)


def test_a_conversation_larger_than_the_budget_leaves_the_others_where_they_are(engine: LocalEngine) -> None:
    config = engine.loading.result().model.config.get_text_config()
    kept = PrefixCache(10**9)
    kept.keep([1] * 100, filled(config, 100))
    kept._budget = kept.bytes
    kept.keep([2] * 1000, filled(config, 1000))
    assert kept.reuse([1] * 60, [], config).tokens == 59


def test_layers_that_look_back_a_window_only_are_not_kept_since_they_cannot_be_cut_back(engine: LocalEngine) -> None:
    config = deepcopy(engine.loading.result().model.config.get_text_config())
    config.sliding_window = 64
    cache = filled(config, 100)
    assert all(cache.is_sliding)
    kept = PrefixCache(10**9)
    kept.keep([1] * 100, cache)
    assert kept.reuse([1] * 60, [], config).tokens == 0


def test_memory_stays_within_the_budget_and_the_least_used_go_first(engine: LocalEngine) -> None:
    answer(engine, asking(said("one " * 30)))
    assert engine._reader
    size = engine._reader.prefixes.bytes
    engine._reader.prefixes = PrefixCache(int(size * 2.5))
    for word in ("one", "two", "six"):
        answer(engine, replace(asking(said(f"{word} " * 30)), system_prompt=f"{word} " * 20))
    assert engine._reader.prefixes.bytes <= size * 2.5
    _, reused = answer(engine, replace(asking(said("six " * 30)), system_prompt="six " * 20))
    assert reused > 40


def test_many_pages_of_one_visitor_push_out_their_own_once_they_have_half(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = engine.loading.result().model.config.get_text_config()
    kept = PrefixCache(10**9)
    for number in range(2):
        kept.keep([number] * 100, filled(config, 100), visitor="one")
    kept._budget = 3 * kept.bytes  # room for six
    for number in range(10, 30):
        kept.keep([number] * 100, filled(config, 100), visitor="crowd")
    held = [number for number in range(30) if kept.reach([number] * 100, [])]
    assert held == [0, 1, 26, 27, 28, 29]
    kept.keep([30] * 100, filled(config, 100), visitor="one")  # and nobody has a share of what is theirs alone
    assert kept.reach([30] * 100, [])
    now = time.monotonic()
    monkeypatch.setattr(prefix_cache.time, "monotonic", lambda: now + prefix_cache.RECENT)
    kept.keep([31] * 100, filled(config, 100), visitor="crowd")
    assert kept.reach([1] * 100, []) == 0  # what nobody has used for a while is in nobody's way


def test_a_conversation_of_more_than_half_is_kept(engine: LocalEngine) -> None:
    config = engine.loading.result().model.config.get_text_config()
    kept = PrefixCache(10**9)
    kept.keep([1] * 100, filled(config, 100), visitor="another")
    kept.keep([2] * 300, large := filled(config, 300), visitor="one")
    kept._budget = kept.bytes - 1
    kept.keep([2] * 300, large, visitor="one")
    assert (kept.reach([1] * 100, []), kept.reach([2] * 300, [])) == (0, 300)
