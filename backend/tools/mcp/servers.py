"""All MCP servers of the app, which live in one thread of their own. A source of tools: see sources.py."""

import asyncio
import contextlib
import threading
from collections.abc import Iterable
from urllib.parse import urlsplit

from backend.chat.errors import UserError
from backend.tools.mcp.config_file import Server, checked_url
from backend.tools.mcp.connection import Connection
from backend.tools.sources import ToolGroup

END_SECONDS = 5.0
MAX_ADDED = 8
NOT_HERE = "Tools can only be added by whoever runs this app."


class McpServers:
    """Those that the owner named, and with `is_personal` those that they add while the app runs."""

    def __init__(self, servers: Iterable[Server] = (), is_personal: bool = False) -> None:
        self._is_personal = is_personal
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connections = tuple(Connection(server, self._running, not is_personal) for server in servers)
        self._added = 0

    @property
    def takes_more(self) -> bool:
        """Whether whoever sees the page may add a server."""
        return self._is_personal

    def groups(self) -> tuple[ToolGroup, ...]:
        """See ToolSource."""
        return tuple(connection.group() for connection in self._connections)

    def add(self, url: str) -> None:
        """Another server, by its address, until the app ends. Raises UserError."""
        if not self._is_personal:
            raise UserError(NOT_HERE)
        try:
            address = checked_url(url.strip())
        except ValueError as error:
            raise UserError("Enter an address that begins with http:// or https://.") from error
        with self._lock:
            if any(connection.server.url == address for connection in self._connections):
                raise UserError("This server is in the list already.")
            if self._added == MAX_ADDED:
                raise UserError(f"You have added {MAX_ADDED} servers. Restart the app with --mcp for more.")
            names = {connection.server.name for connection in self._connections}
            host = urlsplit(address).netloc.rpartition("@")[2][:48]
            name = next(each for each in (host, *(f"{host} {n}" for n in range(2, 99))) if each not in names)
            added = Connection(Server(name, url=address), self._running, is_public=False)
            self._connections, self._added = (*self._connections, added), self._added + 1

    def close(self) -> None:
        """Ends all connections, and the servers that are processes of ours."""
        if self._loop and self._thread:
            ends = asyncio.run_coroutine_threadsafe(self._end(), self._loop)
            with contextlib.suppress(TimeoutError):
                ends.result(END_SECONDS)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(END_SECONDS)

    async def _end(self) -> None:
        await asyncio.gather(*(connection.end() for connection in self._connections), return_exceptions=True)

    def _running(self) -> asyncio.AbstractEventLoop:
        """The loop, which begins with the first use."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_run, args=(self._loop,), name="mcp", daemon=True)
                self._thread.start()
            return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
