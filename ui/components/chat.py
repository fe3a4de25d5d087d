"""The main column: header, conversation or comparison, the composer. Components only."""

import html
from dataclasses import dataclass

import gradio as gr

from backend.runtime.model_info import ModelInfo
from ui.components.compare import CompareView, compare_view
from ui.components.html import own_html
from ui.components.start import examples, welcome_page
from ui.components.transcript import transcript
from ui.render.icons import icon

ADDED = (
    f'<details class="menu"><summary aria-label="Add images" title="Add images">{icon("add")}</summary><div>'
    f'<button type="button" data-act="upload">{icon("image")} Upload images</button>'
    f'<button type="button" data-act="url">{icon("link")} Paste image URL</button>'
    f'<button type="button" data-act="camera">{icon("camera")} Take a photo</button></div></details>'
)

# Hears of it where it comes and goes (assets/page/views/inspector.js).
SHOWN = 'watch("value", () => dispatchEvent(new CustomEvent("inspector", { detail: element })))'


@dataclass(frozen=True)
class PictureSources:
    """Other ways for a picture to come in."""

    url: gr.Textbox
    add: gr.Button
    camera: gr.Image


@dataclass(frozen=True)
class ChatComponents:
    """The conversation's components: messages, message box, buttons, and what takes the conversation's place.

    `place` is what the page itself holds of what it shows, see ui/place.py.
    """

    place: gr.Textbox
    transcript: gr.HTML
    welcome: gr.HTML
    examples: gr.HTML
    attachments: gr.HTML
    message: gr.MultimodalTextbox
    chips: gr.HTML
    token_meter: gr.HTML
    answering: gr.HTML
    retry: gr.Button
    undo: gr.Button
    clear: gr.Button
    comparison: CompareView
    channel: gr.HTML
    reports: gr.HTML
    inspector: gr.HTML


def chat_column(
    info: ModelInfo, channel: gr.HTML, reports: gr.HTML, in_archive: bool = False
) -> tuple[ChatComponents, PictureSources]:
    """Builds the column inside the current Blocks. `in_archive`: chats are kept by the app."""
    inspector = own_html(elem_id="inspector", js_on_load=SHOWN)
    welcome = welcome_page(info, in_archive)
    conversation = transcript("conversation", "Conversation")
    comparison = compare_view()
    place = gr.Textbox("", visible="hidden", elem_id="place")
    with gr.Column(elem_id="composer"):
        attachments = own_html(elem_id="strip")
        message = gr.MultimodalTextbox(  # takes files of all types: of another's every event that brings it would fail
            elem_id="message", label="Message", show_label=False, placeholder=f"Message {info.name}…",
            file_count="multiple", max_plain_text_length=10_000_000, max_lines=12, autofocus=True, stop_btn=True,
        )  # fmt: skip
        with gr.Row(elem_id="composer-row"):
            own_html(ADDED, elem_id="add")
            chips = own_html(elem_id="chips")
            token_meter = own_html(elem_id="meter")
        # While it is there, Stop has the place of Send: by style, since Gradio changes no box that is taking in a file.
        answering = own_html(visible=False, elem_id="answering")
        sources = _picture_sources()
    offered = examples()
    own_html(f"{html.escape(info.name)} can make mistakes.", elem_id="small-print")
    with gr.Row(elem_id="actions"):  # pressed by keys and by the small buttons of the conversation
        retry = gr.Button("Regenerate", size="sm", elem_id="retry")
        undo = gr.Button("Undo last turn", size="sm", elem_id="undo")
        clear = gr.Button("New chat", size="sm", elem_id="clear")
    components = ChatComponents(
        place=place, transcript=conversation, welcome=welcome, examples=offered, attachments=attachments,
        message=message, chips=chips, token_meter=token_meter, answering=answering, retry=retry, undo=undo, clear=clear,
        channel=channel, reports=reports, inspector=inspector, comparison=comparison,
    )  # fmt: skip
    return components, sources


def _picture_sources() -> PictureSources:
    """Dialogs, which the menu at the box opens."""
    with gr.Column(elem_id="url-dialog", elem_classes="dialog"):
        url = gr.Textbox(label="Image URL", placeholder="https://…", max_lines=1, elem_id="picture-url")
        add = gr.Button("Add image", variant="primary", size="sm", elem_id="picture-add")
    with gr.Column(elem_id="camera-dialog", elem_classes="dialog"):
        camera = gr.Image(  # with no mode of its own, so that Gradio hands the file on and does not decode it
            sources=["webcam"], type="filepath", image_mode=None, label="Camera", height=320, elem_id="camera"
        )
    return PictureSources(url, add, camera)
