"""Grammars of schemas as their projects publish them: what fits a schema can be written, what is written fits it."""

import json
import random
from typing import Any

import llguidance
import numpy as np
import pytest

from backend.engines.local.output.enforceable import anything, enforceable, problem
from backend.json_schema.drafts import NEWEST, named
from backend.json_schema.references import dangling
from backend.json_schema.violations import violation
from backend.tools.schemas import read_specs
from tests.support.published import example, published, suite

BYTES = llguidance.LLTokenizer("byte")
CLOSING = b'"}],:{[ 1a'  # what ends soonest comes first
ENOUGH = 5_000  # bytes of a value


def matcher(schema: str) -> Any:
    return llguidance.LLMatcher(BYTES, f"start: %json {schema}", log_level=0)


def can_be_written(schema: str, value: object) -> bool:
    written = json.dumps(value, ensure_ascii=False).encode()
    held = matcher(schema)
    return bool(held.try_consume_tokens(list(written)) == len(written) and held.is_accepting())


def written(schema: str, seed: int) -> str | None:
    """Something that the grammar allows, drawn at random and brought to an end soon; None where that takes long."""
    held, draw, text = matcher(schema), random.Random(seed), bytearray()
    while len(text) < ENOUGH:
        if held.is_accepting() and (held.is_stopped() or text):
            return text.decode()
        mask = np.unpackbits(np.frombuffer(held.compute_bitmask(), dtype=np.uint8), bitorder="little")[:256]
        allowed = np.flatnonzero(mask)
        soon = [byte for byte in CLOSING if mask[byte]]
        byte = int(soon[0] if soon and (len(text) > 200 or draw.random() < 0.8) else draw.choice(allowed))
        text.append(byte)
        held.consume_token(byte)
    return None


@pytest.mark.parametrize(("source", "tools"), published(), ids=[source[:40] for source, _ in published()])
def test_what_fits_a_published_schema_can_be_written_and_what_is_written_fits(source: str, tools: list[Any]) -> None:
    specs = read_specs(json.dumps(tools)).specs
    held = enforceable([spec.parameters for spec in specs])
    assert problem([one.schema for one in held]) == ""
    for spec, one in zip(specs, held, strict=True):
        schema = json.loads(spec.parameters)
        for full in (True, False):
            value = example(schema, full)
            if violation(schema, value) is None:
                assert can_be_written(one.schema, value), (spec.name, value)
        if one.is_whole and (text := written(one.schema, len(spec.name))) is not None:
            assert violation(schema, json.loads(text)) is None, (spec.name, text)
    assert sum(one.is_whole for one in held) >= 0.95 * len(held)


@pytest.mark.parametrize("draft", ["draft7", "draft2020-12"])
def test_a_grammar_refuses_of_json_schemas_own_suite_only_what_is_spelled_otherwise(draft: str) -> None:
    mark = {"$schema": "http://json-schema.org/draft-07/schema#"} if draft == "draft7" else {}
    refused: set[str] = set()
    for name, schema, tests in suite(draft):
        if not isinstance(schema, dict) or list(dangling(mark | schema, named(mark) or NEWEST)):
            continue
        (one,) = enforceable([json.dumps(mark | schema)])
        if one == anything(json.dumps(mark | schema)):  # nothing fits it, as what is false
            continue
        for test in tests:
            if can_be_written(one.schema, test["data"]) is not test["valid"]:
                assert test["valid"] or not one.is_whole, (name, test["description"])
                refused |= {name.partition(":")[0]} if test["valid"] else set()
    # 1.0 for 1, fields in another order, and formats, which a check does not look at.
    assert refused == {"allOf", "const", "enum", "type"} | (set() if mark else {"format"})
