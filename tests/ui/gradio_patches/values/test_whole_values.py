"""What is told to the page's script stays what it is until the script has heard it."""

import asyncio
from typing import Any

import gradio as gr
import pytest

from ui.gradio_patches.values.whole_values import WholeValueBlocks

FIRST = {"list": ["a"], "number": 1}


def sent(*yields: Any) -> list[Any]:
    """What goes to the page, of what an event yields for one component."""

    async def act() -> list[Any]:
        with WholeValueBlocks() as demo:
            demo.load(lambda: None, None, gr.HTML())
        function = next(iter(demo.fns.values()))
        return [demo.handle_streaming_diffs(function, [value], "page", "run", False)[0] for value in yields]

    return asyncio.run(act())


@pytest.mark.parametrize("next_one", [gr.skip(), {"current": "c", "number": 2}, {"list": ["b"], "number": 2}])
def test_a_message_is_not_altered_by_what_follows_it_at_once(next_one: dict[str, Any]) -> None:
    assert sent(FIRST, next_one) == [FIRST, [["replace", [], next_one]]]


def test_what_stays_as_it_is_is_not_sent_again_and_a_text_goes_on_as_how_it_differs() -> None:
    assert sent(FIRST, dict(FIRST)) == [FIRST, []]
    assert sent("One", "One two") == ["One", [["append", [], " two"]]]
