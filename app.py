"""Starts the app: configuration -> engine -> tools -> page -> server. The only file that knows every part."""

import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

STARTED = time.perf_counter()
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported, or it calls home
print("Starting…", flush=True)

from backend.archive import Archive  # noqa: E402
from backend.builtin_tools import BUILTIN_TOOLS  # noqa: E402
from backend.config import Config, read_config  # noqa: E402
from backend.images import ImageStore  # noqa: E402
from backend.models import ModelUnusable, find  # noqa: E402
from backend.prompts import prompt_for  # noqa: E402

ASSETS = Path(__file__).resolve().parent / "assets"


def main() -> None:
    """Runs the app until it is interrupted. Exits with code 2 and one sentence where it cannot be run as asked."""
    config = read_config()
    try:
        serve(config)
    except (ModelUnusable, OSError, sqlite3.Error) as error:
        sys.exit(_complain(str(error)))


def serve(config: Config) -> None:
    """Opens the page, then loads the model behind it. Raises ModelUnusable, and OSError where the port is taken."""
    checkpoint = find(config.model)
    from backend.local_engine import LocalEngine  # here, since a wrong option must not wait for torch
    from ui.conversation import About
    from ui.launching import launch
    from ui.page import page

    engine = LocalEngine(checkpoint)
    pictures = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio") / "pictures"
    store = ImageStore(pictures, config.max_upload_mb * 1_000_000)
    about = About(
        checkpoint.title, checkpoint.introduction, checkpoint.revision,
        prompt_for(checkpoint.folder, checkpoint.prompt), config.max_new_tokens, engine.counter, engine.inspect,
    )  # fmt: skip
    archive = Archive(config.history.expanduser(), store) if config.history else None
    demo = page(engine, store, BUILTIN_TOOLS, about, archive)
    print(f"Loading {checkpoint.title}…", flush=True)
    launch(demo, config.host, config.port, config.share, config.auth, config.max_upload_mb, [str(pictures)], ASSETS)
    engine.loading.result()
    print(f"Ready in {time.perf_counter() - STARTED:.1f} s at {demo.local_url}", flush=True)
    demo.block_thread()


def _complain(sentence: str) -> int:
    print(f"app.py: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
