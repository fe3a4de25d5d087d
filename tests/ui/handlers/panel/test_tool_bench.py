"""What a person fills in to try a tool becomes the arguments of a call."""

import pytest

from backend.chat.errors import InputRefused
from ui.handlers.panel.tool_bench import typed_arguments

ABOUTS = {
    "count": {"type": "integer"}, "factor": {"type": "number"}, "unit": {"enum": ["1", "2"], "type": "string"},
    "labels": {"type": "array"}, "round": {"type": "boolean"}, "anything": True,
}  # fmt: skip


@pytest.mark.parametrize("empty", ["", None])
def test_what_is_left_empty_is_not_handed_to_the_tool(empty: str | None) -> None:
    assert typed_arguments(ABOUTS, (empty,) * 6) == {}


def test_what_is_filled_in_has_the_type_that_the_schema_asks_for() -> None:
    given = ("12", "-0.5", "1", '["a"]', False, "3")
    found = {"count": 12, "factor": -0.5, "unit": "1", "labels": ["a"], "round": False, "anything": "3"}
    assert typed_arguments(ABOUTS, given) == found
    assert typed_arguments(ABOUTS, ("0", "1e3", "", "", "", "")) == {"count": 0, "factor": 1000}


@pytest.mark.parametrize("text", ["twelve", "nan", "1e999", "1,5", " "])
def test_a_text_that_is_no_number_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InputRefused, match="“factor” must be a number"):
        typed_arguments(ABOUTS, ("", text, "", "", "", ""))
