"""What the demo model learns: the text that is meant, in tokens that it can copy; and that it is what the app runs."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from mistral_common.tokens.tokenizers.image import transform_image
from PIL import Image
from torch import nn
from transformers import Mistral3ForConditionalGeneration

from scripts.demo_model import calling, encode, fonts, images, instructions, mixture, reading, scene_talk, small_talk
from scripts.demo_model import model as model_of_training
from scripts.demo_model.attention import Packing
from scripts.demo_model.cells import CELL
from scripts.demo_model.exchanges import MARKS, Exchange, Phrasings, Source, copied, plain
from scripts.demo_model.model import IMAGE_TOKEN, see, think
from scripts.demo_model.muon import Muon
from scripts.demo_model.scenes import random_scene

FOLDER = Path("assets/demo-model")
TOKENIZER = encode.load(FOLDER)
TEKKEN = TOKENIZER.instruct_tokenizer.tokenizer
ARGS = TEKKEN.get_special_token("[ARGS]")


def source(rng: random.Random) -> Source:
    """Sets its texts in the one font that every machine has."""
    return Source(rng, fonts=(fonts.PILLOW,))


def recite(source: Source) -> Exchange:
    question, answer = instructions.recite(source)
    return Exchange(instructions.SKILL, question, (answer,))


KINDS = (
    calling.unknown_tool, calling.population, calling.rewriting, instructions.instruction,
recite,
)  # fmt: skip


def cut(text: str) -> list[str]:
    """The text as the tokenizer cuts it."""
    return [TEKKEN.decode([token]) for token in TEKKEN.encode(text, bos=False, eos=False)]


def said(text: str) -> list[str]:
    """The tokens of an answer, without its end."""
    return [TEKKEN.decode([token]) for token in encode.reply_ids(TOKENIZER, text)[:-1]]


@pytest.mark.parametrize("kind", KINDS, ids=["unknown", "population", "rewriting", "instruction", "recite"])
def test_the_tokens_to_be_learned_spell_what_is_meant(kind: Callable[[Source], Exchange]) -> None:
    marked = 0
    for seed in range(30):
        for reply in kind(source(random.Random(seed))).replies:
            if isinstance(reply, str):
                assert "".join(said(reply)) == plain(reply)
                marked += any(mark in reply for mark in MARKS)
                continue
            ids = encode.reply_ids(TOKENIZER, reply)
            arguments = json.loads(TEKKEN.decode(ids[ids.index(ARGS) + 1 : -1]))
            meant = {name: plain(v) if isinstance(v, str) else v for name, v in reply[0].arguments.items()}
            assert arguments == meant
            marked += meant != reply[0].arguments
    assert marked


@pytest.mark.parametrize("word", ["ention", "plesion"])
def test_a_copied_word_keeps_the_cut_that_it_has_after_a_space(word: str) -> None:
    assert cut(word) != ["".join(cut(f" {word}")[:1]).strip(), *cut(f" {word}")[1:]]  # the tokenizer's own is another
    asked = cut(f" {word} {word}")
    answer = said(copied(f"{word} {word}"))
    rest = len(asked) - 1  # but for the first, which may be more than one token without its space
    assert answer[-rest:] == asked[1:]
    assert "".join(answer[:-rest]) == asked[0].removeprefix(" ")


@pytest.mark.parametrize("module", [calling, instructions, reading, scene_talk, small_talk], ids=lambda m: m.__name__)
def test_no_phrasing_is_both_learned_and_held_back(module: ModuleType) -> None:
    found = [value for value in vars(module).values() if isinstance(value, Phrasings)]
    found += [phrasings for phrasings, _ in getattr(module, "ABOUT", ())]
    assert found
    for phrasings in found:
        seen, unseen = ({text.lower().rstrip("?!.") for text in texts} for texts in (phrasings.seen, phrasings.unseen))
        assert not seen & unseen


def features(model: nn.Module, picture: Image.Image) -> torch.Tensor:
    """What the app's model makes of a picture, as mistral-common hands it over: [cells, width]."""
    pixels = torch.from_numpy(transform_image(picture, picture.size))[None]
    sizes = torch.tensor([pixels.shape[2:]])
    outputs = model.model.get_image_features(pixels, image_sizes=sizes, vision_feature_layer=-1)
    return outputs.pooler_output[0]


