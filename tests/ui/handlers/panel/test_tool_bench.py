"""What a person fills in to try a tool becomes the arguments of a call."""

import json

import gradio as gr
import pytest

from backend.chat.errors import InputRefused
from backend.demo.values import Demo, Fixable
from backend.runtime.model_info import ModelInfo
from backend.storage.document import ToolPanel
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.schemas import read_specs
from tests.support.published import published
from ui.components.tool_fields import argument_field
from ui.handlers.panel.tool_bench import tools_to_try, typed_arguments
from ui.requests.builder import RequestBuilder

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


def test_a_whole_number_that_no_browser_knows_is_chosen_as_it_is_in_the_schema() -> None:
    values = [2**53 - 1, 2**53, 2**70, -(2**70), 10**299, 0.5, "2"]
    about = {"enum": values}
    field = argument_field("size", about, required=True)
    assert isinstance(field, gr.Dropdown)
    held = [value for _, value in field.choices]
    assert [typed_arguments({"size": about}, (value,))["size"] for value in held] == values
    assert all(abs(value) < 2**53 for value in held if not isinstance(value, str))


@pytest.mark.parametrize("text", ["twelve", "nan", "1e999", "1,5", " "])
def test_a_text_that_is_no_number_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InputRefused, match="“factor” must be a number"):
        typed_arguments(ABOUTS, ("", text, "", "", "", ""))


@pytest.mark.parametrize("kind", ["integer", "boolean"])
@pytest.mark.parametrize("form", ["list", "anyOf"])
def test_what_may_be_null_has_the_field_of_its_other_type(kind: str, form: str) -> None:
    about = {"type": [kind, "null"]} if form == "list" else {"anyOf": [{"type": kind}, {"type": "null"}]}
    field = argument_field("a", about, required=False)
    assert isinstance(field, gr.Textbox if kind == "integer" else gr.Dropdown)
    assert typed_arguments({"a": about}, ("5" if kind == "integer" else True,)) == {
        "a": 5 if kind == "integer" else True
    }


def test_every_published_tool_has_fields_to_try_it_with() -> None:
    for _, tools in published():
        for spec in read_specs(json.dumps(tools[:3])).specs:
            schema = json.loads(spec.parameters)
            for name, about in schema.get("properties", {}).items():
                argument_field(name, about, name in schema.get("required", ()))


@pytest.mark.parametrize(
    ("fixed", "names"), [(frozenset[Fixable](), ["current_time", "mine"]), (frozenset({"tools"}), ["my_calculator"])]
)
def test_where_a_demo_fixes_the_tools_only_those_can_be_tried(fixed: frozenset[str], names: list[str]) -> None:
    demo = Demo(tools=("my_calculator",), fixed=fixed)
    builder = RequestBuilder(BUILTIN_TOOLS, lambda: ModelInfo("Demo", "", "", ""), 100, demo=demo)
    forged = ToolPanel(("current_time",), '[{"name": "mine"}]')
    assert [tool.name for tool in tools_to_try(builder, forged)] == names
