"""What an event of a component brings along: Gradio gives it by names that the event may lack, else as a private field.

Seen with Gradio 6.31. Without it neither the page's commands nor an edited message would arrive.
Remove when: EventData has a public way to the whole of its data.
"""

import gradio as gr


def event_data(event: gr.EventData) -> object:
    """The data of an event as the page sent it, which may be anything."""
    return event._data
