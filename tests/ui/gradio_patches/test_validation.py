"""The values of an event: of the types that the page sends, or refused; a fault is logged without its words."""

import asyncio
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.storage.images import ImageStore
from backend.tools.builtin import BUILTIN_TOOLS
from tests.support.scripted_engine import ScriptedEngine
from ui.bridge import Bridge
from ui.gradio_patches.validation import FAULT, RULES, UNFIT, ValidatedBlocks, fits
from ui.page import Services, page

NAN = float("nan")
FILE = {"path": "/a/b.png", "url": None, "size": 5, "orig_name": "b.png", "mime_type": None, "is_stream": False}
TAKEN: list[tuple[gr.Component, list[Any]]] = [
    (gr.Textbox(render=False), ["x", "", None]),
    (gr.Code(render=False), ["x", None]),
    (gr.Slider(0, 1, render=False), [0.5, 1, 0]),
    (gr.CheckboxGroup(["a"], render=False), [["a"], []]),
    (gr.Checkbox(render=False), [True, None]),
    (gr.Radio(["a"], render=False), ["a", None]),
    (gr.Dropdown([("one", 1)], render=False), ["a", 1, None]),
    (gr.Dropdown(["a"], allow_custom_value=True, render=False), ["b", None]),
    (gr.MultimodalTextbox(render=False), [{"text": "x", "files": [FILE]}, {"text": ""}, None]),
    (gr.Image(render=False), [FILE, None]),
    (gr.UploadButton(render=False), [FILE, None]),
    (gr.BrowserState({}, render=False), [{"a": "x"}, {}, None]),
]
REFUSED: dict[type, list[Any]] = {
    gr.Textbox: [7, True, NAN, ["x"], {"a": 1}],
    gr.Code: [7, True, ["x"], {"a": 1}],
    gr.Slider: ["x", True, NAN, float("inf"), -float("inf"), None, ["x"], {"a": 1}],
    gr.CheckboxGroup: ["x", 7, [7], [None], [["a"]], None, {"a": 1}],
    gr.Checkbox: ["x", 1, 0, [], {"a": 1}],
    gr.Radio: [["a"], {"a": 1}],
    gr.Dropdown: [["a"], {"a": 1}],
    gr.MultimodalTextbox: [
        "x", 7, [], {}, {"text": 5}, {"text": None}, {"text": "", "files": None}, {"text": "", "files": "x"},
        {"text": "", "files": ["x"]}, {"text": "", "files": [FILE | {"size": "5"}]},
        {"text": "", "files": [FILE | {"orig_name": 5}]},
    ],
    gr.Image: ["x", 7, [FILE], {}, FILE | {"path": None}, FILE | {"url": 5}, FILE | {"is_stream": ""}],
    gr.UploadButton: ["x", [FILE], {}],
    gr.BrowserState: ["x", 7, ["x"], {"a": 1}],
}  # fmt: skip


@pytest.mark.parametrize(("block", "values"), TAKEN, ids=lambda value: type(value).__name__)
def test_a_value_of_its_components_type_is_taken_and_no_other(block: gr.Component, values: list[Any]) -> None:
    assert [value for value in values if not fits(block, value)] == []
    assert [value for value in REFUSED[type(block)] if fits(block, value)] == []


def test_a_choice_of_ones_own_is_a_text() -> None:
    assert not fits(gr.Dropdown(["a"], allow_custom_value=True, render=False), 7)


def test_a_component_of_which_nothing_is_known_takes_nothing() -> None:
    assert not fits(gr.HTML(render=False), "x")


def test_there_is_a_rule_for_every_component_that_an_event_of_the_page_brings(tmp_path: Path) -> None:
    async def build() -> gr.Blocks:  # inside a loop, since Gradio would otherwise make some and never close them
        answering = ModelCapabilities(lambda: ModelInfo("Model", "", "", ""), 64, change=lambda *_: iter(()))
        return page(Services(ScriptedEngine([]), answering, ImageStore(tmp_path / "pictures"), Bridge()), BUILTIN_TOOLS)

    brought = {type(block) for event in asyncio.run(build()).fns.values() for block in event.inputs}
    assert brought <= set(RULES)


def read(block: type[gr.Component], error: BaseException, monkeypatch: pytest.MonkeyPatch) -> gr.Error:
    """What the visitor is told where Gradio fails so in reading a value of this component."""

    def fail(*_: object) -> None:
        raise error

    async def event() -> None:
        with ValidatedBlocks() as demo:
            field = block()
            field.change(lambda value: None, field, None)
        await demo.preprocess_data(next(iter(demo.fns.values())), ["secret"], None)

    monkeypatch.setattr(block, "preprocess", fail)
    with pytest.raises(gr.Error) as told:
        asyncio.run(event())
    return told.value


def test_a_fault_in_reading_a_value_is_told_in_a_sentence_and_logged_without_its_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = read(gr.Textbox, ZeroDivisionError("secret"), monkeypatch)
    assert (told.message, told.print_exception) == (FAULT, False)
    (record,) = caplog.records
    assert "ZeroDivisionError" in record.getMessage()
    assert "in fail" in record.getMessage()
    assert "secret" not in caplog.text


def test_an_upload_that_is_gone_or_no_picture_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = read(gr.Textbox, FileNotFoundError("secret"), monkeypatch)
    assert (told.message, told.print_exception) == (UNFIT, False)
    assert "secret" not in caplog.text
