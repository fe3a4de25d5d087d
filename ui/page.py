"""gr.Blocks: where everything stands, and which event calls which handler. No logic."""

import html
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr

from backend.engine import Engine
from backend.images import ImageStore
from backend.tools import Tool
from ui.asking import Asking
from ui.bridge import Bridge
from ui.bubbles import LATEX
from ui.examples import EXAMPLES
from ui.handlers import Chat, Handlers
from ui.panels import Panel, Talk, panel

PICTURE_TYPES = [".png", ".jpg", ".jpeg", ".webp", ".gif", ".heic", ".heif"]
LOGO = (
    '<svg viewBox="0 0 5 4" aria-hidden="true"><path fill="#ffd800" d="M0 0h1v1H0zM4 0h1v1H4z"/>'
    '<path fill="#ffaf00" d="M0 1h2v1H0zM3 1h2v1H3z"/><path fill="#ff8205" d="M0 2h5v1H0z"/>'
    '<path fill="#fa500f" d="M0 3h1v1H0zM2 3h1v1H2zM4 3h1v1H4z"/></svg>'
)
# An open sidebar would cover a phone; and the message box has no accessible name by itself.
ON_LOAD = """() => {
  document.querySelector("#message textarea")?.setAttribute("aria-label", "Message");
  return {__type__: "update", open: innerWidth > 900};
}"""


def page(
    engine: Engine,
    store: ImageStore,
    builtin: tuple[Tool, ...],
    model_name: str,
    system_prompt: str,
    max_new_tokens: int,
) -> gr.Blocks:
    """The whole page, ready to launch."""
    with gr.Blocks(title=model_name, fill_height=True, analytics_enabled=False) as demo:
        with gr.Sidebar(position="right", width=340, elem_id="panel") as side:
            settings = panel(system_prompt, max_new_tokens, [tool.name for tool in builtin])
        _header(model_name)
        talk = _talk(model_name)
        asking = Asking(settings, builtin, model_name, max_new_tokens)
        bridge = Bridge()
        handlers = Handlers(engine, store, asking, talk, bridge)
        _wire(demo, talk, settings, handlers)
        _wire_panel(demo, settings, asking)
        demo.load(None, None, side, js=ON_LOAD)
    return demo


def _header(model_name: str) -> None:
    gr.HTML(
        f"<header>{LOGO}<div><h1>{html.escape(model_name)}</h1><p>text · pictures · tools</p></div></header>",
        elem_id="header",
    )


def _talk(model_name: str) -> Talk:
    chatbot = gr.Chatbot(
        elem_id="conversation",
        label="Conversation",
        show_label=False,
        height="100%",
        scale=1,
        editable="user",
        group_consecutive_messages=False,
        buttons=["copy"],
        latex_delimiters=LATEX,
        layout="bubble",
        placeholder=f"## Chat with {model_name}\nAsk something, or add pictures. Tools are in the panel on the right.",
        examples=[{"text": example.text, "files": example.paths} for example in EXAMPLES],
    )
    with gr.Column(visible=False, elem_id="tool-form") as form:
        form_text = gr.Markdown(elem_id="tool-form-text")
        result = gr.Textbox(label="Result", lines=2, max_lines=10, elem_id="tool-result")
        with gr.Row():
            give = gr.Button("Send the result", variant="primary", size="sm", elem_id="tool-result-send")
            fail = gr.Button("It failed", size="sm", elem_id="tool-result-failed")
    message = gr.MultimodalTextbox(
        elem_id="message",
        label="Message",
        show_label=False,
        placeholder="Ask anything, paste or drop pictures…",
        file_types=PICTURE_TYPES,
        file_count="multiple",
        max_plain_text_length=10_000_000,
        max_lines=12,
        autofocus=True,
    )
    with gr.Row(elem_id="actions"):
        stats = gr.HTML(elem_id="stats")
        stop = gr.Button("Stop", size="sm", variant="stop", visible=False, elem_id="stop")
        retry = gr.Button("Retry", size="sm", elem_id="retry")
        undo = gr.Button("Undo", size="sm", elem_id="undo")
        clear = gr.Button("Clear", size="sm", elem_id="clear")
    return Talk(
        gr.State(Chat()), chatbot, message, stop, retry, undo, clear, stats, form, form_text, result, give, fail
    )


