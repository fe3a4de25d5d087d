"""Second and third stage: the decoder learns to talk, first from ideal cell vectors, then from the tower's.

python -m scripts.demo_model.train_decoder --out .runs/decoder --minutes 60 --workers 2
python -m scripts.demo_model.train_decoder --out .runs/joint --minutes 60 --workers 2 \
    --tower .runs/tower --decoder .runs/decoder --lessons 0.3 --longest 600

On a GPU: --device cuda --helpers 14 --tokens 49152, with as many helpers as there are cores beside the one that trains.
"""

import argparse
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import Mistral3ForConditionalGeneration

from scripts.demo_model import cells, encode
from scripts.demo_model.feed import TOKENS_IN_BATCH, Batch, Diet, Rounds, Shown, feed, lessons
from scripts.demo_model.mixture import LESSONS
from scripts.demo_model.model import IMAGE_TOKEN, new_model, see, think
from scripts.demo_model.train_tower import dense_loss
from scripts.demo_model.training import (
    DECODER,
    TOGETHER,
    TOWER,
    Clock,
    Run,
    agreed,
    device,
    join,
    rank,
    rate,
    start_from,
)

DENSE = 0.8  # weight of the tower's own loss in the third stage
BLUR = 0.015  # of ideal vectors, standard deviation in each dimension


def imagined(shown: Shown, codes: Tensor) -> Tensor:
    """Ideal vectors for all picture ids, a little blurred."""
    ideal = cells.ideal(shown.labels, codes)
    return ideal + BLUR * torch.randn_like(ideal)


def loss_of(model: Mistral3ForConditionalGeneration, batch: Batch, vectors: Tensor | None) -> tuple[Tensor, Tensor]:
    """Cross entropy over the learned ids, and which samples [batch] would be answered right to the last token."""
    weights = model.model.language_model.embed_tokens.weight
    x = F.embedding(batch.ids, weights)
    if vectors is not None:
        x = x.masked_scatter((batch.ids == IMAGE_TOKEN)[..., None], vectors)  # those of other pictures stay over
    learned = batch.learned[:, 1:]
    hidden = think(model.model.language_model, x)[:, :-1][learned]
    logits, targets = F.linear(hidden, weights), batch.ids[:, 1:][learned]
    right = torch.ones(len(batch.ids), dtype=torch.bool, device=batch.ids.device)
    rows = learned.nonzero()[:, 0]
    right[rows[logits.argmax(-1) != targets]] = False
    return F.cross_entropy(logits, targets), right


def loss_with_tower(model: Mistral3ForConditionalGeneration, batch: Batch, codes: Tensor) -> tuple[Tensor, Tensor]:
    """The same from what the tower sees, which goes on with what it learned in its own stage."""
    vectors = see(model, batch.shown.patches) if batch.shown else None
    loss, right = loss_of(model, batch, vectors)
    if batch.shown and vectors is not None:
        loss = loss + DENSE * dense_loss(vectors, batch.shown.labels, codes)
    return loss, right


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path(".runs/decoder"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes, one core each")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--peak", type=float, default=1.5e-3)
    parser.add_argument("--tokenizer", type=Path, default=Path("assets/demo-model"))
    parser.add_argument("--tower", type=Path, help="run or model folder whose tower goes on to learn")
    parser.add_argument("--decoder", type=Path, help="run or model folder whose decoder goes on to learn")
    parser.add_argument("--lessons", type=float, default=0.75, help="share of samples that are lessons")
    parser.add_argument("--longest", type=int, default=250, help="tokens of a sample")
    parser.add_argument("--focus", nargs="*", choices=list(LESSONS), default=[], help="what most lessons are to be")
    parser.add_argument("--tokens", type=int, default=TOKENS_IN_BATCH, help="of a batch, about")
    parser.add_argument("--device", default="cpu", help="cuda: there time is the clock's, and helpers make the data")
    parser.add_argument("--helpers", type=int, default=0, help="processes that make the data")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    join(args.workers)
    model = new_model(args.seed)
    for run, parts in ((args.tower, TOWER), (args.decoder, DECODER)):
        if run:
            start_from(model, run, parts)
    run = Run(args.out, model, TOWER + DECODER if args.tower else DECODER, args.seed, device(args.device))
    codes = cells.codebook(model.config.text_config.hidden_size).to(run.device)
    diet = Diet(args.longest, args.lessons, tuple(args.focus), args.tokens)
    make = partial(lessons, tokenizer=encode.load(args.tokenizer), diet=diet, with_tower=bool(args.tower))
    clock = Clock(args.minutes, run.seconds, run.device)
    rounds = Rounds(make, args.seed, rank(), run.rounds + 1)
    for number, batch in feed(rounds, args.helpers):
        if run.steps % TOGETHER == 0 and agreed(clock.over()):
            break
        batch = batch.to(run.device)
        if args.tower:
            loss, right = loss_with_tower(model, batch, codes)
        else:
            loss, right = loss_of(model, batch, imagined(batch.shown, codes) if batch.shown else None)
        run.step(loss, rate(clock.share(), args.peak), number, samples=len(batch.ids))
        run.tally(loss=(float(loss.detach()), 1), right=(int(right.sum()), len(right)))
        for skill, good in zip(batch.skills, right.tolist(), strict=True):
            run.tally(**{skill.replace(" ", "-"): (int(good), 1)})
        run.report(clock, every=200)
    if not rank():
        run.save(clock)


if __name__ == "__main__":
    main()
