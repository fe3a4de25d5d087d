"""System-prompt templates: ours, and the visitor's own, which their browser keeps."""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from backend.chat.system_prompts import PRESETS
from ui.components.sidebar import MODELS_OWN, OWN
from ui.texts import texts

MAX_OWN = 50
# Only one's own can be deleted.
DELETABLE = "(name, own) => ({ __type__: 'update', interactive: Object.hasOwn(own ?? {}, name) })"


@dataclass(frozen=True)
class Templates:
    """`ours` are the names and texts of those that come with the app, or its demo."""

    ours: Mapping[str, str] = field(default_factory=lambda: PRESETS)

    @property
    def named(self) -> str:
        """In the browser, at each key: which template the prompt is, of the model's, ours and the person's own."""
        return f"""(prompt, models, own) => {{
  const ours = Object.entries({json.dumps(dict(self.ours))});
  const all = [[{json.dumps(MODELS_OWN)}, models ?? ""], ...ours, ...Object.entries(own ?? {{}})];
  const found = all.find(([, text]) => text.trim() === (prompt ?? "").trim());
  return found ? found[0] : {json.dumps(OWN)};
}}"""

    def choices(self, own: dict[str, str]) -> dict[str, Any]:
        """The dropdown with all of them."""
        return gr.update(choices=[MODELS_OWN, *self.ours, *own, OWN])

    def chosen(self, name: str | None, own: dict[str, str], models: str, prompt: str | None) -> tuple[Any, Any]:
        """The system prompt of a template; and the one that it takes the place of, where nothing else holds that."""
        known = {MODELS_OWN: models, **self.ours, **own}
        if name not in known:
            return gr.skip(), gr.skip()
        is_lost = prompt and prompt.strip() not in {text.strip() for text in known.values()}
        return known[name], prompt if is_lost else ""

    def saved(self, name: str | None, prompt: str | None, own: dict[str, str]) -> tuple[Any, Any, str]:
        """The visitor's templates with this one among them, the dropdown, and what is said of it."""
        name = " ".join((name or "").split())
        if not name:
            return gr.skip(), gr.skip(), _wrong(texts.panel.no_template_name)
        if name in (*self.ours, MODELS_OWN, OWN):
            return gr.skip(), gr.skip(), _wrong(texts.panel.template_name_taken)
        if name not in own and len(own) >= MAX_OWN:
            return gr.skip(), gr.skip(), _wrong(texts.panel.too_many_templates.format(count=MAX_OWN))
        own = {**own, name: prompt or ""}
        told = f'<p class="fine">{html.escape(texts.panel.template_saved)}</p>'
        return own, self.choices(own) | {"value": name}, told

    def deleted(self, name: str | None, own: dict[str, str]) -> tuple[dict[str, str], dict[str, Any], str]:
        """The visitor's templates without this one; its text stays in the prompt."""
        own = {key: prompt for key, prompt in own.items() if key != name}
        return own, self.choices(own) | {"value": OWN}, ""


def _wrong(sentence: str) -> str:
    return f'<p class="warning">{html.escape(sentence)}</p>'
