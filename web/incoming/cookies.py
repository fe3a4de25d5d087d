"""The cookies of a login: nothing else is read of what comes in, and what goes out is as narrow as can be."""

import re

from starlette.datastructures import Headers

from web.requests import App, Message, Receive, Scope, Send

# As Gradio names and fills them: no quotes and no backslashes, over which Python before 3.11.10 and 3.12.6 takes time
# that grows with the square of their number (CVE-2024-7592).
LOGIN = re.compile(r"access-token-[\w-]{1,100}=[\w-]{1,100}", re.ASCII)
INSECURE = b"access-token-unsecure-"


class LoginCookies:
    """Lets the app see cookies of logins alone, and has it set one for each: for its own pages, out of scripts' reach.

    Gradio sets two, one for frames of any site and one that goes over plain HTTP too. Here there is one: Secure where
    the browser says that its page came by HTTPS, and for frames only on a Space, which the hub shows in its own page.
    """

    def __init__(self, app: App, in_frames: bool) -> None:
        """`in_frames`: pages of other sites show the app in a frame."""
        self.app = app
        self._in_frames = in_frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        flags = self._flags(scope)

        async def with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, _narrowed(value, flags) if name == b"set-cookie" else value)
                    for name, value in message.get("headers", [])
                    if name != b"set-cookie" or not value.startswith(INSECURE)
                ]
            await send(message)

        await self.app({**scope, "headers": _read(scope)}, receive, with_cookies)

    def _flags(self, scope: Scope) -> bytes:
        """Of a frame's cookie, that it is for one site alone: others are mostly refused.

        https://developer.mozilla.org/en-US/docs/Web/Privacy/Guides/Privacy_sandbox/Partitioned_cookies
        """
        if self._in_frames:
            return b"; SameSite=None; Secure; Partitioned"
        origin = Headers(scope=scope).get("origin", "")  # a proxy need not say by which scheme it was asked
        secure = scope["scheme"] == "https" or origin.startswith("https://")
        return b"; SameSite=Lax" + (b"; Secure" if secure else b"")


def _read(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers, with one of cookies where there are some."""
    cookies = [
        crumb.strip()
        for cookie in Headers(scope=scope).getlist("cookie")
        for crumb in cookie.split(";")
        if LOGIN.fullmatch(crumb.strip())
    ]
    others = [header for header in scope["headers"] if header[0] != b"cookie"]
    return [*others, (b"cookie", "; ".join(cookies).encode())] if cookies else others


def _narrowed(cookie: bytes, flags: bytes) -> bytes:
    """A cookie with its value, its path and its end as they were."""
    parts = [part.strip() for part in cookie.split(b";")]
    kept = [part for part in parts[1:] if part.lower().startswith((b"path=", b"max-age=", b"expires="))]
    return b"; ".join([parts[0], *kept, b"HttpOnly"]) + flags
