"""Imports Gradio without the type stubs that it writes beside its components' sources, and without sums nobody reads.

Why: it parses those sources at every import, which is half of its time; there is no setting for it. Two settings of its
statistics, which else are made after every event over all events so far, stand in no guide of Gradio's.
Seen with: Gradio 6.31.0: server mode is imported in 2 s and not in 4 (`python -m scripts.benchmark --only engine`).
Without it: a start that takes two seconds longer, and 9 to 20 ms of processor time for each event.
Remove when: Gradio writes stubs when it is built, or has settings for both. Where it changes, only time is lost.
"""

import importlib.util
import os
import sys

from ui.gradio_patches.spaces import leave_space, make_locks_plainly

SETTINGS = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # calls home
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
}


def import_gradio() -> None:
    """Imports it, unless that was done. Raises ImportError where it is not installed."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if "gradio" in sys.modules:
        return
    leave_space()
    spec = importlib.util.find_spec("gradio")
    if spec is None or spec.loader is None:
        raise ImportError("gradio is not installed")
    module = importlib.util.module_from_spec(spec)
    sys.modules["gradio"] = module  # so that a part can be imported before the whole
    try:
        from gradio import component_meta

        component_meta.create_or_modify_pyi = lambda *_: None
        make_locks_plainly()
    except ImportError:  # it is elsewhere now
        del sys.modules["gradio"]
        return
    spec.loader.exec_module(module)
