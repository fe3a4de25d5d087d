"""What the server holds for one open page: pure values. See session_store.py."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal

from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree, images_of
from backend.storage.document import ExampleTools
from ui.attachments.choice import Choice
from ui.batch.state import Batch
from ui.place import Place
from ui.requests.values import PanelValues


@dataclass(frozen=True)
class Chat:
    """A conversation with what belongs to it.

    `id` is empty until something is sent. `title` was given by a person at the time `titled`, ISO 8601 in UTC; both are
    empty where nobody gave one. `editing` is the message that the box will replace, by its place. `example` is what an
    example that it began with changed in the tool panel. `allowed` are the tools that run in it without asking,
    although the panel says to ask. `examples` are what it is to begin with while nothing was said: see lead.
    """

    id: str = ""
    title: str = ""
    titled: str = ""
    history: ConversationTree = field(default_factory=ConversationTree)
    editing: int | None = None
    example: ExampleTools | None = None
    allowed: frozenset[str] = frozenset()
    examples: tuple[tuple[UserMessage, AssistantMessage], ...] = ()
    has_examples: bool = True

    @property
    def lead(self) -> Conversation:
        """What a new message follows: the shown branch up to one that is being edited, or the examples.

        A message is edited within its chat, and an edited first one follows the examples that it followed.
        """
        conversation = self.conversation
        if self.history.leaf is None:
            return Conversation(tuple(chain.from_iterable(self.examples)) if self.has_examples else ())
        return conversation if self.editing is None else Conversation(conversation.messages[: self.editing])

    @property
    def conversation(self) -> Conversation:
        """The messages of the shown branch."""
        return self.history.conversation

    def append(self, conversation: Conversation, asked: ChatRequest | None = None) -> "Chat":
        """The chat with this conversation as the shown branch of its tree; `asked` is kept with a new answer."""
        history, key = self.history.with_branch(conversation, asked), self.id or secrets.token_hex(8)
        return replace(self, id=key, history=history, editing=None)

    def back_to(self, before: "Chat") -> "Chat":
        """The chat showing what it showed before; the nodes that came since are kept."""
        return replace(self, history=replace(self.history, leaf=before.history.leaf), editing=before.editing)


@dataclass(frozen=True)
class Comparing:
    """Two answers to one message in the chat of this id, each a conversation with what it came from.

    `start` ends with the message. The first answer may be the chat's own: then `leaf` is the end of the branch that the
    chat shows. Until they begin there are no answers, or that alone; `key` tells one beginning from another. `told`
    says how the second is asked for otherwise.
    """

    chat: str
    answers: tuple[tuple[Conversation, ChatRequest | None], ...] = ()
    is_done: bool = False
    start: Conversation = field(default_factory=Conversation)
    leaf: str | None = None
    key: str = ""
    told: str = ""

    @property
    def message(self) -> UserMessage:
        """What both answer."""
        asked = self.start if self.start.messages else self.answers[0][0]
        found = asked.messages[asked.last_user_index or 0]
        assert isinstance(found, UserMessage)
        return found

    @property
    def state(self) -> Literal["setup", "running", "done"]:
        """How far they are."""
        return "setup" if len(self.answers) < 2 else "done" if self.is_done else "running"


@dataclass(frozen=True)
class Session:
    """What a page holds.

    `panel` is what its panel held when it was last read, None before. `files` are the paths of those in the message
    box, `choices` what was chosen of them, `changes` counts changes of either that the box does not tell of.
    `following` are documents with the pages that come after those that were sent. `saved` are the nodes that were
    handed over to be kept; `growing` is one that is still being written, and so never among them. `progress` is what a
    tool says that is being run for it. `ended`: an answer is done and the page has
    not been told. `compared` are two answers to choose from. `is_private`: what was asked last is
    not to be kept. `unsent` are messages to the page's script, on conversations that the page shows no longer.
    `moved`: somebody went to this conversation, from another or a new one. `taken_off`: the panel before something was
    taken off beside the box. `batch` is what the same is asked of.
    """

    chat: Chat = field(default_factory=Chat)
    panel: PanelValues | None = None
    files: tuple[str, ...] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)
    following: tuple[tuple[str, Choice], ...] = ()
    changes: int = 0
    saved: frozenset[str] = frozenset()
    is_private: bool = False
    unsent: tuple[Mapping[str, Any], ...] = ()
    growing: str | None = None
    progress: str = ""
    ended: bool = False
    compared: Comparing | None = None
    moved: bool = False
    taken_off: PanelValues | None = None
    batch: Batch | None = None

    def pictures(self) -> Iterator[str]:
        """The paths of the files in it: in the message box, the conversation, answers to choose from, a batch."""
        yield from self.files
        yield from (path for path, _ in self.following)
        yield from self.batch.files() if self.batch else ()
        answers = self.compared.answers if self.compared else ()
        compared = [conversation.messages for conversation, _ in answers]
        compared += [self.compared.start.messages] if self.compared else []
        compared += self.chat.examples
        images = (*self.chat.history.images, *chain.from_iterable(map(images_of, chain.from_iterable(compared))))
        yield from (image.path for image in images)

    @property
    def is_working(self) -> bool:
        """Whether a batch runs in it."""
        return self.batch is not None and self.batch.state == "running"

    @property
    def examples(self) -> tuple[tuple[UserMessage, AssistantMessage], ...]:
        """What its new chat begins with."""
        return self.chat.examples

    @property
    def is_kept_nowhere(self) -> bool:
        """Whether what it holds is not to be kept, whatever the panel says by now."""
        return self.is_private or (self.panel is not None and self.panel.private)

    def is_shown_at(self, place: Place) -> bool:
        """Whether a page that is at this place shows what this holds, and not what it held before or will show next."""
        return place.id == self.chat.id or not (place.id or self.chat.history.leaf)

    def with_chat(self, chat: Chat, saved: frozenset[str] = frozenset()) -> "Session":
        """The session with another conversation in the place of its own, of which these nodes are kept."""
        return replace(
            self, chat=chat, saved=saved, is_private=False, growing=None, ended=False, moved=True, compared=None
        )


def restored(session: Session, place: Place, kept: Session) -> Session:
    """The session with a conversation that was kept, at the place of it that the page shows.

    What it has of the same conversation already stays. Whoever went on to another since, or began one, is not called
    back.
    """
    is_same = session.chat.id == kept.chat.id
    if not is_same and (session.moved or session.chat.history.nodes):
        return session
    chat = kept.chat
    if is_same:
        chat = replace(chat, history=session.chat.history.joined(chat.history))
    if place.leaf and place.leaf in chat.history.nodes:
        chat = replace(chat, history=chat.history.ending(place.leaf))
    if place.editing is not None and place.editing < len(chat.conversation.messages):
        chat = replace(chat, editing=place.editing)
    return replace(session, chat=chat, panel=kept.panel or session.panel, saved=kept.saved)
