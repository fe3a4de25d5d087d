"""The examples of an empty chat. Their tools are lent: what the person has comes back with the next chat."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import UserError
from backend.storage.document import ExampleTools, ToolPanel
from ui.components.chat import ChatComponents
from ui.components.examples import EXAMPLES, Example
from ui.conversations.view import without_example
from ui.events import GONE, place
from ui.gradio_patches.event_data import event_data
from ui.requests.presenter import PanelPresenter
from ui.session import Chat, Updates, Values, box, session_of


@dataclass(frozen=True)
class ExampleHandlers:
    """Fills examples in."""

    components: ChatComponents
    presenter: PanelPresenter
    latest: Callable[[str], Chat]

    def fill(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Fills in the example that the page names by its index; a forged index changes nothing."""
        index = place(event_data(event, "index"))
        if index >= len(EXAMPLES):
            raise UserError(GONE)
        example, chat = EXAMPLES[index], self.latest(session_of(request))
        tools = tools_around(example, without_example(self.presenter.read_tools(values), chat.example))
        filled: Updates = {
            self.components.message: box(example.text, example.paths),
            self.components.chat: replace(chat, example=tools),
        }
        return filled | self.presenter.filled_tools(tools.given)


def tools_around(example: Example, now: ToolPanel) -> ExampleTools:
    """What the example makes of the tool panel as it is now."""
    return ExampleTools(now, ToolPanel(example.tools, example.schemas, "auto", now.approval, example.replies))
