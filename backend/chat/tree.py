"""The tree of a conversation: every message that was ever in it, and which line through them is shown.

Editing and retrying never lose anything: they show another branch. Knows nothing of how it is kept or shown.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from backend.chat.messages import AssistantMessage, Conversation, Image, Message, ToolMessage, UserMessage
from backend.chat.request import ChatRequest


@dataclass(frozen=True)
class Node:
    """A message, and the index of the node before it (None at the beginning).

    `asked` is the request that an answer came from, without its messages: those are the nodes before it.
    """

    parent: int | None
    message: Message
    asked: ChatRequest | None = None


@dataclass(frozen=True)
class ConversationTree:
    """Nodes in the order in which they came; `leaf` is the end of the shown branch. Every change gives a new one."""

    nodes: tuple[Node, ...] = ()
    leaf: int | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where a node comes before its parent or the leaf is none of the nodes."""
        for index, node in enumerate(self.nodes):
            if node.parent is not None and not 0 <= node.parent < index:
                raise ValueError(f"node {index} has no parent")
        if self.leaf is not None and not 0 <= self.leaf < len(self.nodes):
            raise ValueError("the shown branch does not exist")

    @property
    def path(self) -> tuple[int, ...]:
        """The nodes of the shown branch, from the beginning."""
        found: list[int] = []
        at = self.leaf
        while at is not None:
            found.append(at)
            at = self.nodes[at].parent
        return tuple(reversed(found))

    @property
    def conversation(self) -> Conversation:
        """The messages of the shown branch."""
        return Conversation(tuple(self.nodes[index].message for index in self.path))

    def with_branch(self, conversation: Conversation, asked: ChatRequest | None = None) -> "ConversationTree":
        """The tree with this conversation as the shown branch: what it shares with another branch is kept once.

        `asked` is kept with each answer that is new.
        """
        nodes, at = list(self.nodes), None
        path = self.path
        for depth, message in enumerate(conversation.messages):
            # Most often the message stands where it stood; only after a change are the others looked through.
            if depth < len(path) and (nodes[path[depth]].parent, nodes[path[depth]].message) == (at, message):
                at = path[depth]
                continue
            same = next((i for i, n in enumerate(nodes) if n.parent == at and n.message == message), None)
            if same is None:
                nodes.append(Node(at, message, asked if isinstance(message, AssistantMessage) else None))
                same = len(nodes) - 1
            at = same
        return ConversationTree(tuple(nodes), at)

    def alternatives(self, index: int) -> tuple[int, int]:
        """Of the message at this index of the shown branch: its place among its alternatives, from 1, and how many."""
        here = self.path[index]
        siblings = self._alike(here)
        return siblings.index(here) + 1, len(siblings)

    def switch_branch(self, index: int, step: int) -> "ConversationTree":
        """Shows the alternative `step` places on from the message at this index, to the end of its newest branch.

        Raises IndexError where there is no message at this index.
        """
        here = self.path[index]
        siblings = self._alike(here)
        at = siblings[(siblings.index(here) + step) % len(siblings)]
        while following := self._children(at):
            at = following[-1]
        return replace(self, leaf=at)

    def with_images(self, change: Callable[[Image], Image]) -> "ConversationTree":
        """The same tree with each picture replaced by what `change` makes of it."""
        return replace(self, nodes=tuple(replace(n, message=_changed(n.message, change)) for n in self.nodes))

    @property
    def images(self) -> tuple[Image, ...]:
        """Every picture of every branch, each once."""
        messages = (node.message for node in self.nodes)
        return tuple(dict.fromkeys(image for message in messages for image in _images(message)))

    def _alike(self, node: int) -> list[int]:
        """The node and its siblings of the same role: what came in its place."""
        role = type(self.nodes[node].message)
        return [i for i in self._children(self.nodes[node].parent) if type(self.nodes[i].message) is role]

    def _children(self, parent: int | None) -> list[int]:
        return [index for index, node in enumerate(self.nodes) if node.parent == parent]


def _images(message: Message) -> tuple[Image, ...]:
    match message:
        case UserMessage():
            return message.images
        case ToolMessage(result):
            return result.images
    return ()


def _changed(message: Message, change: Callable[[Image], Image]) -> Message:
    if isinstance(message, ToolMessage):
        return ToolMessage(replace(message.result, images=tuple(map(change, message.result.images))))
    if not isinstance(message, UserMessage):
        return message
    return UserMessage(tuple(change(part) if isinstance(part, Image) else part for part in message.parts))
