"""The form under the conversation, in which a person answers a tool call that waits for them."""

import gradio as gr

from backend.chat.errors import InputRefused
from backend.chat.messages import ToolCall
from backend.storage.markdown import pretty
from ui.components.sidebar import ChatComponents
from ui.handlers.request import RequestBuilder
from ui.render.markdown import verbatim
from ui.session import Chat, Updates, Values


def form(talk: ChatComponents, asking: RequestBuilder, values: Values, chat: Chat) -> Updates:
    """The form for the first open call: its arguments where a tool waits for leave, else a field for a result."""
    call = next(iter(chat.conversation.open_calls), None)
    if call is None:
        return {talk.form: gr.update(visible=False)}
    runs = _runs(asking, values, call)
    name = verbatim(call.name)
    text = f"May **{name}** run?" if runs else f"The model called **{name}**. What does it return?"
    return {
        talk.form: gr.update(visible=True), talk.form_text: text,
        talk.arguments: gr.update(value=pretty(call.arguments), visible=runs), talk.run: gr.update(visible=runs),
        talk.tool_result: gr.update(value="", label="Reason for refusing" if runs else "Result"),
        talk.give: gr.update(visible=not runs), talk.fail: "Refuse" if runs else "It failed",
    }  # fmt: skip


def _runs(asking: RequestBuilder, values: Values, call: ToolCall) -> bool:
    try:
        return any(tool.name == call.name and tool.function is not None for tool in asking.tools(values))
    except InputRefused:
        return False
