"""Second and third stage: the decoder learns to talk, first from ideal cell vectors, then from the tower's.

python -m scripts.demo_model.train_decoder --out .runs/decoder --minutes 60 --workers 2
python -m scripts.demo_model.train_decoder --out .runs/joint --minutes 60 --workers 2 \
    --tower .runs/tower --decoder .runs/decoder --lessons 0.3 --longest 600
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import Mistral3ForConditionalGeneration

from scripts.demo_model import cells, encode, images
from scripts.demo_model.encode import Sample
from scripts.demo_model.exchanges import Picture, Source
from scripts.demo_model.mixture import LESSONS, dialogue, lesson
from scripts.demo_model.model import IMAGE_TOKEN, new_model, see, think
from scripts.demo_model.train_tower import batches, dense_loss, random_text, tensors
from scripts.demo_model.training import DECODER, TOGETHER, TOWER, Clock, Run, agreed, join, rank, rate, start_from

PAD = 11
DENSE = 0.4  # weight of the tower's own loss in the third stage
TOKENS_IN_BATCH = 8192
SAMPLES_AT_ONCE = 512
BLUR = 0.015  # of ideal vectors, standard deviation in each dimension


@dataclass(frozen=True)
class Diet:
    """What is learned from: at most `longest` tokens a sample, a share of `lessons` (the others are dialogues), and the
    kinds of lessons that most of them are to be."""

    longest: int
    lessons: float
    focus: tuple[str, ...]


def samples(tokenizer: encode.MistralTokenizer, rng: random.Random, diet: Diet) -> list[list[Sample]]:
    """Batches of samples of similar length, in random order."""
    found: list[Sample] = []
    while len(found) < SAMPLES_AT_ONCE:
        if rng.random() < diet.lessons:
            sample = encode.lesson(tokenizer, lesson(Source(rng), diet.focus), rng)
        else:
            sample = encode.sample(tokenizer, dialogue(Source(rng)), rng)
        if len(sample.ids) <= diet.longest:
            found.append(sample)
    found.sort(key=lambda s: len(s.ids))
    batches: list[list[Sample]] = [[]]
    for sample in found:
        if (len(batches[-1]) + 1) * len(sample.ids) > TOKENS_IN_BATCH:
            batches.append([])
        batches[-1].append(sample)
    rng.shuffle(batches)
    return batches


def seen(model: Mistral3ForConditionalGeneration, pictures: list[Picture]) -> Tensor:
    """The tower's vectors [cells of all pictures in order, size]."""
    by_size: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, picture in enumerate(pictures):
        by_size[picture.width, picture.height].append(i)
    found = see(model, [images.pixels([pictures[i].draw() for i in places]) for places in by_size.values()])
    vectors: dict[int, Tensor] = {}
    for places, out in zip(by_size.values(), found, strict=True):
        vectors.update(zip(places, out, strict=True))
    return torch.cat([vectors[i] for i in range(len(pictures))])


def imagined(samples: list[Sample], codes: Tensor) -> Tensor:
    """Ideal vectors for all picture ids, a little blurred."""
    ideal = cells.ideal(torch.cat([s.labels() for s in samples if s.pictures]), codes)
    return ideal + BLUR * torch.randn_like(ideal)


def loss_of(
    model: Mistral3ForConditionalGeneration, batch: list[Sample], vectors: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Cross entropy over the learned ids, and which samples [batch] would be answered right to the last token."""
    length = max(len(s.ids) for s in batch)
    ids = torch.tensor([s.ids + [PAD] * (length - len(s.ids)) for s in batch])
    learned = torch.zeros_like(ids, dtype=torch.bool)
    for row, sample in enumerate(batch):
        for start, end in sample.spans:
            learned[row, start:end] = True
    weights = model.model.language_model.embed_tokens.weight
    x = F.embedding(ids, weights)
    if vectors is not None:
        x = x.masked_scatter((ids == IMAGE_TOKEN)[..., None], vectors)
    hidden = think(model.model.language_model, x)[:, :-1][learned[:, 1:]]
    logits, targets = F.linear(hidden, weights), ids[:, 1:][learned[:, 1:]]
    right = torch.ones(len(batch), dtype=torch.bool)
    rows = learned[:, 1:].nonzero()[:, 0]
    right[rows[logits.argmax(-1) != targets]] = False
    return F.cross_entropy(logits, targets), right


def endless(tokenizer: encode.MistralTokenizer, run: Run, clock: Clock, diet: Diet) -> Iterator[list[Sample]]:
    """Batches until the time is over."""
    while True:
        run.reseed()
        for batch in samples(tokenizer, run.rng, diet):
            if run.steps % TOGETHER == 0 and agreed(clock.over()):
                return
            yield batch


def text_batches(run: Run) -> Iterator[tuple[Tensor, Tensor]]:
    """Pixels and labels of text pictures for the tower alone, a batch for each step of the third stage."""
    while True:
        yield from map(tensors, batches(random.Random(run.rng.getrandbits(64)), random_text))


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
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    join(args.workers)
    model = new_model(args.seed)
    for run, parts in ((args.tower, TOWER), (args.decoder, DECODER)):
        if run:
            start_from(model, run, parts)
    weights = list(model.parameters() if args.tower else model.model.language_model.parameters())
    tokenizer = encode.load(args.tokenizer)
    run = Run(args.out, model, weights, args.seed)
    codes = cells.codebook(model.config.text_config.hidden_size)
    diet = Diet(args.longest, args.lessons, tuple(args.focus))
    clock = Clock(args.minutes, run.seconds)
    texts = text_batches(run)
    for batch in endless(tokenizer, run, clock, diet):
        pictures = [picture for s in batch for picture in s.pictures]
        vectors = (seen(model, pictures) if args.tower else imagined(batch, codes)) if pictures else None
        loss, right = loss_of(model, batch, vectors)
        if args.tower and vectors is not None:  # the tower goes on with what it learned in its own stage
            labels = torch.cat([s.labels() for s in batch if s.pictures])
            loss = loss + DENSE * dense_loss(vectors[None], labels[None], codes)
        if args.tower:
            pixels, labels = next(texts)
            loss = loss + DENSE * dense_loss(see(model, [pixels])[0], labels, codes)
        run.step(loss, rate(clock.share(), args.peak), pictures=len(batch))
        run.tally(loss=(float(loss.detach()), 1), right=(int(right.sum()), len(batch)))
        for sample, good in zip(batch, right.tolist(), strict=True):
            run.tally(**{sample.skill.replace(" ", "-"): (int(good), 1)})
        run.report(clock, every=200)
    if not rank():
        run.save(clock)


if __name__ == "__main__":
    main()
