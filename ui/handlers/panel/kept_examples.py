"""Questions with their answers that stand before every new chat with a system prompt.

Each is kept as a small conversation of its own, by whoever keeps the conversations: its id names the system prompt that
it belongs to, and when it was kept. The page lists none of them; it offers the ids, and hands over what is wanted.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import gradio as gr

from backend.chat.errors import GONE, InputRefused, UserError
from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from backend.chat.request import ChatRequest, characters
from backend.chat.tree import ConversationTree
from backend.runtime.model_info import ModelCapabilities
from ui.conversations import handed_over
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.requests.example_commands import ExampleCommand, KeepExample, LendExample, OfferExamples
from ui.requests.values import PanelValues
from ui.session import Chat, Session
from ui.texts import texts
from ui.threads import in_thread
from ui.values import Updates, Values, inform, visitor_of

MOST, MOST_IMAGES, MOST_CHARACTERS = 8, 20, 200_000  # of a system prompt's examples
NAME = re.compile(r"example-[0-9a-f]{16}-[0-9a-f]{12}")
Pair = tuple[UserMessage, AssistantMessage]


@dataclass(frozen=True)
class KeptExamples:
    """Keeps examples, and puts them before a new chat."""

    view: ChatView
    store: ConversationStore
    model: ModelCapabilities

    async def run(self, values: Values, command: ExampleCommand, request: gr.Request) -> Updates:
        """Carries out one command. Raises UserError."""
        match command:
            case KeepExample():
                return await in_thread(self._keep, values, command, request)
            case OfferExamples():
                return await in_thread(self._offered, values, command, request)
            case LendExample():
                try:
                    async with self.store.reading.one(visitor_of(request)):
                        return await in_thread(self._lent, values, command, request)
                finally:
                    await in_thread(handed_over.discard, command.body)

    def _keep(self, values: Values, command: KeepExample, request: gr.Request) -> Updates:
        panel = self.view.presenter.read(values)
        pair = pair_at(self.view.chat(request).conversation, command.index)
        if len(_of(panel, command.have.split())) >= MOST:
            raise InputRefused(texts.examples.too_many.format(most=MOST))
        if _is_too_large([pair]):
            raise InputRefused(texts.examples.too_large.format(images=MOST_IMAGES, characters=f"{MOST_CHARACTERS:,}"))
        name = f"{_prefix(panel)}{int(time.time() * 1000):012x}"
        chat = Chat(id=name, history=ConversationTree().with_branch(Conversation(pair)))
        kept = self.store.keep([replace(self.store.document(panel, chat), tools=replace(panel.tools, replies=()))])
        inform(self._told(pair))
        return self.store.push(kept)

    def _told(self, pair: Pair) -> str:
        counter = self.model.counter()
        try:
            tokens = counter.cost(ChatRequest(messages=pair)).total if counter else 0
        except UserError:
            tokens = 0
        return texts.examples.kept.format(tokens=f"{tokens:,}") if tokens else texts.examples.kept_uncounted

    def _offered(self, values: Values, command: OfferExamples, request: gr.Request) -> Updates:
        """Of a chat in which nothing was said yet: what the page offers no longer goes, what is lacking is wanted."""
        names, page = _of(self.view.presenter.read(values), command.have.split())[:MOST], self.view.page(request)

        def without_others(session: Session) -> Session:
            return _with(session, tuple(pair for pair in session.chat.examples if pair[0].example in names))

        before = self.view.sessions.get(page)
        after = self.view.sessions.update(page, without_others) if before.chat.examples else before
        lacking = sorted(set(names) - {asked.example for asked, _ in after.chat.examples})
        told = self.store.push({"examples": lacking}) if lacking and after.chat.history.leaf is None else {}
        return told if after is before else told | self.view.place(page)

    def _lent(self, values: Values, command: LendExample, request: gr.Request) -> Updates:
        page, names = self.view.page(request), _of(self.view.presenter.read(values), [command.id])
        document = self.store.load(command.id, command.body) if names else None
        if document is None:
            return {}
        asked, answer = pair_at(document.history.conversation, 1)
        pair = replace(asked, example=command.id), answer

        def lent(session: Session) -> Session:
            others = [each for each in session.chat.examples if each[0].example != command.id]
            examples = sorted([*others, pair], key=lambda each: each[0].example)
            is_too_much = len(examples) > MOST or _is_too_large(examples)
            return session if is_too_much else _with(session, tuple(examples))

        self.view.sessions.update(page, lent)
        return self.view.place(page)


def pair_at(conversation: Conversation, index: int) -> Pair:
    """The answer at this index with its question, without what came between. Raises UserError."""
    answer = conversation.messages[index] if index < len(conversation.messages) else None
    before = (message for message in reversed(conversation.messages[:index]) if isinstance(message, UserMessage))
    asked = next(before, None)
    if not isinstance(answer, AssistantMessage) or not answer.text.strip() or asked is None:
        raise UserError(GONE)
    return replace(asked, example=""), AssistantMessage(answer.text)


def _with(session: Session, examples: tuple[Pair, ...]) -> Session:
    """The count of changes has the page ask what it all costs."""
    if session.chat.history.leaf or examples == session.chat.examples:
        return session
    return replace(session, chat=replace(session.chat, examples=examples), changes=session.changes + 1)


def _prefix(panel: PanelValues) -> str:
    return f"example-{blake2b(panel.system_prompt.strip().encode(errors='replace'), digest_size=8).hexdigest()}-"


def _of(panel: PanelValues, names: Sequence[str]) -> list[str]:
    """Those that belong to the system prompt, the oldest first."""
    prefix = _prefix(panel)
    return sorted(name for name in names if name.startswith(prefix) and NAME.fullmatch(name))


def _is_too_large(pairs: Sequence[Pair]) -> bool:
    images = sum(len(asked.images) for asked, _ in pairs)
    return images > MOST_IMAGES or sum(characters(message) for pair in pairs for message in pair) > MOST_CHARACTERS
