"""The examples of an empty chat. Their tools are lent: what the person has comes back with the next chat."""

from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import GONE, UserError
from backend.storage.document import ExampleTools, ToolPanel
from ui.components.start import Example, offered
from ui.conversations.view import ChatView, without_example
from ui.events import place
from ui.gradio_patches.event_data import event_data
from ui.session import Session
from ui.values import Updates, Values, box


@dataclass(frozen=True)
class ExampleHandlers:
    """Fills examples in."""

    view: ChatView

    def fill(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Fills in the example that the page names by its index; a forged index changes nothing."""
        index = place(event_data(event, "index"))
        page, presenter = self.view.page(request), self.view.presenter
        examples = offered(presenter.terms.demo)
        if index >= len(examples):
            raise UserError(GONE)
        example = examples[index]
        now = presenter.read_tools(values)

        def lent(session: Session) -> Session:
            tools = tools_around(example, without_example(now, session.chat.example))
            return replace(session, chat=replace(session.chat, example=tools))

        tools = self.view.sessions.update(page, lent).chat.example
        filled: Updates = {self.view.components.message: box(example.text, example.paths)}
        return filled | (presenter.filled_tools(tools.given) if tools else {}) | self.view.place(page)


def tools_around(example: Example, now: ToolPanel) -> ExampleTools:
    """What the example makes of the tool panel as it is now."""
    return ExampleTools(now, ToolPanel(example.tools, example.schemas, "auto", now.approval, example.replies))
