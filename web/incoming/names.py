"""Names that a visitor gives to sessions, uploads and events: short and plain, since they are kept and looked up."""

import re
from urllib.parse import parse_qsl

from web.requests import App, Receive, Scope, Send, respond

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
QUERIES = ("session_hash", "upload_id", "event_id")  # by which a query gives one
MAX_FIELDS = 100  # of a query
UNFIT = "This address isn't one the page would use. Reload the page."


class PlainNames:
    """Refuses queries in which a name is no plain one, or is given twice. In a path, only such a name is a route."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["query_string"] and not is_plain(scope["query_string"]):
            await respond(400, UNFIT, scope, receive, send)
            return
        await self.app(scope, receive, send)


def is_plain(query: bytes) -> bool:
    """Whether all names in a query are plain."""
    try:
        fields = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return False
    names = [(key, value) for key, value in fields if key in QUERIES]
    return len(names) == len(dict(names)) and all(NAME.fullmatch(value) for _, value in names)
