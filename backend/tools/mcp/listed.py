"""The tools that a server lists -> the app's. Pure."""

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from backend.chat.errors import ToolsInvalid
from backend.tools.mcp.config_file import Server
from backend.tools.schemas import parse_specs
from backend.tools.sources import fitting_name
from backend.tools.taking import shortened
from backend.tools.toolbox import Steps, Tool

if TYPE_CHECKING:
    from mcp.types import Tool as ListedTool

MAX_DESCRIPTION = 4_000  # characters; the model reads all of it with each message
log = logging.getLogger(__name__)

Calling = Callable[[str, dict[str, Any]], Steps]


def tools_of(
    server: Server, listed: "list[ListedTool]", calling: Calling, is_public: bool
) -> tuple[tuple[Tool, ...], str]:
    """Those that can be used, and a sentence on those that cannot.

    On a public app a person is asked before each call, unless the server is trusted or says that a tool only reads.
    """
    tools, left_out = [], []
    for each in listed:
        name = fitting_name(each.name)
        about = {
            "name": name, "description": shortened(each.description or each.title or "", MAX_DESCRIPTION),
            "parameters": each.inputSchema,
        }  # fmt: skip
        try:
            (spec,) = parse_specs(json.dumps(about))
        except ToolsInvalid as error:
            log.warning("MCP server %s: a tool is left out: %s", server.name, error)
            left_out.append(name)
            continue
        reads_only = each.annotations is not None and each.annotations.readOnlyHint is True
        asks = is_public and not (server.is_trusted or reads_only)
        function = partial(_called, calling, each.name)
        tools.append(Tool(spec, function, approve="ask" if asks else "panel", source=server.name))
    if not left_out:
        return tuple(tools), ""
    names = shortened(", ".join(left_out), 100)
    return tuple(tools), f"The schemas of these tools cannot be used: {names}."


def _called(calling: Calling, tool: str, /, **arguments: Any) -> Steps:
    return calling(tool, arguments)
