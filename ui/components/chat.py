"""The main column: header, conversation, the form for an open call, the composer. Components only."""

import html
from dataclasses import dataclass
from typing import Any

import gradio as gr

from backend.runtime.model_info import ModelInfo
from ui.components.transcript import transcript, welcome_page

LOGO = (
    '<svg viewBox="0 0 5 4" aria-hidden="true"><path fill="#ffd800" d="M0 0h1v1H0zM4 0h1v1H4z"/>'
    '<path fill="#ffaf00" d="M0 1h2v1H0zM3 1h2v1H3z"/><path fill="#ff8205" d="M0 2h5v1H0z"/>'
    '<path fill="#fa500f" d="M0 3h1v1H0zM2 3h1v1H2zM4 3h1v1H4z"/></svg>'
)
KEYS = (
    ("Enter", "send"), ("Shift+Enter", "new line"), ("Escape", "stop, or end an edit"),
    ("↑ in an empty box", "edit the last message"), ("Alt+N", "new chat"), ("Alt+R", "retry"),
    ("/", "to the message box"),
)  # fmt: skip


@dataclass(frozen=True)
class PictureSources:
    """Other ways for a picture to come in."""

    url: gr.Textbox
    add: gr.Button
    camera: gr.Image


@dataclass(frozen=True)
class ChatComponents:
    """The conversation's components: messages, message box, buttons, and the form for an open tool call.

    `place` is what the page itself holds of what it shows, see ui/place.py.
    """

    place: gr.Textbox
    transcript: gr.HTML
    welcome: gr.HTML
    attachments: gr.HTML
    message: gr.MultimodalTextbox
    token_meter: gr.HTML
    answering: gr.HTML
    retry: gr.Button
    undo: gr.Button
    clear: gr.Button
    form: gr.Column
    form_text: gr.HTML
    arguments: gr.Code
    run: gr.Button
    tool_result: gr.Textbox
    give: gr.Button
    fail: gr.Button
    channel: gr.HTML
    reports: gr.HTML
    inspector: gr.HTML


def header(info: ModelInfo) -> str:
    """The model's name, and the list of keys, as HTML."""
    keys = "".join(f"<tr><th><kbd>{key}</kbd></th><td>{what}</td></tr>" for key, what in KEYS)
    return (
        f"<header>{LOGO}<div><h1>{html.escape(info.name)}</h1>"
        f"<p>{html.escape(info.waiting or 'text · pictures · tools')}</p></div>"
        f'<details class="keys"><summary>Keys</summary><table>{keys}</table></details></header>'
    )


def chat_column(info: ModelInfo, channel: gr.HTML, reports: gr.HTML) -> tuple[ChatComponents, PictureSources]:
    """Builds the column inside the current Blocks."""
    inspector = gr.HTML(visible=False, elem_id="inspector")
    welcome = welcome_page(info)
    conversation = transcript("conversation", "Conversation")
    form = _form()
    place = gr.Textbox("", visible="hidden", elem_id="place")
    attachments = gr.HTML(elem_id="strip")
    message = gr.MultimodalTextbox(  # takes files of all types: of another's every event that brings it would fail
        elem_id="message", label="Message", show_label=False, placeholder="Ask anything, paste or drop pictures…",
        file_count="multiple", max_plain_text_length=10_000_000, max_lines=12, autofocus=True, stop_btn=True,
    )  # fmt: skip
    # While it is there, Stop has the place of Send: by style, since Gradio changes no box that is taking in a file.
    answering = gr.HTML(visible=False, elem_id="answering")
    token_meter = gr.HTML(elem_id="meter")
    with gr.Row(elem_id="actions"):
        retry = gr.Button("Retry", size="sm", elem_id="retry")
        undo = gr.Button("Undo", size="sm", elem_id="undo")
        clear = gr.Button("New chat", size="sm", elem_id="clear")
    components = ChatComponents(
        place=place, transcript=conversation, welcome=welcome, attachments=attachments, message=message, token_meter=token_meter,
        answering=answering, retry=retry, undo=undo, clear=clear, channel=channel, reports=reports,
        inspector=inspector, **form,
    )  # fmt: skip
    return components, _picture_sources()


def _form() -> dict[str, Any]:
    with gr.Column(visible=False, elem_id="tool-form") as form:
        form_text = gr.HTML(elem_id="tool-form-text")
        arguments = gr.Code(language="json", label="Arguments", lines=2, max_lines=10, elem_id="tool-arguments")
        result = gr.Textbox(label="Result", lines=2, max_lines=10, elem_id="tool-result")
        with gr.Row():
            run = gr.Button("Run", variant="primary", size="sm", elem_id="tool-run")
            give = gr.Button("Send the result", variant="primary", size="sm", elem_id="tool-result-send")
            fail = gr.Button("It failed", size="sm", elem_id="tool-result-failed")
    return {
        "form": form, "form_text": form_text, "arguments": arguments, "run": run, "tool_result": result, "give": give,
        "fail": fail,
    }  # fmt: skip


def _picture_sources() -> PictureSources:
    with gr.Accordion("Picture from an address or the camera", open=False, elem_id="extras"):
        with gr.Row():
            url = gr.Textbox(
                label="Address of a picture", placeholder="https://…", max_lines=1, scale=4, elem_id="picture-url"
            )
            add = gr.Button("Add", size="sm", scale=1, elem_id="picture-add")
        camera = gr.Image(  # with no mode of its own, so that Gradio hands the file on and does not decode it
            sources=["webcam"], type="filepath", image_mode=None, label="Camera", height=220, elem_id="camera"
        )
    return PictureSources(url, add, camera)
