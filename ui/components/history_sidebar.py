"""The left sidebar: the chats, and what goes in and out of them. Components only; the page's script fills the list."""

from dataclasses import dataclass

import gradio as gr

from backend.demo.values import Demo
from ui.components.html import own_html
from ui.render.icons import icon
from ui.texts import texts

SAID = texts.chats


def _line(shown: str, text: str, does: str, kind: str = "") -> str:
    return f'<button type="button" class="line {kind}" {does}>{icon(shown)} {text}</button>'


def _top(demo: Demo) -> str:
    """The list, and what leads elsewhere; what a narrow window has no room for in the header stands here too."""
    batch = "" if demo.hides("batch") else _line("table", SAID.batch, "data-act=batch")
    link = "" if demo.hides("exports") else _line("link", texts.header.link, "data-press=link", "narrow")
    return (
        f"{_line('new', SAID.new, 'data-act=new')}{batch}"
        f"{_line('temporary', texts.header.temporary, 'data-act=private', 'narrow')}{link}"
        f'<label class="line search">{icon("search")}<input id="shelf-search" type="search" '
        f'placeholder="{SAID.search}" aria-label="{SAID.search}" autocomplete="off"></label>'
        '<ul id="shelf-list"></ul><p id="shelf-empty"></p>'
    )


def bottom(demo: Demo) -> str:
    """What goes in and out. The page's script shows the way out where somebody has logged in: it says where it stands,
    which a logout needs (web/middleware.py), also where a proxy has the page's links say nothing (Referrer-Policy:
    no-referrer).
    """
    imports = "" if demo.hides("imports") else f'<button type="button" data-act="import">{SAID.imports}</button>'
    exports = "" if demo.hides("exports") else f'<button type="button" data-press="export-all">{SAID.exports}</button>'
    return (
        f"{imports}{exports}"
        f'<button type="button" data-act="shortcuts">{SAID.shortcuts}</button>'
        f'<a id="logout" href="logout?all_session=false" referrerpolicy="same-origin" hidden>{texts.header.logout}</a>'
    )


@dataclass(frozen=True)
class HistorySidebar:
    """The left sidebar's components. What is done by a button of the page's own is not seen."""

    new: gr.Button
    private: gr.Checkbox
    export_json: gr.Button
    export_openai: gr.Button
    export_markdown: gr.Button
    export_all: gr.Button
    imported: gr.UploadButton
    link: gr.Button
    link_text: gr.Textbox


def history_sidebar(demo: Demo) -> HistorySidebar:
    """Builds the sidebar inside the current Blocks. Where it is hidden every chat is a temporary one."""
    is_hidden = demo.hides("history")
    with gr.Column(elem_id="shelf", visible=not is_hidden):
        own_html(_top(demo), elem_id="conversations")
        own_html(bottom(demo), elem_id="exchange-row")
    with gr.Column(elem_id="unseen"):
        new = gr.Button("New chat", elem_id="new-chat")
        private = gr.Checkbox(is_hidden, label="Temporary chat", elem_id="private")
        export_json = gr.Button("Export this chat", elem_id="export-json")
        export_openai = gr.Button("OpenAI format", elem_id="export-openai")
        export_markdown = gr.Button("Markdown", elem_id="export-markdown")
        export_all = gr.Button("Export all", elem_id="export-all")  # the page's script hears it
        imported = gr.UploadButton("Import…", file_types=[".json", ".jsonl", ".zip"], elem_id="import")
        link = gr.Button("Copy link", elem_id="link")
        link_text = gr.Textbox(label="Link", elem_id="link-text")
    return HistorySidebar(
        new, private, export_json, export_openai, export_markdown, export_all, imported, link, link_text
    )
