"""One connection to a server from its beginning to its end. All of it is of one event loop."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from backend.chat.errors import trace
from backend.tools.mcp.config_file import Server
from backend.tools.mcp.messages import TOO_LARGE, UNREADABLE

if TYPE_CHECKING:
    from mcp.types import CallToolResult
    from mcp.types import Tool as ListedTool

CONNECT_SECONDS = 30.0  # until its tools are listed; what fetches a package first may take as long
SETTLE_SECONDS = 0.5  # from a change of its list to the list being asked for
CANCEL_SECONDS, CALM = 1.0, 10  # the latter in times that reading a list took, until the next is read
MAX_TOOLS, MAX_PAGES, MAX_LISTED = 1000, 100, 1_000_000  # the last in characters: GitHub's 117 tools take 150,000
log = logging.getLogger(__name__)


class ServerFailed(Exception):
    """A server cannot be used, or a call failed. The text is what is told of it, without a full stop."""


class NotRun(ServerFailed):
    """A call that the server has not begun: it may be made again."""


UNKNOWN = ServerFailed("It ended, or does not speak the protocol")


class Life:
    """Begins at once. `ready` is there once its tools are listed; `heard` is given the list, then and when it changes.

    What ends it is its server, an error, or `end`.
    """

    def __init__(self, server: Server, heard: "Callable[[list[ListedTool]], Awaitable[None]]") -> None:
        self._server, self._hear = server, heard
        self._session: Any = None
        self._changed = asyncio.Event()
        self._was_refused = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ready.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may wait for it
        self.task = asyncio.create_task(self._live())

    @property
    def is_over(self) -> bool:
        """Whether another is needed."""
        return self.task.done()

    async def end(self) -> None:
        """Ends it, and the server with it where it is a process of ours."""
        self.task.cancel()
        await asyncio.wait([self.task])

    async def call(self, tool: str, arguments: dict[str, Any], progress: Callable[[str], None]) -> "CallToolResult":
        """What came of a call. Raises ServerFailed. Where it is cancelled or takes too long the server is told."""
        name, ids = self._server.name, list[int]()
        ask = asyncio.create_task(self._ask(tool, arguments, progress, ids))
        try:
            # Where the connection fails, the SDK leaves some requests without an answer.
            await asyncio.wait((ask, self.task), timeout=self._server.timeout, return_when=asyncio.FIRST_COMPLETED)
            if ask.done():
                return await self._outcome(ask)
            if self.task.done():
                raise self._ended()
            await self._cancel(ids, "timeout")
            raise ServerFailed(f"“{name}” did not answer within {self._server.timeout:g} s")
        except asyncio.CancelledError:
            await asyncio.shield(self._cancel(ids, "stopped"))
            raise
        finally:
            ask.cancel()

    async def _outcome(self, ask: "asyncio.Task[CallToolResult]") -> "CallToolResult":
        import anyio
        from mcp import McpError
        from pydantic import ValidationError

        try:
            return ask.result()
        except (anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            await asyncio.wait([self.task], timeout=CANCEL_SECONDS)
            raise NotRun(f"“{self._server.name}” is not running any more") from error
        except ValidationError as error:
            raise ServerFailed(f"the answer of “{self._server.name}” is {UNREADABLE}") from error
        except McpError as error:
            raise await self._failure(error.error.code, error.error.message) from error

    async def _ask(
        self, tool: str, arguments: dict[str, Any], progress: Callable[[str], None], ids: list[int]
    ) -> "CallToolResult":
        """`ids` takes that of the request."""
        from mcp.types import CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest

        async def told(done: float, total: float | None, message: str | None) -> None:
            of = f"{done:g}/{total:g}" if total else ""
            progress(" · ".join(filter(None, (message, of))))

        params = CallToolRequestParams(name=tool, arguments=arguments)
        asked = ClientRequest(CallToolRequest(params=params))
        ids.append(self._session._request_id)  # that comes next: the SDK tells it in no other way
        # Not `call_tool`, which checks what came against a schema of the server's, in this thread and without a limit.
        answer: CallToolResult = await self._session.send_request(asked, CallToolResult, progress_callback=told)
        return answer

    async def _failure(self, code: int, message: str) -> ServerFailed:
        from mcp.types import CONNECTION_CLOSED

        name = self._server.name
        if code == CONNECTION_CLOSED:
            await asyncio.wait([self.task], timeout=CANCEL_SECONDS)
            return self._ended()
        if code == 32600 and message == "Session terminated":  # the SDK's word for an answer of 404
            await self.end()
            return NotRun(f"“{name}” has forgotten this session")
        if message in (TOO_LARGE, UNREADABLE):
            return ServerFailed(f"the answer of “{name}” is {message}")
        return ServerFailed(message.strip().removesuffix(".") or f"“{name}” failed")

    def _ended(self) -> ServerFailed:
        told = f"“{self._server.name}” ended while the tool was running"
        return NotRun(told) if self._was_refused else ServerFailed(told)

    async def _cancel(self, ids: list[int], reason: str) -> None:
        """Tells the server that nobody waits for this request."""
        import anyio
        from mcp.types import CancelledNotification, CancelledNotificationParams, ClientNotification

        if not ids:
            return
        params = CancelledNotificationParams(requestId=ids[0], reason=reason)
        with anyio.move_on_after(CANCEL_SECONDS):
            try:
                await self._session.send_notification(ClientNotification(CancelledNotification(params=params)))
            except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                return

    async def _live(self) -> None:
        """Whatever it fails at is told to who waits for it, in a sentence, and logged."""
        try:
            await self._connected()
            told = ServerFailed("it has ended")
        except asyncio.CancelledError:
            self.ready.cancel()
            raise
        except Exception as error:  # the SDK documents none
            told = self._told(_first(error))
            where = f" ({trace(_first(error))})" if told is UNKNOWN else ""
            log.warning("MCP server %s: %s%s", self._server.name, told, where)
        if not self.ready.done():
            self.ready.set_exception(told)

    async def _connected(self) -> None:
        import anyio
        from mcp import ClientSession

        from backend.tools.mcp.http import http_streams
        from backend.tools.mcp.stdio import stdio_streams

        logging.getLogger("mcp").setLevel(logging.CRITICAL)  # what it says else holds servers' and people's words
        gone = asyncio.Event()
        streams = http_streams(self._server) if self._server.url else stdio_streams(self._server)
        come, passed = anyio.create_memory_object_stream[Any](0)
        async with come, passed, streams as (read, write), read, anyio.create_task_group() as tasks:

            async def pass_on() -> None:
                async with come:
                    async for message in read:
                        await come.send(message)
                gone.set()

            tasks.start_soon(pass_on)
            async with ClientSession(passed, write, message_handler=self._heard) as self._session:
                with anyio.fail_after(CONNECT_SECONDS):
                    await self._session.initialize()
                    await self._hear(await self._listed())
                self.ready.set_result(None)
                await self._kept(gone)
            tasks.cancel_scope.cancel()

    async def _kept(self, gone: asyncio.Event) -> None:
        """Until the server is gone. Its list is asked for anew where it says that it has changed."""
        calm = SETTLE_SECONDS
        while not gone.is_set():
            waits = [asyncio.create_task(event.wait()) for event in (gone, self._changed)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.wait(waits[:1], timeout=calm)  # for more changes, unless it goes meanwhile
            finally:
                for each in waits:
                    each.cancel()
            if not gone.is_set():
                self._changed.clear()
                listed, begun = await self._listed(), time.monotonic()
                await self._hear(listed)
                calm = max(SETTLE_SECONDS, CALM * (time.monotonic() - begun))

    async def _heard(self, message: Any) -> None:
        from mcp.types import ServerNotification, ToolListChangedNotification

        if isinstance(message, ServerNotification) and isinstance(message.root, ToolListChangedNotification):
            self._changed.set()

    async def _listed(self) -> "list[ListedTool]":
        from mcp.types import PaginatedRequestParams

        found: list[ListedTool] = []
        params, left = None, MAX_LISTED
        for _ in range(MAX_PAGES):
            page = await self._session.list_tools(params=params)
            for tool in page.tools:
                left -= len(tool.model_dump_json())
                if left < 0 or len(found) == MAX_TOOLS:
                    log.warning("MCP server %s: all but its first %d tools are left out", self._server.name, len(found))
                    return found
                found.append(tool)
            if not page.nextCursor:
                break
            params = PaginatedRequestParams(cursor=page.nextCursor)
        return found

    def _told(self, error: BaseException) -> ServerFailed:
        import httpx
        from mcp import McpError

        self._was_refused = isinstance(error, httpx.ConnectError | httpx.HTTPStatusError)
        match error:
            case McpError() if error.error.message == TOO_LARGE:
                return ServerFailed("Its list of tools is too large")
            case TimeoutError():
                return ServerFailed(f"It did not answer within {CONNECT_SECONDS:g} s")
            case httpx.HTTPStatusError():
                return ServerFailed(f"It refuses the connection (HTTP {error.response.status_code})")
            case httpx.HTTPError():
                return ServerFailed("It cannot be reached")
            case OSError():
                return ServerFailed("It cannot be started: install its command, or correct it")
        return UNKNOWN


def _first(error: BaseException) -> BaseException:
    """The first error of a group, in which the SDK's come."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
