"""The tools of servers as the settings list them (assets/page/layout/tool_list.js): a fold for each server. Pure."""

import html
import zlib
from collections.abc import Sequence

from backend.tools.sources import ToolGroup
from ui.texts import texts

SAID = texts.panel
ABOUT, FILTERED = 160, 12  # characters of what a tool is for; tools from which on a list can be searched


def render_tools(groups: Sequence[ToolGroup]) -> str:
    """HTML; which of them are on the page's script knows. Its version tells one from another."""
    count = sum(len(group.tools) for group in groups)
    made = "".join(map(_group, groups))
    if count > FILTERED:
        made = f'<input type="search" placeholder="{SAID.tool_filter}" aria-label="{SAID.tool_filter}">{made}'
    return f'<div data-version="{version(made)}">{made}</div>' if groups else ""


def version(shown: str) -> str:
    """What tells one list from another."""
    return format(zlib.crc32(shown.encode(errors="replace")), "x")


def gist(about: str) -> str:
    """What a tool is for, in a line, of what its model is told: the beginning of the first paragraph."""
    words = " ".join(about[: 4 * ABOUT].strip().partition("\n\n")[0].split())
    return words if len(words) <= ABOUT else f"{words[:ABOUT]}…"


def _group(group: ToolGroup) -> str:
    state = "connecting" if group.is_connecting else "failed" if group.problem and not group.tools else "ready"
    count = len(group.tools)
    told = {"connecting": SAID.server_connecting, "failed": SAID.server_failed}.get(state, _counted(count))
    name = html.escape(group.name)
    problem = f'<p class="problem">{html.escape(group.problem)}</p>' if group.problem else ""
    every = SAID.server_all.format(name=name)
    switch = f'<label class="all"><span>{every}</span><input type="checkbox" role="switch" data-all></label>'
    tools = "".join(
        _tool(tool.name, tool.spec.description, SAID.asks_first if tool.approve == "ask" else "")
        for tool in group.tools
    )
    opened = " open" if state == "failed" else ""
    return (
        f'<details class="server {state}"{opened}><summary><b>{name}</b><small>{told}</small></summary>'
        f"{problem}{switch if count > 1 else ''}{tools}</details>"
    )


def _counted(count: int) -> str:
    return SAID.server_one if count == 1 else SAID.server_tools.format(count=count)


def _tool(name: str, about: str, asks: str) -> str:
    asked = f" <em>{asks}</em>" if asks else ""
    return (
        f"<label><span><b>{html.escape(name)}</b>{asked} <small>{html.escape(gist(about))}</small></span>"
        f'<input type="checkbox" role="switch" value="{html.escape(name)}"></label>'
    )
