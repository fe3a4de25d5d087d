"""Imports Gradio as this app wants it: without calls home, without sums that nobody reads, and in half the time."""

import importlib.util
import os
import sys

SETTINGS = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # calls home
    # Statistics for a page that web/middleware.py closes: after every event, over all events so far.
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
}


def start_gradio() -> None:
    """Imports Gradio, which reads the settings then."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if "gradio" not in sys.modules:
        _import_without_stubs()


def _import_without_stubs() -> None:
    """At every start Gradio parses its components' sources to write type stubs beside them: half of its import."""
    spec = importlib.util.find_spec("gradio")
    if spec is None or spec.loader is None:
        raise ImportError("gradio is not installed")
    module = importlib.util.module_from_spec(spec)
    sys.modules["gradio"] = module  # so that a part can be imported before the whole
    from gradio import component_meta

    component_meta.create_or_modify_pyi = lambda *_: None
    spec.loader.exec_module(module)
