"""Starts the app: configuration -> engine -> tools -> page -> server. The only file that knows every part."""

import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from backend.chat.errors import ModelUnusable, UserError
from backend.chat.system_prompts import DEFAULT_PROMPT, prompt_for
from backend.config import Config, read_config
from backend.engines.engine import Engine
from backend.engines.instrumented import InstrumentedEngine, Watcher
from backend.models.catalogue import Wanted, ensure_downloaded, look_up
from backend.models.memory import PRECISIONS, Precision, choose, table
from backend.observability.json_log import RequestLog, speak_json
from backend.observability.prometheus import Metrics
from backend.sandbox.pool import Sandbox
from backend.storage.images import ImageStore, decoding
from backend.storage.sqlite import Archive
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.toolbox import Tool
from ui.bridge import Bridge
from ui.gradio_patches.uploads import upload_folder
from ui.model_info import ModelCapabilities, ModelInfo
from ui.session_store import SessionStore
from web.liveness import Liveness

MAX_SECONDS, MAX_MEMORY = 2.0, 1_000_000_000  # of one call of a tool, or of one check: processor time, and bytes
GRACE_SECONDS = 5.0  # for pages to take what is written and send it to be kept; a busy machine needs over 2
SWEEP_SECONDS = 3600.0
PROXIES_OF_SPACES = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"  # Hugging Face's own private network
ASSETS = Path(__file__).resolve().parent / "assets"
SERVED = (
    "This model runs on a server of its own. It reads text and pictures, calls tools, and answers in many languages."
)
NO_TORCH = (
    "torch is not installed, which a model in this process needs: pip install -r requirements.txt, or name a server "
    "with --server."
)


@dataclass(frozen=True)
class Runtime:
    """An engine, what the page may ask of it, and what waits until it can answer (raising where it never will)."""

    engine: Engine
    model: ModelCapabilities
    wait: Callable[[], object]


def main() -> None:
    """Runs the app until it is interrupted. Exits with code 2 and one sentence where it cannot be run as asked."""
    config = read_config()
    try:
        if config.plan:
            from backend.engines.local.devices import machine

            print(table(machine()))
            return
        serve(config)
    except (UserError, OSError) as error:
        sys.exit(_complain(str(error)))
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        sys.exit(_complain(NO_TORCH))


def serve(config: Config) -> None:
    """Opens the page, then loads the model behind it. Raises ModelUnusable, and OSError where the port is taken."""
    if config.log == "json":
        speak_json()
    if os.environ.get("SPACE_ID"):  # its proxies name the visitor; "*" would believe forgers too
        os.environ.setdefault("FORWARDED_ALLOW_IPS", PROXIES_OF_SPACES)
    print("Starting…", flush=True)
    if config.share and not config.auth:
        print("Whoever has the public link can use this app; --auth USER:PASSWORD asks for a password.", flush=True)
    _check_port(config)
    runtime = _server(config) if config.server else _zero_gpu(config) if config.zero_gpu else _local(config)
    from backend.engines.health_probe import HealthProbe
    from ui.launching import Serving, launch
    from ui.page import Services, page

    pictures = upload_folder() / "pictures"
    max_bytes = config.max_upload_mb * 1_000_000
    decoders = decoding(max_bytes)
    store = ImageStore(pictures, max_bytes, decoders.run)
    threading.Thread(target=_sweep, args=(store, upload_folder() / "exports"), daemon=True).start()
    archive = Archive(config.history.expanduser(), store) if config.history else None
    # For tools, and for what is checked: those that wait for it take up the threads that serve everybody.
    sandbox = Sandbox(MAX_SECONDS, MAX_MEMORY, ["backend.tools.builtin"], count=2, wait=10)
    reading = Sandbox(MAX_SECONDS, MAX_MEMORY, ["backend.storage.imports"], count=2, wait=10)
    tools = tuple(Tool(tool.spec, sandbox.wrapped(tool.function)) for tool in BUILTIN_TOOLS if tool.function)
    liveness = Liveness()
    bridge, sessions = _pages(config, liveness)
    metrics = Metrics() if config.metrics else None
    watchers: list[Watcher] = [*([metrics] if metrics else []), *([RequestLog()] if config.log == "json" else [])]
    probe = HealthProbe(runtime.engine)  # before what measures, since nobody wants to read of health checks
    engine = InstrumentedEngine(probe, watchers) if watchers else probe
    demo = page(Services(engine, runtime.model, store, bridge, sessions, archive, sandbox.run, reading.run), tools)
    print(f"Loading {runtime.model.info().name}…", flush=True)
    serving = Serving(
        ASSETS, pictures, config.host, config.port, config.share, config.auth, config.max_upload_mb, metrics
    )
    _stop_on_signals(bridge, (decoders, sandbox, reading))
    launch(demo, probe, liveness, serving)
    if config.log == "json":
        speak_json()  # again, since the server and the model's library have set up their own logs by now
    runtime.wait()
    print(f"Ready in {time.time() - psutil.Process().create_time():.1f} s at {demo.local_url}", flush=True)
    for processes in (decoders, sandbox, reading):
        threading.Thread(target=processes.start, daemon=True).start()
    demo.block_thread()


