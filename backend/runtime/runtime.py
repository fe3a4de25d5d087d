"""What answers in this process's page: the value that each kind of engine is put together to."""

from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from dataclasses import dataclass

from backend.engines.engine import Engine
from backend.runtime.model_info import ModelCapabilities


@dataclass(frozen=True)
class Runtime:
    """An engine, what the page may ask of it, and what waits until it can answer.

    `wait` takes how long at most, in seconds, and says whether it can by then; it raises where it never will. `close`
    ends what was started for it: processes, threads, connections.
    """

    engine: Engine
    model: ModelCapabilities
    wait: Callable[[float], bool]
    close: Callable[[], object] = lambda: None


def waiting_for(loaded: Future[None]) -> Callable[[float], bool]:
    """Runtime.wait for what is done in another thread."""

    def wait(seconds: float) -> bool:
        done = bool(futures.wait([loaded], seconds).done)
        if done:
            loaded.result()
        return done

    return wait
