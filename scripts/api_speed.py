"""What the API adds to a token: the same answers from the engine alone, and as a stream over HTTP.

python scripts/api_speed.py [rounds]

One process has the demo model and the API in front of it, another asks. Each round asks first the engine and then the
API for the same greedy answer, and the medians of all rounds count. Aimed at: 1 ms more a token at most.
"""

import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx2  # noqa: E402

ROUNDS, TOKENS = 20, 60
QUESTION = "Write me a sentence where every word starts with the next letter in the alphabet."
BODY = {"messages": [{"role": "user", "content": QUESTION}], "stream": True, "temperature": 0, "max_tokens": TOKENS}
ASK = "--ask"


def ask(url: str) -> None:
    """For each line that comes in, asks the API once, and prints the milliseconds a token."""
    with httpx2.Client(timeout=60) as client:
        for _ in sys.stdin:
            with client.stream("POST", f"{url}/v1/chat/completions", json=BODY) as response:
                response.raise_for_status()
                print(_paced('"delta":{"content":"' in line for line in response.iter_lines()), flush=True)


def compare(rounds: int) -> None:
    """Prints both, and the difference."""
    from backend.chat.messages import UserMessage
    from backend.chat.parts import Text
    from backend.chat.request import ChatRequest, TextDelta
    from backend.chat.settings import GenerationSettings
    from backend.engines.local.engine import LocalEngine
    from backend.models.catalogue import find

    engine = LocalEngine(find("demo"))
    engine.loading.result()
    settings = GenerationSettings(temperature=0.0, max_tokens=TOKENS)
    request = ChatRequest(messages=(UserMessage((Text(QUESTION),)),), settings=settings)
    child = subprocess.Popen(
        [sys.executable, __file__, ASK, _served(engine)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin
    assert child.stdout
    both = []
    for _ in range(1 + rounds):
        alone = _paced(isinstance(event, TextDelta) for event in engine.stream(request))
        print(file=child.stdin, flush=True)
        both.append((alone, float(child.stdout.readline())))
    child.terminate()
    own, over = (statistics.median(values) for values in zip(*both[1:], strict=True))  # the first also warms up
    print(f"alone {own:.2f} ms a token, through the API {over:.2f}: {over - own:+.2f} ms ({over / own:.2f} times)")
    engine.close()


def _served(engine: object) -> str:
    """The address of the API in front of an engine, in a thread."""
    import uvicorn

    from tests.support.api import app

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app(engine), port=port, log_level="error", http="h11"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.1)
    return f"http://127.0.0.1:{port}"


def _paced(pieces: Iterable[bool]) -> float:
    """Milliseconds between two pieces of text, from the first to the last."""
    times = [time.perf_counter() for is_text in pieces if is_text]
    return (times[-1] - times[0]) / (len(times) - 1) * 1000


if __name__ == "__main__":
    if sys.argv[1:2] == [ASK]:
        ask(sys.argv[2])
    else:
        compare(int(sys.argv[1]) if sys.argv[1:] else ROUNDS)
