"""OpenAI's chat completions over HTTP: the names of the models, and an answer as server-sent events.

https://platform.openai.com/docs/api-reference/chat-streaming
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import contextlib
import json
import math
import re
import socket
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from backend.engines.server.chunks import Chunk, chunks
from backend.engines.server.discovery.addresses import address, http_client, sent
from backend.engines.server.discovery.kinds import Kind, by_listing
from backend.engines.server.discovery.models import ServedModel, read_models
from backend.engines.server.limits import MAX_EVENT, MAX_REFUSAL, REFUSAL_SECONDS

LIST_SECONDS = 30.0  # that a list of models may take to come
CONNECT_SECONDS = 10.0
ELSEWHERE = "The server redirects to another host or port. Give --server that address."
UNTRUSTED = "The server's certificate isn't trusted. Set SSL_CERT_FILE to the one it is signed with."
RETRY_SECONDS = 1.0  # after which a request is worth another try, where the server does not say


class ServerRefused(Exception):
    """The server's own answer instead of ours: its status, its words (for the log), when to try again (seconds)."""

    def __init__(self, status: int, words: str, retry_after: float) -> None:
        super().__init__(f"{status} {words}")
        self.status, self.words, self.retry_after = status, words, retry_after


class ServerLost(Exception):
    """There is no answer, or none that makes sense: the server is down, took too long, broke off, or sent garbage."""


class ServerTooSlow(ServerLost):
    """The server sent nothing for too long."""


class NoModelServer(ServerLost):
    """Something else answers at the server's address."""


class WrongServer(ServerLost):
    """The server cannot be used as it is; the text is for whoever runs the app."""


