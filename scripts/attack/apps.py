"""The apps that attacks need: each a process with a temporary folder of its own, in front of a tame upstream server."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from scripts.attack.arena import Arena
from scripts.attack.upstream import upstream
from scripts.visitors import START, running_app

LOGIN = {"username": "ada", "password": "pass:word"}
KEY = "sk-of-the-attacked"
NARROW, SMALL_FILES_MB = 256, 4  # descriptors; the largest file that can be written
HOST = "127.0.66.80"  # stands for a host of the internet
# This machine counts as the internet there, so that what would be fetched from it is seen.
AS_PUBLIC = (
    "import sys, safehttpx, backend.storage.fetch_url as fetch, app; safehttpx.is_public_ip = lambda _: True; "
    "fetch._is_public = lambda _: True; sys.argv[0] = 'app.py'; app.main()"
)
OPTIONS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "demo": (),  # with a model and its tokenizer in the app's own process
    "public": (),
    "narrow": (),
    "full": (),
    "login": ("--auth", "ada:pass:word"),
    "api": ("--api-key-env", "ATTACKED_KEY"),
    "kept": ("--log", "json", "--max-disk-mb", "100", "--history", "history.db"),  # one app, since each takes its time
}


def _start(kind: str) -> tuple[str, ...]:
    if kind == "public":
        return (sys.executable, "-c", AS_PUBLIC)
    if kind == "narrow":
        return ("bash", "-c", f'ulimit -n {NARROW}; exec "$0" "$@"', *START)
    if kind == "full":  # the disk's end, without a disk: a write beyond this fails as one on a full disk does
        return ("bash", "-c", f'ulimit -f {SMALL_FILES_MB * 1024}; exec "$0" "$@"', *START)
    return START


@contextlib.contextmanager
def own_app(kind: str) -> Iterator[Arena]:
    """An app of this kind, see OPTIONS. Raises RuntimeError where it does not start, as with an unknown option."""
    with tempfile.TemporaryDirectory(prefix="attacked-") as name, upstream() as server:
        folder = Path(name)
        (folder / "temporary").mkdir()
        options = [str(folder / part) if part.endswith(".db") else part for part in OPTIONS[kind]]
        places = {"TMPDIR": str(folder / "temporary"), "GRADIO_TEMP_DIR": str(folder / "temporary" / "gradio")}
        places["ATTACKED_KEY"] = KEY
        model = ("--model", "demo") if kind == "demo" else ("--server", server.url)
        with running_app(*options, log=folder / "log", model=model, start=_start(kind), **places) as (url, process):
            login = LOGIN if kind == "login" else None
            yield Arena(url, psutil.Process(process.pid), folder / "log", folder / "temporary", server, login=login)
