"""A server as the app sees it: its tools, and running them. It is connected to when it is needed, and then kept."""

import asyncio
import concurrent.futures
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from backend.tools.mcp.config_file import Server
from backend.tools.mcp.life import Life, NotRun, ServerFailed
from backend.tools.mcp.listed import tools_of
from backend.tools.mcp.results import output_of
from backend.tools.sources import ToolGroup
from backend.tools.taking import shortened
from backend.tools.toolbox import Steps, ToolOutput

if TYPE_CHECKING:
    from mcp.types import CallToolResult
    from mcp.types import Tool as ListedTool

STEP_SECONDS = 0.1
RETRY_SECONDS = 15.0  # from a failure to the next attempt that nobody waits for
SOON_SECONDS = 2.0  # and to one for a call
MAX_PROGRESS = 200  # characters


class Connection:
    """`group` and `calling` are for any thread, the rest is of the loop's."""

    def __init__(self, server: Server, loop: Callable[[], asyncio.AbstractEventLoop], is_public: bool) -> None:
        """`loop` gives the one in which connections live. With `is_public` strangers can reach the app."""
        self.server, self._loop, self._is_public = server, loop, is_public
        self._group = ToolGroup(server.name, is_connecting=True)
        self._life: Life | None = None
        self._attempt_at = -RETRY_SECONDS

    def group(self) -> ToolGroup:
        """Its tools as far as they are known. Has it connect where it does not, and has not failed just now."""
        life, now = self._life, time.monotonic()
        if (life is None or life.is_over) and now - self._attempt_at >= RETRY_SECONDS:
            self._attempt_at = now
            self._loop().call_soon_threadsafe(self._begin)
        return self._group

    def calling(self, tool: str, arguments: dict[str, Any]) -> Steps:
        """Runs a tool of the server's, by its own name. Raises ServerFailed."""
        said = [""]

        def progress(text: str) -> None:
            said[0] = shortened(" ".join(text[: 10 * MAX_PROGRESS].split()), MAX_PROGRESS)

        call = asyncio.run_coroutine_threadsafe(self._call(tool, arguments, progress), self._loop())
        try:
            while not concurrent.futures.wait([call], STEP_SECONDS).done:
                yield said[0]
            return _output(call)
        finally:
            call.cancel()

    async def end(self) -> None:
        """Disconnects, for good."""
        self._attempt_at = float("inf")
        if self._life:
            await self._life.end()

    def _begin(self) -> Life:
        if self._life is None or self._life.is_over:
            self._attempt_at = max(self._attempt_at, time.monotonic())
            self._life = Life(self.server, self._heard)
            self._life.ready.add_done_callback(self._connected)
        return self._life

    async def _heard(self, listed: "list[ListedTool]") -> None:
        """Reads them in a thread: schemas may take seconds, and other servers are of this loop too."""
        tools, left_out = await asyncio.to_thread(tools_of, self.server, listed, self.calling, self._is_public)
        self._group = ToolGroup(self.server.name, tools, left_out)

    def _connected(self, ready: "asyncio.Future[None]") -> None:
        if not ready.cancelled() and (error := ready.exception()):
            self._group = ToolGroup(self.server.name, problem=f"{error}.")

    async def _call(self, tool: str, arguments: dict[str, Any], progress: Callable[[str], None]) -> "CallToolResult":
        for _ in range(2):
            life = await self._alive()
            try:
                return await life.call(tool, arguments, progress)
            except NotRun as error:
                failure = error
        raise failure

    async def _alive(self) -> Life:
        """Raises ServerFailed."""
        if self._life is None or (self._life.is_over and time.monotonic() - self._attempt_at >= SOON_SECONDS):
            self._begin()
        assert self._life
        try:
            await asyncio.shield(self._life.ready)
        except ServerFailed as error:
            raise ServerFailed(f"“{self.server.name}” cannot be used. {error}") from error
        return self._life


def _output(call: "concurrent.futures.Future[CallToolResult]") -> ToolOutput:
    try:
        return output_of(call.result())
    except concurrent.futures.CancelledError as error:
        raise ServerFailed("the app is being ended") from error
