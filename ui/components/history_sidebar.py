"""The left sidebar: conversations, exports, imports. Components only; the page's script fills the list."""

from dataclasses import dataclass

import gradio as gr

SEARCH = (
    '<input id="shelf-search" type="search" placeholder="Search conversations" aria-label="Search conversations">'
    '<ul id="shelf-list" aria-label="Conversations"></ul><p id="shelf-empty"></p>'
)


@dataclass(frozen=True)
class HistorySidebar:
    """The left sidebar's components."""

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
    new = gr.Button("New chat", variant="primary", size="sm", elem_id="new-chat")
    gr.HTML(SEARCH, elem_id="conversations")
    place = "on this server" if in_archive else "in this browser only"
    private = gr.Checkbox(label="Private: keep nothing", info=f"Otherwise kept {place}", elem_id="private")
    with gr.Accordion("Export, import, share", open=False, elem_id="exchange"):
        export_json = gr.Button("Everything (JSON)", size="sm", elem_id="export-json")
        export_openai = gr.Button("OpenAI messages", size="sm", elem_id="export-openai")
        export_markdown = gr.Button("Markdown", size="sm", elem_id="export-markdown")
        export_all = gr.Button("All conversations (zip)", size="sm", elem_id="export-all")  # the page's script hears it
        imported = gr.UploadButton("Import a file", file_types=[".json", ".jsonl", ".zip"], size="sm", elem_id="import")
        link = gr.Button("Link to this question", size="sm", elem_id="link")
        link_text = gr.Textbox(label="Link", visible=False, buttons=["copy"], elem_id="link-text")
    return HistorySidebar(
        new, private, export_json, export_openai, export_markdown, export_all, imported, link, link_text
    )
