"""gr.Blocks: where everything stands. No logic; which event calls which handler is in wiring.py."""

from pathlib import Path

import gradio as gr

from backend.archive import Archive
from backend.engine import Engine
from backend.images import ImageStore
from backend.sandbox import Run, directly
from backend.tools import Tool
from ui import choosing, compare
from ui.about import Answering
from ui.asking import Asking
from ui.bench import bench
from ui.bridge import Bridge
from ui.careful import CarefulBlocks
from ui.choosing import Choosing
from ui.compare import Comparing, Sides
from ui.conversation import conversation, header
from ui.desk import Desk
from ui.drafting import Drafting
from ui.files import Files
from ui.handlers import Handlers
from ui.keeping import Keeping
from ui.panels import panel
from ui.shelf import shelf
from ui.state import Chat
from ui.wiring import Wiring

SCRIPT = Path(__file__).resolve().parent.parent / "assets" / "page.js"
REPORTS = 'watch("value", () => dispatchEvent(new CustomEvent("report", { detail: props.value })))'


def page(
    engine: Engine,
    store: ImageStore,
    builtin: tuple[Tool, ...],
    answering: Answering,
    bridge: Bridge,
    archive: Archive | None = None,
    run: Run = directly,
) -> gr.Blocks:
    """The whole page, ready to launch. `run` is how what visitors give is checked, see Sandbox.run."""
    about = answering.about()
    sweep = (3600, 86_400)  # Gradio's own files: once an hour those that are a day old
    with CarefulBlocks(title=about.name, fill_height=True, analytics_enabled=False, delete_cache=sweep) as demo:
        channel = gr.HTML(
            {}, html_template="<span></span>", js_on_load=SCRIPT.read_text(encoding="utf-8"), visible="hidden",
            elem_id="channel", mode="archive" if archive else "browser",
        )  # fmt: skip
        reports = gr.HTML({}, html_template="<span></span>", js_on_load=REPORTS, visible="hidden", elem_id="reports")
        with gr.Sidebar(position="left", width=280, elem_id="shelf", open=False) as left:
            kept = shelf(archive is not None)
        with gr.Sidebar(position="right", width=340, elem_id="panel", open=False) as right:
            fields, around = panel(about.system_prompt, answering.max_new_tokens, [tool.name for tool in builtin])
            asking = Asking(fields, builtin, answering.about, answering.max_new_tokens, store.take_bytes, run)
            with around.tools_tab:
                bench(asking, demo)
            with around.compare_tab:
                second = compare.controls()
            with gr.Tab("Model", visible=answering.change is not None):
                choice = choosing.controls(about.name)
        title = gr.HTML(header(about), elem_id="header")
        sides = Sides(**second, **compare.view())
        talk, extras = conversation(about, channel, reports)
        keeping = Keeping(asking, store, archive, channel, reports, kept.private)

        def latest(session: str) -> Chat:
            chat: Chat = demo.state_holder[session][talk.chat._id]
            return chat

        handlers = Handlers(engine, store, asking, talk, bridge, keeping, latest)
        wiring = Wiring(demo, handlers, kept, Comparing(handlers, sides))
        wiring.talk()
        wiring.desk(Desk(handlers, answering.inspect))
        drafting = Drafting(handlers, answering.counter)
        wiring.drafting(drafting)
        wiring.files(Files(handlers), drafting, extras)
        wiring.compare()
        wiring.panel(around, left, right)
        wiring.choosing(Choosing(answering, choice, talk, title, fields.system_prompt))
    return demo
