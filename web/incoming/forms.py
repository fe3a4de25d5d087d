"""Forms, as the parser that Gradio uses sees their parts: an upload's files are counted, and each has a browser's form.

Where a part's header is written in another way that RFC 2231 and its like allow, Gradio fails, or takes time that grows
with the square of its length; so it does where a file is none. What a browser writes:
https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
"""

import re
from collections.abc import Callable
from contextlib import suppress

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from starlette.datastructures import Headers

from web.limits import MAX_FILES
from web.requests import App, Message, Receive, Scope, Send, respond

MAX_FIELDS = 8  # of a form without files, such as that of the login
FILE = re.compile(rb'form-data; name="files"; filename="[^"\r\n]{0,1500}(?<!\\)"')
FIELD = re.compile(rb'form-data; name="[\w-]{1,40}"')
MULTIPART = re.compile(r"multipart/form-data ?; ?boundary=\"?([^\"]+)\"?", re.IGNORECASE)
TOO_MANY = f"Upload up to {MAX_FILES} files at a time."
MALFORMED = "The upload couldn't be read. Choose the files again."


class Refused(Exception):
    """A form was refused while it was read. `status` is that of the answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class PlainForms:
    """Refuses forms that no browser sends, and uploads of too many files."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        form = MULTIPART.fullmatch(Headers(scope=scope).get("content-type", "")) if scope["type"] == "http" else None
        if not form or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        parts = _Parts(form[1].encode(), FILE if "/upload" in scope["path"] else FIELD)
        refusal: Refused | None = None
        started = False

        async def looked_at() -> Message:
            nonlocal refusal
            message = await receive()
            try:
                parts.look(message.get("body", b""))
            except Refused as error:
                refusal = error
                raise
            return message

        async def answer(message: Message) -> None:
            nonlocal started
            if not refusal:  # else whoever read the form has words of its own for it
                started = True
                await send(message)

        with suppress(Refused):
            await self.app(scope, looked_at, answer)
        if refusal and not started:
            await respond(refusal.status, str(refusal), scope, receive, send)


class _Parts:
    """The parts of a form, of which only the headers are held."""

    def __init__(self, boundary: bytes, disposition: re.Pattern[bytes]) -> None:
        self._disposition = disposition
        self._most = MAX_FILES if disposition is FILE else MAX_FIELDS
        self._header: dict[str, bytes] = {"name": b"", "value": b""}
        self._dispositions: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._note("name"),
                "on_header_value": self._note("value"),
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
            },
        )
        self._count = 0

    def look(self, body: bytes) -> None:
        """Takes the next piece of the form. Raises Refused."""
        try:
            self._parser.write(body)
        except FormParserError as error:
            raise Refused(400, MALFORMED) from error

    def _note(self, what: str) -> Callable[[bytes, int, int], None]:
        def note(data: bytes, start: int, end: int) -> None:
            self._header[what] += data[start:end]

        return note

    def _end_header(self) -> None:
        if self._header["name"].lower() == b"content-disposition":
            self._dispositions.append(self._header["value"])
        self._header = {"name": b"", "value": b""}

    def _end_headers(self) -> None:
        self._count += 1
        if self._count > self._most:
            raise Refused(413, TOO_MANY)
        if len(self._dispositions) != 1 or not self._disposition.fullmatch(self._dispositions.pop()):
            raise Refused(400, MALFORMED)
