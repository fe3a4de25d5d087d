"""Another branch of the conversation: an answer again or gone on with, an edit, a turn taken back, a new chat."""

from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import GONE, UserError
from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from backend.chat.scores import otherwise
from ui.attachments.choice import joined
from ui.bridge import Bridge
from ui.commands import ContinueOtherwise, RewriteAnswer
from ui.conversations.starter import Starter
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.handlers.composer.message_box import Composer
from ui.place import Place, place_of
from ui.requests.values import PanelValues, fitting
from ui.session import Chat
from ui.texts import texts
from ui.threads import drawn_in_thread, in_thread
from ui.values import Updates, Values, box, merged


@dataclass(frozen=True)
class BranchHandlers:
    """Nothing is lost by any of it: what stood there stays in the tree."""

    view: ChatView
    starter: Starter
    store: ConversationStore
    bridge: Bridge
    composer: Composer

    async def retry(self, values: Values, request: gr.Request) -> Updates:
        """Asks the last question again; the answer that stands is kept as an alternative."""
        panel = self.view.presenter.read(values)
        return await self.starter.restart(panel, request, Conversation.without_last_answer, seen=self.view.seen(values))

    async def resume(self, values: Values, request: gr.Request) -> Updates:
        """Lets the model go on with its last answer."""
        panel, messages = self.view.presenter.read(values), self.view.chat(request).conversation.messages
        if not (messages and isinstance(messages[-1], AssistantMessage)):
            raise UserError(GONE)
        seen = self.view.seen(values)
        return await self.starter.restart(panel, request, lambda chat: chat, continues=True, seen=seen)

    async def resume_otherwise(self, values: Values, command: ContinueOtherwise, request: gr.Request) -> Updates:
        """Lets the model go on with an answer from one of its tokens, with another that it held likely there."""
        panel = self.view.presenter.read(values)
        async with self.starter.alone(request) as chat:
            of, before, begun = chat.id, *await in_thread(_begun_otherwise, chat, command)
        seen = self.view.seen(values)
        return await self.starter.start(panel, request, of, lambda _: before, continues=begun, seen=seen)

    async def shorten(self, values: Values, keep: str, request: gr.Request) -> Updates:
        """Sends less of the conversation from now on; the answer is gone on with, or made anew where there is none."""
        less: Updates = {self.view.presenter.panel.keep: keep}
        messages = self.view.chat(request).conversation.messages
        has_text = bool(messages) and isinstance(messages[-1], AssistantMessage) and bool(messages[-1].text)
        answer = self.resume if has_text else self.retry
        return less | await answer(merged(values, less), request)

    async def rewrite(self, values: Values, command: RewriteAnswer, request: gr.Request) -> Updates:
        """Replaces the text of an answer; the one that stood there is kept as an alternative."""
        panel = self.view.presenter.read(values)
        async with self.starter.alone(request) as chat:
            changed = await in_thread(_rewritten, chat, command)
            return await drawn_in_thread(self._appended, panel, request, changed, self.view.seen(values))

    def _appended(self, panel: PanelValues, request: gr.Request, changed: Conversation, seen: Place) -> Updates:
        page = self.view.page(request)
        self.view.sessions.update(
            page, lambda session: replace(session, chat=session.chat.append(changed), is_private=panel.private)
        )
        return self.view.show(page, panel.tools, seen) | self.store.push(self.store.save_or_warn(page, panel))

    def returned(self, values: Values, text: str) -> Updates:
        """An edit that failed, in the message box after what is written there: it would be nowhere else."""
        message = self.view.components.message
        drafted = values.get(message) or {}
        written = drafted.get("text") or ""
        if not text.strip() or f"\n\n{text}\n\n" in f"\n\n{written}\n\n":  # it is back already
            return {}
        return {message: box("\n\n".join(filter(None, (written, text))), list(drafted.get("files") or []))}

    async def undo(self, values: Values, request: gr.Request) -> Updates:
        """Takes the last turn back; what the person sent returns to the message box.

        Of what the page shows: a browser sends a call once more by itself where the connection ends before its answer.
        """
        panel, at = self.view.presenter.read(values), place_of(values.get(self.view.components.place))
        async with self.starter.alone(request) as chat:
            seen = chat.history.conversation_at(at.leaf) if at.leaf in chat.history.nodes else chat.conversation
            if seen.without_last_turn() != chat.conversation:  # else the turn was taken back already
                seen = chat.conversation
            index = seen.last_user_index
            taken = None if index is None else seen.messages[index]
            if not isinstance(taken, UserMessage) or taken.example:
                return {}
            shown = await drawn_in_thread(self._appended, panel, request, seen.without_last_turn(), at)
        filled, choices = await in_thread(self.composer.refilled, taken)
        self.view.sessions.update(
            self.view.page(request), lambda session: replace(session, choices=joined(session.choices, choices))
        )
        return shown | {self.view.components.message: filled}

    async def begin(self, values: Values, request: gr.Request) -> Updates:
        """Begins a new conversation."""
        async with self.starter.stopped(request):
            return await in_thread(self._begin, self.view.presenter.read(values), self.view.page(request))

    def _begin(self, panel: PanelValues, page: str) -> Updates:
        left = self.store.left(page, panel)
        named = {"current": ""} if panel.private else {"current": "", "page": page}
        return self.view.empty(page, panel.tools) | self.store.push(named | left)

    def show_all(self, values: Values, request: gr.Request) -> Updates:
        """For a page that does not show what an update goes on from; while there are more, the next one has all."""
        page = self.view.page(request)
        if (job := self.bridge.job(page)) and job.kind == "answer":
            job.is_asked_for_all = True
            job.changed.set()
            return {}
        return self.view.show(page, self.view.presenter.read_tools(values))

    async def show_again(self, values: Values, request: gr.Request) -> Updates:
        """What is shown now, once more, where it took the place of an answer or of another conversation.

        A busy browser puts off the updates of a stream, and draws the last of them over the next event's; and of two
        events the outcome of the earlier may come last.
        """
        page, chat = self.view.page(request), self.view.chat(request)
        was_cut_short = self.bridge.was_cut_short(page)
        if not (was_cut_short or self.view.is_behind(values, request)) or self.bridge.is_busy(page):
            return {}
        messages = await drawn_in_thread(self.view.messages, self.view.session(request))
        if self.view.chat(request).history is not chat.history:  # and what changed it has shown that
            return {}
        shown: Updates = {self.view.components.transcript: messages} | self.view.place(page)
        return shown | self.store.push(self.store.shown(page))


def _rewritten(chat: Chat, command: RewriteAnswer) -> Conversation:
    if command.index >= len(chat.conversation.messages):
        raise UserError(GONE)
    if not isinstance(chat.conversation.messages[command.index], AssistantMessage):
        raise UserError(GONE)
    return chat.conversation.edited(command.index, fitting(command.text, texts.errors.the_message))


def _begun_otherwise(chat: Chat, command: ContinueOtherwise) -> tuple[Conversation, AssistantMessage]:
    """What comes before an answer, and its beginning with another token at the end."""
    messages = chat.conversation.messages
    answer = messages[command.index] if command.index < len(messages) else None
    start, _, which = command.step.partition(":")
    if not isinstance(answer, AssistantMessage):
        raise UserError(GONE)
    try:
        text, scores = otherwise(answer.text, answer.scores, int(start), int(which))
    except LookupError as error:
        raise UserError(GONE) from error
    begun = AssistantMessage(text, thought=answer.thought, scores=scores)
    return Conversation(messages[: command.index]), begun
