"""The left sidebar: the chats, and what goes in and out of them. Components only; the page's script fills the list."""

from dataclasses import dataclass

import gradio as gr

from ui.components.html import own_html
from ui.render.icons import icon

TOP = (
    f'<button type="button" class="line" data-act="new">{icon("new")} New chat</button>'
    f'<label class="line search">{icon("search")}<input id="shelf-search" type="search" placeholder="Search chats" '
    'aria-label="Search chats"></label>'
    '<ul id="shelf-list" aria-label="Chats"></ul><p id="shelf-empty"></p>'
)
BOTTOM = (
    '<button type="button" data-act="import">Import</button> · '
    '<button type="button" {export}>Export all</button> · '
    '<button type="button" data-act="shortcuts">Shortcuts</button>'
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


def history_sidebar(in_archive: bool) -> HistorySidebar:
    """Builds the sidebar's content inside the current Blocks."""
    own_html(TOP, elem_id="conversations")
    own_html(BOTTOM.format(export='data-press="export-all"'), elem_id="exchange-row")
    with gr.Column(elem_id="unseen"):
        new = gr.Button("New chat", elem_id="new-chat")
        private = gr.Checkbox(label="Temporary chat", elem_id="private")
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
