"""How many non-empty cells of held-out pictures the tower reads right in every slot, as a table.

python -m scripts.demo_model.evaluate_tower [--run .runs/tower] --examples 300
"""

import argparse
import random
from collections.abc import Callable
from pathlib import Path

import torch

from scripts.demo_model import cells, fonts, lines
from scripts.demo_model.exchanges import Picture
from scripts.demo_model.feed import drawn
from scripts.demo_model.model import new_model, see
from scripts.demo_model.scenes import random_scene
from scripts.demo_model.texts import set_lines
from scripts.demo_model.train_tower import right_cells
from scripts.demo_model.training import TOWER, start_from

HELD_OUT_SEED = 990_001


def row(draw: Callable[[random.Random], Picture], model: torch.nn.Module, examples: int) -> tuple[int, int]:
    """(right, all) non-empty cells over so many pictures."""
    rng, codes = random.Random(HELD_OUT_SEED), cells.codebook(model.config.text_config.hidden_size)
    right = filled = 0
    with torch.no_grad():
        for _ in range(examples):
            shown = drawn([draw(rng)])
            found, there = right_cells(see(model, shown.patches), shown.labels, codes)
            right, filled = right + found, filled + there
    return right, filled


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=Path, default=Path("assets/demo-model"), help="run or model folder")
    parser.add_argument("--examples", type=int, default=300)
    args = parser.parse_args()
    model = new_model(0)
    start_from(model, args.run, TOWER)
    rows: dict[str, Callable[[random.Random], Picture]] = {
        "scenes": random_scene,
        "one line": lambda rng: set_lines(rng, [lines.line(rng)]),
        "three lines": lambda rng: set_lines(rng, [lines.line(rng) for _ in range(3)]),
        "one line, unseen fonts": lambda rng: set_lines(rng, [lines.line(rng)], fonts.UNSEEN),
        "one line, unseen words": lambda rng: set_lines(rng, [lines.words(rng, held_out=True)]),
    }
    print("| pictures | non-empty cells right |\n|---|---|")
    for name, draw in rows.items():
        right, filled = row(draw, model, args.examples)
        print(f"| {name} | {right} of {filled} ({right / filled:.1%}) |", flush=True)


if __name__ == "__main__":
    main()
