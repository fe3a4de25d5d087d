"""How much of the disk may be taken, and what goes first."""

import gc
import os
import shutil
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from backend.storage.holdings import Arrival
from backend.storage.quota import NO_ROOM, DiskFull, DiskQuota

HOUR = 3600.0


def quota(folder: Path, used: Iterable[str] = (), margin: int = 0) -> DiskQuota:
    """Of 10 MB, so that one visitor may have 2.5."""
    return DiskQuota(folder, 10_000_000, lambda: list(used), margin)


@contextmanager
def coming(quota: DiskQuota, owner: str, *sizes: int) -> Iterator[Arrival]:
    """Something of which so many bytes come, one after the other, while the block goes on."""
    arrival = Arrival(owner)
    try:
        for size in sizes:
            quota.grow(arrival, size)
        yield arrival
    finally:
        quota.close(arrival)


def kept(quota: DiskQuota, owner: str, path: Path, size: int = 500_000) -> str:
    """A file that a visitor sent."""
    path.parent.mkdir(exist_ok=True)
    with coming(quota, owner, size) as arrival:
        path.write_bytes(b"x" * size)
        quota.take_in(arrival, str(path))
    return str(path)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_one_visitor_fills_a_part_of_it_and_loses_what_is_oldest(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    kept(disk, "another", tmp_path / "theirs")
    for number in range(50):
        kept(disk, "a", tmp_path / str(number) / f"{number:02}")
    assert names(tmp_path)[-1] == "theirs"
    assert 3 <= len(names(tmp_path)) - 1 <= 5
    assert "49" in names(tmp_path)
    assert len(list(tmp_path.iterdir())) <= 6  # a folder goes with what was in it


def test_all_together_fill_no_more_than_there_is(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    for number in range(100):
        kept(disk, f"visitor {number}", tmp_path / f"{number:02}")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 10_000_000
    assert names(tmp_path)[-1] == "99"


def test_what_is_in_use_stays_however_old(tmp_path: Path) -> None:
    disk = quota(tmp_path, used=(str(tmp_path / "00"),))
    for number in range(50):
        kept(disk, "a", tmp_path / f"{number:02}")
    assert "00" in names(tmp_path)


def test_where_all_is_in_use_no_more_is_taken(tmp_path: Path) -> None:
    disk = quota(tmp_path, used=tuple(str(tmp_path / f"{number:02}") for number in range(10)))
    with pytest.raises(DiskFull, match="disk is full"):  # noqa: PT012
        for number in range(10):
            kept(disk, "a", tmp_path / f"{number:02}")
    assert len(names(tmp_path)) == 5


def test_what_is_on_its_way_counts(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    with coming(disk, "a", 1_000_000, 1_000_000), pytest.raises(DiskFull), coming(disk, "a", 1_000_000):
        pass
    kept(disk, "a", tmp_path / "after", 2_000_000)


def test_a_file_of_no_bytes_takes_room_too(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    for number in range(400):
        kept(disk, "a", tmp_path / f"{number:03}", size=0)
    assert len(names(tmp_path)) <= 2_500_000 // 16_384


def test_what_lay_there_before_goes_before_what_is_new(tmp_path: Path) -> None:
    for number in range(19):
        upload = tmp_path / f"{number:064x}" / f"old{number:02}"
        upload.parent.mkdir()
        upload.write_bytes(b"x" * 500_000)
        os.utime(upload, (number, number))
    disk = quota(tmp_path)
    disk.look()
    kept(disk, "a", tmp_path / "new", 1_000_000)
    assert "old00" not in names(tmp_path)
    assert {"old18", "new"} <= set(names(tmp_path))
    disk.look()
    kept(disk, "a", tmp_path / "newer", 1_400_000)  # what it has of its own is still known
    assert "new" in names(tmp_path)


def test_what_is_not_the_apps_in_a_folder_that_it_shares_is_left_alone(tmp_path: Path) -> None:
    for name in ("models/weights.safetensors", "history.sqlite", "pictures/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * 4_000_000)
        os.utime(tmp_path / name, (1, 1))
    disk = quota(tmp_path)
    disk.look()
    for number in range(8):
        kept(disk, f"visitor {number}", tmp_path / f"new{number}", 2_000_000)
    disk.look()
    assert {"weights.safetensors", "history.sqlite", "notes.txt"} <= set(names(tmp_path))


def test_pictures_that_were_not_uploaded_count_as_well(tmp_path: Path) -> None:
    """As those of an import, or from an address: for them no room is asked for beforehand."""
    disk = quota(tmp_path)
    for number in range(5):
        path = tmp_path / f"one{number}"
        path.write_bytes(b"x" * 1_000_000)
        disk.keep("a", str(path))
    assert len(names(tmp_path)) == 2


def test_an_upload_that_is_allowed_always_fits(tmp_path: Path) -> None:
    disk = DiskQuota(tmp_path, 10_000_000, margin=0, upload=6_000_000)
    kept(disk, "a", tmp_path / "large", 6_000_000)
    assert names(tmp_path) == ["large"]


def test_a_folder_that_the_system_has_cleared_takes_files_again(tmp_path: Path) -> None:
    disk = quota(tmp_path / "folder")
    with coming(disk, "a", 1_000):
        assert (tmp_path / "folder").is_dir()


def test_a_disk_that_others_have_filled_takes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DiskFull):
        kept(quota(tmp_path, margin=10**15), "a", tmp_path / "file")
    assert not names(tmp_path)


def test_a_disk_that_others_have_filled_costs_nobody_a_file(tmp_path: Path) -> None:
    theirs = kept(quota(tmp_path), "b", tmp_path / "theirs")
    disk = quota(tmp_path, margin=10**15)
    disk.look()
    with pytest.raises(DiskFull):
        kept(disk, "a", tmp_path / "file")
    assert os.path.exists(theirs)


def test_what_has_come_of_an_upload_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk of 8 MB of which 2 are to be left to others, and which has on it by then what has come."""

    def usage(_: Path) -> SimpleNamespace:
        return SimpleNamespace(free=8_000_000 - sum(path.stat().st_size for path in tmp_path.iterdir()))

    monkeypatch.setattr(shutil, "disk_usage", usage)
    disk, arrival = quota(tmp_path, margin=2_000_000), Arrival("a")
    for _ in range(10):
        with (tmp_path / "coming").open("ab") as file:
            file.write(b"x" * 250_000)
        disk.grow(arrival, 250_000)
    with coming(disk, "b", 1_000_000):
        (tmp_path / "theirs").write_bytes(b"x" * 3_600_000)
        with pytest.raises(DiskFull):  # 1.9 MB are left
            disk.grow(arrival, 0)


def test_the_file_that_is_kept_is_not_the_one_that_goes(tmp_path: Path) -> None:
    """Where one visitor may have no more, nor all together, nor the disk."""
    for most, others in ((10_000_000, ["used0", "used1"]), (1_500_000, ["used0", "used1"])):
        used = [str(tmp_path / name) for name in others]
        disk = DiskQuota(tmp_path, most, lambda used=used: used, 0, upload=2_500_000)
        for path in used:
            Path(path).write_bytes(b"x" * 700_000)
            disk.keep("b" if most < 2_000_000 else "a", path)
        (tmp_path / "third").write_bytes(b"x" * 1_200_000)
        with pytest.raises(DiskFull, match=NO_ROOM):
            disk.keep("a", str(tmp_path / "third"))
        assert names(tmp_path) == others


def test_a_file_for_which_the_disk_has_no_room_goes_and_those_before_it_stay(tmp_path: Path) -> None:
    disk = quota(tmp_path, margin=10**15)
    (tmp_path / "new").write_bytes(b"x" * 1_000)
    with pytest.raises(DiskFull, match=NO_ROOM):
        disk.keep("a", str(tmp_path / "new"))
    assert not names(tmp_path)


def test_a_file_that_is_used_again_stays_however_full_the_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, path = quota(tmp_path), tmp_path / "file"
    kept(disk, "a", path)
    monkeypatch.setattr(disk, "_margin", 10**15)
    disk.keep("a", str(path))
    disk.keep("b", str(path))
    assert path.exists()


def test_who_sends_the_same_file_does_not_make_it_theirs_to_lose(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    path = kept(disk, "victim", tmp_path / "same")
    for number in range(20):
        disk.keep("a", path) if not number else None
        kept(disk, "a", tmp_path / f"{number:02}")
    assert os.path.exists(path)
    for number in range(20):
        kept(disk, "victim", tmp_path / f"victim {number:02}")
    assert not os.path.exists(path)


def test_what_many_have_sent_counts_once_for_all_and_once_for_each(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    path = kept(disk, "0", tmp_path / "same", 2_000_000)
    for number in range(1, 20):
        disk.keep(str(number), path)
    kept(disk, "another", tmp_path / "new", 2_000_000)
    assert len(names(tmp_path)) == 2
    with pytest.raises(DiskFull), coming(quota(tmp_path, [path]), "1", 2_600_000):
        pass


def test_promises_cost_nobody_anything(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    theirs = [kept(disk, f"visitor {number}", tmp_path / str(number)) for number in range(19)]
    for number in range(17):
        disk.grow(Arrival(f"another {number}"), 1)
    assert all(map(os.path.exists, theirs))
    kept(disk, "new", tmp_path / "new")


def test_of_whoever_has_most_goes_first_and_nothing_of_who_has_little(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    few = [kept(disk, f"visitor {number}", tmp_path / f"few{number}", 100_000) for number in range(10)]
    for number in range(100):
        kept(disk, f"flood {number % 6}", tmp_path / f"{number:03}")
    assert all(map(os.path.exists, few))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 10_000_000
    kept(disk, "visitor 0", tmp_path / "few more", 100_000)
    assert all(map(os.path.exists, few))


def test_who_has_most_gets_no_room_from_who_has_little(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    theirs = [kept(disk, f"visitor {number}", tmp_path / f"{number:02}") for number in range(19)]
    with pytest.raises(DiskFull), coming(disk, "flood", *[250_000] * 10):
        pass
    assert sum(map(os.path.exists, theirs)) >= 17  # it got as much as two of them have
    with coming(disk, "new", 250_000, 250_000):
        pass


def test_what_nobody_has_used_for_long_goes_before_anything_of_who_has_most(tmp_path: Path) -> None:
    old = [tmp_path / f"{number:064x}" / "old" for number in range(4)]
    for path in old:
        path.parent.mkdir()
        path.write_bytes(b"x" * 500_000)
        os.utime(path, (time.time() - 2 * HOUR,) * 2)
    disk = quota(tmp_path)
    disk.look()
    flood = [kept(disk, f"flood {number % 4}", tmp_path / f"{number:02}") for number in range(16)]
    kept(disk, "new", tmp_path / "new", 1_000_000)
    assert [path.exists() for path in old] == [False, False, False, True]
    assert all(map(os.path.exists, flood))


def test_what_is_coming_in_gives_way_to_who_has_much_less_and_to_nobody_else(tmp_path: Path) -> None:
    disk, ended = quota(tmp_path), list[str]()
    arrivals = [Arrival(name, lambda name=name: ended.append(name)) for name in ("a", "b", "c", "d")]
    for arrival, size in zip(arrivals, (2_200_000, 2_300_000, 2_500_000, 2_400_000), strict=True):
        disk.grow(arrival, size)
    kept(disk, "few", tmp_path / "file", 400_000)
    with pytest.raises(DiskFull):
        disk.grow(arrivals[0], 250_000)
    assert (names(tmp_path), ended) == (["file"], [])
    with coming(disk, "new", 100_000, 200_000):
        assert ended == ["c"]
        with pytest.raises(DiskFull):
            disk.grow(arrivals[2], 1)
        disk.grow(arrivals[1], 100_000)
    assert ended == ["c"]


def test_an_upload_under_way_goes_on_when_another_visitor_may_have_no_more(tmp_path: Path) -> None:
    disk, ended = quota(tmp_path), list[str]()
    arrival = Arrival("a", lambda: ended.append("a"))
    disk.grow(arrival, 1_000_000)
    with pytest.raises(DiskFull), coming(disk, "b", *[250_000] * 20):
        pass
    disk.grow(arrival, 1_000_000)
    assert not ended


def test_a_look_at_the_disk_leaves_the_order_in_which_files_were_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = quota(tmp_path)
    files = [kept(disk, "a", tmp_path / (f"{number:x}" * 64) / f"{number}") for number in range(3)]
    disk.keep("a", files[0])  # whose time on the disk stays
    walk = os.walk

    def walks(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        yield from walk(folder)
        files.append(kept(disk, "a", tmp_path / ("3" * 64) / "3"))

    monkeypatch.setattr("backend.storage.quota.os.walk", walks)
    disk.look()
    for name in "45":
        kept(disk, "a", tmp_path / name)
    assert names(tmp_path) == ["0", "3", "4", "5"]


def test_nothing_is_noted_of_an_upload_that_is_over(tmp_path: Path) -> None:
    disk, late = quota(tmp_path), tmp_path / "late"
    late.write_bytes(b"x")
    with coming(disk, "a", 500_000) as arrival:
        pass
    disk.take_in(arrival, str(late))  # as a thread does that was at it when its upload was ended
    assert disk.holds(str(late))
    noted = weakref.ref(arrival)
    del arrival
    gc.collect()
    assert noted() is None
