"""The document: Gradio's, with a head of the app's own, packed."""

import re

from starlette.datastructures import Headers, MutableHeaders

from web.document.head import Head
from web.document.packing import QUICK, Packed
from web.requests import App, Message, Receive, Scope, Send

LONGEST = 4_000_000  # bytes of a document
GRADIOS = re.compile(r'<meta\s+(?:property|name)="(?:og:|twitter:|viewport")[^>]*>\s*')  # what is shown of a link to it
MANIFEST = re.compile(r'<link rel="manifest"[^>]*>')
BODY = re.compile(r"<body\b[^>]*>")
BASE = re.compile(r"<base\b[^>]*>")  # what comes before it would be looked for elsewhere


class FrontPage:
    """Puts `head` into the document in the place of what Gradio says there of itself, and sends it packed.

    What is to stand in the body comes first there.

    One document is like another as long as nobody has logged in, so that the last one is kept with what came of it.
    """

    def __init__(self, app: App, head: Head) -> None:
        self.app = app
        self._head = head
        self._last = b"", Packed(b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in ("", "/"):
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def read(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await self._send(start, bytes(body), Headers(scope=scope), send)

        await self.app(scope, receive, read)

    async def _send(self, start: Message, body: bytes, asked: Headers, send: Send) -> None:
        headers = MutableHeaders(raw=start.setdefault("headers", []))
        if start["status"] == 200 and headers.get("content-type", "").startswith("text/html") and len(body) <= LONGEST:
            body, way = self._packed(body).taken(asked)
            headers["Content-Length"] = str(len(body))
            headers.add_vary_header("Accept-Encoding")
            if way:
                headers["Content-Encoding"] = way
        await send(start)
        await send({"type": "http.response.body", "body": body})

    def _packed(self, body: bytes) -> Packed:
        if body != self._last[0]:
            top, mark, rest = body.decode().partition("<script>")  # from which on stands what the page is made of
            shown = BASE.sub(lambda base: base[0] + self._head.first, GRADIOS.sub("", top), count=1)
            rest = MANIFEST.sub("", rest, count=1).replace("</head>", f"{self._head.last}</head>", 1)
            rest = BODY.sub(lambda body: body[0] + self._head.body, rest, count=1)
            self._last = body, Packed(f"{shown}{mark}{rest}".encode(), QUICK)
        return self._last[1]
