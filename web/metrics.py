"""/metrics: the app's numbers in Prometheus' text format, where they are wanted."""

import base64
import secrets

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

from backend.observability.prometheus import CONTENT_TYPE, Metrics
from web.requests import App, Receive, Scope, Send, respond

CHALLENGE = {"WWW-Authenticate": 'Basic realm="metrics"'}


class MetricsPage:
    """Answers /metrics. Where the page asks for a password, so does this: Prometheus gives it by basic_auth."""

    def __init__(self, app: App, metrics: Metrics | None, auth: tuple[str, str] | None) -> None:
        """Without `metrics` there is nothing at /metrics. `auth` is (user, password)."""
        self.app = app
        self._metrics = metrics
        self._expected = b"Basic " + base64.b64encode(":".join(auth).encode()) if auth else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].rstrip("/") != "/metrics":
            await self.app(scope, receive, send)
        elif self._metrics is None:
            await respond(404, "There's nothing here.", scope, receive, send)
        elif self._expected and not self._knows_password(scope):
            response = PlainTextResponse("Log in with the app's name and password to see its metrics.", 401, CHALLENGE)
            await response(scope, receive, send)
        else:
            await Response(self._metrics.text(), media_type=CONTENT_TYPE)(scope, receive, send)

    def _knows_password(self, scope: Scope) -> bool:
        given = Headers(scope=scope).get("authorization", "")
        return secrets.compare_digest(given.encode("latin-1"), self._expected)
