"""Fetching a model from a hub that runs here: the whole of it, what is resumed, and the sentence for each failure.

A process of its own each time, since huggingface_hub reads its environment once.
"""

import json
import os
import pty
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.hub_stub import BESIDE, COMMIT, DEMO, Hub, hub_server

NAME = "mistralai/Mistral-Small-3.2-24B-Instruct-2506"
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
TOKEN = "hf_secretsecret"
FIND = """
import json, sys
from backend.chat.errors import ModelUnusable
from backend.models.catalogue import find
reports = []
try:
    folder = find("small-3.2", report=lambda *counts: reports.append(counts)).folder
except ModelUnusable as error:
    sys.exit(f"refused: {error}")
print(json.dumps(reports))
print(folder)
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_server(NAME) as hub:
        yield hub


def environment(hub: Hub, home: Path, **more: str) -> dict[str, str]:
    """This process's variables, with this hub and this empty cache."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    return ours | {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_TOKEN": TOKEN} | more


def find(hub: Hub, home: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    """What `find` prints in a process of its own. It never prints the token or a traceback."""
    command = [sys.executable, "-c", FIND]
    done = subprocess.run(command, env=environment(hub, home, **more), capture_output=True, text=True, timeout=60)
    assert TOKEN not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def found(hub: Hub, home: Path, **more: str) -> Path:
    """The folder that `find` finds, with all of the model's files."""
    done = find(hub, home, **more)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.splitlines()[-1])
    assert folder.name == COMMIT
    assert {file.name for file in folder.iterdir()} == {file.name for file in DEMO.iterdir()} - {"README.md"}
    assert all(file.read_bytes() == hub.files[file.name] for file in folder.iterdir())
    return folder


def reports(hub: Hub, home: Path) -> list[list[int]]:
    """The bytes written and the bytes of all, as they are reported while the model is fetched."""
    counts: list[list[int]] = json.loads(find(hub, home).stdout.splitlines()[-2])
    return counts


def refusal(hub: Hub, home: Path, **more: str) -> str:
    """The sentence with which `find` refuses."""
    done = find(hub, home, **more)
    assert done.returncode == 1
    sentence = done.stderr.splitlines()[-1].removeprefix("refused: ")
    assert sentence.endswith(".")
    assert NAME in sentence
    return sentence


def test_a_model_is_fetched_with_only_the_files_it_needs_and_with_the_token(hub: Hub, tmp_path: Path) -> None:
    found(hub, tmp_path)
    assert all(hub.got(shard) == [""] for shard in SHARDS)
    assert not any(hub.got(file) for file in BESIDE)
    assert {token for _, path, _, token in hub.asked if NAME in path} == {f"Bearer {TOKEN}"}


def test_a_model_that_was_fetched_is_found_without_the_hub(hub: Hub, tmp_path: Path) -> None:
    folder = found(hub, tmp_path)
    asked = len(hub.asked)
    assert found(hub, tmp_path, HF_HUB_OFFLINE="1") == folder
    assert len(hub.asked) == asked
    hub.refuse(503)
    assert found(hub, tmp_path) == folder
    assert found(hub, tmp_path, HF_ENDPOINT="http://127.0.0.1:9") == folder


def test_what_will_be_fetched_is_said_before_it_is(hub: Hub, tmp_path: Path) -> None:
    said = f"Fetching {NAME}: 6 files, 17.3 MB, into {tmp_path}/hub"
    assert find(hub, tmp_path).stdout.startswith(said)
    assert "Fetching" not in find(hub, tmp_path).stdout


def test_what_is_left_to_fetch_is_said_after_an_interruption(hub: Hub, tmp_path: Path) -> None:
    hub.cuts, hub.resets = [8_500_000], True
    refusal(hub, tmp_path)
    assert ": 1 file, 9.0 MB, into" in find(hub, tmp_path).stdout


def test_a_model_that_the_disk_has_no_room_for_is_not_begun(hub: Hub, tmp_path: Path) -> None:
    hub.sizes[SHARDS[0]] = 10**16
    assert "needs 10000000.0 GB of the disk and " in refusal(hub, tmp_path)
    assert not any(hub.got(file) for file in hub.files)


