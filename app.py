"""Starts the app: configuration -> engine -> tools -> page -> server. The only file that knows every part."""

import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STARTED = time.perf_counter()
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported, or it calls home
if os.environ.get("SPACE_ID"):  # proxies in Hugging Face's private network name the visitor; "*" would believe forgers
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16")

from backend.archive import Archive  # noqa: E402
from backend.builtin_tools import BUILTIN_TOOLS  # noqa: E402
from backend.config import Config, read_config  # noqa: E402
from backend.engine import Engine, EngineError  # noqa: E402
from backend.images import ImageStore  # noqa: E402
from backend.logs import RequestLog, speak_json  # noqa: E402
from backend.measuring import MeasuredEngine, Watcher  # noqa: E402
from backend.metrics import Metrics  # noqa: E402
from backend.models import Checkpoint, ModelUnusable, find  # noqa: E402
from backend.plan import choose, table  # noqa: E402
from backend.prompts import DEFAULT_PROMPT, prompt_for  # noqa: E402
from backend.sandbox import Sandbox  # noqa: E402
from backend.tools import Tool  # noqa: E402
from ui.about import About  # noqa: E402
from ui.bridge import Bridge  # noqa: E402
from ui.readers import Readers  # noqa: E402

GRACE_SECONDS = 2.0
ASSETS = Path(__file__).resolve().parent / "assets"
SERVED = (
    "This model runs on a server of its own. It reads text and pictures, calls tools, and answers in many languages."
)


@dataclass(frozen=True)
class Running:
    """An engine, what the page says of it, and what waits until it can answer (raising where it never will)."""

    engine: Engine
    about: About
    wait: Callable[[], object]


def main() -> None:
    """Runs the app until it is interrupted. Exits with code 2 and one sentence where it cannot be run as asked."""
    config = read_config()
    try:
        if config.plan:
            from backend.loading import machine

            print(table(machine()))
            return
        serve(config)
    except (ModelUnusable, EngineError, OSError, sqlite3.Error) as error:
        sys.exit(_complain(str(error)))


def serve(config: Config) -> None:
    """Opens the page, then loads the model behind it. Raises ModelUnusable, and OSError where the port is taken."""
    if config.log == "json":
        speak_json()
    print("Starting…", flush=True)
    running = _server(config) if config.server else _local(config)
    from ui.launching import Serving, launch
    from ui.page import page

    pictures = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio") / "pictures"
    store = ImageStore(pictures, config.max_upload_mb * 1_000_000)
    store.sweep(days=7)
    archive = Archive(config.history.expanduser(), store) if config.history else None
    sandbox = Sandbox()
    tools = tuple(Tool(tool.spec, sandbox.wrapped(tool.function)) for tool in BUILTIN_TOOLS if tool.function)
    readers = Readers()
    bridge = Bridge(readers.unread_for, max_per_visitor=config.max_per_visitor)
    metrics = Metrics() if config.metrics else None
    watchers: list[Watcher] = [metrics] if metrics else []
    if config.log == "json":
        watchers.append(RequestLog())
    engine = MeasuredEngine(running.engine, watchers) if watchers else running.engine
    demo = page(engine, store, tools, running.about, bridge, archive)
    print(f"Loading {running.about.name}…", flush=True)
    how = Serving(ASSETS, pictures, config.host, config.port, config.share, config.auth, config.max_upload_mb, metrics)
    if config.share and not config.auth:
        print("Whoever has the public link can use this app; --auth USER:PASSWORD asks for a password.", flush=True)
    launch(demo, running.engine, readers, how)
    if config.log == "json":
        speak_json()  # again, since the server and the model's library have set up their own logs by now
    signal.signal(signal.SIGTERM, lambda *_: _stop(bridge, sandbox))
    running.wait()
    print(f"Ready in {time.perf_counter() - STARTED:.1f} s at {demo.local_url}", flush=True)
    demo.block_thread()


def _local(config: Config) -> Running:
    """The model in this process; a wrong option is answered before torch is imported."""
    checkpoint = _chosen(config)
    from backend.local_engine import LocalEngine

    engine = LocalEngine(checkpoint)
    about = About(
        checkpoint.title, checkpoint.introduction, checkpoint.revision,
        prompt_for(checkpoint.folder, checkpoint.prompt), config.max_new_tokens, engine.counter, engine.inspect,
    )  # fmt: skip
    return Running(engine, about, engine.loading.result)


def _chosen(config: Config) -> Checkpoint:
    """The checkpoint that is asked for, or the best that fits; says which, and why, before anything is downloaded."""
    if config.model != "auto":
        return find(config.model, config.quantize or "bf16", config.offload)
    from backend.loading import machine

    choice = choose(machine())
    print(choice.why, flush=True)
    return find(choice.model, config.quantize or choice.precision, config.offload)


def _server(config: Config) -> Running:
    """A model behind a server. Imports no torch."""
    from backend.server_engine import ServerEngine

    engine = ServerEngine(config.server, config.server_key, config.server_model)
    name = engine.model.rpartition("/")[2]
    about = About(name, SERVED, "", DEFAULT_PROMPT, config.max_new_tokens, lambda: None, None)
    return Running(engine, about, lambda: None)


def _stop(bridge: Bridge, sandbox: Sandbox) -> None:
    """At SIGTERM: answers end with what they have, which goes out to be kept; then the process ends."""
    if bridge.stop_all():
        time.sleep(GRACE_SECONDS)
    sandbox.close()
    os._exit(0)  # streams that are still open would hold an orderly end for minutes


def _complain(sentence: str) -> int:
    print(f"app.py: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
