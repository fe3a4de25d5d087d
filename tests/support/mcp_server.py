"""A small MCP server, made with the SDK, with tools that misbehave: `python mcp_server.py [PORT]`, else over stdio."""

import asyncio
import base64
import io
import os
import sys
from pathlib import Path
from typing import Any

from mcp.server.fastmcp import Context, FastMCP
from mcp.types import (
    AudioContent,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
    ToolAnnotations,
)
from PIL import Image

READS = ToolAnnotations(readOnlyHint=True)
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 0
server = FastMCP("Test", port=PORT or 8000, log_level="ERROR")


def png(colour: str = "red") -> str:
    held = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(held, "PNG")
    return base64.b64encode(held.getvalue()).decode()


@server.tool(annotations=READS)
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def shout(text: str) -> str:
    """Writes in capitals."""
    return text.upper()


@server.tool(name="files.read!")
def read() -> str:
    """Has a name that the protocol of models does not take."""
    return "read"


@server.tool()
async def slow(context: Context[Any, Any, Any], steps: int = 3, seconds: float = 0.3, mark: str = "") -> str:
    """Tells how far it is. Where it is cancelled it leaves a file."""
    try:
        for step in range(steps):
            await context.report_progress(step + 1, steps, f"step {step + 1}")
            await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        Path(mark).write_text("cancelled")
        raise
    return "slept"


@server.tool()
def die() -> str:
    """Ends the server in the middle of a call."""
    os._exit(1)


@server.tool()
def big(megabytes: int = 50) -> str:
    """Writes very much."""
    return "x" * (megabytes * 1_000_000)


@server.tool()
def rows(count: int = 200_000) -> CallToolResult:
    """Writes very many values."""
    return CallToolResult(content=[], structuredContent={"rows": [[]] * count})


@server.tool()
def fail() -> str:
    """Fails."""
    raise ValueError("there is no such thing")


@server.tool()
def picture() -> list[TextContent | ImageContent]:
    """Gives a picture."""
    return [TextContent(type="text", text="Here."), ImageContent(type="image", data=png(), mimeType="image/png")]


@server.tool()
def mixed() -> list[Any]:
    """Gives of all kinds."""
    return [
        AudioContent(type="audio", data="", mimeType="audio/wav"),
        EmbeddedResource(type="resource", resource=TextResourceContents(uri="file:///a.txt", text="from a file")),  # type: ignore[arg-type]
        ResourceLink(type="resource_link", name="b", uri="https://b.example/", description="linked"),  # type: ignore[arg-type]
        *(ImageContent(type="image", data=png(), mimeType="image/png") for _ in range(9)),
        ImageContent(type="image", data="???", mimeType="image/png"),
    ]


@server.tool()
async def grow(context: Context[Any, Any, Any]) -> str:
    """Has one tool more from then on."""
    server.add_tool(shout, name="whisper")
    await context.session.send_tool_list_changed()
    return "grown"


@server.tool()
def pid() -> str:
    """The number of its process."""
    return str(os.getpid())


if __name__ == "__main__":
    server.run("streamable-http" if PORT else "stdio")
