"""A call that waits for a person: run as they leave it, answered in the tool's place, or refused."""

from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import InputRefused
from backend.chat.messages import Conversation, ToolCall, ToolMessage, ToolResult
from backend.storage.exports.markdown import pretty
from ui.conversations.starter import Starter
from ui.conversations.view import ChatView
from ui.requests.builder import RequestBuilder
from ui.requests.values import fitting
from ui.threads import in_thread
from ui.values import Updates, Values

NO_RESULT = "Write the tool's result first, or say that it failed."
REFUSED_CALL = "Error: the person refused this call."


@dataclass(frozen=True)
class ToolCallHandlers:
    """All act on the first call of the conversation that is open."""

    view: ChatView
    builder: RequestBuilder
    starter: Starter

    async def run_call(self, values: Values, request: gr.Request) -> Updates:
        """Runs the call with the arguments as the person left them."""
        call = self._open_call(request)
        if call is None:
            return {}
        arguments = fitting(values[self.view.components.arguments] or "{}", "What the tool is to be given")
        changed = replace(call, arguments=arguments)
        tools = await in_thread(self.builder.tools, self.view.presenter.read_tools(values))
        result = await in_thread(self.builder.toolbox(tools).run, changed)
        kept = changed if pretty(changed.arguments) != pretty(call.arguments) else call
        return await self._resolve(values, request, call, kept, result)

    async def give_result(self, values: Values, request: gr.Request) -> Updates:
        """The person's answer in the tool's place. Raises InputRefused where there is none."""
        output = (values[self.view.components.tool_result] or "").strip()
        if not output:
            raise InputRefused(NO_RESULT)
        return await self._give(values, request, output, is_error=False)

    async def give_failure(self, values: Values, request: gr.Request) -> Updates:
        """The person says that the tool failed or refuses the call; what they typed is the reason."""
        reason = (values[self.view.components.tool_result] or "").strip()
        return await self._give(values, request, f"Error: {reason}" if reason else REFUSED_CALL, is_error=True)

    def _open_call(self, request: gr.Request) -> ToolCall | None:
        return next(iter(self.view.chat(request).conversation.open_calls), None)

    async def _give(self, values: Values, request: gr.Request, output: str, is_error: bool) -> Updates:
        call = self._open_call(request)
        if call is None:
            return {}
        result = ToolResult(call.id, fitting(output, "The result"), is_error)
        return await self._resolve(values, request, call, call, result)

    async def _resolve(
        self, values: Values, request: gr.Request, call: ToolCall, kept: ToolCall, result: ToolResult
    ) -> Updates:
        """Goes on from an open call, which becomes `kept`; one that has got another result meanwhile stays as it is."""
        if call != self._open_call(request):
            return {}
        panel = self.view.presenter.read(values)

        def given(now: Conversation) -> Conversation:
            return now.with_call(kept).add(ToolMessage(result))

        return await self.starter.restart(panel, request, given, seen=self.view.seen(values))
