"""Rows of a benchmark are there as soon as they are known, and whatever happens to the run afterwards."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.benchmark.report import CannotMeasure, Report
from scripts.benchmark.table import Row


def in_file(file: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert all(line["seconds"] >= 0 for line in lines)
    return [(line["row"], line["measured"]) for line in lines]


def run(file: Path, code: str) -> subprocess.CompletedProcess[str]:
    """`code` has `report` of so many seconds, and `one` that measures at once."""
    begin = (
        "import sys, time\nfrom pathlib import Path\n"
        "from scripts.benchmark.report import Limit, Report\nfrom scripts.benchmark.table import Row\n"
        "one = lambda: [Row('one', '1 ms', '')]\n"
        "report = lambda seconds: Report(Path(sys.argv[1]), Limit(seconds))\n"
    )
    return subprocess.run([sys.executable, "-c", begin + code, str(file)], capture_output=True, text=True, timeout=60)


def test_a_row_is_printed_and_in_the_file_before_the_next_one_is_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.jsonl"

    def rows() -> Iterator[Row]:
        yield Row("first", "1 ms", "")
        assert in_file(file) == [("first", "1 ms")]
        assert capsys.readouterr().out == "| first | 1 ms |  |\n"
        yield Row("second", "2 ms", "")

    Report(file).measure("both", 0, rows)
    assert in_file(file) == [("first", "1 ms"), ("second", "2 ms")]


def test_a_row_that_fails_says_why_and_the_next_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(tmp_path / "rows.jsonl")

    def lacking() -> Iterator[Row]:
        raise CannotMeasure("needs a GPU")

    def failing() -> Iterator[Row]:
        raise RuntimeError("no kernel | no image\nand much more")

    report.measure("lacking", 0, lacking)
    assert not report.failed
    report.measure("failing", 0, failing)
    assert report.failed
    report.measure("next", 0, lambda: [Row("next", "1 ms", "")])
    assert capsys.readouterr().out.splitlines() == [
        "| lacking | not measured | needs a GPU |",
        "| failing | failed | RuntimeError: no kernel / no image |",
        "| next | 1 ms |  |",
    ]


def test_what_takes_longer_than_is_left_is_left_out_and_what_does_not_is_measured(tmp_path: Path) -> None:
    code = "r = report(30)\nr.measure('long', 31, one)\nr.measure('short', 1, one)\nr.close()"
    done = run(tmp_path / "rows.jsonl", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert in_file(tmp_path / "rows.jsonl") == [("long", "left out"), ("one", "1 ms")]


def test_the_file_has_all_rows_though_nobody_reads_what_is_printed(tmp_path: Path) -> None:
    code = (
        "import os\nread, write = os.pipe()\nos.dup2(write, 1)\nos.close(read)\n"
        "r = report(30)\nr.measure('first', 1, one)\nr.measure('second', 1, one)\nr.close()"
    )
    done = run(tmp_path / "rows.jsonl", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert in_file(tmp_path / "rows.jsonl") == [("one", "1 ms")] * 2


def test_a_process_that_hangs_in_its_exit_is_ended_too(tmp_path: Path) -> None:
    code = (
        "import threading\nr = report(2)\nr.measure('short', 1, one)\nr.close()\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()"
    )
    assert run(tmp_path / "rows.jsonl", code).returncode == 1
    assert in_file(tmp_path / "rows.jsonl") == [("one", "1 ms")]


def test_a_row_that_hangs_is_cut_off_when_the_time_is_over(tmp_path: Path) -> None:
    code = "r = report(2)\nr.measure('short', 1, one)\nr.measure('hanging', 1, lambda: time.sleep(600))"
    done = run(tmp_path / "rows.jsonl", code)
    assert done.returncode == 3
    assert in_file(tmp_path / "rows.jsonl") == [("one", "1 ms"), ("hanging", "cut off")]
    assert "| hanging | cut off | 2 s are over |" in done.stdout


def test_what_was_measured_is_not_told_as_cut_off_where_what_comes_after_it_hangs(tmp_path: Path) -> None:
    done = run(tmp_path / "rows.jsonl", "r = report(2)\nr.measure('short', 1, one)\ntime.sleep(600)")
    assert done.returncode == 3
    assert in_file(tmp_path / "rows.jsonl") == [("one", "1 ms"), ("what comes after short", "cut off")]


def test_a_row_that_hangs_in_a_library_and_holds_python_up_is_cut_off_too(tmp_path: Path) -> None:
    code = "r = report(2)\nr.measure('short', 1, one)\nr.measure('hanging', 1, lambda: sum(range(10**13)))"
    done = run(tmp_path / "rows.jsonl", code)
    assert done.returncode == 1
    assert in_file(tmp_path / "rows.jsonl") == [("one", "1 ms")]
    assert "report.py" in done.stderr  # where it hung