def _wire(demo: gr.Blocks, talk: Talk, settings: Panel, handlers: Handlers) -> None:
    inputs = settings.inputs | {talk.chat, talk.message, talk.tool_result}
    started = [talk.chat, talk.chatbot, talk.message, talk.stop, talk.form]
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}

    def on(event: Callable[..., Any], starter: Callable[..., Any]) -> None:
        begun = event(starter, inputs, started, trigger_mode="multiple", **private)
        answered = begun.then(handlers.answer, inputs, [talk.chat, talk.chatbot], postprocess=False, **private)
        answered.then(
            handlers.finish, talk.chat, [talk.stop, talk.form, talk.form_text, talk.tool_result, talk.stats], **private
        )

    on(talk.message.submit, handlers.send)
    on(talk.chatbot.edit, handlers.edit)
    on(talk.retry.click, handlers.retry)
    on(talk.give.click, handlers.give_result)
    on(talk.tool_result.submit, handlers.give_result)
    on(talk.fail.click, handlers.give_failure)
    on(talk.undo.click, handlers.undo)
    chosen = talk.chatbot.example_select(handlers.example, None, [talk.message, settings.builtin_tools], **private)
    on(chosen.then, handlers.send)
    cleared = talk.clear.click(handlers.clear, None, started, **private)
    cleared.then(handlers.finish, talk.chat, [talk.stop, talk.form, talk.form_text, talk.tool_result, talk.stats])
    talk.stop.click(handlers.stop, queue=False, **private)
    demo.unload(handlers.leave)


def _wire_panel(demo: gr.Blocks, settings: Panel, asking: Asking) -> None:
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "queue": False}

    def describe(prompt: str) -> str:
        return asking.prompt_note(prompt, datetime.now(UTC).date())

    settings.system_prompt.change(describe, settings.system_prompt, settings.prompt_note, **quiet)
    demo.load(describe, settings.system_prompt, settings.prompt_note, **quiet)
    tools = [settings.tool_schemas, settings.builtin_tools]
    for component in tools:
        component.change(asking.tool_note, tools, settings.tool_note, **quiet)


def launch(
    demo: gr.Blocks,
    host: str,
    port: int,
    share: bool,
    auth: tuple[str, str] | None,
    max_upload_mb: int,
    picture_folders: list[str],
    assets: Path,
) -> None:
    """Serves the page and returns. Raises OSError where the port is taken."""
    demo.queue(default_concurrency_limit=None, api_open=False)
    demo.launch(
        server_name=host,
        server_port=port,
        share=share,
        auth=auth,
        max_file_size=f"{max_upload_mb}mb",
        allowed_paths=[*picture_folders, str(assets / "examples")],
        theme=theme(),
        css_paths=[assets / "style.css"],
        footer_links=[],
        max_threads=128,
        ssr_mode=False,
        run_history=False,
        quiet=True,
        prevent_thread_lock=True,
    )


def theme() -> gr.themes.Base:
    """Warm and calm, with fonts that come with Gradio: a GoogleFont would call out."""
    return gr.themes.Base(
        primary_hue="orange",
        neutral_hue="stone",
        font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "sans-serif"],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "monospace"],
        radius_size="lg",
    ).set(
        body_background_fill="#fffdf9",
        body_background_fill_dark="#171411",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1d1916",
        block_background_fill_dark="#1d1916",
        block_border_width="1px",
        block_label_text_weight="400",
        button_primary_background_fill="#e85d04",
        button_primary_background_fill_hover="#cf5200",
        button_primary_background_fill_dark="#e85d04",
        slider_color="#fb7a12",
    )
