"""No page of another site is given leave for anything.

Why: Gradio gives every page leave to read with its visitor's cookies, save where the app is asked for by a name of this
machine, and there all other apps of it. It does so outside the middleware that is handed to it.
Seen with: Gradio 6.31.0, which has no setting for it; the name `routes.CustomCORSMiddleware`.
Without it: other sites' pages read what a visitor's browser may, and are told that they may send.
Remove when: Gradio can be told to give no leave.
"""

from gradio import routes

from web.requests import App, Receive, Scope, Send


class NoLeave:
    """Stands in Gradio's place, and hands on."""

    def __init__(self, app: App, **_: object) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def give_no_leave() -> None:
    """Has Gradio's servers give none from now on."""
    vars(routes)["CustomCORSMiddleware"] = NoLeave
