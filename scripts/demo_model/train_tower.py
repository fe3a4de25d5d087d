"""First stage: the tower and the projector learn to put out each cell's code.

python -m scripts.demo_model.train_tower --out .runs/tower --minutes 40 --threads 1
"""

import argparse
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from scripts.demo_model import cells
from scripts.demo_model.feed import TOKENS_IN_BATCH, TOKENS_TO_A_CELL, Rounds, feed, picture_lessons
from scripts.demo_model.model import new_model, see
from scripts.demo_model.training import TOWER, Clock, Run, device, rate, start_from

PEAK_RATE = 1.5e-3
SHARPNESS = 20.0  # logit of a code that is put out exactly
NOTHING = 10.0  # logit of "nothing in this slot"


def slot_logits(vectors: Tensor, codes: Tensor) -> list[Tensor]:
    """For each slot, logits [..., classes] from how well the vectors [..., size] match the codes."""
    products = vectors @ codes.t() * (SHARPNESS / codes[1].square().sum())
    parts = list(products.split(cells.CLASSES, -1))
    return [torch.cat((torch.full_like(part[..., :1], NOTHING), part[..., 1:]), -1) for part in parts]


def dense_loss(vectors: Tensor, labels: Tensor, codes: Tensor) -> Tensor:
    """Classification of every slot and, lightly, distance to the ideal vector; vectors [cells, size]."""
    logits = slot_logits(vectors, codes)
    classified = sum(F.cross_entropy(part, labels[:, i]) for i, part in enumerate(logits))
    return classified + 0.5 * (vectors - cells.ideal(labels, codes)).square().sum(-1).mean()


def right_cells(vectors: Tensor, labels: Tensor, codes: Tensor) -> tuple[int, int]:
    """How many of the non-empty cells have every slot right, and how many there are."""
    found = torch.stack([part.argmax(-1) for part in slot_logits(vectors, codes)], -1)
    filled = labels.any(-1)
    return int(((found == labels).all(-1) & filled).sum()), int(filled.sum())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path(".runs/tower"))
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak", type=float, default=PEAK_RATE)
    parser.add_argument("--tower", type=Path, help="run or model folder whose tower goes on to learn")
    parser.add_argument("--cells", type=int, default=TOKENS_IN_BATCH // TOKENS_TO_A_CELL, help="of a batch, about")
    parser.add_argument("--device", default="cpu", help="cuda: there time is the clock's, and helpers make the data")
    parser.add_argument("--helpers", type=int, default=0, help="processes that make the data")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = new_model(args.seed)
    if args.tower:
        start_from(model, args.tower, TOWER)
    run = Run(args.out, model, TOWER, args.seed, device(args.device))
    codes = cells.codebook(model.config.text_config.hidden_size).to(run.device)
    clock = Clock(args.minutes, run.seconds, run.device)
    rounds = Rounds(partial(picture_lessons, cells=args.cells), args.seed, 0, run.rounds + 1)
    for number, shown in feed(rounds, args.helpers):
        if clock.over():
            break
        shown = shown.to(run.device)
        vectors = see(model, shown.patches)
        loss = dense_loss(vectors, shown.labels, codes)
        run.step(loss, rate(clock.share(), args.peak), number, samples=sum(count for count, _ in shown.patches.groups))
        run.tally(loss=(float(loss.detach()), 1), cells=right_cells(vectors.detach(), shown.labels, codes))
        run.report(clock, every=50)
    run.save(clock)


if __name__ == "__main__":
    main()