class Connection:
    """The connection of one request, which another thread may cut at any time: also before the server answers.

    `heard_at` is when the last byte came, or when it was asked, by time.monotonic().
    """

    def __init__(self) -> None:
        self.aborted = threading.Event()
        self.heard_at = time.monotonic()
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """httpcore's `trace` extension: tells of the connection as soon as there is one."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):  # of whichever, a proxy too
            self._socket = info["return_value"].get_extra_info("socket")
            if self.aborted.is_set():
                self.abort()

    def abort(self) -> None:
        """Ends the request, also where it waits for a byte: a closed socket alone would not wake it."""
        self.aborted.set()
        self.cut()

    def cut(self) -> None:
        """Ends what is being read, without giving the request up."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def ending(self, seconds: float) -> Iterator[None]:
        """Aborts it after so long, however much comes meanwhile: each byte would begin a timeout of httpx's anew."""
        timer = threading.Timer(seconds, self.abort)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def heard(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, each a sign of life."""
        for piece in pieces:
            self.heard_at = time.monotonic()
            yield piece


class ServerClient:
    """One server, asked by any number of threads at once."""

    def __init__(self, url: str, key: str = "", proxy: bool = False) -> None:
        """`proxy` says whether the environment's proxy is used. Raises ModelUnusable where `url` is no address."""
        self.where = address(url)
        self._client = http_client(self.where, key, proxy, LIST_SECONDS)

    def close(self) -> None:
        """Closes all connections."""
        self._client.close()

    def models(self) -> tuple[list[ServedModel], Kind]:
        """The models that the server lists, and what that list says of its kind. Raises ServerRefused and ServerLost.

        Where they are found is where answers are asked for.
        """
        *others, last = self.where.bases
        for base in others:
            try:
                return self._models(base)
            except NoModelServer:
                pass
            except ServerRefused as error:
                if error.status not in (404, 405):
                    raise
        return self._models(last)

    def _models(self, base: httpx2.URL) -> tuple[list[ServedModel], Kind]:
        connection, url = Connection(), f"{base}/models"
        ending = connection.ending(LIST_SECONDS)
        with ending, _translated(), self._asked("GET", url, connection, LIST_SECONDS) as response:
            try:
                models = read_models(b"".join(_bounded(response)))
            except ValueError as error:
                raise NoModelServer("no list of models") from error
            self._client.base_url = str(response.url).rstrip("/").removesuffix("/models")
            return models, by_listing(response.headers, [(model.id, model.owner) for model in models])

    @contextlib.contextmanager
    def _asked(
        self, method: str, url: str, connection: Connection, timeout: float, fields: dict[str, Any] | None = None
    ) -> Iterator[httpx2.Response]:
        """A response of success whose body has not been read. Raises ServerRefused, and NoModelServer for a page."""
        request = self._client.build_request(
            method,
            url,
            json=fields,
            # A text that is compressed is held back by who compresses it, and may become a thousand times as long.
            headers={"Accept-Encoding": "identity"},
            timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            extensions={"trace": connection.trace},
        )
        with contextlib.closing(sent(self._client, request)) as response:
            if not response.is_success:
                raise _refusal(response, connection)
            if "html" in response.headers.get("content-type", ""):
                raise NoModelServer("a page")
            yield response

    def stream(self, fields: dict[str, Any], connection: Connection, timeout: float) -> Generator[Chunk, None, None]:
        """The chunks of an answer as they come, up to [DONE] or the end of the stream.

        `timeout` is in seconds, for each wait for a byte. Closing the iterator closes the connection. Raises
        ServerRefused, ServerLost and Unbounded.
        """
        url = "chat/completions"
        with _translated(), self._asked("POST", url, connection, timeout, fields) as response:
            for chunk in chunks(connection.heard(response.iter_bytes())):
                if chunk.error is not None:
                    raise _reported(chunk.error)
                yield chunk


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What httpx raises, as errors of ours. https://www.python-httpx.org/exceptions/"""
    try:
        yield
    except httpx2.ConnectTimeout as error:  # it has not even heard of the request
        raise ServerLost(type(error).__name__) from error
    except httpx2.TimeoutException as error:
        raise ServerTooSlow(type(error).__name__) from error
    except httpx2.UnsupportedProtocol as error:
        raise WrongServer(ELSEWHERE) from error
    except httpx2.ConnectError as error:
        raise (WrongServer(UNTRUSTED) if "CERTIFICATE_VERIFY" in str(error) else ServerLost("ConnectError")) from error
    except (httpx2.HTTPError, httpx2.StreamError) as error:
        raise ServerLost(type(error).__name__) from error


@contextlib.contextmanager
def _cut(connection: Connection, seconds: float) -> Iterator[None]:
    """Ends what is being read once it took so long, however steadily it comes."""
    impatient = threading.Timer(seconds, connection.cut)
    impatient.start()
    try:
        yield
    finally:
        impatient.cancel()


def _reported(error: Any) -> ServerRefused:
    """An error that comes in place of an answer, or in its middle, as the refusal that it would be as a status."""
    given = [str(error.get(name)) for name in ("code", "http_status_code", "status")] if isinstance(error, dict) else []
    status = next((int(code) for code in given if re.fullmatch(r"[45][0-9][0-9]", code)), 500)
    words = error if isinstance(error, str) else json.dumps(error, ensure_ascii=False)
    return ServerRefused(status, words[:MAX_REFUSAL], RETRY_SECONDS)


def _refusal(response: httpx2.Response, connection: Connection) -> ServerRefused:
    """What the server says in place of an answer, as far as it says it in a few seconds."""
    words = bytearray()
    with contextlib.suppress(httpx2.HTTPError), _cut(connection, REFUSAL_SECONDS):
        for piece in response.iter_bytes():
            words += piece
            if len(words) >= MAX_REFUSAL:
                break
    said = words[:MAX_REFUSAL].decode(errors="replace")
    return ServerRefused(response.status_code, said, _seconds(response.headers.get("retry-after", "")))


def _seconds(retry_after: str) -> float:
    """In how many seconds to try again. https://httpwg.org/specs/rfc9110.html#field.retry-after"""
    try:
        number = float(retry_after)
    except ValueError:
        try:
            number = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):  # TypeError: a date without a zone
            return RETRY_SECONDS
    return max(0.0, number) if math.isfinite(number) else RETRY_SECONDS


def _bounded(response: httpx2.Response) -> Iterator[bytes]:
    """A list's pieces. Raises ServerLost where it is longer than any list."""
    size = 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > MAX_EVENT:
            raise ServerLost("a list without end")
        yield piece
