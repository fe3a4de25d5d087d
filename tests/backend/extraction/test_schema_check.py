"""What is said of a schema while it is typed."""

import json

import pytest

from backend.extraction.meant import unwrapped
from backend.extraction.schema_check import ANYTHING, EXAMPLE, UNWRAPPED, Finding, SchemaChecker, finding
from backend.json_schema.enforced import FORMATS, UNENFORCED
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


IDLE = "isn't a keyword, so it asks nothing. Did you mean"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    "around",
    [
        {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}},
        {"type": "json_schema", "name": "answer", "schema": SCHEMA},
        {"name": "answer", "schema": SCHEMA},
        {"json_schema": {"schema": SCHEMA}},
        {"format": SCHEMA},
    ],
)
def test_a_schema_is_taken_out_of_what_is_around_it(around: object) -> None:
    assert json.loads(unwrapped(json.dumps(around))) == SCHEMA
    assert finding(json.dumps(around)) == Finding(UNWRAPPED, False)
    wrong = json.dumps(around).replace('"string"', '"text"')
    assert told(wrong).startswith("In the schema within this: “type” of “a” must be string")


@pytest.mark.parametrize("schema", [GOOD, '{"properties": {"schema": {"type": "string"}}}', "[1", "3", '{"a": 1}'])
def test_what_has_nothing_around_it_stays_as_it_was_typed(schema: str) -> None:
    assert unwrapped(schema) == schema


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("{}", ANYTHING),
        ('{"title": "Invoice", "description": "x"}', ANYTHING),
        ('{"total": 12.5, "lines": [{"name": "tea"}]}', EXAMPLE),
        ('{"vendor": "Tea & Co", "items": [{"name": "tea"}]}', EXAMPLE),
        (GOOD.replace("properties", "propertys"), f"Line 3: “propertys” {IDLE} “properties”?"),
        ('{"propertys": {"a": {"type": "null"}}}', f"Line 1: “propertys” {IDLE} “properties”?"),
        (GOOD.replace("enum", "enums"), f"Line 5: “enums” {IDLE} “enum”?"),
        (GOOD.replace("required", "requierd"), f"Line 7: “requierd” {IDLE} “required”?"),
        ('{"type": "object", "x-order": 1, "properties": {"propertys": {"type": "null"}}}', ""),
    ],
)  # fmt: skip
def test_a_schema_that_asks_nothing_is_told_so(schema: str, sentence: str) -> None:
    assert told(schema) == sentence
    found = finding(schema)
    assert found is None or not found.is_fault


def test_the_draft_that_a_schema_is_of_decides_what_is_wrong() -> None:
    tuple_of_2020 = '{"type": "array", "prefixItems": [{"type": "string"}], "items": false, "minItems": 1}'
    assert finding(tuple_of_2020) is None
    assert finding('{"type": "array", "items": [{"type": "string"}]}') is None
    assert "must be" in told('{"$schema": "https://json-schema.org/draft/2020-12/schema", "items": [{}]}')


def test_the_lists_of_what_is_enforced_are_the_grammars_own() -> None:
    llguidance = pytest.importorskip("llguidance")

    def refused(schema: object) -> bool:
        grammar = f"start: %json {json.dumps(schema)}"
        return bool(llguidance.LLMatcher(llguidance.LLTokenizer("byte"), grammar, log_level=0).get_error())

    shape = {"if": {}, "then": {}, "else": {}, "not": {}, "dependencies": {}, "dependentRequired": {},
             "dependentSchemas": {}, "uniqueItems": True, "contains": {}, "minContains": 1, "maxContains": 1,
             "propertyNames": {}, "unevaluatedProperties": False, "unevaluatedItems": False, "$dynamicRef": "#",
             "$recursiveRef": "#"}  # fmt: skip
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
