"""A call that waits for a person: run as they leave it, answered in the tool's place, or denied."""

from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import InputRefused
from backend.chat.messages import Conversation, ToolCall, ToolMessage, ToolResult
from backend.storage.exports.markdown import pretty
from backend.tools.ask import question_in
from ui.commands import AnswerCall
from ui.conversations.starter import Starter
from ui.conversations.view import ChatView
from ui.requests.builder import RequestBuilder
from ui.requests.values import fitting
from ui.session import Session
from ui.texts import texts
from ui.values import Updates, Values

REFUSED_CALL = "Error: the person refused this call."
SKIPPED = "Error: the person skipped this question. Go on without the answer."


@dataclass(frozen=True)
class ToolCallHandlers:
    """All act on the first call of the conversation that is open."""

    view: ChatView
    builder: RequestBuilder
    starter: Starter

    async def answer(self, values: Values, command: AnswerCall, request: gr.Request) -> Updates:
        """Does as the person says. A call that is not the open one any more, or is forged, changes nothing."""
        call = self._open_call(request)
        if call is None or call.id != command.id:
            return {}
        match command.verdict:
            case "once" | "always":
                return await self._run(values, request, call, command)
            case "result":
                return await self._give(values, request, call, command.text)
            case _:
                return await self._fail(values, request, call, command)

    async def _run(self, values: Values, request: gr.Request, call: ToolCall, command: AnswerCall) -> Updates:
        """Runs the call with the arguments as the person left them; with "always" the tool's next ones run so too.

        It is run as part of the answer that goes on: what it says is seen, and it can be stopped.
        """
        changed = replace(call, arguments=fitting(command.text or "{}", texts.errors.tool_input))
        kept = changed if pretty(changed.arguments) != pretty(call.arguments) else call
        if command.verdict == "always":
            self._allow(request, call)
        return await self._resolve(values, request, call, kept)

    async def _give(self, values: Values, request: gr.Request, call: ToolCall, text: str) -> Updates:
        """The person's answer in the tool's place. Raises InputRefused where there is none."""
        if not text.strip():
            raise InputRefused(texts.tools.no_result)
        result = ToolResult(call.id, fitting(text.strip(), texts.errors.the_result))
        return await self._resolve(values, request, call, call, result)

    async def _fail(self, values: Values, request: gr.Request, call: ToolCall, command: AnswerCall) -> Updates:
        """The person says that the tool failed, or denies the call; what they wrote is the reason."""
        reason = fitting(command.text.strip(), texts.errors.the_result)
        output = f"Error: {reason}" if reason else SKIPPED if question_in(call) else REFUSED_CALL
        result = ToolResult(call.id, output, is_error=True, denied=command.verdict == "deny")
        return await self._resolve(values, request, call, call, result)

    def _allow(self, request: gr.Request, call: ToolCall) -> None:
        def allowed(session: Session) -> Session:
            return replace(session, chat=replace(session.chat, allowed=session.chat.allowed | {call.name}))

        self.view.sessions.update(self.view.page(request), allowed)

    def _open_call(self, request: gr.Request) -> ToolCall | None:
        return next(iter(self.view.chat(request).conversation.open_calls), None)

    async def _resolve(
        self, values: Values, request: gr.Request, call: ToolCall, kept: ToolCall, result: ToolResult | None = None
    ) -> Updates:
        """Goes on from an open call, which becomes `kept`; one that has got another result meanwhile stays as it is.

        Without a result it is run.
        """
        if call != self._open_call(request):
            return {}
        panel = self.view.presenter.read(values)

        def given(now: Conversation) -> Conversation:
            changed = now.with_call(kept)
            return changed.add(ToolMessage(result)) if result else changed

        approved = "" if result else kept.id
        return await self.starter.restart(panel, request, given, seen=self.view.seen(values), approved=approved)
