"""Starts the app: configuration -> engine -> tools -> page -> server. The only file that knows every part."""

import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from backend.chat.errors import UserError
from backend.config import Config
from backend.demo.opening import opened as opened_demo
from backend.documents.reader import DocumentReader, documents
from backend.engines.engine import Engine
from backend.engines.health_probe import HealthProbe
from backend.engines.instrumented import InstrumentedEngine, Watcher
from backend.models.memory import table
from backend.observability.json_log import RequestLog
from backend.observability.lines import write_logs
from backend.observability.log_limit import limit_logs
from backend.observability.prometheus import Metrics
from backend.options import read_config
from backend.runtime.chosen import runtime_of
from backend.runtime.heap import give_back, share_arenas
from backend.runtime.model_info import ModelInfo
from backend.runtime.python_release import OLD_PYTHON, is_old
from backend.runtime.runtime import Runtime
from backend.runtime.startup import check_port, print_anywhere, writable
from backend.sandbox.pool import Sandbox
from backend.storage.images import ImageStore, decoding
from backend.storage.quota import DiskQuota
from backend.storage.sqlite import Archive
from backend.tools.opening import own_functions, own_servers, shipped, tool_names
from backend.tools.toolbox import Tool
from ui.attachments.services import attachments
from ui.batch.runner import Limits
from ui.bridge import Bridge
from ui.gradio_patches.share_link import end_links
from ui.gradio_patches.uploads import clear, clear_old, upload_folder
from ui.session_store import SessionStore
from web.liveness import Liveness
from web.middleware import Programs, Standing

if TYPE_CHECKING:
    from ui.page import Services

MAX_SECONDS, MAX_MEMORY = 2.0, 1_000_000_000  # of one call of a tool, or of one check: processor time, and bytes
GRACE_SECONDS = 5.0  # for pages to take what is written and send it to be kept; a busy machine needs over 2
SWEEP_SECONDS = 300.0
WAIT_SECONDS = 1.0  # for the model at a time, since Windows takes no Ctrl-C meanwhile
PROXIES_OF_SPACES = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"  # Hugging Face's own private network
ASSETS = Path(__file__).resolve().parent / "assets"
NO_TORCH = (
    "Running a model here needs torch, which isn't installed. Run pip install -r requirements.txt, or choose a server "
    "with --server."
)


def main() -> None:
    """Runs the app until it is interrupted. Exits with code 2 and one sentence where it cannot be run as asked."""
    share_arenas()
    print_anywhere()
    config = read_config()
    try:
        if config.plan:
            from backend.engines.local.devices import machine

            print(table(machine()))
            return
        write_logs(config.log == "json")
        serve(config)
    except (UserError, OSError) as error:
        sys.exit(_complain(str(error)))
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        sys.exit(_complain(NO_TORCH))


def serve(config: Config) -> None:
    """Opens the page, then loads the model behind it. Raises ModelUnusable, and OSError where the port is taken."""
    pictures = _begin(config)
    servers, functions = own_servers(config.mcp, not config.lets_others_in), own_functions(config.tools)
    given = opened_demo(config.demo, tool_names(functions), config.mcp)
    runtime = _runtime(config)
    from ui.launching import Serving, launch, upload_bytes
    from ui.page import Services, page

    max_bytes = config.max_upload_mb * 1_000_000
    decoders, readers, liveness = decoding(max_bytes), documents(max_bytes), Liveness()
    bridge, sessions = _pages(config, liveness)
    quota = DiskQuota(
        upload_folder(), config.max_disk_mb * 1_000_000, sessions.pictures, upload=upload_bytes(config.max_upload_mb)
    )
    store = ImageStore(pictures, max_bytes, quota.keeping(decoders.run))
    threading.Thread(target=_sweep, args=(store, quota, upload_folder()), daemon=True).start()
    archive = Archive(config.history.expanduser(), store) if config.history else None
    sandbox, reading = _sandbox("backend.tools.builtin"), _sandbox("backend.storage.imports")
    processes = (decoders, readers, sandbox, reading, *(each.sandbox for each in functions))
    tools = (*shipped(sandbox), *(tool for each in functions for tool in each.tools))
    metrics = Metrics() if config.metrics else None
    watchers = _watchers(config, metrics, tools)
    attached = attachments(store, DocumentReader(readers.run, max_bytes), quota, config.max_images)
    probe, engine = _watched(runtime.engine, watchers)
    services = Services(
        engine, runtime.model, store, bridge, sessions, archive, sandbox.run, reading.run, config.max_upload_mb,
        _batches(config), attached, (servers,), given, config.serves_api, servers.add if servers.takes_more else None,
    )  # fmt: skip
    demo = page(services, tools)
    _say_what_loads(runtime.model.info())
    where = (config.host, config.port, config.share, config.auth, config.max_upload_mb, metrics, config.root_path)
    standing = Standing(config.is_personal, config.allowed_hosts, in_frames="SPACE_ID" in os.environ)
    more = (config.max_streams, standing, attached.thumbnails, _programs(config, services, runtime), given)
    _stop_on_signals(bridge, (*(each.close for each in processes), servers.close, runtime.close, end_links))
    address = launch(demo, probe, liveness, Serving(ASSETS, pictures, quota, *where, *more))
    write_logs(config.log == "json")  # again: the server and the model's library have set up their own logs by now
    limit_logs()
    while not runtime.wait(WAIT_SECONDS):
        pass
    programs = f", for programs at {address}v1" if config.serves_api else ""
    print(f"Ready in {time.time() - psutil.Process().create_time():.1f} s at {address}{programs}", flush=True)
    for each in processes:
        threading.Thread(target=each.start, daemon=True).start()
    demo.block_thread()


