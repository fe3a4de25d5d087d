"""The measurement of what grows: an hour's is not lost for what goes while it is counted."""

from pathlib import Path
from unittest.mock import Mock

import psutil

from scripts.soak import measured


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
