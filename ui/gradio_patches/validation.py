"""Values that no page would send are refused in one sentence, and with one line in the log.

Why: Gradio checks few values before it reads them, and hands others on as they are; what then fails is a bare "Error"
for the visitor and a traceback in the log that holds the values, a visitor's words among them. And it makes parts of
the page anew (gr.render) for as many pages at once as ask for it.
Seen with: Gradio 6.31.0; every event goes through Blocks.preprocess_data, which the documentation does not name.
Without it: forged events fill the log, and handlers are given values of types that they were not written for; some
pages of one visitor, with many tools, hold up everybody.
Remove when: Gradio checks the type of each value, and logs none.
"""

import contextlib
import logging
import math
import re
from collections.abc import Callable
from typing import Any

import gradio as gr
from PIL.Image import DecompressionBombError

from backend.chat.errors import trace
from backend.sandbox.caller import CALLER
from ui.gradio_patches.uploads import MAX_PATH, names_only_uploads
from ui.gradio_patches.values.whole_values import WholeValueBlocks
from web.incoming.turns import Turns
from web.requests import visitor

UNFIT = "The page sent something unexpected. Reload it, and try again."
FAULT = "Something went wrong. Try again, or check the app's log."
OUT_OF_RANGE = re.compile(r"Value \S{1,40} is \w+ than \w+ value \S+\.")  # Gradio's own sentence on a number
log = logging.getLogger(__name__)


class ValidatedBlocks(WholeValueBlocks):
    """Checks what an event brings before Gradio or a handler reads it, and says for whom it is done."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """See gr.Blocks."""
        super().__init__(*given, **named)
        self._renders = Turns(of_one=1)

    async def process_api(self, block_fn: Any, inputs: list[Any], *given: Any, **named: Any) -> dict[str, Any]:
        """See gr.Blocks. Each event is a task of its own, whose context this is."""
        request = getattr(named.get("request"), "request", None)
        CALLER.set(caller := visitor(request.scope) if request else "")
        async with self._renders.of(caller) if block_fn.renderable else contextlib.nullcontext():
            outcome: dict[str, Any] = await super().process_api(block_fn, inputs, *given, **named)
        return outcome

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """See gr.Blocks. Raises gr.Error."""
        if len(inputs) < len(block_fn.inputs):
            raise _unfit(f"{block_fn.name}: {len(inputs)} values")
        for block, value in zip(block_fn.inputs, inputs, strict=False):
            if not (isinstance(block, gr.BrowserState) or names_only_uploads(value)):
                raise _unfit(f"{block_fn.name}: a file that was not uploaded, for {type(block).__name__}")
            if not fits(block, value):
                raise _unfit(f"{block_fn.name}: {type(value).__name__} for {type(block).__name__}")
        try:
            values: list[Any] = await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error as error:  # a number out of range, or what is none of the choices
            if OUT_OF_RANGE.fullmatch(error.message):
                raise gr.Error(error.message, print_exception=False) from None
            raise _unfit(f"{block_fn.name}: {type(error).__name__}") from None
        except Exception as error:  # Gradio documents none, and would log it with the value
            cause = error.__cause__ or error
            if isinstance(cause, OSError | DecompressionBombError):  # an upload that is gone, or is no picture
                raise _unfit(f"{block_fn.name}: {type(cause).__name__}") from None
            log.error("an event's values could not be read: %s", trace(cause))
            raise gr.Error(FAULT, print_exception=False) from None
        return values


def fits(block: Any, value: Any) -> bool:
    """Whether a value is of its component's type; whether it is within range or among the choices Gradio asks."""
    if getattr(block, "allow_custom_value", False):  # what is none of the choices is a text that a person wrote
        return _is_text(value)
    rule = next((rule for kind, rule in RULES.items() if isinstance(block, kind)), None)
    return rule is not None and rule(value)


def _is_anything(value: Any) -> bool:
    return True


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _are_texts_by_name(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and all(isinstance(text, str) for text in value.values()))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _is_number(value: Any) -> bool:
    """ "Not a number" would be within every range."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf


def _is_yes_or_no(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _is_choice(value: Any) -> bool:
    """The choices of a tool's argument are of any of these types."""
    return value is None or isinstance(value, str | int | float)


def _is_file(value: Any) -> bool:
    """A file as the page tells of it. That it is an upload names_only_uploads has seen to."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("path"), str)
        and _is_text(value.get("url"))
        and all(_is_text(name := value.get(key)) and len(name or "") <= MAX_PATH for key in ("orig_name", "mime_type"))
        and isinstance(value.get("size"), int | None)
        and isinstance(value.get("is_stream", False), bool)
    )


def _is_file_or_none(value: Any) -> bool:
    return value is None or _is_file(value)


def _is_message(value: Any) -> bool:
    """A text and its files."""
    if value is None:
        return True
    files = value.get("files", []) if isinstance(value, dict) else None
    return isinstance(files, list) and isinstance(value.get("text"), str) and all(map(_is_file, files))


# What a value may be, by the kind of component that it is for; for any other kind there is none that fits.
RULES: dict[type, Callable[[Any], bool]] = {
    gr.State: _is_anything,  # the server has its value, and the page's is not read
    gr.BrowserState: _are_texts_by_name,  # ours hold texts
    gr.MultimodalTextbox: _is_message,
    gr.Textbox: _is_text,
    gr.Code: _is_text,
    gr.Slider: _is_number,
    gr.CheckboxGroup: _are_texts,
    gr.Checkbox: _is_yes_or_no,
    gr.Radio: _is_choice,
    gr.Dropdown: _is_choice,
    gr.Image: _is_file_or_none,
    gr.UploadButton: _is_file_or_none,
}


def _unfit(what: str) -> gr.Error:
    log.warning("refused an event: %s", what)
    return gr.Error(UNFIT, print_exception=False)
