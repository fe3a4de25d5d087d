"""A chat on the page: its messages, what is asked of a call that waits, and the tool panel that it leaves behind."""

from dataclasses import dataclass

import gradio as gr

from backend.chat.errors import GONE, InputRefused, UserError
from backend.chat.messages import AssistantMessage, Conversation, ToolCall
from backend.storage.document import ExampleTools, ToolPanel
from backend.storage.exports.markdown import pretty
from backend.tools.ask import question_in
from ui.components.chat import ChatComponents
from ui.components.options import tool_title
from ui.place import Place, place_of
from ui.render import transcript
from ui.render.approval import HEARD, Asked, Asks
from ui.render.views.comparison import Side, render_head, render_question, render_title
from ui.requests.presenter import PanelPresenter
from ui.session import Chat, Session
from ui.session_store import SessionStore
from ui.texts import texts
from ui.values import Updates, Values, connection_of, visitor_of

LINE = 80  # characters


@dataclass(frozen=True)
class ChatView:
    """Shows what a page's session holds."""

    components: ChatComponents
    presenter: PanelPresenter
    sessions: SessionStore

    def page(self, request: gr.Request) -> str:
        """The page that an event comes from."""
        return self.sessions.page(connection_of(request), visitor_of(request))

    def session(self, request: gr.Request) -> Session:
        """What that page holds now."""
        return self.sessions.get(self.page(request))

    def chat(self, request: gr.Request) -> Chat:
        """The conversation that it shows now."""
        return self.session(request).chat

    def is_elsewhere(self, values: Values, request: gr.Request) -> bool:
        """Whether the page shows a conversation that its session does not have, or has left."""
        place = place_of(values.get(self.components.place))
        return bool(place.id) and self.chat(request).id != place.id

    def is_behind(self, values: Values, request: gr.Request) -> bool:
        """Whether the page shows what its session has left: an event's outcome came after that of a later one."""
        place, page = place_of(values.get(self.components.place)), self.page(request)
        session = self.sessions.get(page)
        return session.moved and place.page == page and not session.is_shown_at(place)

    def show(self, page: str, tools: ToolPanel | None, seen: Place | None = None) -> Updates:
        """The conversation as it stands, with its place, and the comparison that takes its place, if there is one.

        `tools` are what a call may run that waits in it; None where nobody is to be asked, since an answer begins.
        `seen` is what the page shows: the rest is enough then.
        """
        session = self.sessions.get(page)
        chat, asks = session.chat, self.asks(session, tools)
        leaf = seen.leaf if seen and seen.id == chat.id else None
        told = transcript.shown(chat.conversation, chat.history, leaf, asks, session.growing)
        shown: Updates = {self.components.transcript: told}
        return shown | self._placed(page, session) | self.comparison(session)

    def messages(self, session: Session) -> transcript.Value:
        """The conversation as it stands, with the tools that it was asked with last."""
        asks = self.asks(session, _tools(session))
        return transcript.shown(session.chat.conversation, session.chat.history, None, asks, session.growing)

    def end(self, session: Session, rendering: transcript.Transcript) -> transcript.Value:
        """Of an answer that has ended what has changed since it was shown last."""
        asks = self.asks(session, _tools(session))
        return rendering.tail(session.chat.conversation, session.chat.history, True, asks)

    def earlier(self, request: gr.Request, before: int) -> Updates:
        """What comes before the message at this index, for a page that shows the rest. Raises UserError."""
        chat = self.chat(request)
        if not 0 < before < len(chat.conversation.messages):
            raise UserError(GONE)
        return {self.components.transcript: transcript.earlier(chat.conversation, chat.history, before)}

    def seen(self, values: Values) -> Place:
        """What the page shows, by what it holds."""
        return place_of(values.get(self.components.place))

    def place(self, page: str) -> Updates:
        """What the page itself holds of it."""
        return self._placed(page, self.sessions.get(page))

    def _placed(self, page: str, session: Session) -> Updates:
        chat, leaf = session.chat, session.chat.history.leaf
        place = Place(page=page, id=chat.id if leaf else "", leaf=leaf, editing=chat.editing, changes=session.changes)
        return {self.components.place: place.model_dump_json()}

    def leave(self, chat: Chat, tools: ToolPanel) -> tuple[Updates, ToolPanel]:
        """The tool panel without what an example put into it for this chat; and what it holds then."""
        if chat.example is None:
            return {}, tools
        own = without_example(tools, chat.example)
        return self.presenter.filled_tools(own), own

    def empty(self, page: str, tools: ToolPanel) -> Updates:
        """A new conversation in the place of this one."""
        left, tools = self.leave(self.sessions.get(page).chat, tools)
        self.sessions.update(page, lambda session: session.with_chat(_begun(session.chat)))
        return left | self.show(page, tools)

    def asks(self, session: Session, tools: ToolPanel | None) -> Asks:
        """What is asked of a call that waits in the session's conversation."""
        if tools is None or session.growing:
            return None
        return lambda call: Asked(self.can_run(call, tools), _readable(call.arguments))

    def comparison(self, session: Session, drawn: tuple[Side, Side] | None = None) -> Updates:
        """Two answers to choose from, in the conversation's place; or that there are none.

        `drawn` remembers what was made of them, while they grow.
        """
        shown, compared = self.components.comparison, session.compared
        if compared is None:
            return {shown.head: ""}
        sides = [conversation for conversation, _ in compared.answers] + [Conversation()] * 2
        pairs = zip(drawn or (Side(), Side()), sides, strict=False)
        first, second = (side.drawn(conversation, not compared.is_done) for side, conversation in pairs)
        own = texts.compare.current if compared.leaf is None else texts.compare.this_answer
        return {
            shown.head: render_head(compared.state), shown.question: render_question(compared.message),
            shown.left_title: render_title("A", own, compared.state), shown.left: first,
            shown.right_title: render_title("B", compared.told, compared.state), shown.right: second,
        }  # fmt: skip

    def ending(self, session: Session) -> dict[str, str]:
        """How its answer has ended, to be said to whoever hears the page and does not see it."""
        conversation = session.chat.conversation
        last = conversation.messages[-1] if conversation.messages else None
        if conversation.open_calls:
            call = conversation.open_calls[0]
            if question := question_in(call):
                return {"how": "answer", "what": question.text[:HEARD]}
            how = "approval" if self.can_run(call, _tools(session)) else "result"
            return {"how": how, "what": tool_title(call.name)}
        if not isinstance(last, AssistantMessage) or last.stats is None or last.stats.reason == "full":
            return {"how": "failed", "what": last.note if isinstance(last, AssistantMessage) else ""}
        return {"how": "stopped" if last.stats.reason == "cancelled" else "complete", "what": ""}

    def can_run(self, call: ToolCall, tools: ToolPanel) -> bool:
        try:
            known = self.presenter.builder.tools(tools)
        except InputRefused:
            return False
        return any(tool.name == call.name and tool.function is not None for tool in known)


def _begun(before: Chat) -> Chat:
    """A new chat; its examples are those of one that is new already, which the page has no reason to send again."""
    return Chat() if before.history.leaf else Chat(examples=before.examples)


def _tools(session: Session) -> ToolPanel:
    """What was on when it was asked last."""
    return session.panel.tools if session.panel else ToolPanel()


def _readable(arguments: str) -> str:
    """A call's arguments as they are to be read: as they are where they are one short line."""
    return arguments if len(arguments) <= LINE and "\n" not in arguments else pretty(arguments)


def without_example(now: ToolPanel, example: ExampleTools | None) -> ToolPanel:
    """The tool panel as it was before the example, but with what the person has changed since."""
    if example is None:
        return now
    before, given = example.before, example.given
    gone = {name for name in given.builtin if name not in now.builtin}
    builtin = dict.fromkeys((*before.builtin, *(name for name in now.builtin if name not in given.builtin)))
    replies = {**dict(before.replies), **dict(reply for reply in now.replies if reply not in given.replies)}
    return ToolPanel(
        tuple(name for name in builtin if name not in gone),
        before.schemas if now.schemas == given.schemas else now.schemas,
        before.choice if now.choice == given.choice else now.choice,
        now.approval,
        tuple(replies.items()),
    )
