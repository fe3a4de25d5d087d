"""The samples in docs/demos, each with the demo model behind it: its first example is answered as the sample says."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import pytest

from backend.chat.messages import AssistantMessage, ToolMessage
from backend.demo.reading import read_demo
from backend.tools.builtin import BUILTIN_TOOLS
from tests.ui.handlers.test_answer import Visit

if TYPE_CHECKING:
    from backend.engines.local.engine import LocalEngine

SAMPLES = sorted(Path("docs/demos").glob("*/demo.toml"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_the_first_example_of_each_sample_is_answered(engine: "LocalEngine", tmp_path: Path, path: Path) -> None:
    demo = read_demo(path, [tool.name for tool in BUILTIN_TOOLS])

    async def act() -> None:
        page = Visit(engine, tmp_path, demo=demo)
        page.shows(page.examples.fill(dict(page.values), gr.EventData(None, {"index": 0}), page.request))
        page.shows(await page.send.send(dict(page.values), page.request))
        await page.answers()
        messages = page.chat.conversation.messages
        last = messages[-1]
        assert isinstance(last, AssistantMessage)
        assert last.stats
        match path.parent.name:
            case "receipts":
                assert last.text.strip().startswith('{"merchant"')
            case "equations":
                assert [each.result.output for each in messages if isinstance(each, ToolMessage)] == ["12", "11"]
            case "tutor":
                assert last.text

    assert len(SAMPLES) == 3
    asyncio.run(act())
