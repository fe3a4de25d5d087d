"""What a gr.State holds for a page now, for a handler that began before it was last changed.

Why: Gradio hands a handler the value of when its event was joined to the queue; where a person clicks twice, the second
handler would act on a conversation that the first has since changed.
Seen with: Gradio 6.31.0; `Blocks.state_holder[session][id of the State]`.
Without it: of two quick clicks one is lost.
Remove when: Gradio has a documented way to read a State for a session.
"""

from typing import Any

import gradio as gr


def state_of(demo: gr.Blocks, session: str, state: gr.State) -> Any:
    """What this State holds for this page, or what it begins with."""
    return demo.state_holder[session][state._id]
