"""The editor of custom tools puts JSON in order, and loses nothing of what is none."""

import json

import gradio as gr
import pytest

from backend.tools.declared import DeclaredTools
from ui.handlers.panel.custom_tools import example, formatted


def test_the_example_is_one_that_can_be_used() -> None:
    assert [tool.name for tool in DeclaredTools().read(example())] == ["get_current_population", "rewrite"]
    assert formatted(json.dumps(json.loads(example()))) == example()


def test_numbers_and_signs_stay_as_they_are() -> None:
    assert formatted('{"a":123456789012345678901234567890,"b":"\u00e9"}') == (
        '{\n  "a": 123456789012345678901234567890,\n  "b": "é"\n}'
    )


@pytest.mark.parametrize("text", [None, "", "  ", "{", "[NaN]", "[" * 50_000, "[" * 900 + "]" * 900, "1" * 200_000])
def test_what_is_no_json_or_would_be_too_long_stays_as_it_is(text: str | None) -> None:
    assert formatted(text) == gr.skip()
