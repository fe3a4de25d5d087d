"""Waits that the model's speed does not decide: after Stop, for one's turn in the queue, for server mode's import."""

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from backend.chat.request import ChatRequest, TextDelta
from backend.engines.local.engine import LocalEngine
from scripts.benchmark.table import ROOT, Row, middle

ROUNDS = 20
IMPORTS = 5  # each takes seconds


def rows(engine: LocalEngine, request: ChatRequest, step: float) -> Iterator[Row]:
    """`request` asks for an answer that goes on, and `step` is the seconds that each of its tokens takes."""
    stops = [stop_to_idle(engine, request) for _ in range(ROUNDS)]
    tokens = f"{statistics.median(stops) / step:.1f} tokens, at most {max(stops) / step:.1f} (target 1 step)"
    yield Row("Stop to idle", middle(stops), tokens)
    starts = [next_start(engine, request) for _ in range(ROUNDS)]
    most = f"at most {max(starts) * 1000:.0f} ms, target 50"
    yield Row("next visitor's first token after an answer", middle(starts), most)
    imports = [server_mode_import() for _ in range(IMPORTS)]
    seconds = [taken for taken, _ in imports]
    torch = "imported" if any(with_torch for _, with_torch in imports) else "not imported"
    measured = f"{statistics.median(seconds):.1f} s (at most {max(seconds):.1f} in {IMPORTS}), torch {torch}"
    yield Row("import of server mode", measured, "target 3 s")


def stop_to_idle(engine: LocalEngine, request: ChatRequest) -> float:
    """Seconds from closing a stream until the worker is free."""
    stream = engine.stream(request)
    next(event for event in stream if isinstance(event, TextDelta))
    start = time.perf_counter()
    stream.close()
    engine._worker.submit(lambda: None).result()
    return time.perf_counter() - start


def next_start(engine: LocalEngine, request: ChatRequest) -> float:
    """Seconds from the end of one visitor's answer to the first token of the next one's, who waited."""
    times: dict[str, float] = {}
    begun = threading.Event()

    def run(name: str) -> None:
        for event in engine.stream(request):
            if isinstance(event, TextDelta):
                times.setdefault(f"{name} first", time.perf_counter())
                begun.set()
        times[f"{name} end"] = time.perf_counter()

    one, two = (threading.Thread(target=run, args=(name,)) for name in ("one", "two"))
    one.start()
    begun.wait(60)  # so that the next one comes while the first is being answered, however fast the model is
    two.start()
    one.join()
    two.join()
    return times["two first"] - times["one end"]


def server_mode_import() -> tuple[float, bool]:
    """(seconds to import what server mode needs, whether torch came with it)."""
    code = "import app, backend.engines.server.engine, ui.page, sys; print('torch' in sys.modules)"
    start = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, "True" in out.stdout
