"""OpenAI's chat completions over HTTP: the names of the models, and an answer as server-sent events.

https://platform.openai.com/docs/api-reference/chat-streaming
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import contextlib
import socket
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import httpx2
from pydantic import BaseModel, ValidationError

SILENCE_SECONDS = 120.0  # without a byte from the server
CONNECT_SECONDS = 10.0
DONE = "[DONE]"
MAX_WORDS = 20_000  # characters of a refusal that are read


class FunctionPiece(BaseModel):
    """A piece of a call's name or of its arguments."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class CallPiece(BaseModel):
    """A piece of a call. What tells calls apart, servers leave out, or give to all alike."""

    index: int | None = None
    id: str | None = None
    function: FunctionPiece | None = None


class Delta(BaseModel):
    """What a chunk adds. Thoughts come under one of two names, or as parts of the content.

    https://docs.vllm.ai/en/latest/features/reasoning_outputs/
    https://docs.mistral.ai/capabilities/reasoning/
    """

    content: str | list[Any] | None = None
    reasoning: Any = None
    reasoning_content: Any = None
    tool_calls: list[CallPiece] | None = None
    function_call: FunctionPiece | None = None  # the only call, in the form before tool_calls

    @property
    def text(self) -> str:
        """The next piece of the answer."""
        return _joined(self.content, "text")

    @property
    def thought(self) -> str:
        """The next piece of what the model thinks."""
        named = next((part for part in (self.reasoning_content, self.reasoning) if part and isinstance(part, str)), "")
        return named or ("" if isinstance(self.content, str) else _joined(self.content, "thinking"))

    @property
    def call_pieces(self) -> list[CallPiece]:
        """The next pieces of calls."""
        return self.tool_calls or ([CallPiece(function=self.function_call)] if self.function_call else [])


def _joined(content: object, kind: str) -> str:
    """The text of all parts of this kind. A thinking part holds a text, or parts of text in its turn."""
    if isinstance(content, str):
        return content
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return "".join(_joined(part.get(kind), "text") for part in parts if part.get("type") == kind)


class Choice(BaseModel):
    """The answer's part in a chunk; there is one answer."""

    delta: Delta | None = None
    finish_reason: str | None = None


class PromptDetails(BaseModel):
    """Of a prompt's tokens, those that the server had kept."""

    cached_tokens: int | None = None


class Counts(BaseModel):
    """Tokens of the prompt and of the answer."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None


class Chunk(BaseModel):
    """One event of an answer; fields that are not listed here are passed over."""

    choices: list[Choice] | None = None
    usage: Counts | None = None
    error: Any = None


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


class ServerRefused(Exception):
    """The server's own answer instead of ours: its status, its words (for the log), when to try again (seconds)."""

    def __init__(self, status: int, words: str, retry_after: float) -> None:
        super().__init__(f"{status} {words}")
        self.status, self.words, self.retry_after = status, words, retry_after


class ServerLost(Exception):
    """There is no answer, or none that makes sense: the server is down, took too long, broke off, or sent garbage."""


class ServerTooSlow(ServerLost):
    """The server sent nothing for too long."""


class Connection:
    """The connection of one request, which another thread may cut at any time: also before the server answers."""

    def __init__(self) -> None:
        self.aborted = threading.Event()
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """httpcore's `trace` extension: tells of the connection as soon as there is one."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.aborted.is_set():
                self.abort()

    def abort(self) -> None:
        """Ends the request, also where it waits for a byte: a closed socket alone would not wake it."""
        self.aborted.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class ServerClient:
    """One server, asked by any number of threads at once."""

    def __init__(self, url: str, key: str = "") -> None:
        base = url.rstrip("/")
        self._client = httpx2.Client(
            base_url=base if base.endswith("/v1") else f"{base}/v1",
            headers={"Authorization": f"Bearer {key or 'none'}"},
            timeout=httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
            # A connection for each request, since one that is taken up again is not told of, and could not be cut.
            limits=httpx2.Limits(max_connections=256, max_keepalive_connections=0),
        )

    def close(self) -> None:
        """Closes all connections."""
        self._client.close()

    def first_model(self) -> str:
        """The first model that the server lists. Raises ServerRefused and ServerLost."""
        with _translated():
            response = self._client.get("models")
            _accepted(response)
            listed = _Models.model_validate_json(response.content).data
        if not listed:
            raise ServerLost("the server lists no model")
        return listed[0].id

    def stream(self, fields: dict[str, Any], connection: Connection) -> Generator[Chunk, None, None]:
        """The chunks of an answer as they come, up to [DONE] or the end of the stream.

        Closing the iterator closes the connection. Raises ServerRefused and ServerLost.
        """
        tracing = {"trace": connection.trace}
        with (
            _translated(),
            self._client.stream("POST", "chat/completions", json=fields, extensions=tracing) as response,
        ):
            _accepted(response)
            for data in events(response.iter_bytes()):
                if data == DONE:
                    return
                chunk = Chunk.model_validate_json(data)
                if chunk.error is not None:
                    raise ServerLost(f"the server reports: {chunk.error}")
                yield chunk


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What httpx and pydantic raise, as errors of ours. https://www.python-httpx.org/exceptions/"""
    try:
        yield
    except httpx2.TimeoutException as error:
        raise ServerTooSlow(type(error).__name__) from error
    except ValidationError as error:
        raise ServerLost(f"not of the protocol: {error.errors(include_url=False, include_input=False)}") from error
    except (httpx2.HTTPError, httpx2.StreamError, UnicodeDecodeError) as error:
        raise ServerLost(type(error).__name__) from error


def events(pieces: Iterable[bytes]) -> Generator[str, None, None]:
    """The data of each server-sent event; one that is not whole at the end is dropped, as the format has it.

    Lines end at line feeds alone: what else Python takes for an end of line may stand in an event's JSON.
    """
    rest, data = b"", list[bytes]()
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in (line.removesuffix(b"\r") for line in lines):
            if line.startswith(b"data:"):
                data.append(line.removeprefix(b"data:").removeprefix(b" "))
            elif not line and data:
                yield b"\n".join(data).decode()
                data.clear()


def _accepted(response: httpx2.Response) -> None:
    """Raises ServerRefused unless the status is one of success."""
    if response.is_success:
        return
    response.read()
    try:
        after = max(0.0, float(response.headers.get("retry-after", "1")))
    except ValueError:
        after = 1.0
    raise ServerRefused(response.status_code, response.text[:MAX_WORDS], after)
