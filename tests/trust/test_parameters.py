"""Parameters and events that no page would send: through Gradio's own protocol against the running handlers."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from backend.chat.messages import Conversation, UserMessage
from backend.chat.parts import Text
from backend.chat.settings import GenerationSettings
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.storage.document_json import GONE_PICTURE
from backend.storage.images import ImageStore
from backend.tools.builtin import BUILTIN_TOOLS
from tests.support.scripted_engine import ScriptedEngine
from ui import events
from ui.bridge import Bridge
from ui.handlers.commands import Commands
from ui.page import Services, page
from ui.session import Chat


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1), ("temperature", 2.1), ("temperature", float("nan")), ("temperature", float("inf")),
        ("top_p", 0.0), ("top_p", 1.1), ("top_k", -1), ("top_k", 1001), ("top_k", 2.5), ("min_p", -0.1), ("min_p", 1.1),
        ("repetition_penalty", 0.0), ("repetition_penalty", 10.0), ("max_tokens", 0), ("max_tokens", 10**9),
        ("seed", -1), ("seed", 2**40), ("stop", ("",)), ("stop", ("x" * 1000,)), ("stop", ("x",) * 100),
        ("json_schema", "["), ("json_schema", "[]"), ("json_schema", "1"), ("json_schema", "[" * 5000),
    ],
)  # fmt: skip
def test_a_parameter_out_of_its_range_is_refused_in_one_sentence(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]{10,200}\.$"):
        GenerationSettings(**{name: value})


FORGED: list[Any] = [
    {}, {"do": ""}, {"do": "nothing"}, {"do": ["turn"]}, {"do": "turn"}, {"do": "turn", "index": "x", "step": "1"},
    {"do": "turn", "index": "99", "step": "1"}, {"do": "turn", "index": None, "step": None}, {"do": "inspect"},
    {"do": "inspect", "index": "-5"}, {"do": "inspect", "index": "0"}, {"do": "edit", "index": "99"},
    {"do": "edit", "index": "1e3"}, {"do": "move", "index": "0", "step": "1"}, {"do": "remove", "index": "3"},
    {"do": "detail", "index": "0", "step": "999999"}, {"do": "keep", "index": "everything"}, {"do": "open"},
    {"do": "open", "body": "{}"}, {"do": "open", "body": 7}, {"do": "open", "body": "[" * 5000}, {"do": "rename"},
    {"do": "delete"}, "turn", None, [1], {"do": {"a": 1}},
]  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """A page with one message: its values, and how its script's commands are run."""

    values: dict[Any, Any]
    transcript: gr.HTML
    run: Callable[..., Any]

    def command(self, data: Any) -> dict[Any, Any]:
        """What of the page changes."""
        request = gr.Request(session_hash="abc")

        async def changes() -> dict[Any, Any]:
            updates: dict[Any, Any] = {}
            async for update in self.run(self.values, gr.EventData(None, data), request):
                updates |= update
            return updates

        return asyncio.run(changes())


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    async def build() -> Opened:
        model = ModelCapabilities(lambda: ModelInfo("Model", "", "", ""), 64)
        store = ImageStore(tmp_path_factory.mktemp("store"))
        demo = page(Services(ScriptedEngine([]), model, store, Bridge()), BUILTIN_TOOLS)
        run = next(f.fn for f in demo.fns.values() if getattr(f.fn, "__name__", "") == "run")
        commands: Commands = run.__wrapped__.__self__
        chat, presenter = commands.view.components, commands.view.presenter
        sessions = commands.view.sessions
        chat_shown = Chat().append(Conversation((UserMessage((Text("Hello"),)),)))
        sessions.update(sessions.page("abc"), lambda session: replace(session, chat=chat_shown))
        values: dict[Any, Any] = {component: getattr(component, "value", None) for component in presenter.inputs}
        values |= {chat.place: "", chat.message: {"text": "", "files": []}}
        return Opened(values, chat.transcript, run)

    return asyncio.run(build())


@pytest.mark.parametrize("data", FORGED, ids=lambda data: json.dumps(data)[:40])
def test_a_forged_command_of_the_page_changes_nothing_and_raises_nothing(
    data: Any, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gr, "Warning", lambda *_, **__: None)
    monkeypatch.setattr(gr, "Info", lambda *_, **__: None)
    faults: list[str] = []
    monkeypatch.setattr(events.log, "error", lambda *words: faults.append(str(words)))
    assert opened.transcript not in opened.command(data)
    assert not faults


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "../../etc/passwd", "", "~/.ssh/id_rsa"])
def test_an_opened_conversation_cannot_point_at_a_file_of_the_server(
    path: str, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda sentence, **_: said.append(sentence))
    message = {"parts": [{"path": path, "width": 1, "height": 1}]}
    body = {"format": "mistral-chat/1", "history": {"nodes": [{"parent": None, "message": message}], "leaf": 0}}
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    (tmp_path / "kept.json").write_text(json.dumps(body))
    shown = opened.command({"do": "open", "body": str(tmp_path / "kept.json")})
    assert GONE_PICTURE in str(shown[opened.transcript])
    assert "file=" not in str(shown[opened.transcript])
    assert not said


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "../../etc/passwd", "", "~/.ssh/id_rsa"])
def test_a_conversation_cannot_be_opened_from_a_file_of_the_server(
    path: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda sentence, **_: said.append(sentence))
    assert opened.transcript not in opened.command({"do": "open", "body": path})
    assert not any(Path(path).name and path in sentence for sentence in said)
