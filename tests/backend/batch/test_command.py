"""`python -m backend.batch` with the demo model: five pictures of shapes -> a CSV file that is right."""

import csv
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.shapes import QUESTION, SCHEMA, SHAPES, SHOWN, draw_all


def command(folder: Path, out: Path, *more: str) -> list[str]:
    schema = folder.parent / "schema.json"
    schema.write_text(SCHEMA, "utf-8")
    model = ["--model", "demo", "--prompt", QUESTION, "--schema", str(schema), "--out", str(out)]
    return [sys.executable, "-m", "backend.batch", str(folder), *model, *more]


def ran(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(list(map(str, arguments)), capture_output=True, text=True, timeout=100, check=False)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """What is started hears Ctrl-C, even where the tests run in a shell's background and would have it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for path in draw_all(folder)[3:]:
        path.rename(folder / "more" / path.name)
    return folder


def names() -> list[str]:
    files = [f"{number} {shape}.png" for number, shape in enumerate(SHAPES, 1)]
    return [*files[:3], *(f"more/{name}" for name in files[3:])]


def test_five_pictures_of_shapes_become_a_table_that_is_right(pictures: Path, tmp_path: Path) -> None:
    (pictures / "2 broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (pictures / ".hidden.png").write_bytes(b"hidden")
    expected = tmp_path / "expected.csv"
    rows = [f'"{name}",{SHOWN[shape]}' for name, shape in zip(names(), SHAPES, strict=True)]
    expected.write_text("\n".join(["item,shows", *rows, ""]), "utf-8")
    done = ran(*command(pictures, tmp_path / "table", "--expected", str(expected)))
    assert done.returncode == 1, done.stderr  # for the broken one
    assert "5 of 6 items answered." in done.stderr
    assert "5 of 5 fields are as expected." in done.stderr
    found = {row["item"]: row for row in table(tmp_path / "table.csv")}
    assert {name: row["shows"] for name, row in found.items() if not row["error"]} == dict(
        zip(names(), SHOWN.values(), strict=True)
    )
    assert "2 broken.png" in found["2 broken.png"]["error"]
    assert len((tmp_path / "table.jsonl").read_text("utf-8").splitlines()) == 6
    assert "The image shows a blue square." in (tmp_path / "table.md").read_text("utf-8")


def test_a_run_that_was_killed_goes_on_where_it_was_and_one_that_was_whole_asks_nothing(
    pictures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "table.csv"
    journal = tmp_path / "table.csv.progress.jsonl"
    with subprocess.Popen(command(pictures, out), stderr=subprocess.DEVNULL) as process:
        while not (journal.exists() and journal.read_bytes().count(b"\n")):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    kept = journal.read_bytes().count(b"\n")
    first = journal.read_text("utf-8").splitlines()[0]
    done = ran(*command(pictures, out))
    assert done.returncode == 0, done.stderr
    assert [row["shows"] for row in table(out)] == list(SHOWN.values())
    lines = journal.read_text("utf-8").splitlines()
    assert kept >= 1
    assert lines[0] == first
    assert len({line.partition(",")[0] for line in lines}) == 5  # each was asked about once, but for a line cut off
    before = journal.read_bytes()
    assert ran(*command(pictures, out)).returncode == 0
    assert journal.read_bytes() == before


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_ends_it_in_a_sentence_and_keeps_what_is_done(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    for number in range(60):  # as many as are not done before it is stopped
        (pictures / f"{number:03} other.png").write_bytes((pictures / names()[number % 3]).read_bytes())
    journal = tmp_path / "table.csv.progress.jsonl"
    with subprocess.Popen(command(pictures, out), stderr=subprocess.PIPE, text=True) as process:
        while not (journal.exists() and journal.read_bytes().count(b"\n")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The same command goes on from here." in errors
    assert "Traceback" not in errors
    assert len(table(out)) == journal.read_bytes().count(b"\n")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("--schema", "nowhere.json"), "nowhere.json can't be read"),
        (("--out", "table.xlsx"), "--out ends with .csv, .jsonl, .md or without an ending"),
        (("--out", "nowhere/table.csv"), "there's no folder nowhere"),
        (("--temperature", "9"), "Temperature must be between 0.0 and 2.0"),
        (("--no-such",), "unknown option --no-such"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence_at_once(
    pictures: Path, tmp_path: Path, change: tuple[str, ...], sentence: str
) -> None:
    done = ran(*command(pictures, tmp_path / "table.csv"), *change)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
