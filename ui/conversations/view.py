"""A chat on the page: its messages, the form for a call that waits in it, and the tool panel that it leaves behind."""

import html
from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import GONE, InputRefused, UserError
from backend.chat.messages import AssistantMessage, ToolCall
from backend.storage.document import ExampleTools, ToolPanel
from backend.storage.exports.markdown import pretty
from ui.components.chat import ChatComponents
from ui.place import Place, place_of
from ui.render import transcript
from ui.requests.presenter import PanelPresenter
from ui.session import Chat, Session
from ui.session_store import SessionStore
from ui.values import Updates, Values, connection_of, visitor_of


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

    def show(self, page: str, tools: ToolPanel, seen: Place | None = None) -> Updates:
        """The conversation as it stands, with its place, and the form for a call that waits in it.

        `seen` is what the page shows: the rest is enough then.
        """
        session = self.sessions.get(page)
        chat = session.chat
        leaf = seen.leaf if seen and seen.id == chat.id else None
        shown: Updates = {self.components.transcript: transcript.shown(chat.conversation, chat.history, leaf)}
        return shown | self._placed(page, session) | self._new_form(page, chat, tools)

    def redraw(self, page: str, tools: ToolPanel, seen: Place | None = None) -> Updates:
        """The same for a page that shows the conversation already: what is typed into the form stays."""
        return self._as_typed(self.show(page, tools, seen))

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
        self.sessions.update(page, lambda session: session.with_chat(Chat()))
        return left | self.show(page, tools)

    def tool_form(self, page: str, tools: ToolPanel) -> Updates:
        """The form for a call that waits in the conversation; what is typed into one that is there for it stays."""
        session = self.sessions.get(page)
        form = self._new_form(page, session.chat, tools)
        return self._as_typed(form) if session.form == self.sessions.get(page).form else form

    def _as_typed(self, form: Updates) -> Updates:
        """The form without what would take the place of what a person has typed."""
        for field in (self.components.arguments, self.components.tool_result):
            if isinstance(update := form.get(field), dict):
                form[field] = {name: value for name, value in update.items() if name != "value"}
        return form

    def _new_form(self, page: str, chat: Chat, tools: ToolPanel) -> Updates:
        """The form for the first open call: its arguments where a tool waits for leave, else a field for a result."""
        shown, call = self.components, next(iter(chat.conversation.open_calls), None)
        self.sessions.update(page, lambda session: replace(session, form=call.id if call else ""))
        if call is None:
            return {shown.form: gr.update(visible=False)}
        runs = self._can_run(call, tools)
        name = html.escape(call.name)
        text = f"Allow <b>{name}</b> to run?" if runs else f"<b>{name}</b> was called. Enter its result."
        return {
            shown.form: gr.update(visible=True), shown.form_text: text,
            shown.arguments: gr.update(value=pretty(call.arguments), visible=runs), shown.run: gr.update(visible=runs),
            shown.tool_result: gr.update(value="", label="Reason for refusing" if runs else "Result"),
            shown.give: gr.update(visible=not runs), shown.fail: "Refuse" if runs else "It failed",
        }  # fmt: skip

    def ending(self, session: Session) -> dict[str, str]:
        """How its answer has ended, to be said to whoever hears the page and does not see it."""
        conversation = session.chat.conversation
        last = conversation.messages[-1] if conversation.messages else None
        if conversation.open_calls:
            call = conversation.open_calls[0]
            runs = self._can_run(call, session.panel.tools if session.panel else ToolPanel())
            return {"how": "approval" if runs else "result", "what": call.name}
        if not isinstance(last, AssistantMessage) or last.stats is None:
            return {"how": "failed", "what": last.note if isinstance(last, AssistantMessage) else ""}
        return {"how": "stopped" if last.stats.reason == "cancelled" else "complete", "what": ""}

    def _can_run(self, call: ToolCall, tools: ToolPanel) -> bool:
        try:
            known = self.presenter.builder.tools(tools)
        except InputRefused:
            return False
        return any(tool.name == call.name and tool.function is not None for tool in known)


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