def test_padded_sequences_attend_as_those_of_groups_do() -> None:
    torch.manual_seed(5)
    groups = [(2, 4), (1, 8), (3, 12)]
    qkv = torch.randn(52, 6, 16)
    by_group, padded = (Packing(groups, False, qkv.device, padded).attend(qkv, 2) for padded in (False, True))
    assert torch.allclose(by_group, padded, atol=1e-5)


def test_what_is_trained_is_the_model_that_the_app_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        model_of_training, "FLOAT32_IS_FASTER", True
    )  # training may round its products, and this shall not
    model = Mistral3ForConditionalGeneration.from_pretrained(FOLDER, dtype=torch.float32).eval()
    pictures = [random_scene(random.Random(seed)).draw() for seed in range(5)]
    assert len({picture.size for picture in pictures}) > 2
    with torch.no_grad():
        theirs = torch.cat([features(model, picture) for picture in pictures])
        assert torch.allclose(see(model, images.pack(pictures)), theirs, atol=1e-4)
        ids = torch.randint(100, 4000, (1, 40), generator=torch.Generator().manual_seed(1))
        embedded = model.model.language_model.embed_tokens(ids)
        theirs = model.model.language_model(inputs_embeds=embedded).last_hidden_state
        assert torch.allclose(think(model.model.language_model, embedded), theirs, atol=1e-4)


@pytest.mark.parametrize("name", list(mixture.LESSONS))
def test_a_lesson_shows_each_picture_once_and_ends_every_answer(name: str) -> None:
    for seed in range(20):
        rng = random.Random(seed)
        sample = encode.lesson(TOKENIZER, mixture.LESSONS[name][0](source(rng)), rng)
        cells_of_all = sum(picture.width * picture.height // CELL**2 for picture in sample.pictures)
        assert sample.ids.count(IMAGE_TOKEN) == cells_of_all
        assert len({id(picture) for picture in sample.pictures}) == len(sample.pictures)
        assert all(sample.ids[end - 1] == TEKKEN.eos_id for _, end in sample.spans)


def test_a_later_picture_stands_in_a_lesson_as_the_app_sends_it() -> None:
    rng = random.Random(1)
    talk = mixture.several_lesson(source(rng))
    first, second = talk.exchanges
    alone = encode.lesson(TOKENIZER, mixture.Dialogue("", (), (second,)), random.Random(5))
    both = encode.lesson(TOKENIZER, mixture.Dialogue("", (), (first, second)), random.Random(5))
    question = alone.ids[1 : alone.spans[0][0]]  # without the start of the whole
    between = both.ids[both.spans[0][1] : both.spans[1][0]]
    assert (between[0], between[-1]) == (question[0], question[-1])
    assert sorted(between) == sorted(question)  # the text stands before its pictures or after them


@pytest.mark.parametrize("shape", [(64, 128), (128, 64), (96, 96)])
def test_muon_in_float32_takes_the_steps_of_torchs_own(shape: tuple[int, int]) -> None:
    torch.manual_seed(3)
    start = torch.randn(shape)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    pairs = (ours, Muon([ours], weight_decay=0.05)), (
        theirs, torch.optim.Muon([theirs], lr=1e-3, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
    )  # fmt: skip
    for _ in range(5):
        gradient = torch.randn(shape)
        for weight, optimizer in pairs:
            weight.grad = gradient.clone()
            optimizer.step()
    assert (ours - theirs).norm() < 0.02 * (theirs - start).norm()  # which is bfloat16's
