"""Requests to the API that are wrong in every way: each is told so in one sentence, and costs little."""

import re

import pytest

from backend.chat.request import ChatRequest
from backend.extraction.schema_check import SchemaChecker
from backend.storage.fetch_url import fetch_url
from backend.storage.images import ImageStore
from tests.support.hostile_api import HOSTILE, Hostile, of_wrong_types
from web.api.errors import ApiError
from web.api.pictures import StoredImages
from web.api.requests import Tokenization, parse_chat, parse_tokenize
from web.api.translation import Defaults, chat_request, reply_options

LEAK = re.compile(r"Traceback|pydantic|Error\b|/work|/tmp|\.py\b|object at 0x|<class|\bNone\b|validation")


def fault(text: str) -> str:
    found = SchemaChecker().finding(text)
    return found.sentence if found and found.is_fault else ""


DEFAULTS = Defaults(("mistral-small",), schema_fault=fault)


def read(body: bytes, images: StoredImages) -> ChatRequest:
    """What the API makes of a body before it asks an engine."""
    completion = parse_chat(body)
    reply_options(completion, DEFAULTS)
    return chat_request(completion, images, DEFAULTS)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> StoredImages:
    return StoredImages(ImageStore(tmp_path_factory.mktemp("pictures")).take_bytes, fetch_url)


@pytest.mark.parametrize("case", [*HOSTILE, *of_wrong_types()], ids=lambda case: case.what[:60])
def test_a_request_that_is_wrong_is_told_so_in_one_sentence_that_names_the_parameter(
    case: Hostile, images: StoredImages
) -> None:
    with pytest.raises(ApiError) as caught:
        read(case.body(), images)
    error = caught.value
    assert error.status == case.status, error.message
    assert re.fullmatch(r"[^\n]{10,400}[.!]", error.message), error.message
    assert not LEAK.search(error.message), error.message
    if case.param is not None:
        within = (error.param or "").startswith((f"{case.param}.", f"{case.param}["))
        assert error.param == case.param or (within and case not in HOSTILE)
    assert error.body["error"]["type"] in ("invalid_request_error", "not_found_error")


def test_there_are_cases_of_every_kind() -> None:
    assert len(HOSTILE) > 120
    assert {field.param for field in of_wrong_types()} >= {"messages", "temperature", "tools", "stream", "logprobs"}


@pytest.mark.parametrize("case", [*of_wrong_types(Tokenization)], ids=lambda case: case.what)
def test_what_is_to_be_counted_is_checked_as_well(case: Hostile) -> None:
    with pytest.raises(ApiError) as caught:
        parse_tokenize(case.body())
    assert caught.value.status == 400
    assert (caught.value.param or "").startswith(case.param or "")
