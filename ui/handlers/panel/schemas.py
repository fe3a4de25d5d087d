"""The schema of an answer: one that comes with the app, or one made of an example."""

import html
import json
from collections.abc import Iterable
from typing import Any

import gradio as gr

from backend.chat.errors import InputRefused
from backend.extraction.from_example import schema_from_example
from backend.extraction.ready_made import ReadyMade
from backend.sandbox.pool import Busy, LimitReached, Run
from ui.components.schema_fields import NO_SCHEMA, OWN_SCHEMA
from ui.texts import texts


class Schemas:
    """Those that are offered."""

    def __init__(self, offered: Iterable[ReadyMade], run: Run) -> None:
        """`run` is how one is made of an example, see Sandbox.run."""
        self.texts, self._run = {NO_SCHEMA: "", **{each.title: each.text for each in offered}}, run

    @property
    def named(self) -> str:
        """In the browser, at each key: which schema the field holds."""
        return f"""(schema) => {{
  const found = Object.entries({json.dumps(self.texts)}).find(([, text]) => text === (schema ?? "").trim());
  return found ? found[0] : {json.dumps(OWN_SCHEMA)};
}}"""

    def chosen(self, name: str | None, schema: str | None) -> tuple[Any, Any]:
        """The schema of this name; and the one that it takes the place of, where nothing else holds that."""
        if name not in self.texts:
            return gr.skip(), gr.skip()
        return self.texts[name], self._own(schema)

    def made(self, example: str | None, schema: str | None) -> tuple[Any, Any, str]:
        """The schema of an example, the one that it takes the place of, and what is said of the example."""
        try:
            return self._run(schema_from_example, example or ""), self._own(schema), ""
        except InputRefused as error:
            return gr.skip(), gr.skip(), _wrong(str(error))
        except LimitReached:
            return gr.skip(), gr.skip(), _wrong(texts.panel.example_too_long)
        except Busy:
            return gr.skip(), gr.skip(), _wrong(texts.panel.example_busy)

    def _own(self, schema: str | None) -> str:
        text = (schema or "").strip()
        return "" if text in self.texts.values() else text


def replaced_note(replaced: str | None) -> str:
    """That the person's own schema was replaced, with a way back, as HTML."""
    undo = f'<button type="button" value="undo">{texts.panel.undo}</button>'
    return f"<p>{texts.panel.schema_replaced} {undo}</p>" if replaced else ""


def _wrong(sentence: str) -> str:
    return f'<p class="warning">{html.escape(sentence)}</p>'
