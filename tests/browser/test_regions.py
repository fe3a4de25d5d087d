"""A part of an image, chosen by mouse, by keys and by finger, comes into the message box, cut at full size. In a real
Chromium."""

import re
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.chat import PHONE, Chat, opened
from ui.texts import texts

WORDS = texts.regions
ABOUT = re.compile(r"part of (image \d+) · (\d+) × (\d+) · [\d,.]+k? tokens")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Of 3000 x 2000 pixels: a red square in the upper left quarter, a blue one in the lower right."""
    picture = PIL.Image.new("RGB", (3000, 2000), "white")
    pen = PIL.ImageDraw.Draw(picture)
    pen.rectangle((200, 200, 1200, 800), "red")
    pen.rectangle((1800, 1200, 2800, 1800), "blue")
    picture.save(tmp_path / "photo.jpg", quality=90)
    return tmp_path / "photo.jpg"


def select_part(chat: Chat, item: Locator) -> None:
    """Opens the dialog, from the menu of an image in the box."""
    item.locator(".thumbnail").click()
    chat.button(WORDS.select, item).click()
    expect(area(chat)).to_be_focused()


def area(chat: Chat) -> Locator:
    return chat.page.locator(".regions .area")


def about(chat: Chat, number: int) -> tuple[str, int, int]:
    """What the page says of the image that stands at this place in the box: of which it is a part, and its size."""
    thumbnail = chat.attached.nth(number - 1).locator(".thumbnail")
    expect(thumbnail).to_have_attribute("title", ABOUT)
    found = ABOUT.search(thumbnail.get_attribute("title") or "")
    assert found
    return found[1], int(found[2]), int(found[3])


def drag(chat: Chat, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Over the image of the dialog, from and to places in shares of it."""
    box = chat.page.locator(".regions .field").bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    chat.page.mouse.move(*places[0])
    chat.page.mouse.down()
    chat.page.mouse.move(*places[1], steps=4)
    chat.page.mouse.up()


def test_a_part_that_is_drawn_is_an_image_of_its_own_at_full_size(chat: Chat, photo: Path) -> None:
    chat.set(max_tokens="2")
    chat.attach(photo)
    select_part(chat, chat.attached)
    drag(chat, (0.05, 0.05), (0.2, 0.2))
    chat.button(WORDS.add).click()
    expect(chat.attached).to_have_count(2)
    what, width, height = about(chat, 2)
    assert what == "image 1"
    assert abs(width - 450) < 20  # of 3000 pixels, and not of the 1540 that the model sees of the whole
    assert abs(height - 300) < 20
    chat.send("What is this?")
    chat.answered()
    expect(chat.images).to_have_count(2)
    expect(chat.page.locator("#conversation .entry.user .label")).to_contain_text(["part of image 1"])


def test_keys_move_and_resize_a_part(chat: Chat, photo: Path) -> None:
    chat.attach(photo)
    select_part(chat, chat.attached)
    expect(area(chat)).to_have_attribute("aria-label", re.compile("From 25 %, 25 % to 75 %, 75 %"))
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowUp"):
        chat.page.keyboard.press(key)
    expect(area(chat)).to_have_attribute("aria-label", re.compile("From 23 %, 21 % to 75 %, 69 %"))
    chat.button(WORDS.add).click()
    expect(chat.attached).to_have_count(2)
    assert about(chat, 2)[1:] == (1540, 948)


def test_a_part_that_is_moved_and_resized_by_its_corners(chat: Chat, photo: Path) -> None:
    chat.attach(photo)
    select_part(chat, chat.attached)
    drag(chat, (0.5, 0.5), (0.3, 0.3))
    expect(area(chat)).to_have_attribute("aria-label", re.compile("From 30 %, 30 % to 50 %, 50 %"))
    drag(chat, (0.4, 0.4), (0.5, 0.45))
    expect(area(chat)).to_have_attribute("aria-label", re.compile("From 40 %, 35 % to 60 %, 55 %"))
    drag(chat, (0.6, 0.55), (0.7, 0.8))
    expect(area(chat)).to_have_attribute("aria-label", re.compile("From 40 %, 35 % to 70 %, 80 %"))
    chat.page.keyboard.press("Escape")
    expect(area(chat)).to_have_count(0)
    expect(chat.attached).to_have_count(1)


def test_a_dense_page_is_split_in_four(chat: Chat, photo: Path) -> None:
    chat.attach(photo)
    select_part(chat, chat.attached)
    chat.button(WORDS.split).click()
    expect(chat.attached).to_have_count(5)
    assert [about(chat, number) for number in (2, 3, 4, 5)] == [("image 1", 1530, 1020)] * 4


def test_a_part_of_an_image_that_was_sent_comes_into_the_box(chat: Chat, photo: Path) -> None:
    chat.set(max_tokens="2")
    chat.send("What is this?", photo)
    chat.answered()
    chat.images.click()
    chat.button(WORDS.select).click()
    expect(area(chat)).to_be_focused()
    drag(chat, (0.6, 0.6), (0.7, 0.7))
    chat.button(WORDS.add).click()
    expect(chat.attached).to_have_count(1)
    what, width, _ = about(chat, 1)
    assert what == "image 1"
    assert abs(width - 300) < 20


def test_on_a_phone_a_finger_finds_the_corners(browser: Browser, app: str, photo: Path) -> None:
    errors: list[str] = []
    chat = opened(browser, app, errors.append, **PHONE)
    chat.attach(photo)
    chat.attached.locator(".thumbnail").tap()
    chat.button(WORDS.select, chat.attached).tap()
    expect(area(chat)).to_be_visible()
    for corner in chat.page.locator(".regions [data-corner]").all():
        box = corner.bounding_box()
        assert box
        assert box["width"] >= 40 <= box["height"]
    chat.button(WORDS.add).tap()
    expect(chat.attached).to_have_count(2)
    assert about(chat, 2)[1:] == (1500, 1000)
    assert not errors
    chat.close()
