"""Starting and ending the app's process."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def started(port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "app.py", "--port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


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


def test_ctrl_c_ends_the_app_without_a_traceback() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with started(port) as process:
        assert process.stdout
        next(line for line in process.stdout if line.startswith("Ready"))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            assert page.status == 200
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert time.monotonic() - start < 10
    assert "Traceback" not in err
