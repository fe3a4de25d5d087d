"""Gradio on a Space is the same as anywhere else, and leaves no event loops behind.

Why: where SYSTEM says "spaces" it watches for an editor that changes the running app, for which it looks for the page
in the wrong module and says so in the log, and has the page load a header and fonts from other sites, which our policy
refuses with errors in the console. Apart from that it makes an event loop for each lock, where none is needed since
Python 3.10, and closes none: eleven with three descriptors each, that end in tracebacks when they are collected.
Seen with: Gradio 6.31.0. What ZeroGPU needs does not read SYSTEM (spaces 0.51.3).
Without it: the same answers, with tracebacks in the log and errors in the console.
Remove when: Gradio has a setting for the first, and makes its locks plainly. Where it changes, only the log is longer.
"""

import asyncio
import os


def leave_space() -> None:
    """Before Gradio is imported. SPACE_ID and its like stay, which others read."""
    os.environ.pop("SYSTEM", None)


def make_locks_plainly() -> None:
    """Before the parts of Gradio that have locks are imported."""
    from gradio import utils

    utils.safe_get_lock = asyncio.Lock
    utils.safe_get_stop_event = asyncio.Event
