"""What the server holds for all open pages, in the one place where it is held."""

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from backend.chat.messages import Text, UserMessage
from backend.chat.tree import Node
from ui.place import Place
from ui.session import Session, restored

MAX_SESSIONS = 2_000
MAX_CHARACTERS = 1_000_000_000  # of all their conversations
MAX_ALIASES = 10_000
MAX_MESSAGES, MAX_LENGTH = 10_000, 20_000_000  # of one conversation: half of what can be opened again
PAGE = re.compile(r"[0-9a-f]{32}")


@dataclass
class _Held:
    session: Session
    connection: str
    size: int = 0


class SessionStore:
    """The sessions of all pages, those used last. Safe to use from several threads.

    A page is known by a name that nobody can guess and that outlives a reload; which of Gradio's connections it has at
    present is kept beside it. A session goes when there are too many, or too much in them, and never while `is_busy`.
    """

    def __init__(
        self,
        is_busy: Callable[[str], bool] = lambda _: False,
        max_sessions: int = MAX_SESSIONS,
        max_characters: int = MAX_CHARACTERS,
    ) -> None:
        self._is_busy, self._max_sessions, self._max_characters = is_busy, max_sessions, max_characters
        self._lock = threading.RLock()
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._pages: dict[str, str] = {}  # by connection
        self._aliases: OrderedDict[str, str] = OrderedDict()  # what a page was called before its session was lost
        self._size = 0

    def page(self, connection: str) -> str:
        """The page at this connection, with an empty session where it has none yet."""
        with self._lock:
            page = self._pages.get(connection)
            if page is None or page not in self._held:
                page = secrets.token_hex(16)
                self._held[page], self._pages[connection] = _Held(Session(), connection), page
                self._make_room(page)
            return page

    def connection(self, page: str) -> str:
        """The connection that the page has, or had last; empty where its session is gone."""
        with self._lock:
            return self._held[page].connection if page in self._held else ""

    def get(self, page: str) -> Session:
        """The session as it is now; an empty one where it is gone."""
        with self._lock:
            if page not in self._held:
                return Session()
            self._held.move_to_end(page)
            return self._held[page].session

    def update(self, page: str, change: Callable[[Session], Session]) -> Session:
        """The session as `change` makes it of the newest. The only way to write; one that is gone stays gone."""
        with self._lock:
            held = self._held.get(page)
            if held is None:
                return change(Session())
            before, held.session = held.session, change(held.session)
            self._held.move_to_end(page)
            added = _added(before, held.session) if before.chat.id == held.session.chat.id else -held.size
            if before.chat.id != held.session.chat.id:
                nodes = held.session.chat.history.nodes.values()
                added += _size(nodes) + _around(nodes)
            held.size += added
            self._size += added
            if added:
                self._make_room(page)
            return held.session

    def is_full(self, page: str) -> bool:
        """Whether its conversation is as large as one may be."""
        with self._lock:
            held = self._held.get(page)
            return held is not None and (
                len(held.session.chat.history.nodes) >= MAX_MESSAGES or held.size >= MAX_LENGTH
            )

    def pictures(self) -> set[str]:
        """The paths of all pictures in what is held."""
        with self._lock:
            sessions = [held.session for held in self._held.values()]
        return {path for session in sessions for path in session.pictures()}

    def is_lost(self, connection: str, place: Place) -> bool:
        """Whether the page at this connection shows a conversation and no session of its own is there any more."""
        with self._lock:
            page = self.page(connection)
            has_it = self._held[page].session.chat.id == place.id
            return bool(place.id) and not has_it and self._aliases.get(place.page, place.page) != page

    def find(self, page: str) -> Session | None:
        """The session of a page, by any name that it ever had."""
        with self._lock:
            held = self._held.get(self._aliases.get(page, page))
            return held.session if held else None

    def take_up(self, connection: str, page: str) -> bool:
        """Gives this connection the session of a page that was loaded anew; False where there is none any more.

        One that shows a conversation already stays with it: its connection alone was lost, or somebody was quick.
        """
        with self._lock:
            page, at_present = self._aliases.get(page, page), self._pages.get(connection, "")
            present, held = self._held.get(at_present), self._held.get(page)
            if present and present.session.chat.history.nodes:
                return True
            if held is None:
                return False
            if at_present != page:
                self._drop(at_present)
            if self._pages.get(held.connection) == page:
                del self._pages[held.connection]
            held.connection, self._pages[connection] = connection, page
            return True

    def restore(self, connection: str, place: Place, kept: Session) -> str:
        """Gives the page at this connection a conversation that its lost session had. Its page."""
        with self._lock:
            page = self.page(connection)
            if PAGE.fullmatch(place.page) and place.page not in self._held:
                self._aliases[place.page] = page
                while len(self._aliases) > MAX_ALIASES:
                    self._aliases.popitem(last=False)
            self.update(page, lambda session: restored(session, place, kept))
            return page

    def _make_room(self, used: str) -> None:
        if len(self._held) <= self._max_sessions and self._size <= self._max_characters:
            return
        empty = [page for page, held in self._held.items() if not held.session.chat.history.nodes]
        for page in dict.fromkeys((*empty, *self._held)):  # what holds nothing goes first
            if len(self._held) <= self._max_sessions and self._size <= self._max_characters:
                return
            if page != used and not self._is_busy(page):
                self._drop(page)

    def _drop(self, page: str) -> None:
        held = self._held.pop(page, None)
        if held:
            self._size -= held.size
            if self._pages.get(held.connection) == page:
                del self._pages[held.connection]


def _added(before: Session, after: Session) -> int:
    """What came to a conversation: new nodes are at the end, and one that was growing counts once it is whole."""
    old, new = before.chat.history.nodes, after.chat.history.nodes
    added = _size(islice(new.values(), len(old), None)) if len(new) > len(old) else 0
    if before.growing and before.growing != after.growing:
        added += _length(new[before.growing].message)
    return added


def _around(nodes: Iterable[Node]) -> int:
    """Roughly how many characters the prompts and tools take that answers came from; many answers share them."""
    setups = {id(node.asked.system_prompt): node.asked for node in nodes if node.asked}.values()
    return sum(len(asked.system_prompt) + sum(len(tool.parameters) for tool in asked.tools) for asked in setups)


def _size(nodes: Iterable[Node]) -> int:
    """Roughly how many characters nodes take; pictures lie on disk."""
    return sum(_length(node.message) for node in nodes)


def _length(message: object) -> int:
    if isinstance(message, UserMessage):
        return 500 + sum(len(part.text) for part in message.parts if isinstance(part, Text))
    result = getattr(message, "result", None)
    calls = getattr(message, "tool_calls", ())
    return (
        500
        + len(getattr(message, "text", ""))
        + len(getattr(message, "thought", ""))
        + sum(len(call.arguments) for call in calls)
        + len(getattr(result, "output", ""))
    )
