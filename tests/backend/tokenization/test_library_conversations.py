"""The conversations of the tests of mistral-common and vLLM are, in our types, the same ids to the model."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from backend.chat.errors import RequestRejected
from backend.engines.server.request_body import body
from backend.tokenization.library import AnyTokenizer
from backend.tokenization.tokenizer import Tokenizer
from backend.turn import messages_sent
from tests.support.library_conversations import VERSIONS, Row, in_our_types, in_theirs
from tests.support.library_rows import REFUSED, ROWS

TokenizerOf = Callable[[str], Tokenizer]
LibraryOf = Callable[[str], AnyTokenizer]
ANSWERED = {name: row for name, row in ROWS.items() if not (row.continues and row.answers[-1][1])}


def each(rows: dict[str, Row]) -> list[Any]:
    """The rows, each with every version that allows it."""
    return [
        pytest.param(row, version, id=f"{name} {version}") for name, row in rows.items() for version in row.versions
    ]


@pytest.fixture(scope="module")
def library_of(tokenizer_file: Callable[[str], Path]) -> LibraryOf:
    """The library's own tokenizer of a version, untouched."""
    return cache(lambda version: MistralTokenizer.from_file(tokenizer_file(version)))


@pytest.mark.parametrize(("row", "version"), each(ROWS))
def test_a_conversation_of_the_librarys_tests_is_the_same_ids_and_pixels(
    row: Row, version: str, tokenizer_of: TokenizerOf, library_of: LibraryOf, tmp_path: Path
) -> None:
    expected = library_of(version).encode_chat_completion(in_theirs(row))
    prompt = tokenizer_of(version).encode(in_our_types(row, tmp_path))
    assert prompt.tokens == expected.tokens
    assert len(prompt.images) == len(expected.images)
    for image, other in zip(prompt.images, expected.images, strict=True):
        assert np.array_equal(image.pixels(), other)


@pytest.mark.parametrize(("row", "version"), each(ANSWERED))
def test_what_a_turn_sends_of_it_is_the_same_ids_here_and_on_a_server(
    row: Row, version: str, tokenizer_of: TokenizerOf, library_of: LibraryOf, tmp_path: Path
) -> None:
    request = in_our_types(row, tmp_path)
    request = replace(request, messages=messages_sent(request.messages, request))
    sent = body(request, "model")
    read = ChatCompletionRequest.from_openai(sent["messages"], sent.get("tools"), "continue_final_message" in sent)
    expected = library_of(version).encode_chat_completion(in_theirs(row)).tokens
    assert tokenizer_of(version).encode(request).tokens == expected
    assert library_of(version).encode_chat_completion(read).tokens == expected


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_what_the_library_refuses_is_rejected(
    row: Row, version: str, tokenizer_of: TokenizerOf, library_of: LibraryOf, tmp_path: Path
) -> None:
    with pytest.raises(MistralCommonException):
        library_of(version).encode_chat_completion(in_theirs(row))
    with pytest.raises(RequestRejected):
        tokenizer_of(version).encode(in_our_types(row, tmp_path))
