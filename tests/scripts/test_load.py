"""What the programs that measure load print: the worst of it."""

import asyncio
import os
from multiprocessing import Pipe
from pathlib import Path

import psutil

from scripts.attack.arena import Arena, Case, Seen
from scripts.load import attack, attacked_row
from scripts.soak import lowest_memory, measured
from scripts.visitors import Outcome


def test_a_row_of_an_attack_has_the_slowest_answer_and_all_that_went_wrong() -> None:
    crosstalk = Outcome("completed", 0.1, whole=1.0, notice="cross-talk")
    outcomes = [Outcome("completed", 0.1, whole=4.0), crosstalk, Outcome("failed"), Outcome("refused", notice="no")]
    assert attacked_row("bombs", outcomes, usual=2.0) == "| bombs | 2 | 1 | 1 | 1 | 4.0 s | 2.0 |"


async def broken(arena: Arena) -> Seen:
    raise ValueError("no such button")


async def untried(arena: Arena) -> Seen:
    return Seen("not tried: port 80 cannot be had", False)


def test_an_attack_tells_what_it_could_not_do() -> None:
    for deed, note in ((broken, "the attack failed: ValueError: no such button"), (untried, "not tried: port 80")):
        hears, tells = Pipe(duplex=False)
        attack("http://127.0.0.1:9", Case("2", "an attack", deed), tells)
        assert note in hears.recv()


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

    before = psutil.Process().memory_info().rss / 1e6
    assert asyncio.run(lowest_memory(psutil.Process(), work())) < before - 150
