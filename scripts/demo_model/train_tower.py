"""First stage: the tower and the projector learn to put out each cell's code.

python -m scripts.demo_model.train_tower --out .runs/tower --minutes 40 --threads 1
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from scripts.demo_model import cells, images, lines
from scripts.demo_model.exchanges import Picture
from scripts.demo_model.model import new_model, see
from scripts.demo_model.noise import nothing
from scripts.demo_model.reading import random_lines
from scripts.demo_model.scenes import random_scene
from scripts.demo_model.texts import set_lines
from scripts.demo_model.training import TOWER, Clock, Run, rate, start_from

PEAK_RATE = 1.5e-3
SHARPNESS = 20.0  # logit of a code that is put out exactly
NOTHING = 10.0  # logit of "nothing in this slot"
CELLS_IN_BATCH = 900
BATCHES_AT_ONCE = 24


def random_picture(rng: random.Random) -> Picture:
    """A scene, a text picture, now and then a picture of nothing."""
    if rng.random() < 0.05:
        return nothing(rng)
    return random_scene(rng) if rng.random() < 0.25 else random_text(rng)


def random_text(rng: random.Random) -> Picture:
    """A text picture, half of them of lines that are hard to read."""
    kind = rng.choice((lines.line, lines.hard_line))
    return set_lines(rng, random_lines(rng, rng.choices((1, 2, 3, 4, 5, 6), (8, 4, 4, 2, 1, 1))[0], kind))


def batches(rng: random.Random, draw: Callable[[random.Random], Picture] = random_picture) -> list[list[Picture]]:
    """Batches of pictures of one size, about CELLS_IN_BATCH cells each, in random order."""
    by_size: dict[tuple[int, int], list[Picture]] = defaultdict(list)
    done: list[list[Picture]] = []
    while len(done) < BATCHES_AT_ONCE:
        picture = draw(rng)
        group = by_size[picture.width, picture.height]
        group.append(picture)
        if len(group) * picture.width * picture.height >= CELLS_IN_BATCH * cells.CELL**2:
            done.append(by_size.pop((picture.width, picture.height)))
    rng.shuffle(done)
    return done


def slot_logits(vectors: Tensor, codes: Tensor) -> list[Tensor]:
    """For each slot, logits [..., classes] from how well the vectors [..., size] match the codes."""
    products = vectors @ codes.t() * (SHARPNESS / codes[1].square().sum())
    parts = list(products.split(cells.CLASSES, -1))
    return [torch.cat((torch.full_like(part[..., :1], NOTHING), part[..., 1:]), -1) for part in parts]


def dense_loss(vectors: Tensor, labels: Tensor, codes: Tensor) -> Tensor:
    """Classification of every slot and, lightly, distance to the ideal vector; vectors [batch, cells, size]."""
    logits = slot_logits(vectors, codes)
    classified = sum(F.cross_entropy(part.flatten(0, 1), labels[..., i].flatten()) for i, part in enumerate(logits))
    return classified + 0.5 * (vectors - cells.ideal(labels, codes)).square().sum(-1).mean()


def right_cells(vectors: Tensor, labels: Tensor, codes: Tensor) -> tuple[int, int]:
    """How many of the non-empty cells have every slot right, and how many there are."""
    found = torch.stack([part.argmax(-1) for part in slot_logits(vectors, codes)], -1)
    filled = labels.any(-1)
    return int(((found == labels).all(-1) & filled).sum()), int(filled.sum())


def tensors(batch: list[Picture]) -> tuple[Tensor, Tensor]:
    """Pixels, and labels [batch, cells, SLOTS]."""
    labels = torch.stack([torch.from_numpy(picture.labels()).flatten(0, 1) for picture in batch])
    return images.pixels([picture.draw() for picture in batch]), labels


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path(".runs/tower"))
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak", type=float, default=PEAK_RATE)
    parser.add_argument("--tower", type=Path, help="run or model folder whose tower goes on to learn")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = new_model(args.seed)
    if args.tower:
        start_from(model, args.tower, TOWER)
    weights = [*model.model.vision_tower.parameters(), *model.model.multi_modal_projector.parameters()]
    run = Run(args.out, model, weights, args.seed)
    codes = cells.codebook(model.config.text_config.hidden_size)
    clock = Clock(args.minutes, run.seconds)
    while not clock.over():
        run.reseed()
        for batch in batches(run.rng):
            pixels, labels = tensors(batch)
            vectors = see(model, [pixels])[0]
            loss = dense_loss(vectors, labels, codes)
            right, filled = right_cells(vectors.detach(), labels, codes)
            run.step(loss, rate(clock.share(), args.peak), pictures=len(batch))
            run.tally(loss=(float(loss.detach()), 1), cells=(right, filled))
            run.report(clock, every=50)
    run.save(clock)


if __name__ == "__main__":
    main()
