"""Schemas as their projects publish them are taken, and calls that fit them pass; so does JSON Schema's own suite."""

import json
from typing import Any

import pytest

from backend.json_schema.drafts import NEWEST, named
from backend.json_schema.references import dangling, inlined
from backend.json_schema.violations import violation
from backend.tools.schemas import read_specs
from tests.support.published import example, published, suite

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(("source", "tools"), published(), ids=[source[:40] for source, _ in published()])
def test_what_a_project_publishes_is_taken_and_calls_that_fit_pass(source: str, tools: list[Any]) -> None:
    read = read_specs(json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}))
    refused = [sentence for sentence in read.refused if "another tool called" not in sentence]  # as BFCL repeats names
    assert refused == []
    assert len(read.specs) + len(read.refused) == len(tools)
    for spec in read.specs:
        schema = json.loads(spec.parameters)
        for full in (True, False):  # no example looks at a pattern
            assert violation(schema, example(schema, full), patterns=False) is None, (spec.name, spec.parameters)


def test_all_of_githubs_tools_go_into_the_editor_at_once() -> None:
    tools = next(tools for source, tools in published() if source.startswith("github/"))
    read = read_specs(json.dumps({"tools": tools}, indent=2))
    assert (len(read.specs), read.refused) == (117, ())


@pytest.mark.parametrize(("draft", "least"), [("draft7", 890), ("draft2020-12", 1240)])
def test_json_schemas_own_suite_is_checked_as_it_says(draft: str, least: int) -> None:
    checked, wrong = 0, []
    for name, schema, tests in suite(draft):
        if isinstance(schema, dict):
            schema = {"$schema": DRAFT_7, **schema} if draft == "draft7" else schema
            mark = named(schema) or NEWEST
            if list(dangling(schema, mark)):  # what is elsewhere is refused with a sentence
                continue
            plain = inlined(schema, mark)
        else:
            plain = schema
        for test in tests:
            checked += 1
            for one in (schema, plain):
                if (violation(one, test["data"]) is None) is not test["valid"]:
                    wrong.append((name, test["description"], test["valid"]))
    assert checked >= least
    # \p{Letter} is none of Python's, so that it refuses nothing: nothing that is valid is refused.
    assert {name for name, _, _ in wrong} <= {"pattern: pattern with Unicode property escape requires unicode mode"}
    assert not [one for one in wrong if one[2]]
