"""What an event leaves as it is: the page is told the same of it as by Gradio itself, and no component is made anew."""

import asyncio
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from ui.gradio_patches.values.skipped_values import SkippedValueBlocks

Parts = tuple[gr.Textbox, gr.Slider, gr.State]
OUTCOMES: dict[str, Callable[[Parts], Any]] = {
    "all as it is": lambda _: gr.skip(),
    "one is altered": lambda parts: {parts[1]: gr.update(maximum=7)},
    "one has a value": lambda parts: {parts[0]: "written"},
    "each by its place": lambda _: ["written", gr.skip(), gr.skip()],
    "a memory": lambda parts: {parts[2]: "known"},
}


def told(kind: type[gr.Blocks], outcome: Callable[[Parts], Any]) -> tuple[list[Any], set[str]]:
    """What an event has the page told, and which of the two fields are made anew for it."""

    async def act() -> tuple[list[Any], set[str]]:
        with kind() as demo:
            parts = gr.Textbox(), gr.Slider(0, 5), gr.State()
            demo.load(lambda: None, None, list(parts))
        page = SessionState(demo)
        sent = await demo.postprocess_data(next(iter(demo.fns.values())), outcome(parts), page)
        return sent, {type(part).__name__ for part in parts[:2] if page[part._id] is not part}

    return asyncio.run(act())


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=list(OUTCOMES))
def test_the_page_is_told_what_gradio_itself_would_tell_it(outcome: Callable[[Parts], Any]) -> None:
    assert told(SkippedValueBlocks, outcome)[0] == told(gr.Blocks, outcome)[0]


@pytest.mark.parametrize(
    ("name", "made"), [("all as it is", set()), ("one is altered", {"Slider"}), ("each by its place", set())]
)
def test_only_what_is_altered_is_made_anew(name: str, made: set[str]) -> None:
    assert told(SkippedValueBlocks, OUTCOMES[name])[1] == made


def test_an_event_for_one_component_may_leave_it() -> None:
    async def act() -> list[Any]:
        with SkippedValueBlocks() as demo:
            demo.load(lambda: None, None, gr.Textbox())
        sent: list[Any] = await demo.postprocess_data(next(iter(demo.fns.values())), gr.skip(), SessionState(demo))
        return sent

    assert asyncio.run(act()) == [gr.skip()]


@pytest.mark.parametrize("given", [None, []])
def test_an_event_for_no_component_gives_nothing(given: Any) -> None:
    """As one that stops an answer, which gives None."""

    async def act() -> list[Any]:
        with SkippedValueBlocks() as demo:
            demo.load(lambda: None)
        sent: list[Any] = await demo.postprocess_data(next(iter(demo.fns.values())), given, SessionState(demo))
        return sent

    assert asyncio.run(act()) == []


@pytest.mark.parametrize("given", [[gr.skip()], None, {}, 7])
def test_too_few_values_are_told_as_by_gradio(given: Any) -> None:
    with pytest.raises(ValueError, match="didn't return enough output values"):
        told(SkippedValueBlocks, lambda _: given)
