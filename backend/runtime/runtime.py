"""What answers in this process's page: the value that each kind of engine is put together to."""

from collections.abc import Callable
from dataclasses import dataclass

from backend.engines.engine import Engine
from backend.runtime.model_info import ModelCapabilities


@dataclass(frozen=True)
class Runtime:
    """An engine, what the page may ask of it, and what waits until it can answer (raising where it never will).

    `close` ends what was started for it beside this process.
    """

    engine: Engine
    model: ModelCapabilities
    wait: Callable[[], object]
    close: Callable[[], object] = lambda: None
