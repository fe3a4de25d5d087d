"""A value that is an object reaches the page whole, also where another follows it at once.

Why: of what an event yields Gradio sends the first, and then how each differs from the one before; its client alters
the object that it has handed to the page by that. What the page's script has yet to be told by then is another message,
or none: after `gr.skip()` an object without any of it.
Seen with: Gradio 6.31.0; Blocks.handle_streaming_diffs, client/js/src/utils/stream.ts (apply_diff).
Without it: on a busy machine some of the messages to the page's script go unheard, a save or the archive's list.
Remove when: the client makes a new object of a value and how the next one differs.
"""

from typing import Any

from ui.gradio_patches.values.skipped_values import SkippedValueBlocks


class WholeValueBlocks(SkippedValueBlocks):
    """Sends objects whole. Lists and texts, as an answer that streams, go on as how they differ."""

    def handle_streaming_diffs(
        self,
        block_fn: Any,
        data: list[Any],
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        """See gr.Blocks."""
        whole = list(data)
        sent = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
        return [_whole(value, edits) for value, edits in zip(whole, sent, strict=True)]


def _whole(value: Any, edits: Any) -> Any:
    """The edits that make this value, as one that puts it in the place of what was there."""
    is_altering = isinstance(value, dict) and isinstance(edits, list) and edits
    return [["replace", [], value]] if is_altering else edits
