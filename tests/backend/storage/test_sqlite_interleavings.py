"""Two tabs, and two starts of the app, that write to one conversation in any order: nothing of either is lost."""

import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.chat.messages import AssistantMessage, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree, Node, new_id
from backend.storage.document import Document
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive

STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["ask", "write", "end", "branch", "switch", "rename", "open", "all", "restart"]),
        st.integers(0, 5),
    ),
    max_size=14,
)


@dataclass
class Tab:
    """What one tab has of the conversation: its tree, what of it was saved, and the answer that is being written."""

    document: Document = field(default_factory=lambda: Document("a"))
    saved: set[str] = field(default_factory=set)
    growing: tuple[str | None, list[str], str] | None = None


class Two:
    """Two tabs on one history file, and all that should be in it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.store = folder / "kept.db", ImageStore(folder / "store")
        self.archive = Archive(self.path, self.store)
        self.tabs = (Tab(), Tab())
        self.nodes: dict[str, Node] = {}
        self.title, self.leaf, self.clock = "", None, 0

    def now(self) -> str:
        self.clock += 1
        return f"2026-11-28T{self.clock:06}"

    def step(self, tab: Tab, kind: str, place: int) -> None:
        history = tab.document.history
        match kind:
            case "ask":
                tab.growing = None
                self.save(tab, history.with_branch(history.conversation.add(UserMessage((Text(f"Q{place}"),)))))
            case "write" | "end":
                at, ids, text = tab.growing or (history.leaf, [new_id()], "")
                text += "word " * (place + 1)
                tab.growing = None if kind == "end" else (at, ids, text)
                grown = history.with_answer(at, [AssistantMessage(text)], ids, ChatRequest("Be brief."))
                self.save(tab, grown, ids[0], is_done=kind == "end")
            case "branch" if history.path:
                tab.growing = None
                other = replace(history, leaf=history.nodes[history.path[place % len(history.path)]].parent)
                self.save(tab, other.with_branch(other.conversation.add(UserMessage((Text(f"R{place}"),)))))
            case "switch" if history.path:
                self.save(tab, history.switch_branch(place % len(history.path), 1))
            case "rename":
                if self.archive.entries():
                    self.title = f"Title {place}"
                self.archive.rename("a", f"Title {place}", self.now())
            case "open":
                tab.document, tab.growing = self.archive.load("a") or Document("a"), None
                tab.saved = set(tab.document.history.nodes)
            case "all":  # as a tab does that another one overtook
                self.archive.save(replace(tab.document, updated=""))
            case "restart":
                self.archive = Archive(self.path, self.store)

    def save(self, tab: Tab, history: ConversationTree, growing: str | None = None, is_done: bool = True) -> None:
        nodes = [node for id, node in history.nodes.items() if id not in tab.saved]
        tab.document = replace(tab.document, history=history, updated=self.now())
        self.archive.save(tab.document, nodes, growing=None if is_done else growing)
        tab.saved |= {node.id for node in nodes} - ({growing} if not is_done else set())
        self.nodes |= {node.id: node for node in nodes}
        self.leaf = history.leaf

    def check(self) -> None:
        document = self.archive.load("a")
        if document is None:
            assert not self.nodes
            return
        assert document.history.nodes == self.nodes
        assert self.leaf is None or self.leaf in document.history.path  # or another tab's turn that goes on from it
        if self.title:
            assert document.title == self.title


@settings(max_examples=int(os.environ.get("EXAMPLES", "40")), deadline=None)
@example([(0, "ask", 0), (0, "write", 0), (1, "open", 0), (0, "write", 5), (1, "all", 0), (0, "end", 0)])
@example([(0, "ask", 0), (0, "write", 0), (1, "open", 0), (0, "end", 5), (1, "all", 0)])
@given(STEPS)
def test_whatever_two_tabs_do_nothing_that_was_written_is_lost(steps: list[tuple[int, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        two = Two(Path(folder))
        for number, kind, place in steps:
            two.step(two.tabs[number], kind, place)
            two.check()
