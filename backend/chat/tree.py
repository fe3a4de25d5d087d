"""The tree of a conversation: every message that was ever in it, and which line through them is shown.

It only grows: editing and retrying show another branch, and two trees of one conversation join to one that has the
nodes of both. Knows nothing of how it is kept or shown.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from backend.chat.messages import AssistantMessage, Conversation, Message, ToolMessage, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest


@dataclass(frozen=True)
class Node:
    """A message, and the id of the node before it (None at the beginning). Its own id is random, and made once.

    `asked` is the request that an answer came from, without its messages: those are the nodes before it.
    """

    id: str
    parent: str | None
    message: Message
    asked: ChatRequest | None = None

    def so_far(self) -> "Node":
        """Of an answer that is being written what is to be kept: what it waits for is nothing that it ended with."""
        message = self.message
        if not isinstance(message, AssistantMessage) or message.stats:
            return self
        return replace(self, message=replace(message, note=""))


@dataclass(frozen=True)
class ConversationTree:
    """Nodes by their ids, each after its parent; `leaf` is the end of the shown branch. Every change gives a new tree.

    The only node that ever changes is the last of an answer that is being written.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict)
    leaf: str | None = None

    @classmethod
    def of(cls, nodes: Iterable[Node], leaf: str | None) -> "ConversationTree":
        """The tree of these nodes. Raises ValueError where one comes before its parent, or the leaf is none of them."""
        known: dict[str, Node] = {}
        for node in nodes:
            if node.id in known or (node.parent is not None and node.parent not in known):
                raise ValueError("a node is there twice, or has no parent")
            known[node.id] = node
        if leaf is not None and leaf not in known:
            raise ValueError("the shown branch does not exist")
        return cls(known, leaf)

    @cached_property
    def path(self) -> tuple[str, ...]:
        """The nodes of the shown branch, from the beginning."""
        return self.branch(self.leaf)

    def branch(self, leaf: str | None) -> tuple[str, ...]:
        """The nodes of the branch that ends with this one, from the beginning."""
        found: list[str] = []
        at = leaf
        while at is not None:
            found.append(at)
            at = self.nodes[at].parent
        return tuple(reversed(found))

    @cached_property
    def conversation(self) -> Conversation:
        """The messages of the shown branch."""
        return self.conversation_at(self.leaf)

    def conversation_at(self, leaf: str | None) -> Conversation:
        """The messages of the branch that ends with this node."""
        return Conversation(tuple(self.nodes[id].message for id in self.branch(leaf)))

    def with_branch(self, conversation: Conversation, asked: ChatRequest | None = None) -> "ConversationTree":
        """The tree with this conversation as the shown branch: what it shares with another branch is kept once.

        `asked` is kept with each answer that is new.
        """
        nodes, at = dict(self.nodes), None
        for depth, message in enumerate(conversation.messages):
            # Most often the message stands where it stood; only after a change are the others looked through.
            shown = self.nodes[self.path[depth]] if depth < len(self.path) else None
            if shown is None or shown.parent != at or shown.message != message:
                known = (nodes[id] for id in self._children.get(at, ()))
                shown = next((node for node in known if node.message == message), None)
            if shown is None:
                shown = Node(new_id(), at, message, asked if isinstance(message, AssistantMessage) else None)
                nodes[shown.id] = shown
            at = shown.id
        return ConversationTree(nodes, at)

    def with_answer(
        self, at: str | None, messages: Sequence[Message], ids: Sequence[str], asked: ChatRequest | None,
        instead: str | None = None,
    ) -> "ConversationTree":  # fmt: skip
        """The tree with these messages, the answer to the node `at` as far as it is written, as nodes of these ids.

        Each takes the place of what it was when less of it was written. It is shown where `at`, or the node `instead`
        of which it comes, was the end of the shown branch, or it is already.
        """
        nodes, parent = dict(self.nodes), at
        for id, message in zip(ids, messages, strict=False):
            nodes[id] = Node(id, parent, message, asked if isinstance(message, AssistantMessage) else None)
            parent = id
        if self.leaf not in (at, instead, *ids):
            return ConversationTree(nodes, self.leaf)
        return ConversationTree(nodes, parent)._shown_after(self, at, parent)

    def _shown_after(self, before: "ConversationTree", at: str | None, end: str | None) -> "ConversationTree":
        """This tree, which knows its shown branch: that of `before` up to the node `at`, and what follows to the end.

        For an answer that is written ten times a second: to find the branch of a long conversation takes longer than
        to make what was written HTML.
        """
        added = list[str]()
        while end != at and end is not None:
            added.append(end)
            end = self.nodes[end].parent
        count = next((index for index, id in enumerate(reversed(before.path)) if id == at), len(before.path))
        depth = len(before.path) - count
        if at is not None and not depth:
            return self
        vars(self)["path"] = (*before.path[:depth], *reversed(added))
        rest = tuple(self.nodes[id].message for id in reversed(added))
        vars(self)["conversation"] = Conversation(before.conversation.messages[:depth] + rest)
        return self

    def joined(self, other: "ConversationTree") -> "ConversationTree":
        """The nodes of both trees; this one's branch is shown, or the other's where this one is empty."""
        return ConversationTree({**other.nodes, **self.nodes}, other.leaf if self.leaf is None else self.leaf)

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
        return self.showing(siblings[(siblings.index(here) + step) % len(siblings)])

    def showing(self, id: str) -> "ConversationTree":
        """Shows the branch through this node, to its newest end."""
        while following := self._children.get(id):
            id = following[-1]
        return replace(self, leaf=id)

    def ending(self, id: str) -> "ConversationTree":
        """Shows the branch that ends with this node, or with the newest answer to it where it is a question."""
        is_question = isinstance(self.nodes[id].message, UserMessage)
        return self.showing(id) if is_question else replace(self, leaf=id)

    def with_own_end(self, id: str) -> "ConversationTree":
        """The tree with the node of this id, after which there is none, as one of its own: under a fresh id."""
        nodes, fresh = dict(self.nodes), new_id()
        nodes[fresh] = replace(nodes.pop(id).so_far(), id=fresh)
        return ConversationTree(nodes, fresh if self.leaf == id else self.leaf)

    def with_images(self, change: Callable[[Image], Image | Text]) -> "ConversationTree":
        """The same tree with each picture replaced by what `change` makes of it: a text, where it is gone."""
        changed = (replace(node, message=_changed(node.message, change)) for node in self.nodes.values())
        return replace(self, nodes={node.id: node for node in changed})

    @property
    def images(self) -> tuple[Image, ...]:
        """Every picture of every branch, each once."""
        return tuple(dict.fromkeys(image for node in self.nodes.values() for image in images_of(node.message)))

    def _alike(self, id: str) -> list[str]:
        """The node and its siblings of the same role: what came in its place."""
        role = type(self.nodes[id].message)
        return [each for each in self._children[self.nodes[id].parent] if type(self.nodes[each].message) is role]

    @cached_property
    def _children(self) -> dict[str | None, list[str]]:
        found: dict[str | None, list[str]] = {}
        for node in self.nodes.values():
            found.setdefault(node.parent, []).append(node.id)
        return found


def new_id() -> str:
    """A fresh id for a node: 16 characters of [0-9a-f]."""
    return secrets.token_hex(8)


def images_of(message: Message) -> tuple[Image, ...]:
    """The pictures that a person sent or a tool made."""
    match message:
        case UserMessage():
            return message.images
        case ToolMessage(result):
            return result.images
    return ()


def _changed(message: Message, change: Callable[[Image], Image | Text]) -> Message:
    match message:
        case UserMessage(parts) if message.images:
            changed_parts = (_instead(part, change) if isinstance(part, Image) else part for part in parts)
            return replace(message, parts=tuple(changed_parts))
        case ToolMessage(result) if result.images:
            changed = [_instead(image, change) for image in result.images]
            marks = [each.text for each in changed if isinstance(each, Text)]
            images = tuple(each for each in changed if isinstance(each, Image))
            return ToolMessage(
                replace(result, images=images, output="\n\n".join(filter(None, [result.output, *marks])))
            )
    return message


def _instead(image: Image, change: Callable[[Image], Image | Text]) -> Image | Text:
    """What `change` makes of a picture, which says what it is and has its mark as before."""
    made = change(image)
    return made if isinstance(made, Text) else replace(made, label=image.label, mark=image.mark)
