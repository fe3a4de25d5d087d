"""The page in front of a server on a system without POSIX, as far as that can be seen on one that has it."""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, free_port, wait_for
from tests.support.chat import SHAPES, opened
from tests.support.stub_server import WHOLE, sends, stub_server

# What Windows has not is kept from the app's own files, in this process and those that it starts; libraries have parts
# of their own for each system. There each process starts anew and takes over nothing.
WITHOUT = """
import builtins, multiprocessing, os, signal
within, real = os.environ["PYTHON_WITHIN"], builtins.__import__
def imported(name, globals=None, *rest, **named):
    file = (globals or {}).get("__file__") or ""
    if file.startswith(within) and "site-packages" not in file:
        if name in ("resource", "fcntl", "pwd", "grp", "termios", "pty", "tty", "syslog"):
            raise ModuleNotFoundError(name)
    return real(name, globals, *rest, **named)
builtins.__import__ = imported
for name in ("SIGHUP", "SIGALRM", "SIGPROF", "SIGUSR1", "SIGUSR2", "SIGQUIT", "setitimer", "alarm"):
    delattr(signal, name)
for name in ("fork", "forkpty", "setsid", "getuid", "geteuid", "killpg", "getpgid", "sched_getaffinity"):
    delattr(os, name)
os.process_cpu_count = os.cpu_count  # as it is there: from Python 3.13 on this one calls what is gone
multiprocessing.set_start_method("spawn")
"""


def test_a_picture_is_taken_in_and_a_question_answered_without_posix(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT, "utf-8")
    with stub_server() as stub:
        stub.answers = [sends(*WHOLE)]
        url = f"http://127.0.0.1:{(port := free_port())}/"
        command = [sys.executable, "app.py", "--port", str(port), "--server", stub.url]
        told = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHON_WITHIN": str(ROOT)}
        process = subprocess.Popen(command, cwd=ROOT, env=told, stderr=subprocess.PIPE, text=True)
        try:
            wait_for(url, process)
            chat = opened(browser, url)
            chat.send("What is this?", SHAPES)
            chat.answered()
            expect(chat.answers).to_contain_text("Hello")
            chat.close()
        finally:
            process.terminate()
            try:
                _, log = process.communicate(timeout=30)
            finally:
                process.kill()  # does nothing to one that has ended
    assert "data:image/" in str(stub.bodies)
    assert not log
