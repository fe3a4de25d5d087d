"""gr.Blocks: where everything stands, and which event calls which handler. No logic."""

from collections.abc import Callable
from datetime import UTC, datetime
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
OPEN_ON_WIDE_SCREENS = "() => ({__type__: 'update', open: innerWidth > 900})"


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
        demo.load(None, None, side, js=OPEN_ON_WIDE_SCREENS)
    return demo


def _header(model_name: str) -> None:
    gr.HTML(
        f'<header><span class="logo" aria-hidden="true"></span><div><h1>{model_name}</h1>'
        "<p>text · pictures · tools</p></div></header>",
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
    with gr.Group(visible=False, elem_id="tool-form") as form:
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
        html_attributes=gr.InputHTMLAttributes(aria_label="Message"),
    )
    with gr.Row(elem_id="actions"):
        stats = gr.HTML(elem_id="stats")
        stop = gr.Button("Stop", size="sm", variant="stop", visible=False, elem_id="stop")
        retry = gr.Button("Retry", size="sm", elem_id="retry")
        undo = gr.Button("Undo", size="sm", elem_id="undo")
        clear = gr.Button("Clear", size="sm", elem_id="clear")
    return Talk(gr.State(Chat()), chatbot, message, stop, retry, undo, clear, stats, form, form_text, result, give, fail)


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
    on(talk.chatbot.example_select, handlers.example)
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
