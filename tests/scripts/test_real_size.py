"""Measuring a model of a real size; what it measures is beyond a test's machine."""

import sys
from pathlib import Path

import pytest

from backend.chat.errors import UserError
from scripts.real_size import main


def test_a_checkpoint_that_cannot_be_loaded_is_told_and_the_script_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["real_size.py", str(tmp_path)])
    with pytest.raises(UserError):
        main()
