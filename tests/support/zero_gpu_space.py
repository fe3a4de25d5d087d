"""A Space with ZeroGPU in a process of its own: the real `spaces` forks and pickles; no GPU and no page is there.

usage: zero_gpu_space.py REQUESTS    pickled [(request, close at the first text)]; prints a JSON object for each
"""

import json
import pickle
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.modules["torch"] = None  # type: ignore[assignment]  # so that spaces does not emulate CUDA: the model runs on the CPU
import spaces  # noqa: E402

del sys.modules["torch"]
import torch  # noqa: E402
from gradio import Error  # noqa: E402
from gradio.context import LocalContext  # noqa: E402

from backend.chat.errors import EngineError  # noqa: E402
from backend.chat.messages import Finished, ToolCall  # noqa: E402
from backend.chat.request import ChatRequest, TextDelta, Waiting  # noqa: E402
from backend.engines.local.loading import load  # noqa: E402
from backend.engines.local.zero_gpu import ZeroGpuEngine  # noqa: E402
from backend.models.catalogue import find  # noqa: E402


class Headers(dict[str, str]):
    """As `spaces` wants them: with attributes."""


def told(engine: ZeroGpuEngine, request: ChatRequest, close: bool) -> dict[str, Any]:
    """What the request led to."""
    text, waited, calls, reason, error = "", [], [], "", ""
    longest, last = 0.0, time.monotonic()
    stream = engine.stream(request)
    try:
        for event in stream:
            now = time.monotonic()
            longest, last = max(longest, now - last), now
            match event:
                case TextDelta():
                    text += event.text
                    if close:
                        break
                case Waiting():
                    waited.append(event.status)
                case ToolCall():
                    calls.append([event.name, event.arguments])
                case Finished():
                    reason = event.reason
    except EngineError as raised:
        error = f"{type(raised).__name__}: {raised}"
    stream.close()
    return {
        "text": text, "waited": waited, "calls": calls, "reason": reason, "error": error, "longest": longest,
        "closed_at": time.time(),
    }  # fmt: skip


def main() -> None:
    loaded = load(find("demo"))
    torch.set_num_threads(1)  # OpenMP's threads do not live on in a fork
    generate = loaded.model.generate

    def without_end(**arguments: Any) -> object:
        config = arguments["generation_config"]
        if config.max_new_tokens > 1000:
            config.min_new_tokens = config.max_new_tokens
        return generate(**arguments)

    loaded.model.generate = without_end
    engine = ZeroGpuEngine(loaded, spaces.GPU, Error)
    LocalContext.request.set(SimpleNamespace(headers=Headers({"x-ip-token": "visitor"})))  # type: ignore[arg-type]
    for request, close in pickle.loads(Path(sys.argv[1]).read_bytes()):
        print(json.dumps(told(engine, request, close)), flush=True)
        if close:
            time.sleep(2)  # the process with the GPU ends the answer and gives the GPU back
    engine.close()


if __name__ == "__main__":
    main()
