"""The tools that an app begins with: those that ship, and those of whoever runs it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from backend.sandbox.pool import Sandbox
from backend.tools.ask import ASK_PERSON
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.mcp.config_file import read_servers
from backend.tools.mcp.servers import McpServers
from backend.tools.toolbox import Tool

if TYPE_CHECKING:
    from backend.tools.functions.tools import FunctionTools


def shipped(sandbox: Sandbox) -> tuple[Tool, ...]:
    """The tools that ship, which run in the sandbox."""
    tools = (Tool(tool.spec, sandbox.wrapped(tool.function)) for tool in BUILTIN_TOOLS if tool.function)
    return (*tools, ASK_PERSON)


def own_functions(file: Path | None) -> "tuple[FunctionTools, ...]":
    """The tools in the owner's file, if there is one. Raises FileBroken."""
    if file is None:
        return ()
    from backend.tools.functions.tools import function_tools

    return (function_tools(file.expanduser(), {tool.name for tool in (*BUILTIN_TOOLS, ASK_PERSON)}),)


def own_servers(file: Path | None, is_personal: bool) -> McpServers:
    """The MCP servers in the owner's file, if there is one. Raises ServersInvalid."""
    return McpServers(read_servers(file) if file else (), is_personal)


def tool_names(functions: Iterable["FunctionTools"]) -> list[str]:
    """Of the tools that ship and of these; those of servers are known later."""
    return [tool.name for tool in (*BUILTIN_TOOLS, ASK_PERSON, *(tool for each in functions for tool in each.tools))]