def _sandbox(module: str) -> Sandbox:
    """For tools, and for what is checked: those that wait for it take up the threads that serve everybody."""
    return Sandbox(MAX_SECONDS, MAX_MEMORY, [module], count=2, wait=10)


def _programs(config: Config, services: "Services", runtime: Runtime) -> Programs | None:
    """The API, where it is on. Imported here, so that nobody else has to wait for it."""
    if not config.serves_api:
        return None
    from web.api.opening import opened

    return opened(services, lambda: runtime.wait(0.0), config.api_key, config.max_upload_mb, config.max_images)


def _batches(config: Config) -> Limits:
    """How large a batch on the page may be. A model in this process answers one item at a time."""
    parallel = config.batch_parallel if config.server or config.vllm else 1
    return Limits(1_000, parallel) if config.is_personal else Limits(20, parallel, is_shared=True)


def _begin(config: Config) -> Path:
    """What can be known before anything is loaded, which a failure would have to wait for: gives the pictures' folder.

    Raises OSError.
    """
    if os.environ.get("SPACE_ID"):  # its proxies name the visitor; "*" would believe forgers too
        os.environ.setdefault("FORWARDED_ALLOW_IPS", PROXIES_OF_SPACES)
    print("Starting…", flush=True)
    if config.share and not config.auth:
        print("Anyone with the public link can use this app. Set a password with --auth USER:PASSWORD.", flush=True)
    check_port(config.host, config.port)
    clear(upload_folder())
    if is_old(sys.version_info[:3]):
        print(OLD_PYTHON.format(platform.python_version()), flush=True)
    return writable(upload_folder() / "pictures")


def _watchers(config: Config, metrics: Metrics | None, tools: Sequence[Tool]) -> list[Watcher]:
    lines = [RequestLog([tool.spec.name for tool in tools])] if config.log == "json" else []
    return [*([metrics] if metrics else []), *lines]


def _watched(engine: Engine, watchers: list[Watcher]) -> tuple[HealthProbe, Engine]:
    """Who is asked whether the engine answers, and who is asked for answers."""
    probe = HealthProbe(engine)  # before what measures, since nobody wants to read of health checks
    return probe, InstrumentedEngine(probe, watchers) if watchers else probe


def _say_what_loads(info: ModelInfo) -> None:
    if not info.waiting:  # which has been said
        print(f"Loading {info.name}…", flush=True)


def _runtime(config: Config) -> Runtime:
    """What answers; on a borrowed GPU, by Gradio's leave."""
    if not config.zero_gpu or config.vllm or config.server:
        return runtime_of(config)
    import spaces  # before torch, whose CUDA it emulates
    from gradio import Error

    from backend.runtime.zero_gpu import zero_gpu

    return zero_gpu(config, spaces.GPU, Error)


def _pages(config: Config, liveness: Liveness) -> tuple[Bridge, SessionStore]:
    """What runs for the open pages, and what they hold."""
    keep = 0 if config.zero_gpu else config.keep_answers  # whoever is gone pays for the GPU
    bridge = Bridge(lambda page: liveness.unread_for(sessions.connection(page)), config.max_per_visitor, keep)
    sessions = SessionStore(bridge.is_busy)
    return bridge, sessions


def _sweep(store: ImageStore, quota: DiskQuota, uploads: Path) -> None:
    """What nobody has used for long goes, now and once in a while, so that no demo fills its disk or its memory."""
    while True:
        for work in (partial(store.sweep, 7), quota.look, partial(clear_old, uploads), give_back):
            with suppress(OSError):  # something was taken away in this moment: the next time
                work()
        time.sleep(SWEEP_SECONDS)


def _stop_on_signals(bridge: Bridge, closings: Sequence[Callable[[], object]]) -> None:
    """At SIGTERM or Ctrl-C answers end with what they have, which goes out to be kept; then the process ends."""

    def stop(*_: object) -> None:
        if bridge.stop_all():
            time.sleep(GRACE_SECONDS)
        for close in closings:
            close()
        os._exit(0)  # streams that are still open would hold an orderly end for minutes

    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, stop)


def _complain(sentence: str) -> int:
    print(f"app.py: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
