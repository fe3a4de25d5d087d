"""What a page holds of its panel, as far as the owner's demo lets a visitor have it so.

The panel is read through this (presenter.py), and so is what an answer is asked with (builder.py): no event, imported
chat, template or link lifts it.
"""

from dataclasses import replace

from backend.demo.terms import Terms
from ui.requests.values import NUMBERS, PanelValues


def held(panel: PanelValues, terms: Terms, own_prompt: str) -> PanelValues:
    """The panel within these terms; `own_prompt` is the system prompt where nobody has written another."""
    numbers = {name: terms.number(name, panel.numbers.get(name)) for name in NUMBERS}
    kept = replace(panel, numbers=numbers, tools=terms.tools(panel.tools))
    if terms.demo.fixes("sampling"):
        usual = {name: getattr(terms.usual, name) for name in NUMBERS}
        kept = replace(
            kept,
            numbers=usual,
            stop=terms.usual.stop,
            context="all",
            scores=False,
            send_thoughts=terms.thinks,
            effort="",
        )
    if terms.demo.fixes("schema"):
        kept = replace(kept, json_schema=terms.usual.json_schema)
    kept = replace(kept, system_prompt=terms.prompt(panel.system_prompt, own_prompt))
    return replace(kept, private=True) if terms.demo.hides("history") else kept
