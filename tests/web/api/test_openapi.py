"""The API's description of itself."""

import json
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from web.api.openapi import schema
from web.api.requests import ChatCompletion


def test_is_a_document_of_openapi_that_generators_take() -> None:
    document = json.loads(json.dumps(schema()))
    OpenAPIV31SpecValidator(document).validate()
    assert set(document["paths"]) == {"/models", "/models/{model}", "/chat/completions", "/tokenize"}


def test_names_every_field_of_a_request() -> None:
    fields = schema()["components"]["schemas"]["ChatCompletion"]
    assert fields["required"] == ["messages"]
    assert set(fields["properties"]) == set(ChatCompletion.model_fields)


def test_every_reference_leads_somewhere() -> None:
    document = schema()
    named = set(document["components"]["schemas"])
    assert {reference.rpartition("/")[2] for reference in _references(document)} <= named


def _references(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_references, value))
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
    return own.union(*map(_references, value.values()))
