"""A server as a process of its own that speaks over its standard streams.

The SDK's own way holds a line of any length, and looks through all of it anew at each piece that comes; and it hands a
process's errors on unbounded.
"""

import asyncio
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from backend.tools.mcp.config_file import Server
from backend.tools.mcp.messages import (
    ENDS,
    MAX_MESSAGE,
    MAX_VALUES,
    TOO_LARGE,
    UNREADABLE,
    answered_id,
    refusal,
    values_in,
)
from backend.tools.taking import shortened

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared.message import SessionMessage
    from mcp.types import JSONRPCMessage

GRACE_SECONDS = 1.5  # from the end of its input to the end of the process, and from there to its being killed
SAID_LINES, SAID_SECONDS, SAID_LENGTH = 20, 60.0, 500  # how much of its errors is logged
log = logging.getLogger(__name__)

Streams = tuple["MemoryObjectReceiveStream[SessionMessage | Exception]", "MemoryObjectSendStream[SessionMessage]"]


@asynccontextmanager
async def stdio_streams(server: Server) -> AsyncIterator[Streams]:
    """The messages to and from a process, which ends with the block, its children too. Raises OSError."""
    import anyio
    from mcp.client.stdio import get_default_environment

    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        shutil.which(server.command) or server.command, *server.args, stdin=pipe, stdout=pipe, stderr=pipe,
        env={**get_default_environment(), **server.env}, cwd=os.path.expanduser(server.cwd) or None, limit=MAX_MESSAGE,
        start_new_session=True,
    )  # fmt: skip
    come, read = anyio.create_memory_object_stream[Any](0)
    write, go = anyio.create_memory_object_stream[Any](0)
    called = asyncio.Event()
    works = (_heard(process, come), _told(process, go, called), _logged(process, server.name, called))
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield read, write
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.shield(_ended(process))
        for stream in (come, read, write, go):
            stream.close()


async def _heard(process: asyncio.subprocess.Process, come: "MemoryObjectSendStream[Any]") -> None:
    """Each line of its output is a message; what is none is left out, unless it answers. Ends with the process."""
    from mcp.shared.message import SessionMessage

    assert process.stdout
    async with come:
        while line := await _line(process.stdout):
            if message := _message(line):
                await come.send(SessionMessage(message))


def _message(line: bytes) -> "JSONRPCMessage | None":
    """The message of a line, or what is said in the place of one that cannot be read."""
    from mcp.types import JSONRPCMessage
    from pydantic import ValidationError

    if values_in(line) > MAX_VALUES:
        why = TOO_LARGE
    else:
        try:
            return JSONRPCMessage.model_validate_json(line)
        except ValidationError:
            why = UNREADABLE
    id = answered_id(line[:ENDS], line[-ENDS:])
    return None if id is None else JSONRPCMessage.model_validate_json(refusal(id, why))


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next line, or what is said in the place of one that is too long; nothing at the end, or where a long one
    cannot be told from others."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError:
        return b""
    except asyncio.LimitOverrunError as error:
        begin, end, passed = b"", b"", error.consumed
    try:
        while passed:
            part = await reader.readexactly(passed)
            begin, end = begin or part[:ENDS], (end + part[-ENDS:])[-ENDS:]
            try:
                end, passed = (end + (await reader.readuntil(b"\n"))[-ENDS:])[-ENDS:], 0
            except asyncio.LimitOverrunError as error:
                passed = error.consumed
    except asyncio.IncompleteReadError:
        return b""
    id = answered_id(begin, end)
    return b"" if id is None else refusal(id)


async def _told(
    process: asyncio.subprocess.Process, go: "MemoryObjectReceiveStream[Any]", called: asyncio.Event
) -> None:
    """`called` is set at the first call of a tool."""
    assert process.stdin
    with suppress(ConnectionError):  # it has ended, which is noticed where it is heard
        async for message in go:
            if getattr(message.message.root, "method", "") == "tools/call":
                called.set()
            text = message.message.model_dump_json(by_alias=True, exclude_none=True)
            process.stdin.write(text.encode(errors="replace") + b"\n")
            await process.stdin.drain()


async def _logged(process: asyncio.subprocess.Process, name: str, called: asyncio.Event) -> None:
    """What it says of itself, so many lines a minute, until a tool was called: then it may hold a person's words."""
    assert process.stderr
    begun, lines, rest = time.monotonic(), 0, b""
    while data := await process.stderr.read(8192):
        *whole, rest = (rest + data)[-8 * SAID_LENGTH :].split(b"\n")
        for line in whole:
            if time.monotonic() - begun > SAID_SECONDS:
                begun, lines = time.monotonic(), 0
            lines += 1
            if lines <= SAID_LINES and line.strip() and not called.is_set():
                log.warning("MCP server %s: %s", name, shortened(line.decode(errors="replace").strip(), SAID_LENGTH))


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Ends it, as the protocol has it: its input ends, then it is asked to end, then it is killed."""
    if process.stdin:
        process.stdin.close()
    for how in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
            break
        send_signal(process.pid, how)
    send_signal(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))  # whatever it has started and left
    with suppress(TimeoutError):
        await asyncio.wait_for(process.communicate(), GRACE_SECONDS)  # its streams come to their ends


def send_signal(pid: int, how: int) -> None:
    """To the process and all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            os.kill(pid, how)
        else:
            os.killpg(pid, how)
