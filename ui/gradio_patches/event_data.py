"""What a page sent with an event: of gr.EventData, by name.

Why: the attributes of gr.EventData are documented, that one that is missing raises AttributeError is not, and data
that is no object (anybody can send it) raises TypeError. All of it in one private field is not documented either.
Seen with: Gradio 6.31.0; attributes come from `EventData.__getattr__`.
Without it: forged events end in tracebacks, or the handlers read the private field.
Remove when: Gradio types and checks what an event brings.
"""

from typing import Any

import gradio as gr


def event_data(event: gr.EventData, *names: str) -> dict[str, Any]:
    """What the page sent by these names; what it did not send is left out. All of it may be forged."""
    found = {}
    for name in names:
        try:
            found[name] = getattr(event, name)
        except (AttributeError, TypeError):
            continue
    return found
