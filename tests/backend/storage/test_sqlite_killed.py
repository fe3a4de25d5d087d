"""A process that is killed while it saves, at random moments: the file stays whole, with all that it had kept.

KILLS=100 .venv/bin/python -m pytest tests/backend/storage/test_sqlite_killed.py
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from backend.chat.messages import AssistantMessage
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive

KILLS = int(os.environ.get("KILLS", "10"))
FIXTURE = Path(__file__).parent / "fixtures" / "first_version.db"
# Answers, one after the other, each saved again and again as it grows; what is kept is printed.
SAVING = """
import itertools, sys
from dataclasses import replace
from pathlib import Path
from backend.chat.messages import AssistantMessage, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree, new_id
from backend.storage.document import Document
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive

archive = Archive(Path(sys.argv[1]), ImageStore(Path(sys.argv[2])))
document = archive.load("a") or Document("a")
print("ready", flush=True)
for number in itertools.count(len(document.history.nodes)):
    question = UserMessage((Text(f"Question {number}?"),))
    history = document.history.with_branch(document.history.conversation.add(question))
    at, ids = history.leaf, [new_id()]
    for count in range(1, 8):
        answer = AssistantMessage(f"Answer {number}: " + "word " * 400 * count)
        history = history.with_answer(at, [answer], ids, ChatRequest("Be brief. " * 500))
        document = replace(document, history=history, updated=f"{number:09}.{count}")
        nodes = [history.nodes[id] for id in history.path[-2:]]
        archive.save(document, nodes, growing=ids[0] if count < 7 else None)
        print(ids[0], len(answer.text), flush=True)
"""


def killed(command: list[str], seconds: float) -> list[str]:
    """The lines that a process printed before it was killed, so many seconds after its first; half a line is none."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."}) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        return [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]


def check(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.timeout(60 + 3 * KILLS)
def test_a_process_that_is_killed_while_it_saves_loses_nothing_that_it_had_kept(tmp_path: Path) -> None:
    path, dice, kept = tmp_path / "kept.db", random.Random(), dict[str, int]()
    command = [sys.executable, "-c", SAVING, str(path), str(tmp_path / "store")]
    for number in range(KILLS):
        for line in killed(command, dice.uniform(0, 0.5)):
            id, length = line.split()
            kept[id] = int(length)
        document = Archive(path, ImageStore(tmp_path / "store")).load("a")
        assert document is not None or not kept
        for id, length in kept.items():
            assert document is not None
            message = document.history.nodes[id].message
            assert isinstance(message, AssistantMessage)
            assert len(message.text) >= length
        check(path)
        if number % 5 == 4:  # a long conversation costs the test its time, and nothing else
            path.unlink()
            kept.clear()


def test_a_process_that_is_killed_as_it_brings_a_file_up_to_date_leaves_one_or_the_other(tmp_path: Path) -> None:
    path, dice = tmp_path / "kept.db", random.Random()
    code = """
import sys
from pathlib import Path
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive
store = ImageStore(Path(sys.argv[2]))
print("ready", flush=True)
Archive(Path(sys.argv[1]), store)
"""
    shutil.copy(FIXTURE, path)
    with closing(sqlite3.connect(path)) as db, db:  # large enough for it to take a while
        for number in range(120):
            db.execute(
                "INSERT INTO documents SELECT id || ?, title, updated, words, body FROM documents LIMIT 1",
                (str(number),),
            )
    large = path.read_bytes()
    for _ in range(max(5, KILLS // 4)):
        for file in tmp_path.glob("kept.db*"):
            file.unlink()
        path.write_bytes(large)
        killed([sys.executable, "-c", code, str(path), str(tmp_path / "store")], dice.uniform(0, 0.2))
        with closing(sqlite3.connect(path)) as db:
            names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        check(path)
        assert ("documents" in names) != ("nodes" in names)
        assert len(Archive(path, ImageStore(tmp_path / "store")).entries()) == 122
