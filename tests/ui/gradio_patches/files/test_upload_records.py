"""What is noted of uploads does not grow with what strangers name, nor with what was removed since."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backend.storage.quota import DiskQuota
from ui.gradio_patches.files import upload_records
from ui.gradio_patches.files.upload_records import Progress, forget_what_is_gone


def test_nothing_is_kept_of_uploads_that_nobody_sends() -> None:
    async def ask() -> Progress:
        progress = Progress()
        for number in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(progress.is_tracked(f"unknown{number}"), 0.01)
        return progress

    progress = asyncio.run(ask())
    assert not progress._signals
    assert not progress._statuses


def test_who_asks_before_the_upload_comes_is_told_of_it() -> None:
    async def ask() -> bool:
        progress = Progress()
        asking = asyncio.create_task(progress.is_tracked("coming"))
        await asyncio.sleep(0)
        progress.track("coming")
        return await asyncio.wait_for(asking, 5)

    assert asyncio.run(ask())


def test_of_two_who_ask_for_one_upload_the_other_is_told_of_it_when_one_gives_up() -> None:
    async def ask() -> bool:
        progress = Progress()
        asking = asyncio.create_task(progress.is_tracked("coming"))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(progress.is_tracked("coming"), 0.01)
        progress.track("coming")
        return await asyncio.wait_for(asking, 5)

    assert asyncio.run(ask())


@pytest.mark.parametrize("done", [False, True])
def test_of_two_who_read_the_progress_the_other_reads_its_end_when_one_has_gone(done: bool) -> None:
    async def read() -> tuple[bool, bool]:
        progress = Progress()
        progress.append("a", "file", b"x")
        if done:
            progress.set_done("a")
        progress.stop_tracking("a")  # as Gradio does for each who reads, at the end or when they leave
        meanwhile = progress.is_done("a")
        progress.set_done("a")
        return meanwhile, progress.is_done("a")

    assert asyncio.run(read()) == (done, True)


def test_an_upload_by_the_name_of_one_that_is_done_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_records, "UNREAD_SECONDS", 0.01)

    async def upload() -> bool:
        progress = Progress()
        progress.track("a")
        progress.set_done("a")
        progress.track("a")
        await asyncio.sleep(0.05)  # in which the first is forgotten
        return progress.is_done("a")

    assert not asyncio.run(upload())


def test_an_upload_whose_progress_nobody_reads_is_forgotten_once_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_records, "UNREAD_SECONDS", 0.01)

    async def upload() -> tuple[bool, Progress]:
        progress = Progress()
        progress.append("a", "file", b"x")
        progress.set_done("a")
        done = progress.is_done("a")
        while progress._statuses or progress._signals:
            await asyncio.sleep(0.005)
        return done, progress

    done, _ = asyncio.run(asyncio.wait_for(upload(), 10))
    assert done


def test_uploads_that_were_removed_are_forgotten_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_records, "UNCHECKED", 10)
    quota = DiskQuota(tmp_path, 40 * 16_384, margin=0)
    gradios: set[str] = set()
    demo: Any = SimpleNamespace(upload_file_set=gradios, temp_file_sets=[gradios, {"another"}])
    forget_what_is_gone(demo, quota)
    for number in range(100):
        file = tmp_path / f"{number}.png"
        file.write_bytes(b"x")
        quota.keep("visitor", str(file))
        demo.upload_file_set.update([str(file)])
    there = {str(path) for path in tmp_path.iterdir()}
    assert there
    assert there <= demo.upload_file_set
    assert len(demo.upload_file_set) <= 2 * len(there) + 10
    assert demo.temp_file_sets == [demo.upload_file_set, {"another"}]
