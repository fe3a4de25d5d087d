"""What a model folder answers exactly right, greedily, on held-out examples: a table for its README.md.

python -m scripts.demo_model.evaluate --folder assets/demo-model --examples 300 [--write]

An answer is right when every token of it, the end included, is the most likely one after the tokens before it; this
is what greedy generation would put out, and is found by one pass instead of one a token.
"""

import argparse
import random
import re
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import Mistral3ForConditionalGeneration

from scripts.demo_model import calling, encode, fonts, reading, scene_talk, small_talk
from scripts.demo_model.encode import Sample
from scripts.demo_model.exchanges import Exchange, Source
from scripts.demo_model.feed import collated
from scripts.demo_model.instructions import instruction
from scripts.demo_model.mixture import dialogue
from scripts.demo_model.model import see
from scripts.demo_model.scenes import random_scene
from scripts.demo_model.train_decoder import loss_of

HELD_OUT_SEED = 990_001
CALLS, RESULTS = 0, -1  # which reply of an exchange is judged
Kind = Callable[[Source], Exchange]


def _scene(kind: Callable[..., Exchange | None]) -> Kind:
    """The first exchange of this kind that a random scene allows."""

    def ask(source: Source) -> Exchange:
        while True:
            if found := kind(source, random_scene(source.rng)):
                return found

    return ask


def _count_or_presence(source: Source) -> Exchange:
    return _scene(source.rng.choice((scene_talk.counting, scene_talk.presence)))(source)


def _where(source: Source) -> Exchange:
    return _scene(source.rng.choice((scene_talk.place, scene_talk.beside, scene_talk.is_beside)))(source)


def _called(kind: Kind) -> Kind:
    """Only exchanges in which something is called."""

    def ask(source: Source) -> Exchange:
        while True:
            found = kind(source)
            if not isinstance(found.replies[0], str):
                return found

    return ask


def _known(source: Source) -> Exchange:
    kinds = (calling.from_text, calling.clock, calling.population, calling.rewriting)
    return source.rng.choice(kinds)(source)


def _answered(source: Source) -> Exchange:
    kinds = (calling.from_picture, calling.from_text, calling.clock, calling.population, calling.unknown_tool)
    return _called(source.rng.choice(kinds))(source)


def _beyond(source: Source) -> Exchange:
    kinds = (
        small_talk.beyond, calling.without_calculator, calling.picture_without_calculator, small_talk.no_picture,
    )  # fmt: skip
    return source.rng.choices(kinds, (3, 1, 1, 1))[0](source)


def _beyond_a_picture(source: Source) -> Exchange:
    return source.rng.choice((small_talk.situation, small_talk.nothing_seen))(source)


ROWS: dict[str, tuple[Kind, int, str]] = {
    "scene description": (_scene(scene_talk.description), CALLS, "95 %"),
    "counting and yes/no about a scene": (_count_or_presence, CALLS, "95 %"),
    "colour, shape": (_scene(scene_talk.colour), CALLS, ""),
    "where": (_where, CALLS, ""),
    "two or three pictures compared": (scene_talk.comparison, CALLS, ""),
    "reading one line": (lambda s: reading.reading(s, count=1), CALLS, "97 %"),
    "reading three lines": (lambda s: reading.reading(s, count=3), CALLS, "90 %"),
    "reading six lines": (lambda s: reading.reading(s, count=6), CALLS, ""),
    "parallel calculator calls from a picture": (_called(calling.from_picture), CALLS, "90 %"),
    "calls from text, known tools": (_known, CALLS, "98 %"),
    "calls, a tool never seen": (calling.unknown_tool, CALLS, "85 %"),
    "answer from a tool's result": (_answered, RESULTS, "98 %"),
    "no call when none fits, beyond me": (_beyond, CALLS, "95 %"),
    "beyond me, with a picture": (_beyond_a_picture, CALLS, "95 %"),
    "exact instructions": (instruction, CALLS, "90 %"),
    "about the app": (small_talk.about_app, CALLS, ""),
}
COLUMNS = {
    "held-out examples": {},
    "unseen fonts": {"fonts": fonts.UNSEEN},
    "unseen phrasings": {"unseen_phrasings": True},
}


def samples(kind: Kind, at: int, source: Source, tokenizer: encode.MistralTokenizer, count: int) -> list[Sample]:
    """Held-out dialogues that end with an exchange of this kind."""
    return [encode.sample(tokenizer, dialogue(source, kind), source.rng, at) for _ in range(count)]


def right(model: Mistral3ForConditionalGeneration, asked: list[Sample], size: int = 25) -> int:
    """How many are answered exactly."""
    asked = sorted(asked, key=lambda s: len(s.ids))
    total = 0
    for start in range(0, len(asked), size):
        batch = collated(asked[start : start + size])
        with torch.no_grad():
            vectors = see(model, batch.shown.patches) if batch.shown else None
            total += int(loss_of(model, batch, vectors)[1].sum())
    return total


def table(folder: Path, examples: int) -> str:
    """The table, in Markdown; each line is printed as soon as it is known."""
    tokenizer = encode.load(folder)
    model = Mistral3ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    lines = [
        f"| skill, {examples} examples each | goal | " + " | ".join(COLUMNS) + " |",
        "|---|---|" + "---|" * len(COLUMNS),
    ]
    print("\n".join(lines), flush=True)
    for name, (kind, at, goal) in ROWS.items():
        found = []
        for i, options in enumerate(COLUMNS.values()):
            source = Source(random.Random(HELD_OUT_SEED + i), **options)
            asked = samples(kind, at, source, tokenizer, examples)
            needless = "fonts" in options and not any(hasattr(p, "font") for s in asked for p in s.pictures)
            found.append("" if needless else f"{right(model, asked) / examples:.1%}")
        lines.append(f"| {name} | {goal} | {' | '.join(found)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=Path("assets/demo-model"))
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the table into the folder's README.md")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found = table(args.folder, args.examples)
    if args.write:
        card = args.folder / "README.md"
        text = re.sub(r"(?s)(<!-- table -->\n).*?(<!-- end -->)", rf"\1{found}\n\2", card.read_text(encoding="utf-8"))
        card.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
