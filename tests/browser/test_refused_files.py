"""Files that a message cannot take: whoever chose them is told which and why, in plain words. In a real Chromium."""

from pathlib import Path

from playwright.sync_api import expect

from tests.support.chat import SHAPES, Chat


def test_an_upload_that_is_refused_is_told_in_a_plain_sentence(chat: Chat) -> None:
    chat.pick(*[SHAPES] * 13)
    expect(chat.toasts).to_contain_text("These are more than 12 files: send fewer at a time.")
    expect(chat.toasts).not_to_contain_text("HTTP")


def test_of_several_pictures_that_cannot_be_read_each_is_named(chat: Chat, tmp_path: Path) -> None:
    bad = [tmp_path / name for name in ("holiday.png", "cat.jpg")]
    for file in bad:
        file.write_text(f"{file.name} is no picture")
    chat.send("What are these?", bad[0], SHAPES, bad[1])
    for file in bad:
        expect(chat.toasts).to_contain_text(f"“{file.name}” is damaged")
    expect(chat.box).to_have_value("What are these?")
    expect(chat.attached).to_have_count(3)