def test_the_bytes_are_reported_as_they_come(hub: Hub, tmp_path: Path) -> None:
    hub.files[SHARDS[0]] = os.urandom(30_000_000)
    hub.cuts = [15_000_000]
    counts = reports(hub, tmp_path)
    total = sum(len(hub.files[file.name]) for file in DEMO.iterdir() if file.name != "README.md")
    assert counts == sorted(counts)
    assert {whole for _, whole in counts} == {total}
    assert counts[-1][0] == total
    assert len(counts) >= 8
    assert reports(hub, tmp_path) == []


def test_a_bar_of_the_bytes_stands_in_a_terminal(hub: Hub, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    shown = b""
    command = [sys.executable, "-c", FIND]
    with subprocess.Popen(command, env=environment(hub, tmp_path), stdout=theirs, stderr=theirs):
        os.close(theirs)
        with suppress(OSError):  # which a terminal raises at its end
            while piece := os.read(ours, 65_536):
                shown += piece
    os.close(ours)
    assert b"17.3MB / 17.3MB" in shown


def test_a_download_that_is_cut_off_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    hub.files[SHARDS[0]] = os.urandom(30_000_000)
    hub.cuts = [15_000_000, 12_000_000]
    found(hub, tmp_path)
    assert hub.got(SHARDS[0]) == ["", "bytes=10485760-", "bytes=20971520-"]  # it is written in pieces of 10 MiB


def test_a_connection_that_is_reset_is_told_in_one_sentence_and_the_next_start_fetches_the_rest(
    hub: Hub, tmp_path: Path
) -> None:
    hub.cuts, hub.resets = [300_000], True
    assert "Check the connection" in refusal(hub, tmp_path)
    assert "HF_HUB_OFFLINE" in refusal(hub, tmp_path, HF_HUB_OFFLINE="1")
    found(hub, tmp_path)
    assert sorted(len(hub.got(shard)) for shard in SHARDS) == [1, 2]


@pytest.mark.parametrize(
    ("status", "code", "where", "words"),
    [
        (403, "GatedRepo", "/resolve/", "terms"),
        (401, "GatedRepo", "/resolve/", "terms"),
        (403, "GatedRepo", "", "terms"),
        (404, "RepoNotFound", "", "no repository"),
        (401, "", "", "doesn't accept HF_TOKEN"),
        (403, "", "", "couldn't be downloaded"),
        (404, "RevisionNotFound", "", "couldn't be downloaded"),
        (429, "", "", "couldn't be downloaded"),
        (503, "", "", "couldn't be downloaded"),
        (200, "", "", "couldn't be downloaded"),
    ],
)
def test_a_hub_that_refuses_is_told_in_one_sentence(
    status: int, code: str, where: str, words: str, hub: Hub, tmp_path: Path
) -> None:
    hub.refuse(status, code, where)
    assert words in refusal(hub, tmp_path)
    assert not any(hub.got(file) for file in hub.files)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "nonsense"])
def test_a_hub_that_is_not_there_is_told_in_one_sentence(address: str, hub: Hub, tmp_path: Path) -> None:
    assert "couldn't be downloaded" in refusal(hub, tmp_path, HF_ENDPOINT=address)


def test_weights_that_the_hubs_storage_does_not_give_are_told_in_one_sentence(hub: Hub, tmp_path: Path) -> None:
    hub.xet = True
    assert "couldn't be downloaded" in refusal(hub, tmp_path)


def test_a_token_that_cannot_be_sent_is_refused_and_not_printed(hub: Hub, tmp_path: Path) -> None:
    sentence = refusal(hub, tmp_path, HF_TOKEN="hf_sécret")
    assert "cret" not in sentence


def test_the_app_itself_answers_from_the_cache(hub: Hub, tmp_path: Path) -> None:
    found(hub, tmp_path)
    asked = len(hub.asked)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--model", "small-3.2", "--port", str(port)]
    variables = environment(hub, tmp_path, HF_HUB_OFFLINE="1")
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout
        lines = []
        for line in app.stdout:
            lines.append(line)
            if line.startswith("Ready"):
                break
        app.terminate()
    assert lines[-1].startswith("Ready"), lines
    assert "Loading Mistral Small 3.2…\n" in lines
    assert len(hub.asked) == asked
