"""The field for the schema of an answer, with what fills it: schemas that come with the app, or an example. No
behaviour.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from backend.extraction.ready_made import ReadyMade
from ui.components.html import note
from ui.texts import texts

NO_SCHEMA, OWN_SCHEMA = texts.panel.no_schema, texts.panel.own_schema


@dataclass(frozen=True)
class SchemaFields:
    """What stands around the schema. `replaced` is the person's own that one from the menu took the place of."""

    menu: gr.Dropdown
    replaced: gr.Textbox
    replaced_note: gr.HTML
    note: gr.HTML
    example: gr.Textbox
    example_note: gr.HTML
    make: gr.Button


def schema_fields(offered: Sequence[ReadyMade], on: str) -> tuple[gr.Textbox, SchemaFields]:
    """Builds the field and what stands around it inside the current Blocks; `on` is the schema at first."""
    names = [NO_SCHEMA, *(each.title for each in offered), OWN_SCHEMA]
    named = next((each.title for each in offered if each.text == on), NO_SCHEMA)
    menu = gr.Dropdown(names, value=named, label=texts.panel.schema_menu, elem_id="schema-menu", filterable=False)
    replaced_note = note("schema-replaced")
    field = gr.Textbox(
        on, label=texts.panel.json_schema, info=texts.panel.about_json_schema, lines=1, max_lines=10,
        elem_id="json-schema",
    )  # fmt: skip
    schema_note = note("schema-note")
    with gr.Accordion(texts.panel.from_example, open=False, elem_id="schema-from-example"):
        example = gr.Textbox(
            "", label=texts.panel.example, info=texts.panel.about_example, lines=4, max_lines=10,
            placeholder='{"name": "Ada", "total": 12.5}', elem_id="schema-example",
        )  # fmt: skip
        example_note = note("schema-example-note")
        make = gr.Button(texts.panel.make_schema, size="sm", elem_id="schema-make")
    replaced = gr.Textbox("", visible="hidden")
    return field, SchemaFields(menu, replaced, replaced_note, schema_note, example, example_note, make)
