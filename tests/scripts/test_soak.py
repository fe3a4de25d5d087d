"""The measurement of what grows: an hour's is not lost for what goes while it is counted."""

import asyncio
import os
from pathlib import Path
from unittest.mock import Mock

import psutil

from scripts.soak import lowest_memory, measured, memory


def test_a_helper_process_or_a_file_that_goes_meanwhile_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a" * 1000)
    folder, gone = Mock(), Mock(is_file=lambda: True, stat=Mock(side_effect=FileNotFoundError))
    folder.rglob.return_value = [gone, tmp_path / "a.txt"]
    replaced = Mock(num_fds=Mock(side_effect=psutil.NoSuchProcess(1)))
    helper = Mock(num_fds=lambda: 4)
    process = Mock(num_fds=lambda: 9, num_threads=lambda: 3, children=lambda recursive: [replaced, helper])
    found = measured(process, folder)
    assert (found["processes"], found["open files and connections"]) == (2, 13)
    assert (found["temporary files"], found["disk, MB"]) == (1, 0.001)


def test_a_soak_counts_files_that_are_left_on_the_disk_and_those_that_are_open(tmp_path: Path) -> None:
    process = psutil.Process()
    before = measured(process, tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "left").write_bytes(bytes(3_000_000))
    reading = os.open(tmp_path / "deep" / "left", os.O_RDONLY)
    after = measured(process, tmp_path)
    os.close(reading)
    assert after["disk, MB"] == before["disk, MB"] + 3.0
    assert after["temporary files"] == before["temporary files"] + 1
    assert after["open files and connections"] == before["open files and connections"] + 1


def test_of_memory_that_goes_up_and_down_a_soak_takes_the_least() -> None:
    held = [bytes([1]) * 200_000_000]

    async def work() -> None:
        await asyncio.sleep(0.2)
        held.clear()

    before = memory(psutil.Process())
    assert asyncio.run(lowest_memory(psutil.Process(), work())) < before - 150


def test_a_helper_process_that_goes_as_memory_is_first_looked_at_loses_nothing() -> None:
    helpers = iter([[Mock(memory_info=Mock(side_effect=psutil.NoSuchProcess(1)))]])
    process = Mock(children=lambda recursive: next(helpers, []))
    process.memory_info.return_value.rss = 7_000_000
    assert asyncio.run(lowest_memory(process, asyncio.sleep(0))) == 7.0
