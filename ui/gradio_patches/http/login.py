"""Where there is a password, whoever has not given it gets no further than the page that asks for it.

Why: Gradio asks for a login in most of its routes, but not where pages say that they are there, and not where they
cancel; and it reads all of a body before it asks.
Seen with: Gradio 6.31.0; `auth`, `tokens` and `cookie_id` of its app, and the names of its two cookies.
Without it: strangers hold connections, and end others' answers where they know an event.
Remove when: all routes of Gradio ask, and first.
"""

from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse

from web.requests import App, Receive, Scope, Send

BEHIND = "/gradio_api/"
# What the page needs to ask for a password, or tells of a login; none of it is anybody's.
OPEN = {f"{BEHIND}{route}" for route in ("theme.css", "startup-events", "app_id", "user", "login_check")}
COOKIES = ("access-token-{}", "access-token-unsecure-{}")
# In Gradio's own words the page would show nobody a reason, after a logout in another tab or a restart of the app.
LOGGED_OUT = "You're logged out. Reload the page and log in; your draft will be restored."


class LoginFirst:
    """Refuses requests of those who have not logged in, before anything of a body is read."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").rstrip("/")
        if scope["type"] == "http" and path.startswith(BEHIND) and path not in OPEN and not _may_enter(scope):
            is_upload = path == f"{BEHIND}upload"  # of which the page shows the text as it is
            told = PlainTextResponse(LOGGED_OUT, 401) if is_upload else JSONResponse({"detail": LOGGED_OUT}, 401)
            await told(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _may_enter(scope: Scope) -> bool:
    app: Any = scope["app"]  # Starlette puts it there before any middleware
    if app.auth is None:
        return True
    cookies = HTTPConnection(scope).cookies
    return any(cookies.get(name.format(app.cookie_id)) in app.tokens for name in COOKIES)
