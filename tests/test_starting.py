"""Starting and ending the app's process."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from app import serve
from backend.config import Config
from backend.runtime.startup import check_port
from tests.support.reverse_proxy import NAME
from tests.support.stub_server import stub_server
from tests.support.tunnel import REFUSED, stand_in

ROOT = Path(__file__).resolve().parent.parent


def started(port: int, *options: str, **environ: str) -> subprocess.Popen[str]:
    command = [sys.executable, "app.py", "--port", str(port), *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **environ})


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_broken_file_of_tools_ends_the_start_in_one_line_before_anything_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("print('loud')\n\ndef look(what):\n    pass\n", "utf-8")
    process = started(free_port(), "--tools", str(tmp_path / "mine.py"))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Loading" not in out
    said = "app.py: mine.py, line 3: the function “look” has no docstring to tell the model what it does."
    assert err.splitlines() == ["loud", f"{said} If it is no tool, call it _look."]


def test_a_demo_that_is_wrong_ends_the_start_in_one_line_before_anything_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[settings.temperature]\nmax = 3\n", "utf-8")
    process = started(free_port(), MISTRAL_CHAT_DEMO=str(tmp_path / "mine.toml"))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Loading" not in out
    assert err == "app.py: mine.toml: settings.temperature.max must be at most 2, not 3.\n"


def test_a_port_that_is_taken_ends_the_start_in_one_line_before_anything_is_loaded() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = started(taken.getsockname()[1])
        out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == "Starting…\n"
    assert err.startswith("app.py: Port ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://ada:secret@", "'http://' isn't a server address. Write it like http://localhost:8000"),
        ("mistral", "--server mistral needs a key. Set MISTRAL_API_KEY,"),
    ],
)
def test_a_server_that_cannot_be_asked_ends_the_start_in_one_line(address: str, sentence: str) -> None:
    command = [sys.executable, "app.py", "--port", str(free_port()), "--server", address]
    environ = {name: value for name, value in os.environ.items() if name != "MISTRAL_API_KEY"}
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"app.py: {sentence}")
    assert ended.stderr.count("\n") == 1


def test_ctrl_c_ends_the_app_without_a_traceback() -> None:
    port = free_port()
    with started(port) as process:
        assert process.stdout
        next(line for line in process.stdout if line.startswith("Ready"))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            assert page.status == 200
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in err


DIRECTLY = urllib.request.ProxyHandler({})


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


ODD = {
    "GRADIO_SERVER_NAME": "[::]",
    "GRADIO_NUM_PORTS": "many",
    "PYTHONIOENCODING": "ascii",
    "LC_ALL": "POSIX",
    "http_proxy": "http://127.0.0.1:1",
    "all_proxy": "socks5://127.0.0.1:1",
    "no_proxy": "localhost,[::1]",
}


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_it_starts_on_ipv6_behind_unusable_proxies_and_on_a_terminal_without_our_characters() -> None:
    port = free_port()
    with stub_server() as stub, started(port, "--server", stub.url, **ODD) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ready"):
                with urllib.request.build_opener(DIRECTLY).open(line.split(" at ")[1].strip()) as page:
                    assert page.status == 200
                process.terminate()
        _, err = process.communicate(timeout=30)
    assert lines[0] == "Starting?\n"
    assert lines[-1].endswith(f" at http://[::1]:{port}/\n")
    assert err == ""


WRONG = {
    "no number": ({"GRADIO_SERVER_PORT": "abc"}, "GRADIO_SERVER_PORT: 'abc' is not a whole number from 1 to 65535"),
    "no folder": ({"GRADIO_TEMP_DIR": __file__}, f"Images can't be saved in {__file__}/pictures (Not a directory)"),
}


@pytest.mark.parametrize(("environ", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_around_it_is_named_in_one_sentence(environ: dict[str, str], sentence: str) -> None:
    environ = {
        **os.environ,
        "MISTRAL_CHAT_SERVER": "http://127.0.0.1:1",
        "GRADIO_SERVER_PORT": str(free_port()),
        **environ,
    }
    command = [sys.executable, "app.py"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environ, timeout=60)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert ended.stderr.startswith(f"app.py: {sentence}")


def test_a_port_that_another_holds_is_taken_on_windows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken, monkeypatch.context() as windows:  # whose SO_REUSEADDR takes from whoever listens,
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # and that of Linux from whoever does not yet
        taken.bind(("127.0.0.1", 0))
        windows.setattr(os, "name", "nt")
        with pytest.raises(OSError, match="Choose another with --port"):
            check_port("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize("host", ["a..b", "203.0.113.1", "nowhere.invalid"])
def test_a_host_that_is_not_this_machine_is_named_in_one_sentence(host: str) -> None:
    with pytest.raises(
        OSError, match=re.escape(f"{host} isn't an address of this machine. Choose another with --host.")
    ):
        serve(Config(host=host, port=free_port()))


def test_a_public_link_leads_to_the_app_and_ends_with_it(tmp_path: Path) -> None:
    with stub_server() as stub, started(free_port(), "--server", stub.url, "--share", **stand_in(tmp_path)) as process:
        assert process.stdout
        link = next(line for line in process.stdout if line.startswith("Public link: ")).split(": ")[1].strip()
        there = link.replace(NAME, "127.0.0.1")
        unchecked = ssl._create_unverified_context()
        with urllib.request.urlopen(there, context=unchecked, timeout=20) as page:
            assert b"og:title" in page.read()
        process.terminate()
        process.communicate(timeout=30)
    with pytest.raises(OSError, match=r"refused|reset"):
        urllib.request.urlopen(there, context=unchecked, timeout=20)


def test_without_a_public_link_it_says_so_in_one_sentence_and_serves(tmp_path: Path) -> None:
    refused = stand_in(tmp_path) | {REFUSED: "1"}
    with stub_server() as stub, started(port := free_port(), "--server", stub.url, "--share", **refused) as process:
        assert process.stdout
        said = next(line for line in process.stdout if line.startswith("There's no public link"))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            assert page.status == 200
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert said.endswith(". The app still runs at its own address.\n")
    assert "Traceback" not in err
