"""The app in a Space: what was uploaded, started there as the hub starts it, and seen in a real Chromium.

`make space-check` runs this, with the packages that a Space's builder installs.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, free_port, wait_for
from tests.support.chat import SHAPES, Chat
from tests.support.processes import end
from tests.support.spaces_stub import TOKEN, spaces_hub

PYTHON = os.environ.get("SPACE_PYTHON", "")
# What is under way fails as a page goes, and Gradio's client says so: nobody sees that.
LEAVING = re.compile(r"aborted|Connection errored out")
NOISE = re.compile(r"Traceback|Error|Exception|[Ww]arning|GRADIO_HOT_RELOAD")
# A folder that cannot be written, a HOME that can, an empty /tmp, and a user who is not root. Where root runs the
# tests, its Python may lie where only root can read: the capability lets that be read, and nothing be written. Its
# environment stays where it is, which may be below what is hidden.
START = """
mkdir "$1/python" && mount --bind "$3" "$1/python"
mount -t tmpfs none /home && mkdir -p /home/user/app && chown 1000:1000 /home/user
mount --bind "$1/app" /home/user/app && mount -o remount,bind,ro /home/user/app
mount --bind "$1/tmp" /tmp && mkdir -p "$3" && mount --bind "$1/python" "$3" && cd /home/user/app
exec setpriv --reuid 1000 --regid 1000 --clear-groups --bounding-set=-all,+dac_read_search \\
  --inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search "$2" app.py
"""
pytestmark = pytest.mark.skipif(not PYTHON, reason="make space-check runs this")
BY_ROOT = sys.platform == "linux" and os.geteuid() == 0


def deploy(folder: Path) -> None:
    """Puts into a folder what `make space` puts into a Space."""
    with spaces_hub() as hub:
        environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(folder / "hub")}
        command = [sys.executable, "scripts/deploy_space.py", "--poll", "0.1", "ada/chat"]
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
        hub.spaces["ada/chat"].write_to(folder / "app")


@pytest.fixture(scope="module")
def space() -> Iterator[tuple[str, Path]]:
    """Its address, and the file with its log."""
    with tempfile.TemporaryDirectory(dir="/var/tmp" if BY_ROOT else None) as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        (folder / "tmp").mkdir()
        (folder / "tmp").chmod(0o1777)
        deploy(folder)
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": "/home/user" if BY_ROOT else name,
            "SYSTEM": "spaces",
            "SPACE_ID": "ada/chat",
            "SPACE_HOST": "ada-chat.hf.space",
            "GRADIO_SSR_MODE": "true",
            "GRADIO_SERVER_NAME": "0.0.0.0",
            "GRADIO_SERVER_PORT": str(port),
        }
        isolated = ["unshare", "--mount", "sh", "-ec", START, "sh", name, PYTHON, Path(PYTHON).parents[1]]
        command, place = (isolated, None) if BY_ROOT else ([PYTHON, "app.py"], folder / "app")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=place, env=variables, stdout=log, stderr=log)
        try:
            try:
                wait_for(f"http://127.0.0.1:{port}/", process)
            except AssertionError:
                pytest.fail((folder / "log").read_text("utf-8"))
            yield f"http://127.0.0.1:{port}/", folder / "log"
        finally:
            end(process)


def test_a_first_visitor_is_answered_and_nothing_is_amiss(browser: Browser, space: tuple[str, Path]) -> None:
    url, log = space
    chat = Chat(browser.new_context(viewport={"width": 1280, "height": 860}).new_page())
    amiss: list[str] = []
    chat.page.on(
        "console", lambda message: amiss.append(message.text) if message.type in ("error", "warning") else None
    )
    chat.page.on("pageerror", lambda error: amiss.append(str(error)))
    ours = (url, "data:", "blob:")
    chat.page.on("request", lambda request: None if request.url.startswith(ours) else amiss.append(request.url))
    chat.go(url)
    chat.send("What is in this picture?", SHAPES)
    chat.answered()
    assert chat.written(chat.answers.first)
    assert not amiss
    chat.reload()
    amiss[:] = [each for each in amiss if not LEAVING.search(each)]
    expect(chat.questions).to_have_text(["What is in this picture?"])
    assert not amiss
    chat.close()
    said = log.read_text("utf-8")
    assert "Ready in" in said
    assert not NOISE.search(said), said
