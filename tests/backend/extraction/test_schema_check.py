"""What is said of a schema while it is typed."""

import json

import pytest

from backend.extraction.schema_check import FORMATS, UNENFORCED, Finding, SchemaChecker, finding
from backend.sandbox.pool import Sandbox

GOOD = """{
  "type": "object",
  "properties": {
    "total": {"type": "number"},
    "type": {"type": "string", "enum": ["not", "if"]}
  },
  "required": ["total"]
}"""

TYPES = "Line 4: “type” of “total” must be string, number, integer, boolean, object, array or null, not “text”."
SHORT = "Line 5: “minLength” of “type” isn't valid: -1 is less than the minimum of 0."


def told(text: str) -> str:
    found = finding(text)
    return found.sentence if found else ""


def test_of_a_good_schema_nothing_is_said() -> None:
    assert finding(GOOD) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ('"number"', '"text"'),
            TYPES,
        ),
        (('["total"]', '"total"'), "Line 7: “required” must be a list, not “total”."),
        (('"number"}', '"number", "minimum": "0"}'), "Line 4: “minimum” of “total” must be a number, not “0”."),
        (
            ('"string",', '"string", "minLength": -1,'),
            SHORT,
        ),
        (('"number"},', '"number"}'), "Line 5: a comma is missing."),
        (('"total": {', '"total" {'), "Line 4: a colon is missing after a name."),
        (('["total"]', '["total"],'), "Line 7: there's a comma too many."),
        (("\n}", ""), "Line 7: the JSON ends too early; a bracket or a quote isn't closed."),
        (('"type": "object"', "type: 'object'"), "Line 2: a name in double quotes is expected."),
        (('"object"', "'object'"), "Line 2: a value is expected."),
        (('"number"}', '"number", "minimum": NaN}'), "Line 4: a value is expected here."),
        (("\n}", "\n}}"), "Line 8: there's more after its end."),
        (('"properties": {', '"properties": {,'), "Line 3: there's a comma too many."),
    ],
)
def test_a_mistake_is_told_with_its_line_and_its_field(change: tuple[str, str], sentence: str) -> None:
    assert change[0] in GOOD
    assert told(GOOD.replace(*change)) == sentence


@pytest.mark.parametrize("text", ["[]", "3", '"a"', "null"])
def test_a_schema_is_an_object(text: str) -> None:
    assert "is a JSON object" in told(text)


def test_what_no_grammar_enforces_is_said_and_keeps_nobody_from_using_it() -> None:
    changed = GOOD.replace('"number"}', '"number", "not": {"const": 3}}')
    assert finding(changed) == Finding(
        "Line 4: “not” of “total” can't be enforced, so answers may not follow this schema.", False
    )
    odd = GOOD.replace('"string"', '"string", "format": "iban"')
    assert told(odd).startswith("Line 5: the format “iban” of “type” can't be enforced")


def test_the_lists_of_what_is_enforced_are_the_grammars_own() -> None:
    llguidance = pytest.importorskip("llguidance")

    def refused(schema: object) -> bool:
        grammar = f"start: %json {json.dumps(schema)}"
        return bool(llguidance.LLMatcher(llguidance.LLTokenizer("byte"), grammar, log_level=0).get_error())

    shape = {"if": {}, "then": {}, "else": {}, "not": {}, "dependencies": {}, "dependentRequired": {},
             "dependentSchemas": {}, "uniqueItems": True, "contains": {}, "minContains": 1, "maxContains": 1,
             "propertyNames": {}, "unevaluatedProperties": False, "unevaluatedItems": False}  # fmt: skip
    assert [word for word in UNENFORCED if not refused({word: shape[word]})] == []
    assert [name for name in FORMATS if refused({"type": "string", "format": name})] == []
    enforced = {
        "pattern": "^a$",
        "minProperties": 1,
        "patternProperties": {},
        "minItems": 1,
        "multipleOf": 2,
        "oneOf": [{}],
    }
    assert [word for word, value in enforced.items() if refused({word: value})] == []


@pytest.mark.parametrize(
    "text", ["[" * 5_000, '{"a":' * 3_000, '{"minimum": ' + "9" * 6_000 + "}", "{" + '"a":1,' * 9_999]
)
def test_a_hostile_text_gets_a_sentence(text: str) -> None:
    checker = SchemaChecker()
    found = checker.finding(text)
    assert found is not None
    assert found.is_fault


def test_it_is_checked_in_a_process_with_limits() -> None:
    sandbox = Sandbox(2.0, 1_000_000_000, count=1)
    try:
        checker = SchemaChecker(sandbox.run)
        assert checker.finding(GOOD) is None
        found = checker.finding(GOOD.replace('"number"', '"text"'))
        assert found is not None
        assert found.sentence.startswith("Line 4: “type” of “total” must be")
    finally:
        sandbox.close()
