"""The app is killed while it saves: the file stays whole, and holds all that was said to be kept.

MISTRAL_CHAT_KILLS says how many times (5 otherwise).
"""

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from backend.chat.messages import AssistantMessage
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive

KILLS = int(os.environ.get("MISTRAL_CHAT_KILLS", "5"))


def killed(path: Path, folder: Path, seconds: float) -> list[tuple[str, str, int]]:
    """What a process that was killed after so long, from when it was ready, had said to be kept."""
    command = [sys.executable, "-m", "tests.support.saving_child", str(path), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(seconds)
        assert child.poll() is None
        child.kill()
        lines = child.stdout.read().splitlines(keepends=True)
    told = [line.split() for line in lines if line.endswith("\n")]
    return [(key, id, int(length)) for key, id, length in told]


def check_kept(path: Path, folder: Path, told: list[tuple[str, str, int]]) -> int:
    """That the file is whole and at least all that was told is in it; how many nodes are in it."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    documents = {document.id: document for document in Archive(path, ImageStore(folder)).documents()}
    for key, id, length in told:
        message = documents[key].history.nodes[id].message
        assert isinstance(message, AssistantMessage)
        assert len(message.text) >= length
    for document in documents.values():
        assert document.history.leaf in document.history.nodes
        assert len(document.history.images) == len(document.history.nodes) // 2  # no picture is missing or marked
    return sum(len(document.history.nodes) for document in documents.values())


def test_being_killed_at_any_moment_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    path, dice, told, count = tmp_path / "kept.db", random.Random(), list[tuple[str, str, int]](), 0
    for number in range(KILLS):
        told += killed(path, tmp_path / "child", dice.uniform(0, 0.7))
        count = check_kept(path, tmp_path / f"store {number}", told[-400:])
    kept = {id for _, id, _ in told}
    assert count >= 2 * len(kept) > 0
    print(f"{KILLS} kills, {len(told)} saves told, {count} nodes in the file")
