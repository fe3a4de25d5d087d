"""gr.Blocks: where everything stands. No logic; which event calls which handler is in wiring.py."""

from pathlib import Path

import gradio as gr

from backend.engines.engine import Engine
from backend.sandbox.pool import Run, directly
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive
from backend.tools.toolbox import Tool
from ui.bridge import Bridge
from ui.components.chat import conversation, header
from ui.components.history_sidebar import shelf
from ui.components.sidebar import panel
from ui.components.tool_bench import bench
from ui.gradio_patches.session_state import state_of
from ui.gradio_patches.validation import ValidatedBlocks
from ui.handlers import compare
from ui.handlers import model_switch as choosing
from ui.handlers.answer import Handlers
from ui.handlers.commands import Commands
from ui.handlers.compare import CompareComponents, CompareHandlers
from ui.handlers.conversation_store import ConversationStore
from ui.handlers.draft import DraftHandlers
from ui.handlers.files import Files
from ui.handlers.model_switch import ModelSwitchHandlers
from ui.handlers.request import RequestBuilder
from ui.model_info import ModelCapabilities
from ui.session import Chat
from ui.wiring import Wiring

SCRIPT = Path(__file__).resolve().parent.parent / "assets" / "page" / "page.js"
REPORTS = 'watch("value", () => dispatchEvent(new CustomEvent("report", { detail: props.value })))'


def page(
    engine: Engine,
    store: ImageStore,
    builtin: tuple[Tool, ...],
    answering: ModelCapabilities,
    bridge: Bridge,
    archive: Archive | None = None,
    run: Run = directly,
) -> gr.Blocks:
    """The whole page, ready to launch. `run` is how what visitors give is checked, see Sandbox.run."""
    about = answering.about()
    sweep = (3600, 86_400)  # Gradio's own files: once an hour those that are a day old
    with ValidatedBlocks(title=about.name, fill_height=True, analytics_enabled=False, delete_cache=sweep) as demo:
        channel = gr.HTML(
            {}, html_template="<span></span>", js_on_load=SCRIPT.read_text(encoding="utf-8"), visible="hidden",
            elem_id="channel", mode="archive" if archive else "browser",
        )  # fmt: skip
        reports = gr.HTML({}, html_template="<span></span>", js_on_load=REPORTS, visible="hidden", elem_id="reports")
        with gr.Sidebar(position="left", width=280, elem_id="shelf", open=False) as left:
            kept = shelf(archive is not None)
        with gr.Sidebar(position="right", width=340, elem_id="panel", open=False) as right:
            fields, around = panel(about.system_prompt, answering.max_new_tokens, [tool.name for tool in builtin])
            asking = RequestBuilder(fields, builtin, answering.about, answering.max_new_tokens, store.take_bytes, run)
            with around.tools_tab:
                bench(asking, demo)
            with around.compare_tab:
                second = compare.controls()
            with gr.Tab("Model", visible=answering.change is not None):
                choice = choosing.controls(about.name)
        title = gr.HTML(header(about), elem_id="header")
        sides = CompareComponents(**second, **compare.view())
        talk, extras = conversation(about, channel, reports)
        keeping = ConversationStore(asking, store, archive, channel, reports, kept.private)

        def latest(session: str) -> Chat:
            chat: Chat = state_of(demo, session, talk.chat)
            return chat

        handlers = Handlers(engine, store, asking, talk, bridge, keeping, latest)
        wiring = Wiring(demo, handlers, kept, CompareHandlers(handlers, sides))
        wiring.talk()
        wiring.desk(Commands(handlers, answering.inspect))
        drafting = DraftHandlers(handlers, answering.counter)
        wiring.drafting(drafting)
        wiring.files(Files(handlers), drafting, extras)
        wiring.compare()
        wiring.panel(around, left, right)
        wiring.choosing(ModelSwitchHandlers(answering, choice, talk, title, fields.system_prompt))
    return demo
