"""/v1/tokenize: what the model would read."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.chat.parts import Image
from backend.storage.images import ImageStore
from backend.tokenization.count import Counter, TokenCounter
from backend.tokenization.estimate import Estimate
from backend.tokenization.tokenizer import Tokenizer
from tests.support.hostile_api import ASKED, TOOL
from web.api.errors import ApiError
from web.api.openapi import schema
from web.api.pictures import StoredImages
from web.api.requests import parse_chat, parse_tokenize
from web.api.tokens import tokenize
from web.api.translation import Defaults, chat_request

DEFAULTS = Defaults(("small",), max_tokens=100)
SHAPES = Path("assets/examples/shapes.png").resolve()


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> StoredImages:
    return StoredImages(ImageStore(tmp_path_factory.mktemp("pictures")).take_bytes, lambda _: SHAPES.read_bytes())


def told(images: StoredImages, counter: Counter | None, **fields: Any) -> dict[str, Any]:
    return tokenize(parse_tokenize(json.dumps(fields).encode()), images, DEFAULTS, counter)


def test_a_chat_has_the_tokens_that_the_model_would_read(demo_tokenizer: Tokenizer, images: StoredImages) -> None:
    counter = TokenCounter(demo_tokenizer, 8192)
    picture = {"type": "image_url", "image_url": "https://example.com/shapes.png"}
    chat = {
        "messages": [{"role": "system", "content": "Be brief."},
                     {"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}],
        "tools": [TOOL],
    }  # fmt: skip
    request = chat_request(parse_chat(json.dumps(chat).encode()), images, DEFAULTS)
    answer = told(images, counter, **chat, model="small")
    assert answer["tokens"] == demo_tokenizer.encode(request).tokens
    assert answer["count"] == len(answer["tokens"]) == counter.cost(request).total
    assert answer["max_model_len"] == 8192
    assert isinstance(request.images[0], Image)
    assert answer["count"] > counter.picture(224, 84) > 10
    assert set(answer) == set(schema()["components"]["schemas"]["Tokens"]["properties"])


def test_a_text_has_its_own_tokens_alone(demo_tokenizer: Tokenizer, images: StoredImages) -> None:
    counter = TokenCounter(demo_tokenizer, None)
    begun = told(images, counter, prompt="[INST] Hello")
    assert begun["tokens"][0] == demo_tokenizer.tekken.bos_id
    assert demo_tokenizer.decode(begun["tokens"]) == "[INST] Hello"  # no control token can be written
    assert told(images, counter, prompt="[INST] Hello", add_special_tokens=False)["tokens"] == begun["tokens"][1:]
    assert told(images, counter, prompt="")["count"] == 1


def test_an_answer_to_be_gone_on_with_is_not_ended(demo_tokenizer: Tokenizer, images: StoredImages) -> None:
    counter = TokenCounter(demo_tokenizer, None)
    messages = [*ASKED, {"role": "assistant", "content": "Once upon"}]
    whole = told(images, counter, messages=messages, continue_final_message=True, add_generation_prompt=False)
    assert whole["tokens"][-1] != demo_tokenizer.tekken.eos_id
    assert demo_tokenizer.decode(whole["tokens"]).endswith("Once upon")


@pytest.mark.parametrize("counter", [None, Estimate(8192)])
def test_without_the_models_tokenizer_nothing_is_made_up(counter: Counter | None, images: StoredImages) -> None:
    with pytest.raises(ApiError, match="without the model's tokenizer") as caught:
        told(images, counter, messages=ASKED)
    assert caught.value.status == 501


@pytest.mark.parametrize(
    ("fields", "param", "status"),
    [
        ({}, "messages", 400), ({"messages": ASKED, "prompt": "a"}, "messages", 400),
        ({"messages": []}, "messages", 400), ({"prompt": "a", "model": "b"}, "model", 404),
        ({"prompt": "a" * 2_100_000}, "prompt", 400), ({"prompt": ["a"]}, "prompt", 400),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "messages[0].role", 400),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_cannot_be_counted_is_told_in_a_sentence(
    fields: dict[str, Any], param: str, status: int, demo_tokenizer: Tokenizer, images: StoredImages
) -> None:
    with pytest.raises(ApiError, match=r"^[^\n]{10,200}\.$") as caught:
        told(images, TokenCounter(demo_tokenizer, 8192), **fields)
    assert (caught.value.param, caught.value.status) == (param, status)
