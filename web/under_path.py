"""The path that a proxy serves the app under, taken away where the proxy has left it."""

from starlette.responses import RedirectResponse

from web.requests import App, Receive, Scope, Send


class UnderPath:
    """Lets the app see the same requests from a proxy that takes the path away and from one that passes it on.

    Without its last slash the address of the page would be that of a file, beside which nothing of it is found.
    """

    def __init__(self, app: App, prefix: str) -> None:
        """`prefix` is such as "/chat"."""
        self.app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._prefix:
            query = scope["query_string"].decode("latin-1")
            await RedirectResponse(f"{self._prefix}/{query and '?'}{query}")(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"].startswith(f"{self._prefix}/"):
            scope = {**scope, "path": scope["path"].removeprefix(self._prefix)}
        await self.app(scope, receive, send)
