"""What the demo model learns to put out: always the text that is meant, in tokens that it can copy."""

import random
from pathlib import Path

import pytest

from scripts.demo_model import calling, encode, instructions, small_talk
from scripts.demo_model.exchanges import Exchange, Source, copied, plain

TOKENIZER = encode.load(Path("assets/demo-model"))
TEKKEN = TOKENIZER.instruct_tokenizer.tokenizer
KINDS = (calling.unknown_tool, calling.population, calling.from_text, instructions.instruction, small_talk.beyond)


def said(text: str) -> list[str]:
    """The tokens of an answer, without its end."""
    return [TEKKEN.decode([token]) for token in encode.reply_ids(TOKENIZER, text)[:-1]]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_tokens_to_be_learned_spell_the_answer(kind: object) -> None:
    for seed in range(50):
        exchange: Exchange = kind(Source(random.Random(seed)))  # type: ignore[operator]
        for reply in exchange.replies:
            if isinstance(reply, str):
                assert "".join(said(reply)) == plain(reply)


@pytest.mark.parametrize("word", ["ention", "plesion", "market", "Sunday"])
def test_a_copied_word_keeps_the_cut_that_it_has_after_a_space(word: str) -> None:
    asked = [TEKKEN.decode([token]) for token in TEKKEN.encode(f"Say: {word} {word}", bos=False, eos=False)][3:]
    answer = said(copied(f"{word} {word}"))
    rest = len(asked) - 1  # but for the first, which may be more than one token without its space
    assert answer[-rest:] == asked[1:]
    assert "".join(answer[:-rest]) == asked[0].removeprefix(" ")