def _pages(config: Config, liveness: Liveness) -> tuple[Bridge, SessionStore]:
    """What runs for the open pages, and what they hold."""
    keep = 0 if config.zero_gpu else config.keep_answers  # whoever is gone pays for the GPU
    bridge = Bridge(lambda page: liveness.unread_for(sessions.connection(page)), config.max_per_visitor, keep)
    sessions = SessionStore(bridge.is_busy)
    return bridge, sessions


def _check_port(config: Config) -> None:
    """Before anything is loaded, which a failure would have to wait for. Raises OSError."""
    family, kind, *_, address = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise OSError(f"Port {config.port} of {config.host} cannot be used; choose another with --port.") from error


def _local(config: Config) -> Runtime:
    """The model in this process; a wrong option is answered before torch is imported."""
    wanted = _wanted(config)
    from backend.engines.local.switch import ModelSwitch

    switch = ModelSwitch(wanted, config.cache_mb * 1_000_000, config.dtype)

    def info() -> ModelInfo:
        if checkpoint := switch.checkpoint:
            prompt = prompt_for(checkpoint.folder, checkpoint.prompt)
            return ModelInfo(checkpoint.title, checkpoint.introduction, checkpoint.revision, prompt)
        entry = switch.wanted.entry
        return ModelInfo(entry.title, entry.introduction, "", prompt_for(switch.wanted.folder or Path(), entry.prompt))

    def change(model: str, precision: str) -> Generator[str, None, None]:
        known: Precision = next((p for p in PRECISIONS if p == precision), "bf16")
        return switch.change(look_up(model, known, config.offload))

    model = ModelCapabilities(
        info, config.max_new_tokens, switch.counter, switch.inspect, change if config.is_personal else None
    )
    return Runtime(switch, model, lambda: switch.ready.result())


def _zero_gpu(config: Config) -> Runtime:
    """The model on a Space with ZeroGPU: loaded here and now, since CUDA is emulated in this thread alone."""
    import spaces  # before torch, whose CUDA it emulates
    from gradio import Error

    if config.quantize not in ("", "bf16") or config.offload:
        raise ModelUnusable("On ZeroGPU the weights stay in bf16 and on the GPU: leave --quantize and --offload out.")
    checkpoint = ensure_downloaded(_wanted(config))
    from backend.engines.local.loading import load
    from backend.engines.local.zero_gpu import ZeroGpuEngine

    engine = ZeroGpuEngine(load(checkpoint, emulated=True), spaces.GPU, Error)
    prompt = prompt_for(checkpoint.folder, checkpoint.prompt)
    info = ModelInfo(checkpoint.title, checkpoint.introduction, checkpoint.revision, prompt)
    model = ModelCapabilities(lambda: info, config.max_new_tokens, engine.counter, engine.inspect)
    return Runtime(engine, model, lambda: None)


def _wanted(config: Config) -> Wanted:
    """The model that is asked for, or the best that fits; says which, and why, before anything is downloaded."""
    if config.model != "auto":
        return look_up(config.model, config.quantize or "bf16", config.offload)
    from backend.engines.local.devices import machine

    choice = choose(machine())
    print(choice.why, flush=True)
    return look_up(choice.model, config.quantize or choice.precision, config.offload)


def _server(config: Config) -> Runtime:
    """A model behind a server. Imports no torch."""
    from backend.engines.server.engine import ServerEngine

    engine = ServerEngine(config.server, config.server_key, config.server_model)
    name = engine.model.rpartition("/")[2]
    info = ModelInfo(name, SERVED, "", DEFAULT_PROMPT)
    return Runtime(engine, ModelCapabilities(lambda: info, config.max_new_tokens), lambda: None)


def _sweep(store: ImageStore, exports: Path) -> None:
    """What nobody has used for long goes, now and once an hour, so that no demo fills its disk."""
    while True:
        store.sweep(days=7)
        for folder in exports.glob("*"):
            if folder.stat().st_mtime < time.time() - SWEEP_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        time.sleep(SWEEP_SECONDS)


def _stop_on_signals(bridge: Bridge, sandboxes: Sequence[Sandbox]) -> None:
    """At SIGTERM or Ctrl-C answers end with what they have, which goes out to be kept; then the process ends."""

    def stop(*_: object) -> None:
        if bridge.stop_all():
            time.sleep(GRACE_SECONDS)
        for sandbox in sandboxes:
            sandbox.close()
        os._exit(0)  # streams that are still open would hold an orderly end for minutes

    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, stop)


def _complain(sentence: str) -> int:
    print(f"app.py: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
