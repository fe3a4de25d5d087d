"""What is on beside the message box: what the next request has that a plain chat has not. Pure."""

import html

from ui.render.icons import icon
from ui.requests.values import PanelValues


def render_chips(panel: PanelValues) -> str:
    """HTML; a click leads to where each is set."""
    tools = [*panel.tools.builtin, *(["custom tools"] if panel.tools.schemas.strip() else [])]
    chips = []
    if tools and panel.tools.choice != "none":
        named = tools[0].replace("_", " ") if len(tools) == 1 else f"{len(tools)} tools"
        chips.append(_chip("tool", named, "Tools", ", ".join(tools)))
    if panel.json_schema.strip():
        chips.append(_chip("check", "JSON", "Response", "Answers follow a JSON Schema"))
    if panel.private:
        chips.append(_chip("temporary", "Temporary", "", "This chat is not saved"))
    return "".join(chips)


def _chip(shown: str, text: str, tab: str, label: str) -> str:
    act = f'data-act="settings" data-tab="{tab}"' if tab else 'data-act="private"'
    return f'<button type="button" class="chip" {act} title="{html.escape(label)}">{icon(shown)} {html.escape(text)}</button>'
