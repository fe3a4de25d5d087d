"""The main column: header, conversation or comparison, the composer. Components only."""

import html
from dataclasses import dataclass
from typing import Any

import gradio as gr

from backend.demo.values import NO_DEMO, Demo
from backend.runtime.model_info import ModelInfo
from ui.components.html import own_html
from ui.components.start import examples, offered, welcome_page
from ui.components.transcript import transcript
from ui.components.views.batch import BatchView, batch_view
from ui.components.views.compare import CompareView, compare_view
from ui.render.icons import icon
from ui.texts import texts

WORDS = texts.composer
SOURCES = (("upload", "image"), ("url", "link"), ("camera", "camera"), ("screen", "screen"))  # and their icons
# Told by the page's script, once what is written rests, and when the day ends.
RESTS = 'addEventListener("rest", () => trigger("input")); addEventListener("newday", () => trigger("tick"))'
URL = (
    f'<form id="url-form"><label>{WORDS.url_label}<input id="picture-url" type="url" placeholder="https://…" '
    f'required maxlength="4096"></label><button id="picture-add" class="primary">{WORDS.url_add}</button></form>'
)
CAMERA = (
    '<video autoplay playsinline muted></video><p id="camera-note" role="alert"></p>'
    f'<button type="button" id="take-photo" class="primary" disabled>{WORDS.photo}</button>'
    f'<button type="button" class="do" data-close>{WORDS.close}</button>'
)
# Hears of it where it comes and goes (assets/page/views/inspector.js).
SHOWN = 'watch("value", () => dispatchEvent(new CustomEvent("inspector", { detail: element })))'


# The page's script draws it (assets/page/composer/strip.js), so that what stays keeps its place and the focus.
DRAWN = """watch("value", () => dispatchEvent(new CustomEvent("strip", {
  detail: { place: element.querySelector(".files"), shown: props.value },
})))"""


@dataclass(frozen=True)
class MessageLimits:
    """What a message may have: images, and MB of each file."""

    images: int = 10
    mb: int = 20


@dataclass(frozen=True)
class ChatComponents:
    """The conversation's components: messages, message box, buttons, and what takes the conversation's place.

    `place` is what the page itself holds of what it shows, see ui/place.py; `zone` the name of the visitor's time zone.
    """

    place: gr.Textbox
    zone: gr.Textbox
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
    batch: BatchView
    channel: gr.HTML
    reports: gr.HTML
    inspector: gr.HTML


def chat_column(
    info: ModelInfo,
    channel: gr.HTML,
    reports: gr.HTML,
    in_archive: bool = False,
    most: MessageLimits = MessageLimits(),
    max_batch: int = 1_000,
    demo: Demo = NO_DEMO,
) -> ChatComponents:
    """Builds the column inside the current Blocks.

    `in_archive`: chats are kept by the app. `max_batch` is how many items a batch may have.
    """
    inspector = own_html(elem_id="inspector", js_on_load=SHOWN)
    welcome = welcome_page(info, in_archive, demo)
    conversation = transcript("conversation", texts.transcript.conversation)
    comparison, batch = compare_view(), batch_view(max_batch, most.mb)
    place = gr.Textbox("", visible="hidden", elem_id="place")
    zone = gr.Textbox("", visible="hidden", elem_id="zone")
    if demo.notice:
        own_html(f"<p>{html.escape(demo.notice)}</p>", elem_id="notice")
    name = demo.title or info.name
    box = _composer(name, most, not demo.hides("uploads"))
    questions = examples(offered(demo))
    own_html(html.escape(WORDS.mistakes.format(name=name)), elem_id="small-print")
    with gr.Row(elem_id="actions"):  # pressed by keys and by the small buttons of the conversation
        retry = gr.Button("Regenerate", size="sm", elem_id="retry")
        undo = gr.Button("Undo last turn", size="sm", elem_id="undo")
        clear = gr.Button("New chat", size="sm", elem_id="clear")
    return ChatComponents(
        place=place, zone=zone, transcript=conversation, welcome=welcome, examples=questions, retry=retry, undo=undo,
        clear=clear, channel=channel, reports=reports, inspector=inspector, comparison=comparison, batch=batch,
        **box,
    )  # fmt: skip


def _composer(name: str, most: MessageLimits, takes_files: bool) -> dict[str, Any]:
    """The box: a card of what is attached, the text, and a row of buttons. The page's script adds to it."""
    with gr.Column(elem_id="composer"):
        attachments = own_html(elem_id="strip", html_template='<div class="files"></div>', js_on_load=DRAWN)
        message = gr.MultimodalTextbox(  # takes files of all types: of another's every event that brings it would fail
            elem_id="message", label=WORDS.message, show_label=False,
            placeholder=WORDS.placeholder.format(name=name), file_count="multiple",
            max_plain_text_length=10_000_000, max_lines=12, stop_btn=True,
        )  # fmt: skip
        with gr.Row(elem_id="composer-row"):
            own_html(_added(most), elem_id="add", visible=takes_files)
            chips = own_html(elem_id="chips")
            token_meter = own_html(elem_id="meter", js_on_load=RESTS)
        for dialog, content in (("url-dialog", URL), ("camera-dialog", CAMERA)):
            with gr.Column(elem_id=dialog, elem_classes="dialog"):  # HTML's own classes come twice
                own_html(content)
        # While it is there, Stop has the place of Send: by style, since Gradio changes no box that is taking in a file.
        answering = own_html(visible=False, elem_id="answering")
    return {
        "attachments": attachments, "message": message, "chips": chips, "token_meter": token_meter,
        "answering": answering,
    }  # fmt: skip


def _added(most: MessageLimits) -> str:
    """The menu of where a file may come from, each of which the page's script knows."""
    entries = "".join(
        f'<button type="button" data-act="{act}">{icon(shown)} {getattr(WORDS, act)}</button>' for act, shown in SOURCES
    )
    summary = f'<summary aria-label="{WORDS.add}" title="{WORDS.add}">{icon("add")}</summary>'
    limits = f'data-most-mb="{most.mb}" data-most-images="{most.images}"'  # assets/page/composer/files.js reads them
    return f'<details class="menu" {limits}>{summary}<div>{entries}</div></details>'
