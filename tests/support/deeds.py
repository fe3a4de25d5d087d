"""What people do in tabs, each as something that goes on for a while; None where it cannot be done now."""

import json
import random
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import gradio as gr

from backend.storage.document import Document
from backend.storage.document_json import to_json
from tests.support.tabs import Tab
from ui.events import event, on_conversation
from ui.values import Updates, Values, box

if TYPE_CHECKING:
    from tests.support.interleavings import World

Deed = Coroutine[Any, Any, None] | None
# How often each is done.
DEEDS = {
    "send": 24, "retry": 6, "edit": 6, "edit_in_box": 3, "undo": 4, "go_on": 3, "turn": 8, "begin": 7, "open": 8,
    "rename": 6, "delete": 1, "import_file": 2, "stop": 5, "reload": 3, "cut": 2, "duplicate": 1, "close": 1,
    "draft": 4, "give": 4, "sync": 1,
}  # fmt: skip
SWITCHES = {"begin", "open", "delete", "import_file", "reload", "cut", "duplicate"}  # another conversation may follow


class Deeds:
    """By name, see DEEDS."""

    def __init__(self, world: "World", chance: random.Random) -> None:
        self.world, self.app, self.random = world, world.app, chance
        self.renaming: set[str] = set()

    def text(self, tab: Tab) -> str:
        """A message that begins with the tag of its conversation, also of one that the tab is about to have again.

        After Undo of its only turn a page shows none, and goes on in the same one: also when it is loaded anew.
        """
        sessions, remembered = self.world.sessions, self.world.sessions.find(tab.page)
        ids = (tab.place.id, self.world.session(tab).chat.id, remembered.chat.id if remembered else "", tab.current)
        seen = next((sessions.seen[id] for id in ids if id in sessions.seen), None)
        return f"{next(iter(seen.tags)) if seen and seen.tags else tab.tag} {self.random.random()}"

    def send(self, tab: Tab) -> Deed:
        return tab.sends(self.text(tab))

    def retry(self, tab: Tab) -> Deed:
        return tab.does(self.app.branches.retry)

    def go_on(self, tab: Tab) -> Deed:
        return tab.answered(self.app.submitted, gr.EventData(None, {"do": "continue"}))

    def edit(self, tab: Tab) -> Deed:
        if not tab.place.id:
            return None
        return tab.commands("rewrite", index=self.random.randrange(6), text=self.text(tab))

    async def edit_in_box(self, tab: Tab) -> None:
        tab.values[self.app.talk.message] = box()
        await tab.commands("edit", index="last")
        is_switching = not SWITCHES.isdisjoint(tab.running.values())
        if tab.values[self.app.talk.message] != box() and not is_switching:
            await tab.sends(self.text(tab))

    def undo(self, tab: Tab) -> Deed:
        return tab.settles(on_conversation(self.app.branches.undo, self.app.restorer))

    def turn(self, tab: Tab) -> Deed:
        return tab.commands("turn", index=str(self.random.randrange(6)), step=str(self.random.choice((-1, 1))))

    def give(self, tab: Tab) -> Deed:
        call = next(iter(self.world.session(tab).chat.conversation.open_calls), None)
        if call is None:
            return None
        command = {"do": "call", "id": call.id, "verdict": "result", "text": f"result {self.random.random()}"}
        return tab.answered(self.app.submitted, gr.EventData(None, command))

    def stop(self, tab: Tab) -> Deed:
        self.app.answer.stop(tab.request)
        return None

    def draft(self, tab: Tab) -> Deed:
        return tab.settles(event(tab.draft.show))

    def begin(self, tab: Tab) -> Deed:
        return tab.settles(event(self.app.branches.begin))

    def open(self, tab: Tab) -> Deed:
        ids = self.world.kept_ids(tab)
        return tab.opens(self.random.choice(ids)) if ids and not tab.is_private else None

    def sync(self, tab: Tab) -> Deed:
        return tab.syncs(tab.current) if tab.kept and tab.current else None

    def rename(self, tab: Tab) -> Deed:
        ids = [id for id in self.world.kept_ids(tab) if id not in self.renaming]
        return self._renames(tab, self.random.choice(ids)) if ids else None

    async def _renames(self, tab: Tab, id: str) -> None:
        title = f"Title {self.random.random()}"
        self.renaming.add(id)
        try:
            self.world.titles[id] = title
            await tab.renames(id, title)
        finally:
            self.renaming.discard(id)

    def delete(self, tab: Tab) -> Deed:
        ids = self.world.kept_ids(tab)
        if not ids:
            return None
        id = self.random.choice(ids)
        self.world.deleted.add(id)
        self.world.log.append(f"deleted {id[:4]}")
        return tab.deletes(id)

    def import_file(self, tab: Tab) -> Deed:
        history = self.world.sessions.get(self.world.sessions.page(tab.connection)).chat.history
        path = self.world.folder / "export.json"

        async def opens(values: Values, request: gr.Request) -> Updates:
            return await self.app.imports.import_file(str(path), values, request)

        if not history.nodes:
            return None
        path.write_text(json.dumps(to_json(Document(history=history), str)))
        return tab.settles(event(opens))

    async def reload(self, tab: Tab) -> None:
        tab.load()  # the tick at Private stays
        if self.random.random() < 0.5:
            await tab.calls(event(tab.draft.show))
        if tab.page or tab.current:
            await tab.resumes()

    async def cut(self, tab: Tab) -> None:
        """The connection is lost for a moment."""
        tab.link = object()
        await tab.resumes()

    def duplicate(self, tab: Tab) -> Deed:
        """A second tab that remembers the same, in the place of another one."""
        other = self.random.choice(self.world.tabs)
        if other is tab:
            return None
        self.world.closes(other)
        second = Tab(self.app, tab.kept, tab.is_private)
        second.page, second.current = tab.page, tab.current
        self.world.tabs.append(second)
        second.load()
        second.starts("duplicate", second.resumes())
        return None

    def close(self, tab: Tab) -> Deed:
        self.world.closes(tab)
        self.world.tabs.append(self.world.new_tab())
        return None
