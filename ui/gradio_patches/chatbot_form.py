"""The messages of a chatbot in the form in which Gradio sends them to the browser, handed over ready made.

Why: Gradio makes the whole conversation anew at every update of a stream: for 50 messages with 5 pictures 11 to 16 ms
of the event loop, ten times a second for each visitor, and 1.25 ms without. That an event may go without postprocessing
is documented; the form, which ui/render/messages.py makes, is not.
Seen with: Gradio 6.31.0, `Chatbot.data_model`.
Without it: the same page, for fewer visitors at once. Where the form is another: messages that are empty or not there.
Remove when: an update costs Gradio what it changes.
"""

from typing import Any

READY_MADE: dict[str, Any] = {"postprocess": False}  # for an event whose handler makes messages in the form
FILE = {"path": "/a.png", "url": "gradio_api/file=/a.png", "mime_type": "image/png"}
CONTENT = [{"type": "text", "text": "Look"}, {"type": "file", "file": FILE, "alt_text": None}]
FORM: list[dict[str, Any]] = [{"role": "user", "content": CONTENT, "metadata": None, "options": None}]
