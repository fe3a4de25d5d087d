"""The tools of servers in the settings: listed, and a server added by its address."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from backend.chat.errors import UserError
from backend.tools.mcp.servers import NOT_HERE
from ui.components.sidebar import SidebarComponents
from ui.components.tool_list import CHOSEN, TOLD
from ui.events import event
from ui.gradio_patches.event_data import event_data
from ui.render.tool_list import render_tools
from ui.requests.builder import RequestBuilder
from web.requests import is_from_here

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}


@dataclass(frozen=True)
class ServedTools:
    """`add` takes the address of another server, see McpServers.add; None where nobody may add one."""

    builder: RequestBuilder
    add: Callable[[str], None] | None = None

    def listed(self) -> str:
        """The list as it is now; nothing of it where a visitor is not to see it."""
        groups = self.builder.served()  # looked at in any case, which has servers connect
        return "" if self.builder.demo.fixes("tools") else render_tools(groups)

    def changed(self, asked: gr.EventData) -> Any:
        """The list, where it is not the one that the page has."""
        shown = self.listed()
        known = event_data(asked, "index").get("index")
        return gr.skip() if isinstance(known, str) and known and f'data-version="{known}"' in shown[:60] else shown

    def added(self, url: str | None, request: gr.Request) -> tuple[str, str, str]:
        """What the field holds then, a word on what is wrong, and the list.

        Refused for whoever comes through a proxy: the page may be public by it.
        """
        try:
            if self.add is None or request.request is None or not is_from_here(request.request.scope):
                raise UserError(NOT_HERE)
            self.add(url or "")
        except UserError as error:
            return url or "", f'<p class="warning">{html.escape(str(error))}</p>', self.listed()
        return "", "", self.listed()

    def wire(self, demo: gr.Blocks, sidebar: SidebarComponents, chosen: gr.Textbox) -> None:
        """Which event calls which of these."""
        tools = sidebar.tool_list
        demo.load(event(self.listed), None, tools.shown, **QUIET)
        tools.shown.select(event(self.changed), None, tools.shown, **QUIET)
        tools.shown.submit(None, None, chosen, js=CHOSEN, **QUIET)
        chosen.change(None, chosen, None, js=TOLD, **QUIET)
        if tools.url and tools.add and tools.note and self.add:
            for pressed in (tools.add.click, tools.url.submit):
                pressed(event(self.added), tools.url, [tools.url, tools.note, tools.shown], **QUIET)
