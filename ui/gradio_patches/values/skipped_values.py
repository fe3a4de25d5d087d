"""What an event leaves as it is costs nothing.

Why: for each component that an event leaves as it is Gradio makes that component anew, in the event loop: of the 34
that an event of the chat may change it leaves most, and twice, which took a tenth of a second from everybody.
Seen with: Gradio 6.31.0; Blocks.postprocess_data asks no more than whether a value is an update.
Without it: twelve pages of one address that send messages have another visitor's first word wait for seconds.
Remove when: Gradio passes what `gr.skip()` gives through.
"""

from typing import Any

import gradio as gr
from gradio.blocks import convert_component_dict_to_list
from gradio.components import _Keywords

UNTOUCHED = _Keywords.FINISHED_ITERATING  # what Gradio does nothing at all with


class SkippedValueBlocks(gr.Blocks):
    """Makes those components anew that are altered."""

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """See gr.Blocks."""
        outputs = block_fn.outputs
        values = _one_for_each(outputs, predictions)
        skipped = [_is_skip(value) and not block.stateful for block, value in zip(outputs, values, strict=False)]
        if not any(skipped) or len(skipped) != len(values):  # Gradio says so, where the number is wrong
            return await super().postprocess_data(block_fn, predictions, state)
        given: Any = [UNTOUCHED if skip else value for skip, value in zip(skipped, values, strict=True)]
        sent = await super().postprocess_data(block_fn, given if len(given) > 1 else given[0], state)
        return [gr.skip() if skip else value for skip, value in zip(skipped, sent, strict=True)]


def _one_for_each(outputs: list[Any], predictions: Any) -> list[Any]:
    """What an event gives, in the order of the components, as Gradio reads it; nothing where that is no row of values.

    An event without components gives None.
    """
    if len(outputs) > 1 and _is_skip(predictions):
        return [predictions] * len(outputs)
    if isinstance(predictions, dict) and predictions:
        predictions = convert_component_dict_to_list(outputs, predictions)
    if len(outputs) == 1:
        return [predictions]
    return list(predictions) if isinstance(predictions, list | tuple) else []


def _is_skip(value: Any) -> bool:
    return isinstance(value, dict) and value == gr.skip()
