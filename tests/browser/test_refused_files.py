"""Files that a message cannot take: whoever chose them is told which and why, in plain words. In a real Chromium."""

from pathlib import Path

from playwright.sync_api import expect

from tests.support.chat import SHAPES, Chat


def test_of_several_files_that_cannot_be_read_each_is_named_and_nothing_is_sent(chat: Chat, tmp_path: Path) -> None:
    bad = [tmp_path / name for name in ("holiday.png", "cat.jpg")]
    for file in bad:
        file.write_bytes(bytes(range(256)))  # neither a picture nor a text
    chat.pick(bad[0], SHAPES, bad[1])
    expect(chat.refused).to_contain_text([f"“{file.name}”" for file in bad])
    expect(chat.attached).to_have_count(1)
    chat.box.fill("What are these?")
    chat.box.press("Enter")
    expect(chat.send_button).to_be_disabled()
    expect(chat.box).to_have_value("What are these?")
    for left in (1, 0):
        chat.refused.first.get_by_role("button").click()
        expect(chat.refused).to_have_count(left)
    chat.box.press("Enter")
    chat.answered()
    expect(chat.images).to_have_count(1)
