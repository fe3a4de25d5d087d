"""What a grammar costs for each token, with the whole vocabulary of 131,072 tokens."""

import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import mistral_common
import torch
from mistral_common.tokens.tokenizers.tekken import Tekkenizer

from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.output.grammar import Grammars
from backend.engines.local.output.schema_check import SchemaCheck
from backend.tokenization.tokenizer import Tokenizer
from backend.tools.builtin import BUILTIN_TOOLS
from scripts.benchmark.table import Row

V11 = {32: "[ARGS]", 33: "[CALL_ID]"}
CALL = '{"expression": "(12 + 7) * 3 - sqrt(144) / 2 + 3.14159 * 2 ** 10"}'
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
    "required": ["name", "age", "tags", "address"],
    "additionalProperties": False,
}
ANSWER = (
    '{"name": "Ada, countess of Lovelace", "age": 36, "tags": ["poetry and engines"], "address": {"city": "London"}}'
)
ROUNDS = 5


def rows(folder: Path) -> Iterator[Row]:
    """A call within its tool's schema, and an answer within a JSON schema."""
    tokenizer = full_tokenizer(folder)
    tekken = tokenizer.tekken
    begun = time.perf_counter()
    grammars = Grammars(tokenizer, SchemaCheck())
    yield Row("the vocabulary made ready for grammars, once", f"{time.perf_counter() - begun:.1f} s", "—")
    tools = tuple(tool.spec for tool in BUILTIN_TOOLS)
    call = [
        tekken.get_special_token("[TOOL_CALLS]"), *tokenizer.text_ids("my_calculator"),
        tekken.get_special_token("[ARGS]"), *tokenizer.text_ids(CALL),
    ]  # fmt: skip
    answer = tokenizer.text_ids(ANSWER)
    settings = GenerationSettings(json_schema=json.dumps(SCHEMA))
    cases = (
        (f"a call, {len(tools)} tools", ChatRequest(tools=tools, tool_choice="required"), call),
        ("an answer in a JSON schema", ChatRequest(settings=settings), answer),
    )
    for name, request, ids in cases:
        mean, slowest = per_token(grammars, request, ids, tekken.n_words)
        yield Row(
            f"grammar, {tekken.n_words:,} tokens: {name}",
            f"{mean:.2f} ms a token, the slowest {slowest:.1f} ms",
            f"{mean:.2f} of the target of 1 ms",
        )


def per_token(grammars: Grammars, request: ChatRequest, ids: list[int], vocabulary: int) -> tuple[float, float]:
    """(mean, slowest) milliseconds in the logits processor while these tokens are written; the median of ROUNDS."""
    means, slowest = [], []
    scores = torch.randn(1, vocabulary)
    for _ in range(ROUNDS):
        processor = grammars.processor(request)
        assert processor
        times = []
        for at, token in enumerate(ids):
            so_far = torch.tensor([[1, *ids[:at]]])
            begun = time.perf_counter()
            allowed = processor(so_far, scores)  # type: ignore[arg-type]
            times.append((time.perf_counter() - begun) * 1000)
            assert allowed[0, token] > -torch.inf
        means.append(statistics.mean(times))
        slowest.append(max(times))
    return statistics.median(means), statistics.median(slowest)


def full_tokenizer(folder: Path) -> Tokenizer:
    """Mistral's vocabulary, which mistral-common ships in an older version, as one of version 11."""
    data = json.loads((Path(mistral_common.__file__).parent / "data" / "tekken_240911.json").read_text("utf-8"))
    special = [dict(token) for token in Tekkenizer.DEPRECATED_SPECIAL_TOKENS]
    for rank in range(len(special), data["config"]["default_num_special_tokens"]):
        special.append({"rank": rank, "token_str": V11.get(rank, f"<SPECIAL_{rank}>"), "is_control": True})
    data["special_tokens"], data["config"]["version"] = special, "v11"
    (folder / "tekken.json").write_text(json.dumps(data), "utf-8")
    return Tokenizer(folder / "tekken.json")
