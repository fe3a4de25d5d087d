"""Imports Gradio without the type stubs that it writes beside its components' sources, without sums that nobody reads,
without what the environment says of hosts, ports and proxies, and without the SDK of MCP.

Why: it parses those sources at every import, which is half of its time; there is no setting for it. Two settings of its
statistics, which else are made after every event over all events so far, stand in no guide of Gradio's. It reads ports
and makes a client for the network while it is imported; the app tells it the former, and uses the latter for nothing.
It imports the SDK of MCP, where that is installed, for a server that it could be; ours is imported where it is used.
Seen with: Gradio 6.31.0: server mode is imported in 2 s and not in 4 (`python -m scripts.benchmark --only engine`).
Without it: a start that takes two seconds longer, and 9 to 20 ms of processor time for each event. A traceback where
GRADIO_SERVER_PORT is no number, where all_proxy is a SOCKS proxy, and where no_proxy names [::1].
Remove when: Gradio writes stubs when it is built, has settings for both, and reads the environment when it starts.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ui.gradio_patches.spaces import leave_space, make_locks_plainly

SETTINGS = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # calls home
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
}
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
HIDDEN = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS", *PROXIES, *map(str.upper, PROXIES))
SDK = "mcp"


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
    with _hidden():
        spec.loader.exec_module(module)
        importlib.import_module("gradio.http_server")  # which reads them too, and later


@contextmanager
def _hidden() -> Iterator[None]:
    """Without what is hidden from Gradio. No other thread runs yet that could look for it."""
    held = {name: os.environ.pop(name) for name in HIDDEN if name in os.environ}
    is_hidden = sys.modules.setdefault(SDK, None) is None  # type: ignore[arg-type]  # an import fails
    try:
        yield
    finally:
        os.environ.update(held)
        if is_hidden:
            del sys.modules[SDK]
