"""How much of the disk may be taken, and what goes first."""

import os
from pathlib import Path

import pytest

from backend.storage.quota import DiskFull, DiskQuota


def quota(folder: Path, used: tuple[str, ...] = (), margin: int = 0) -> DiskQuota:
    """Of 10 MB, so that one visitor may have 2.5."""
    return DiskQuota(folder, 10_000_000, lambda: used, margin)


def kept(quota: DiskQuota, owner: str, path: Path, size: int = 500_000) -> str:
    """A file that a visitor sent."""
    path.parent.mkdir(exist_ok=True)
    with quota.room(owner, size):
        path.write_bytes(b"x" * size)
        quota.keep(owner, str(path))
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
    with pytest.raises(DiskFull, match="no room"):  # noqa: PT012
        for number in range(10):
            kept(disk, "a", tmp_path / f"{number:02}")
    assert len(names(tmp_path)) == 5


def test_what_is_on_its_way_counts(tmp_path: Path) -> None:
    disk = quota(tmp_path)
    with disk.room("a", 1_000_000), disk.room("a", 1_000_000), pytest.raises(DiskFull), disk.room("a", 1_000_000):
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
    with disk.room("a", 1_000):
        assert (tmp_path / "folder").is_dir()


def test_a_disk_that_others_have_filled_takes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DiskFull):
        kept(quota(tmp_path, margin=10**15), "a", tmp_path / "file")
    assert not names(tmp_path)
