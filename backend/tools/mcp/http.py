"""A server behind an address: what it answers is bounded before the SDK reads it."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from backend.tools.mcp.config_file import Server
from backend.tools.mcp.messages import CLOSED, CODE, ENDED, MAX_MESSAGE, MAX_VALUES, TOO_LARGE, refusal, values_in
from backend.tools.mcp.stdio import Streams

CONNECT_SECONDS, SILENT_SECONDS = 10.0, 3600.0
_LINE_ENDS = re.compile(rb"[\r\n]+")  # of events, which need not be those of parts


@asynccontextmanager
async def http_streams(server: Server) -> AsyncIterator[Streams]:
    """The messages to and from a server at an address, by streamable HTTP or the SSE that came before it."""
    if server.is_sse:
        from mcp.client.sse import sse_client

        def made(headers: Any = None, timeout: Any = None, auth: Any = None) -> httpx.AsyncClient:
            return _client(server)

        async with sse_client(server.url, httpx_client_factory=made) as (read, write):
            yield read, write
        return
    from mcp.client.streamable_http import streamable_http_client

    async with _client(server) as client, streamable_http_client(server.url, http_client=client) as (read, write, _):
        yield read, write


def _client(server: Server) -> httpx.AsyncClient:
    headers = {**server.headers, "Accept-Encoding": "identity"}  # what is packed could become any size
    timeout = httpx.Timeout(CONNECT_SECONDS, read=SILENT_SECONDS)  # a call has its own limit
    return httpx.AsyncClient(headers=headers, timeout=timeout, transport=_Bounded(), trust_env=False)


class _Bounded(httpx.AsyncHTTPTransport):
    """Answers end where they become too large, with a message that says so."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx. Raises httpx.ReadError where the answer is packed."""
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx.ReadError("a packed answer", request=request)
        is_stream = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Stream(response.stream, _id_of(request), is_stream)
        return response


def _id_of(request: httpx.Request) -> int | None:
    """Of what is asked, in the SDK's own words; None of a notification, and where nothing is asked."""
    found = json.loads(request.content).get("id") if request.method == "POST" else None
    return found if isinstance(found, int) else None


def _values_of(lines: bytes) -> int:
    """Of each line alone: a quote in one that is no data has no other."""
    return sum(values_in(line) for line in _LINE_ENDS.split(lines) if line.startswith(b"data"))


class _Stream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, id: int | None, has_events: bool) -> None:
        self._stream, self._asked, self._has_events = stream, id, has_events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held, size, count = bytearray(), 0, 0  # what has no end yet; the bytes and the values of this message
        parts = aiter(self._stream)
        while True:
            try:
                part = await anext(parts, None)
            except httpx.HTTPError:
                yield self._error(ENDED, CLOSED)  # the SDK would wait for what does not come any more
                return
            if part is None:
                break
            size += len(part)
            whole = b""
            if self._has_events and (at := part.rfind(b"\n")) >= 0:
                whole, held = bytes(held) + part[: at + 1], bytearray(part[at + 1 :])
                count += _values_of(whole)
            else:
                held += part
            if size > MAX_MESSAGE or count > MAX_VALUES:
                yield self._error(TOO_LARGE)
                return
            if b"\n\n" in part or b"\r\n\r\n" in part:
                size, count = len(held), 0
            if whole:
                yield whole
        yield self._error(TOO_LARGE) if values_in(bytes(held)) > MAX_VALUES else bytes(held)

    def _error(self, message: str, code: int = CODE) -> bytes:
        if self._asked is None:
            return b""
        told = refusal(self._asked, message, code)
        return b"\n\nevent: message\ndata: " + told + b"\n\n" if self._has_events else told

    async def aclose(self) -> None:
        """See httpx."""
        await self._stream.aclose()
