"""Some tabs in which all that people do goes on at once, in random order, and what is to hold of it all the time."""

import asyncio
import json
import random
import re
import sqlite3
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.chat.errors import GenerationFailed
from backend.chat.messages import AssistantMessage, Message, ToolCall, UserMessage
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.chat.tree import Node
from backend.storage.document_json import node_json
from tests.support.browser_store import BrowserStore
from tests.support.deeds import DEEDS, SWITCHES, Deeds
from tests.support.tabs import ALONG, Tab
from tests.ui.handlers.test_answer import Visit
from ui.session import Session
from ui.session_store import SessionStore

TABS = 5
MOST_NODES, MOST_KEPT = 40, 8
RESTARTS, PRIVATE = 0.003, 0.15
TAG = re.compile(r"t\d{5,}")


class Echo:
    """Answers with the tag of the last message, and slowly enough for other things to come between its words."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        asked = next((m.text for m in reversed(request.messages) if isinstance(m, UserMessage)), "")
        chance = self.random.random()
        if chance < 0.1:
            yield Waiting("loading")
        yield TextDelta(asked.partition(" ")[0] + f" {self.random.random()}")
        for number in range(self.random.randrange(6)):
            time.sleep(self.random.random() * 0.004)
            yield TextDelta(f" word{number}")
        if chance > 0.95:
            raise GenerationFailed("It broke off.")
        if chance > 0.85:
            yield ToolCall(f"{self.random.randrange(10**9):09}", "current_time" if chance > 0.9 else "weather", "{}")


@dataclass
class Seen:
    """What was ever in a conversation: each message by its node, as far as it was ever written."""

    nodes: dict[str, Message | None] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    trail: deque[str] = field(default_factory=lambda: deque(maxlen=30))  # what was added, in which page, by whom
    is_private: bool = False

    def looks(self, session: Session, page: str) -> None:
        """Takes note of what a session holds."""
        history = session.chat.history
        if new := history.nodes.keys() - self.nodes.keys():
            texts = [getattr(history.nodes[id].message, "text", "")[:14] for id in new]
            self.trail.append(f"{page[:4]} {texts} {_callers()}")
        for id in (history.nodes.keys() - self.nodes.keys()) | ({history.leaf} - {None}):
            message, before = history.nodes[id].message, self.nodes.get(id)
            if before is None or len(getattr(message, "text", "")) >= len(getattr(before, "text", "")):
                self.nodes[id] = message
            self.tags.update(TAG.findall(getattr(message, "text", "")))
        self.is_private |= session.panel is not None and session.panel.private


class WatchedSessions(SessionStore):
    """Each state that a session was ever in is seen, by conversation."""

    def __init__(self, is_busy: Callable[[str], bool]) -> None:
        super().__init__(is_busy)
        self.seen: dict[str, Seen] = {}

    def update(self, page: str, change: Callable[[Session], Session]) -> Session:
        with self._lock:
            session = super().update(page, change)
            if page in self._held and session.chat.history.nodes:
                self.seen.setdefault(session.chat.id, Seen()).looks(session, page)
            return session

    def missing(self) -> dict[str, set[str]]:
        """By conversation, what was in it and no session holds."""
        with self._lock:
            held: dict[str, set[str]] = {}
            for session in (each.session for each in self._held.values()):
                held.setdefault(session.chat.id, set()).update(session.chat.history.nodes)
            return {id: seen.nodes.keys() - held.get(id, set()) for id, seen in self.seen.items()}

    def is_held(self, id: str) -> bool:
        with self._lock:
            return any(held.session.chat.id == id for held in self._held.values())

    def forget(self) -> None:
        """As a server that is started anew."""
        with self._lock:
            for part in (self._held, self._pages, self._aliases):
                part.clear()
            self._size = 0


class World:
    """A server with some tabs; its archive is shared by all, or else there are two browsers that keep."""

    def __init__(self, seed: int, folder: Path, in_browser: bool) -> None:
        self.random, self.folder = random.Random(seed), folder
        self.app = Visit(Echo(seed), folder, in_browser)
        self.sessions = WatchedSessions(self.app.bridge.is_busy)
        starter = self.app.send.starter
        for part in (starter.view, starter.store, starter.runner):
            object.__setattr__(part, "sessions", self.sessions)
        self.app.values[self.app.panel.builtin_tools] = ["current_time"]
        self.browsers = [BrowserStore(), BrowserStore()] if in_browser else []
        self.archive = sqlite3.connect(folder / "kept.db", check_same_thread=False)
        self.deeds = Deeds(self, self.random)
        self.tabs, self.closed = [self.new_tab() for _ in range(TABS)], list[Tab]()
        self.deleted, self.titles = set[str](), dict[str, str]()
        self.missed: dict[str, list[asyncio.Task[None]]] = {}
        self.log: deque[str] = deque(maxlen=60)

    def new_tab(self) -> Tab:
        kept = self.random.choice(self.browsers) if self.browsers else None
        return Tab(self.app, kept, is_private=self.random.random() < PRIVATE)

    def closes(self, tab: Tab) -> None:
        """Nobody hears what comes for it from now on."""
        tab.link = object()
        self.tabs.remove(tab)
        self.closed = [*self.closed[-20:], tab]

    def kept_ids(self, tab: Tab) -> list[str]:
        """The conversations in the tab's list."""
        if tab.kept is not None:
            return list(tab.kept.kept)
        return [row[0] for row in self.archive.execute("SELECT id FROM conversations")]

    def kept(self, id: str) -> dict[str, Any]:
        """What is kept of a conversation: its messages as JSON values, by their nodes."""
        for browser in self.browsers:
            if id in browser.kept:
                return {node: json.loads(row.text)["message"] for node, row in browser.kept[id].nodes.items()}
        rows = self.archive.execute("SELECT id, body FROM nodes WHERE conversation = ?", (id,))
        return {node: json.loads(body)["message"] for node, body in rows}

    def kept_title(self, id: str) -> str | None:
        for browser in self.browsers:
            if id in browser.kept:
                return str(browser.kept[id].head["title"])
        row = self.archive.execute("SELECT title FROM conversations WHERE id = ?", (id,)).fetchone()
        return row and str(row[0])

    async def goes_on(self, steps: int) -> None:
        """So many random steps, and then a rest."""
        for _ in range(steps):
            if self.random.random() < RESTARTS:
                await self.restarts()
            else:
                self.step()
            await asyncio.sleep(self.random.choice((0, 0, 0, 0.001)))
            self.check()
        await self.rests()

    def step(self) -> None:
        """Somebody does something, where what they did before lets them."""
        tab = self.random.choice(self.tabs)
        under_way = [deed for deed in tab.running.values() if deed not in ALONG]
        if len(under_way) > 1 or not SWITCHES.isdisjoint(under_way):
            return
        (deed,) = self.random.choices(list(DEEDS), list(DEEDS.values()))
        if len(getattr(self.sessions.seen.get(tab.place.id), "nodes", ())) > MOST_NODES:
            deed = self.random.choice(("begin", "delete"))
        if self.random.random() < 0.1 and len(self.kept_ids(tab)) > MOST_KEPT:
            deed = "delete"
        self.log.append(f"{id(tab) % 9973} {deed} {tab.place.id[:4]}")
        if work := getattr(self.deeds, deed)(tab):
            if deed in SWITCHES:
                tab.tag = f"t{self.random.getrandbits(40)}"
            tab.starts(deed, work)

    async def restarts(self) -> None:
        """The server is killed and started again: its sessions are gone, and what of an answer was not kept yet."""
        self.log.append("restart")
        if self.random.random() < 0.5:
            await self.rests()
        while any(deed != "watch" for tab in [*self.tabs, *self.closed] for deed in tab.running.values()):
            await asyncio.sleep(0.002)  # what goes on in threads cannot be ended
        jobs = [job.task for job in self.app.bridge._jobs.values() if job.task]
        tasks = [*jobs, *(task for tab in [*self.tabs, *self.closed] for task in tab.running)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.app.bridge._jobs.clear()
        self.app.restorer._refused.clear()
        self.app.restorer._waiting._running.clear()
        self.sessions.forget()
        for id, seen in self.sessions.seen.items():
            seen.nodes = dict.fromkeys(self.kept(id))
        self.missed.clear()
        for tab in self.tabs:
            if tab.values.get((self.app.talk.answering, "visible")):  # it hears no more of its answer
                tab.starts("cut", tab.resumes())

    async def rests(self) -> None:
        """All that is under way ends; then everything is kept."""
        until = time.monotonic() + 60
        while self.app.bridge._jobs or any(tab.running for tab in [*self.tabs, *self.closed]):
            running = [deed for tab in [*self.tabs, *self.closed] for deed in tab.running.values()]
            assert time.monotonic() < until, f"these do not end: {running}"
            await asyncio.sleep(0.005)
        self.check(is_rest=True)
        for id in [id for id in self.sessions.seen if id in self.deleted and not self.kept(id)]:
            if not self.sessions.is_held(id):
                del self.sessions.seen[id]
        self.check_kept()
        self.check_shown()

    # What is to hold

    def check(self, is_rest: bool = False) -> None:
        """No node is lost, and no conversation has what was written in another."""
        for tab in [*self.tabs, *self.closed]:
            for error in tab.failed:
                raise error
        dropped = set[str]().union(*(tab.dropped for tab in [*self.tabs, *self.closed]))
        kept_ones, missed = self._kept_ones(), self.sessions.missing()
        for id, seen in kept_ones:
            missing = missed[id]
            if missing and (len(missing) < len(seen.nodes) or is_rest or self.random.random() < 0.1):
                for node in missing - self.kept(id).keys():
                    if node in dropped:  # and no session has it: it went with the moment before a tab was left
                        del seen.nodes[node]
                    elif not self._is_on_its_way(node):
                        raise AssertionError(f"lost of {id}: {seen.nodes[node]}")
            assert len(seen.tags) <= 1, f"{id} has messages of {seen.tags}: {list(seen.trail)} {self._trails()}"

    def _trails(self) -> str:
        tabs = [*self.tabs, *self.closed]
        return str(
            {f"{id(tab) % 9973} {self.sessions._pages.get(tab.connection, '')[:4]}": [*tab.trail] for tab in tabs}
        )

    def _is_on_its_way(self, node: str) -> bool:
        """Whether what was under way when the node was missed first may still bring it to the browser that keeps it."""
        tabs = [*self.tabs, *self.closed] if self.browsers else []
        under_way = self.missed.setdefault(node, [task for tab in tabs for task in tab.running])
        return any(not task.done() for task in under_way)

    def _kept_ones(self) -> list[tuple[str, Seen]]:
        seen = self.sessions.seen.items()
        return [(id, each) for id, each in [*seen] if id not in self.deleted and not each.is_private]

    def check_kept(self) -> None:
        """Whole, under the title that was given last, and nothing that is private."""
        shown: dict[str, dict[str, Node]] = {}
        for tab in self.tabs:
            chat = self.session(tab).chat
            shown.setdefault(chat.id, {}).update(chat.history.nodes)
        for id, seen in self.sessions.seen.items():
            kept = self.kept(id)
            if seen.is_private or id in self.deleted:
                why = "private" if seen.is_private else "deleted"
                assert not kept, f"{id} was kept, {why}: {list(seen.trail)} {self._trails()}"
                continue
            held = {node: each.message for node, each in shown.get(id, {}).items()}
            written = held if self.browsers else seen.nodes  # a closed tab tells its browser nothing more
            for node, message in written.items():
                assert node in kept, f"not kept of {id}: {message}"
                assert _is_whole(kept[node], message), f"of {id} was kept {kept[node]} of {message}"
        for id, title in self.titles.items():
            assert self.kept_title(id) in (None, title), f"the title of {id}"
        assert not (self.browsers and self.browsers[0].kept.keys() & self.browsers[1].kept.keys())

    def check_shown(self) -> None:
        """Each tab shows what its session holds, and Send is back."""
        for tab in self.tabs:
            place, session = tab.place, self.session(tab)
            if self.sessions.is_lost(tab.connection, place):
                continue
            chat = session.chat
            name = f"the tab {id(tab) % 9973} ({list(tab.trail)})"
            held = (chat.id if chat.history.leaf else "", chat.history.leaf)
            assert (place.id, place.leaf) == held, f"{name} shows {place}, held is {held}"
            tags = set(TAG.findall(json.dumps(tab.entries)))
            assert tags <= (self.sessions.seen[chat.id].tags if place.id else set()), (
                f"{name} shows {tags} at {place} of {chat.id}"
            )
            assert not tab.values.get((self.app.talk.answering, "visible")), f"{name} has Stop"

    def session(self, tab: Tab) -> Session:
        """What the server holds for it."""
        return self.sessions.get(self.sessions._pages.get(tab.connection, ""))


def _callers() -> str:
    """The functions of the app's that were called for this, the innermost first."""
    names = [f"{Path(each.filename).stem}.{each.name}" for each in traceback.extract_stack() if "/ui/" in each.filename]
    return " < ".join(name for name in reversed(names) if "test" not in name)


def _is_whole(kept: Any, message: Message | None) -> bool:
    if message is None:
        return True
    now, _ = node_json(Node("x", None, message), str)
    if isinstance(message, AssistantMessage):
        return bool(kept["text"].startswith(message.text))
    return bool(kept == now["message"])
