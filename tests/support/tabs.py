"""Tabs of browsers in front of the real handlers, without a browser: what Gradio and the page's script do for them.

A tab holds the values of its components, and what the page's script remembers. It calls handlers as ui/wiring.py has
it, takes what they change while its connection lasts, and answers what the server says to the script.
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from typing import Any

import gradio as gr

from tests.support.browser_store import BrowserStore
from tests.support.transcript import drawn
from tests.ui.handlers.test_answer import Visit
from ui.events import event, on_conversation
from ui.gradio_patches.uploads import upload_folder
from ui.place import Place, place_of
from ui.values import Updates, box, now

EVENT = "event"  # what the tasks are called that tabs start
ALONG = ("watch", "later")  # what goes on beside all that a person does


class Tab:
    """One tab. `kept` is what its browser keeps; None where the server has an archive."""

    def __init__(self, app: Visit, kept: BrowserStore | None, is_private: bool = False) -> None:
        self.app, self.kept, self.is_private = app, kept, is_private
        self.page = self.current = ""  # what the script remembers
        self.is_resuming = False
        self.link: object = None  # another once the connection was lost: what comes by the earlier one is lost
        self.tag = f"t{secrets.randbits(40)}"  # with which what is written in a new conversation begins
        self.asked: set[str] = set()  # conversations of which all was asked for
        self.running: dict[asyncio.Task[None], str] = {}  # what each does
        self.failed: list[BaseException] = []
        self.dropped: set[str] = set()  # nodes that were sent and did not come
        self.trail: deque[str] = deque(maxlen=30)  # what was shown of it, and by whom
        self.draft = app.draft
        self.load()

    def load(self) -> None:
        """The page as it is loaded: a new connection, and no values of its own."""
        self.link = object()
        self.connection = secrets.token_hex(8)
        self.request = gr.Request(session_hash=self.connection)
        self.values = dict(self.app.values) | {self.app.private: self.is_private}
        self.entries: list[Any] = []  # what the transcript shows
        self.is_fresh, self.is_opening = bool(self.page or self.current), False

    @property
    def place(self) -> Place:
        """What the page shows."""
        return place_of(self.values[self.app.talk.place])

    def starts(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Does something while all else goes on."""
        task = asyncio.create_task(work, name=EVENT)
        self.running[task] = name
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        del self.running[task]
        if not task.cancelled() and (error := task.exception()):
            self.failed.append(error)

    async def calls(self, handler: Callable[..., Any], *given: Any) -> bool:
        """An event. Whether the tab still listens at its end."""
        link, outcome = self.link, handler(dict(self.values), *given, self.request)
        async for updates in outcome if isinstance(outcome, AsyncGenerator) else _once(outcome):
            if self.link is not link:
                self.drops(updates)
            elif "__type__" not in updates:
                self.takes(updates, getattr(handler, "__name__", ""))
        return self.link is link

    def drops(self, updates: Updates) -> None:
        """What comes by a connection that was lost."""
        for message in updates.values():
            if isinstance(message, dict):
                for save in [*message.get("saves", ()), message.get("save", {"nodes": ()})]:
                    self.dropped.update(node["id"] for node in save["nodes"])

    def takes(self, updates: Updates, by: str) -> None:
        """Shows what an event changes, and hears what it says."""
        talk = self.app.talk
        if not updates.keys().isdisjoint({talk.transcript, talk.place}):
            self.trail.append(f"{by}: {len(str(updates.get(talk.transcript, '')))} {updates.get(talk.place, '')}")
        for component, update in updates.items():
            if component is talk.transcript and "__type__" not in update:
                entries = drawn(self.entries, update)
                if entries is None:
                    self.starts("redraw", self.commands("redraw"))
                else:
                    self.entries = entries
            if not isinstance(update, dict) or "__type__" not in update:
                self.values[component] = update
                continue
            for name, value in update.items():
                self.values[component if name == "value" else (component, name)] = value
        for spoken in (self.app.talk.channel, self.app.talk.reports):
            if isinstance(message := updates.get(spoken), dict) and "__type__" not in message:
                self.hears(message)

    def hears(self, message: dict[str, Any]) -> None:
        """What assets/page/main.js does with what the server says."""
        if "page" in message:
            self.page, self.is_fresh, self.is_opening = message["page"], False, False
            if self.is_resuming:
                self.starts("later", self.syncs_later(asyncio.all_tasks()))
            self.is_resuming = False
        self.current = message.get("current", self.current)
        for save in [*message.get("saves", ()), *([message["save"]] if "save" in message else [])]:
            assert self.kept is not None
            is_lacking = self.kept.save(save)
            if save["whole"]:
                self.asked.discard(save["id"])
            elif is_lacking and save["id"] not in self.asked:
                self.asked.add(save["id"])
                self.starts("sync", self.syncs(save["id"]))
        if message.get("lost") and not self.is_opening:
            self.is_opening = True
            self.starts("open", self.hands_over())

    async def hands_over(self) -> None:
        """The server has lost the conversation."""
        is_fresh, self.is_fresh = self.is_fresh, False
        try:
            await self.opens(self.current, again=not is_fresh)
        finally:
            self.is_opening = False

    async def opens(self, id: str, again: bool = False) -> None:
        """Opens a conversation that is kept."""
        body = None
        if self.kept is not None:
            document = self.kept.document(id)
            body = self._uploaded(document) if document else None
            if body is None and not again:
                self.current = ""
                return
        await self.commands("open", id=id, body=body, again=again)

    def _uploaded(self, document: dict[str, Any]) -> str:
        path = Path(upload_folder() / f"{secrets.token_hex(8)}.json")
        path.write_text(json.dumps(document))
        return str(path)

    async def commands(self, do: str, **words: object) -> None:
        """A command of the page's script, and what stands after each in ui/wiring.py."""
        await self.settles(self.app.command, gr.EventData(None, {"do": do, **words}))

    async def syncs(self, id: str) -> None:
        """Asks for what is not kept."""
        await self.commands("sync", id=id, have=" ".join(self.kept.have(id) if self.kept else ()))

    async def resumes(self) -> None:
        """Goes on after a reload, or once the connection is back: when the server has done what it was asked before."""
        self.is_resuming = True
        earlier = [task for task, name in self.running.items() if name not in ALONG and task != asyncio.current_task()]
        if earlier:
            await asyncio.wait(earlier)
        have = self.kept.have(self.current) if self.kept else []
        words = {"page": self.page, "id": self.current, "have": " ".join(have), "text": ""}
        await self.answered(self.app.submitted, gr.EventData(None, {"do": "resume", **words}))

    async def syncs_later(self, earlier: set[asyncio.Task[Any]]) -> None:
        """When the server has done what any tab has asked it before: the page's script waits some seconds."""
        await asyncio.wait([task for task in earlier if task.get_name() == EVENT])
        await self.syncs(self.current)

    async def sends(self, text: str) -> None:
        """What is in the box leaves it as it is sent."""
        self.values[self.app.talk.message] = box(text)
        handler = on_conversation(self.app.send.send, self.app.restorer, failed=self.app.send.unsent)
        await self.answered(handler)

    async def does(self, handler: Callable[..., Any], *given: Any) -> None:
        """Something that an answer follows."""
        await self.answered(on_conversation(handler, self.app.restorer), *given)

    async def settles(self, handler: Callable[..., Any], *given: Any) -> None:
        """Something that may stop an answer."""
        if await self.calls(handler, *given):
            await self.calls(event(self.app.branches.show_again))

    async def answered(self, handler: Callable[..., Any], *given: Any) -> None:
        """An event that an answer follows, which is watched."""
        if await self.calls(handler, *given):
            self.running[asyncio.current_task()] = "watch"  # type: ignore[index]
            link, reports = self.link, self.app.talk.reports
            async for messages, report, place in self.app.answer.watch(dict(self.values), self.request):
                if self.link is not link:
                    self.drops({reports: report})
                    return
                shown = {self.app.talk.transcript: messages, self.app.talk.place: place, reports: report}
                told = {component: update for component, update in shown.items() if "__type__" not in update}
                self.takes(told, "watch")
            await self.calls(event(self.app.answer.finish))

    async def renames(self, id: str, title: str) -> None:
        """The browser does it by itself, where it keeps it."""
        if self.kept:
            self.kept.rename(id, title, now())
        await self.commands("rename", id=id, title=title)

    async def deletes(self, id: str) -> None:
        """The same."""
        if self.kept:
            self.kept.delete(id)
        await self.commands("delete", id=id)
        if self.current == id:
            self.current = ""


async def _once(outcome: Any) -> AsyncGenerator[Updates, None]:
    yield await outcome
