"""What the server holds for all open pages, in the one place where it is held."""

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from ui.fairness.session_weight import added, beside, newest
from ui.fairness.shares import Room, Shares
from ui.place import Place
from ui.session import Session, restored

ROOM = Room(count=2_000, bytes=1_000_000_000, bytes_of_one=250_000_000)
MAX_ALIASES = 10_000
MAX_MESSAGES, MAX_LENGTH = 10_000, 20_000_000  # of one conversation, in bytes: half of what can be opened again
MAX_UNSENT = MAX_LENGTH  # bytes that wait for one page's script
PAGE = re.compile(r"[0-9a-f]{32}")


@dataclass
class _Held:
    """`history` and `beside` are the bytes of the conversation and of all else."""

    session: Session
    connection: str
    history: int = 0
    beside: int = 0


class SessionStore:
    """The sessions of all pages, those used last. Safe to use from several threads.

    A page is known by a name that nobody can guess and that outlives a reload; which of Gradio's connections it has at
    present is kept beside it. Where there are too many, or too much in them, sessions of whoever has most go, and never
    one while `is_busy`, or while a batch runs in it.
    """

    def __init__(self, is_busy: Callable[[str], bool] = lambda _: False, room: Room = ROOM) -> None:
        self._is_busy, self._shares = is_busy, Shares(room)
        self._lock = threading.RLock()
        self._held: dict[str, _Held] = {}
        self._pages: dict[str, str] = {}  # by connection
        self._aliases: OrderedDict[str, str] = OrderedDict()  # what a page was called before its session was lost

    def page(self, connection: str, visitor: str = "") -> str:
        """The page at this connection; where it has none yet, one with an empty session, which is this visitor's."""
        with self._lock:
            page = self._pages.get(connection)
            if page is None or page not in self._held:
                page = secrets.token_hex(16)
                self._held[page], self._pages[connection] = _Held(Session(), connection), page
                self._shares.use(page, visitor)
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
            self._shares.use(page)
            return self._held[page].session

    def update(self, page: str, change: Callable[[Session], Session]) -> Session:
        """The session as `change` makes it of the newest. The only way to write; one that is gone stays gone."""
        with self._lock:
            held = self._held.get(page)
            if held is None:
                return change(Session())
            before, held.session = held.session, change(held.session)
            self._shares.use(page)
            self._weigh(page, held, before)
            return held.session

    def _weigh(self, page: str, held: _Held, before: Session) -> None:
        is_same = before.chat.id == held.session.chat.id
        held.history = held.history + added(before, held.session) if is_same else added(Session(), held.session)
        if held.session.unsent is not before.unsent:
            held.session = replace(held.session, unsent=newest(held.session.unsent, MAX_UNSENT))
        held.beside = beside(before, held.session, held.beside)
        self._shares.weigh(page, held.history + held.beside)
        self._make_room(page)

    def is_full(self, page: str) -> bool:
        """Whether its conversation is as large as one may be."""
        with self._lock:
            held = self._held.get(page)
            return held is not None and (
                len(held.session.chat.history.nodes) >= MAX_MESSAGES or held.history >= MAX_LENGTH
            )

    def pictures(self) -> set[str]:
        """The paths of all pictures in what is held."""
        with self._lock:
            sessions = [held.session for held in self._held.values()]
        return {path for session in sessions for path in session.pictures()}

    def is_lost(self, connection: str, place: Place) -> bool:
        """Whether the page at this connection shows a conversation and no session of its own is there any more."""
        with self._lock:
            page = self._pages.get(connection, "")
            has_it = page in self._held and self._held[page].session.chat.id == place.id
            is_its_own = bool(page) and self._aliases.get(place.page, place.page) == page
            return bool(place.id) and not has_it and not is_its_own

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
            if present and (present.session.chat.history.nodes or self._is_busy(at_present)):
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
        while page := self._shares.next_to_go(lambda page: page == used or self._is_at_work(page)):
            self._drop(page)

    def _is_at_work(self, page: str) -> bool:
        return self._is_busy(page) or (page in self._held and self._held[page].session.is_working)

    def _drop(self, page: str) -> None:
        held = self._held.pop(page, None)
        self._shares.drop(page)
        if held and self._pages.get(held.connection) == page:
            del self._pages[held.connection]
