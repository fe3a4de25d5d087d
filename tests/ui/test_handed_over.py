"""Conversations that a browser has sent: they go once they were opened, and nothing else goes."""

from pathlib import Path

import pytest

from ui.conversations.handed_over import discard


@pytest.fixture(autouse=True)
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


@pytest.mark.parametrize("name", ["uploads/a.png", "conversation-0a.json", "uploads/../conversation-0a.json"])
def test_a_file_of_another_kind_or_place_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}", encoding="utf-8")
    discard(f"{tmp_path}/{name}")
    assert (tmp_path / name).exists()


def test_one_that_cannot_be_removed_is_told_without_its_path(uploads: Path, caplog: pytest.LogCaptureFixture) -> None:
    discard(str(uploads / f"conversation-{'a' * 300}.json"))
    assert "could not be removed" in caplog.text
    assert str(uploads) not in caplog.text
