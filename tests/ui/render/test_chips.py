"""What is on beside the box is said there, leads to where it is set, and can be taken off."""

import re

from ui.render.chips import render_chips

OFF = {"is_broken": False, "is_json": False, "left_out": "", "is_temporary": False, "is_editing": False}


def chips(*tools: str, **on: object) -> list[str]:
    shown = render_chips(tools, **OFF | on)  # type: ignore[arg-type]
    return [re.sub(r"<[^>]+>", "", chip).strip() for chip in shown.split('<span class="chip')[1:]]


def test_a_plain_chat_has_none() -> None:
    assert chips() == []


def test_each_thing_that_is_on_is_named() -> None:
    named = chips("my_calculator", is_json=True, left_out="Last message only", is_temporary=True, is_editing=True)
    told = ["Editing an earlier message", "Calculator", "JSON", "Last message only", "Temporary"]
    assert [name.removeprefix('">').removeprefix(' ">').strip() for name in named] == told


def test_each_leads_to_its_setting_and_can_be_taken_off() -> None:
    shown = render_chips(["a", "b"], **OFF | {"is_json": True, "left_out": "x", "is_editing": True})  # type: ignore[arg-type]
    assert re.findall(r'data-tab="(\w+)"', shown) == ["Tools", "Response", "Prompt"]
    assert re.findall(r'value="([^"]+)"', shown) == ["unedit clear", "off tools", "off json", "off context"]
    assert "2 tools" in shown
    assert 'title="a, b"' in shown


def test_a_mistake_in_the_tool_editor_is_seen_before_a_message_fails_by_it() -> None:
    assert "Custom tools have an error" in render_chips([], **OFF | {"is_broken": True})  # type: ignore[arg-type]


def test_the_name_of_a_tool_is_a_text() -> None:
    shown = render_chips(['<img src="x">'], **OFF)  # type: ignore[arg-type]
    assert "<img" not in shown
