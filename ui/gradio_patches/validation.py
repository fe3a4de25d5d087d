"""Events that no page would send are refused in one sentence, and with one line in the log.

Gradio by itself would show a bare "Error" and log a traceback that holds the values, a visitor's words among them.
"""

import logging
import math
import re
from typing import Any

import gradio as gr

from ui.gradio_patches.uploads import names_only_uploads

UNFIT = "The page sent something that does not fit its fields. Reload the page and try again."
# What reading a value of a wrong type, shape or size was seen to raise.
WRONG = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, OSError)
OUT_OF_RANGE = re.compile(r"Value \S{1,40} is \w+ than \w+ value \S+\.")  # Gradio's own sentence on a number
log = logging.getLogger(__name__)


class ValidatedBlocks(gr.Blocks):
    """Checks what an event brings before its handler sees it."""

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """See gr.Blocks. Raises gr.Error."""
        for block, value in zip(block_fn.inputs, inputs, strict=False):
            if not (_fits(block, value) if isinstance(block, gr.BrowserState) else names_only_uploads(value)):
                raise _unfit(f"{block_fn.name}: a file that was not uploaded, for {type(block).__name__}")
        try:
            values: list[Any] = await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error as error:
            if OUT_OF_RANGE.fullmatch(error.message):
                raise gr.Error(error.message, print_exception=False) from None
            raise _unfit(f"{block_fn.name}: {type(error).__name__}") from None
        except WRONG as error:
            raise _unfit(f"{block_fn.name}: {type(error).__name__}") from None
        for block, value in zip(block_fn.inputs, values, strict=False):
            if not _fits(block, value):
                raise _unfit(f"{block_fn.name}: {type(value).__name__} for {type(block).__name__}")
        return values


def _fits(block: Any, value: Any) -> bool:
    """Whether a value is of its component's type, for those components that pass on whatever the page sends."""
    if value is None:
        return True
    if isinstance(block, gr.BrowserState):  # ours hold texts by name
        return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    if isinstance(block, gr.Slider):  # "not a number" is within every range
        return not isinstance(value, bool) and -math.inf < value < math.inf
    if isinstance(block, gr.Checkbox):
        return isinstance(value, bool)
    return isinstance(value, str) if isinstance(block, gr.Code) else True


def _unfit(what: str) -> gr.Error:
    log.warning("refused an event: %s", what)
    return gr.Error(UNFIT, print_exception=False)
