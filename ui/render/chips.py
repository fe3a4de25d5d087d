"""What is on beside the message box: what the next request has that a plain chat has not. Pure."""

import html
from collections.abc import Sequence

from ui.components.options import tool_title
from ui.render.buttons import button
from ui.render.icons import icon
from ui.texts import texts

WORDS = texts.composer


def render_chips(
    tools: Sequence[str], *, is_broken: bool, is_json: bool, left_out: str, is_temporary: bool, is_editing: bool,
    examples: int = 0,
) -> str:  # fmt: skip
    """HTML; a click on one leads to where it is set, its × takes it off.

    `tools` are the names of those that the model may call, `is_broken` says that the editor for tools has a mistake,
    `left_out` what of the conversation is not sent, `examples` how many stand before a new chat.
    """
    chips = []
    if is_editing:
        off = button("", "unedit clear", WORDS.cancel_edit, shown="close")
        chips.append(_chip("edit", WORDS.editing, 'data-act="edited"', off))
    if tools or is_broken:
        off = button("", "off tools", WORDS.tools_off, shown="close")
        chips.append(_tools_chip(tools, is_broken, off))
    if is_json:
        off = button("", "off json", WORDS.json_off, shown="close")
        chips.append(_chip("check", WORDS.json, _tab("Response", WORDS.json_about), off))
    if left_out:
        off = button("", "off context", WORDS.context_off, shown="close")
        chips.append(_chip("warn", left_out, _tab("Prompt"), off))
    if examples:
        named = WORDS.example if examples == 1 else WORDS.examples.format(count=examples)
        off = button("", "off examples", WORDS.examples_off, shown="close")
        chips.append(_chip("copy", named, _tab("Prompt", WORDS.examples_about), off))
    if is_temporary:
        label = f'aria-label="{WORDS.temporary_off}" title="{WORDS.temporary_off}"'
        off = f'<button type="button" data-act="private" {label}>{icon("close")}</button>'
        chips.append(_chip("temporary", WORDS.temporary, f'title="{WORDS.temporary_about}"', off))
    return "".join(chips)


def _tools_chip(tools: Sequence[str], is_broken: bool, off: str) -> str:
    if is_broken:
        return _chip("warn", WORDS.tools_broken, _tab("Tools"), off, "bad")
    named = tool_title(tools[0]) if len(tools) == 1 else WORDS.tools.format(count=len(tools))
    return _chip("tool", named, _tab("Tools", ", ".join(tools)), off)


def _tab(tab: str, label: str = "") -> str:
    title = f' title="{html.escape(label)}"' if label else ""
    return f'data-act="settings" data-tab="{tab}"{title}'


def _chip(shown: str, text: str, attributes: str, off: str, kind: str = "") -> str:
    named = f'<button type="button" {attributes}>{icon(shown)} <span>{html.escape(text)}</span></button>'
    return f'<span class="chip {kind}">{named}{off}</span>'
