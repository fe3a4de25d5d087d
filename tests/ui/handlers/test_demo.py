"""Whatever a page sends, what is asked keeps within the owner's demo; what is hidden is refused."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from backend.chat.errors import InputRefused, UserError
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.demo.values import Bounds, Demo, DemoExample
from backend.storage.document import Document, ToolPanel
from backend.storage.document_json import to_json
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import WEATHER, Visit
from ui.batch.handlers import BatchHandlers
from ui.handlers.exports import LinkHandlers
from ui.handlers.panel.model_switch import ModelSwitchHandlers
from ui.values import box

SHAPES, EQUATIONS = Path("assets/examples/shapes.png").resolve(), Path("assets/examples/equations.png").resolve()
SCHEMA = json.dumps({"type": "object", "properties": {"total": {"type": "number"}}})
DEMO = Demo(
    system_prompt="You read receipts.",
    tools=("my_calculator",),
    settings=GenerationSettings(temperature=0.3, max_tokens=200, stop=("END",), json_schema=SCHEMA),
    bounds=(Bounds("temperature", 0.2, 0.5), Bounds("max_tokens", 50, 300)),
    examples=(DemoExample("Shapes", "What is it?", (str(SHAPES),), ("current_time",)),),
)


def forge(page: Visit) -> None:
    """What no page of the demo would hold."""
    panel, values = page.panel, page.values
    values |= {
        panel.temperature: 1.9, panel.max_tokens: 2_000, panel.system_prompt: "Swear.", panel.json_schema: "",
        panel.builtin_tools: ["current_time"], panel.tool_schemas: WEATHER, panel.tool_choice: "required",
        panel.approval: "never", panel.stop: "", panel.keep: "last turn", panel.scores: True, panel.seed: "7",
    }  # fmt: skip


async def asked(engine: ScriptedEngine, page: Visit, text: str = "Hello") -> ChatRequest:
    await page.sends(text)
    await page.answers()
    return engine.requests[-1]


def visited(tmp_path: Path, demo: Demo, act: Callable[[ScriptedEngine, Visit], Awaitable[None]]) -> None:
    engine = ScriptedEngine([[TextDelta("One.")]] * 4)

    async def run() -> None:
        await act(engine, Visit(engine, tmp_path, demo=demo))

    asyncio.run(run())


def test_a_forged_panel_is_kept_within_the_bounds_and_is_free_elsewhere(tmp_path: Path) -> None:
    async def act(engine: ScriptedEngine, page: Visit) -> None:
        forge(page)
        page.values[page.panel.tool_choice] = "auto"
        request = await asked(engine, page)
        assert (request.settings.temperature, request.settings.max_tokens, request.settings.seed) == (0.5, 300, 7)
        assert (request.system_prompt, request.settings.json_schema) == ("Swear.", "")
        assert [tool.name for tool in request.tools] == ["current_time", "weather"]
        page.values |= {page.panel.temperature: 0, page.panel.max_tokens: None}
        request = await asked(engine, page)
        assert (request.settings.temperature, request.settings.max_tokens) == (0.2, 200)

    visited(tmp_path, DEMO, act)


@pytest.mark.parametrize("how", ["fixed", "hidden"])
def test_what_is_fixed_or_hidden_stays_whatever_is_forged(tmp_path: Path, how: str) -> None:
    parts = frozenset({"system_prompt", "sampling", "schema", "tools"} if how == "fixed" else {"settings"})
    demo = Demo(**vars(DEMO) | {how: parts})

    async def act(engine: ScriptedEngine, page: Visit) -> None:
        forge(page)
        request = await asked(engine, page)
        assert request.system_prompt == "You read receipts."
        assert [tool.name for tool in request.tools] == ["my_calculator"]
        assert (request.tool_choice, request.keep, request.scores) == ("auto", "all", False)
        settings = request.settings
        assert (settings.temperature, settings.max_tokens, settings.stop) == (0.3, 200, ("END",))
        assert settings.json_schema == SCHEMA
        assert request.seed_drawn

    visited(tmp_path, demo, act)


def test_imports_templates_and_links_do_not_lift_it(tmp_path: Path) -> None:
    demo = Demo(**vars(DEMO) | {"fixed": frozenset({"system_prompt", "tools"})})
    wild = GenerationSettings(temperature=1.8, max_tokens=2_000)

    async def act(engine: ScriptedEngine, page: Visit) -> None:
        document = Document(prompt="Swear.", settings=wild, tools=ToolPanel(("current_time",), WEATHER))
        body = to_json(document, str)
        file = tmp_path / "chat.json"
        file.write_text(json.dumps(body))
        page.shows(await page.imports.import_file(str(file), dict(page.values), page.request))
        assert page.values[page.panel.temperature] == 0.5
        assert page.values[page.panel.system_prompt] == "You read receipts."
        assert page.values[page.panel.builtin_tools] == ["my_calculator"]
        request = await asked(engine, page)
        assert (request.settings.temperature, request.settings.max_tokens) == (0.5, 300)
        assert (request.system_prompt, [tool.name for tool in request.tools]) == (
            "You read receipts.", ["my_calculator"],
        )  # fmt: skip
        links = LinkHandlers(page.examples.view, page.send.composer, page.presenter.builder, gr.Textbox())
        linked = gr.Request(session_hash="connection")
        linked.query_params = {"system": "Swear.", "temperature": "1.9", "max_tokens": "9", "q": "Hi"}
        assert links.from_link(linked) == {
            page.talk.message: box("Hi"), page.panel.temperature: 0.5, page.panel.max_tokens: 50,
        }  # fmt: skip

    visited(tmp_path, demo, act)


def test_the_second_of_two_answers_keeps_to_it_too(tmp_path: Path) -> None:
    demo = Demo(**vars(DEMO) | {"fixed": frozenset({"system_prompt"})})

    async def act(engine: ScriptedEngine, page: Visit) -> None:
        page.values |= {page.sides.temperature: 1.4, page.sides.top_p: 0.4, page.sides.prompt: "Swear."}
        page.values[page.talk.message] = box("Hello")
        await page.does(page.comparing.open)
        await page.does(page.comparing.begin_two)
        async for _ in page.comparing.watch(page.request):
            pass
        first, second = engine.requests
        assert (second.settings.temperature, second.settings.top_p) == (0.5, 0.4)
        assert first.system_prompt == second.system_prompt == "You read receipts."

    visited(tmp_path, demo, act)


def test_an_example_brings_its_pictures_and_tools(tmp_path: Path) -> None:
    async def act(engine: ScriptedEngine, page: Visit) -> None:
        page.shows(page.examples.fill(dict(page.values), gr.EventData(None, {"index": 0}), page.request))
        page.shows(await page.send.send(dict(page.values), page.request))
        await page.answers()
        (request,) = engine.requests
        assert [message.text for message in request.messages] == ["What is it?"]
        assert len(request.images) == 1
        assert [tool.name for tool in request.tools] == ["current_time"]
        with pytest.raises(UserError):
            page.examples.fill(dict(page.values), gr.EventData(None, {"index": 1}), page.request)

    visited(tmp_path, DEMO, act)


def test_without_uploads_only_the_examples_pictures_are_sent_whatever_they_come_by(tmp_path: Path) -> None:
    demo = Demo(**vars(DEMO) | {"hidden": frozenset({"uploads"})})

    async def act(engine: ScriptedEngine, page: Visit) -> None:
        page.values[page.talk.message] = box("What is it?", [str(EQUATIONS)])
        with pytest.raises(InputRefused, match="doesn't take files of your own"):
            await page.send.send(dict(page.values), page.request)
        notes = tmp_path / "notes.txt"
        notes.write_text("Words")
        page.values[page.talk.message] = box("What is it?", [str(notes)])
        with pytest.raises(InputRefused, match="doesn't take files of your own"):
            await page.send.send(dict(page.values), page.request)
        assert not engine.requests
        with pytest.raises(InputRefused, match="doesn't offer that"):
            await page.imports.import_file("x", dict(page.values), page.request)
        page.values[page.talk.message] = box("What is it?", [str(SHAPES)])
        page.shows(await page.send.send(dict(page.values), page.request))
        await page.answers()
        assert len(engine.requests[0].images) == 1

    visited(tmp_path, demo, act)


HIDDEN = (
    "settings", "history", "batch", "uploads", "imports", "exports", "model", "prompts",
)  # fmt: skip


def test_the_commands_of_what_is_hidden_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = Demo(**vars(DEMO) | {"hidden": frozenset(HIDDEN)})
    told: list[str] = []
    monkeypatch.setattr("ui.events.warn", told.append)

    async def act(engine: ScriptedEngine, page: Visit) -> None:
        await asked(engine, page)
        assert page.presenter.read(page.values).private  # so that nothing of it is kept
        assert not page.kept()
        commands: list[dict[str, Any]] = [
            {"do": "inspect", "index": 1}, {"do": "prompt", "index": 1, "step": "json"}, {"do": "compare", "index": 1},
            {"do": "open", "id": "x"}, {"do": "search", "text": "a"}, {"do": "rename", "id": "x", "title": "y"},
            {"do": "delete", "id": "x"}, {"do": "exportall"}, {"do": "example", "index": 1},
            {"do": "url", "text": "https://example.org/a.png"},
        ]  # fmt: skip
        for command in commands:
            told.clear()
            await page.commands(**command)
            assert told == ["This app doesn't offer that."], command
        told.clear()
        await page.commands("list")
        assert not told
        batch = BatchHandlers(page.examples.view, page.presenter.builder, None, None, None)  # type: ignore[arg-type] # none is asked
        models = ModelSwitchHandlers(page.model, False, None, None, None, None, page.panel, demo)  # type: ignore[arg-type]
        with pytest.raises(InputRefused):
            await batch.act(page.values, gr.EventData(None, {"do": "start", "text": "a"}), page.request)
        with pytest.raises(InputRefused):
            await page.comparing.begin_two(page.values, page.request)
        for export in (page.exports.export_json, page.exports.export_openai, page.exports.export_markdown):
            with pytest.raises(InputRefused):
                export(page.values, page.request)
        assert not list(models.load("demo", "bf16", "", 0.1, 1.0, 100, False, page.request))

    visited(tmp_path, demo, act)
