"""Answers to a schema: chosen, made or typed; shown as a form and a table; and downloaded."""

import csv
import io
import json
import math
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Download, Page, expect

from backend.extraction.ready_made import ready_made
from tests.support.chat import PHONE, SHAPES, Chat, opened
from tests.support.stub_server import Answer, Stub, chunk, head, sends
from ui.texts import texts

RECEIPT = {
    "merchant": "Café <b>Bern</b>", "date": "2026-11-28", "currency": None,
    "items": [{"name": "=HYPERLINK(1)", "quantity": 2, "price": 7.5}, {"name": "Bun", "quantity": 1, "price": 12.25}],
    "tax": 1.25, "total": 19.75,
}  # fmt: skip
WIDE = [{f"a rather long name {at}": f"and a value {at}" for at in range(8)} for _ in range(250)]
SHAPE = json.dumps({
    "type": "object", "required": ["shape"], "additionalProperties": False,
    "properties": {"shape": {"title": "What it shows", "enum": ["red circle", "green star"]}},
})  # fmt: skip


def says(answer: Any) -> Answer:
    """The answer, in a few pieces."""
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    cut = len(text) // 2
    return sends(chunk({"content": text[:cut]}), chunk({"content": text[cut:]}, "stop"), b"data: [DONE]\n\n")


@pytest.fixture(params=["wide", "phone"])
def talk(request: pytest.FixtureRequest, browser: Browser, served: tuple[Stub, str]) -> Iterator[tuple[Stub, Chat]]:
    """A visitor at a desk, and one with a phone."""
    stub, url = served
    stub.answers.clear()
    context: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}} if request.param == "wide" else PHONE
    chat = opened(browser, url, **context)
    yield stub, chat
    chat.close()


def choose(chat: Chat, schema: str) -> None:
    chat.panel.unfold(texts.panel.structured)
    chat.page.locator("#schema-menu input").click()
    chat.page.get_by_role("option", name=schema, exact=True).click()


def ask(chat: Chat, text: str, *images: Path) -> None:
    chat.panel.close()
    chat.send(text, *images)
    chat.answered()


def saved(chat: Chat, button: str) -> str:
    with chat.page.expect_download() as download:
        chat.page.get_by_role("button", name=button).click()
    return read(download.value)


def read(download: Download) -> str:
    return Path(str(download.path())).read_bytes().decode()


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:160]}" for fault in found]


def look(page: Page, name: str) -> None:
    """A screenshot, where somebody wants to look at it."""
    if folder := os.environ.get("LOOKS"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width']}-{scheme}.png")  # type: ignore[index]
        page.emulate_media(color_scheme="light")


def test_a_receipt_is_a_table_with_what_stands_around_it_and_is_downloaded_whole(talk: tuple[Stub, Chat]) -> None:
    stub, chat = talk
    page = chat.page
    choose(chat, "Receipt")
    expect(page.locator("#json-schema textarea")).to_have_value(ready_made()[0].text)
    look(page, "panel")
    stub.answers.append(says(RECEIPT))
    ask(chat, "Read this receipt.")
    entry = page.get_by_test_id("assistant")
    assert stub.bodies[-1]["response_format"]["json_schema"]["schema"]["title"] == "Receipt"
    expect(entry.locator("dt").first).to_have_text("Merchant")
    expect(entry.locator("dd").first).to_have_text("Café <b>Bern</b>")
    expect(entry.locator("thead th")).to_have_text(["Item", "Quantity", "Price"])
    expect(entry.locator("tbody tr")).to_have_count(2)
    assert entry.locator("tbody td").nth(2).evaluate("(cell) => getComputedStyle(cell).textAlign") == "end"
    expect(entry.get_by_text("HYPERLINK")).to_have_count(1 + 1)  # in the table, and folded as JSON
    json_ = entry.locator("details.as-json")
    expect(json_.locator("pre")).to_be_hidden()
    assert faults(page) == []
    look(page, "receipt")
    json_.locator("summary").click()
    expect(json_.locator("pre")).to_contain_text('"price": 12.25')
    assert json.loads(saved(chat, texts.fields.save_json)) == RECEIPT
    text = saved(chat, texts.fields.save_csv)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [(row["name"], row["price"], row["total"]) for row in rows] == [
        ("'=HYPERLINK(1)", "7.5", "19.75"),
        ("Bun", "12.25", "19.75"),
    ]


def test_a_wide_and_long_table_scrolls_in_itself_and_its_file_has_all_of_it(talk: tuple[Stub, Chat]) -> None:
    stub, chat = talk
    chat.set(json_schema='{"type": "array"}')
    stub.answers.append(says(WIDE))
    ask(chat, "Read this list.")
    entry = chat.page.get_by_test_id("assistant")
    expect(entry.locator("tbody tr")).to_have_count(200)
    expect(entry).to_contain_text("Showing 200 of 250 rows.")
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = entry.locator("figure.table > div")
    assert box.evaluate("(box) => box.clientWidth <= innerWidth")
    if chat.page.viewport_size == PHONE["viewport"]:
        assert box.evaluate("(box) => box.scrollWidth > box.clientWidth")
    look(chat.page, "wide")
    assert saved(chat, texts.fields.save_csv).count("\r\n") == 251


def test_what_is_unfolded_stays_so_while_rows_come(talk: tuple[Stub, Chat]) -> None:
    stub, chat = talk
    goes_on = threading.Event()

    def answers(handler: BaseHTTPRequestHandler) -> None:
        text = json.dumps(RECEIPT)
        cut = text.index("Bun")
        head(handler)
        handler.wfile.write(chunk({"content": text[:cut]}))
        handler.wfile.flush()
        goes_on.wait(30)
        handler.wfile.write(chunk({"content": text[cut:]}, "stop") + b"data: [DONE]\n\n")

    chat.set(json_schema=ready_made()[0].text)
    stub.answers.append(answers)
    chat.panel.close()
    chat.send("Read this receipt.")
    entry = chat.page.get_by_test_id("assistant")
    expect(entry.locator("tbody tr")).to_have_count(1)
    expect(entry.get_by_role("button", name=texts.fields.save_csv)).to_have_count(0)
    entry.locator("details.as-json summary").click()
    goes_on.set()
    chat.answered()
    expect(entry.locator("tbody tr")).to_have_count(2)
    expect(entry.locator("details.as-json pre")).to_be_visible()


def test_the_least_sure_values_say_so_and_tell_what_else_they_might_be(talk: tuple[Stub, Chat]) -> None:
    stub, chat = talk
    page = chat.page
    text = json.dumps(RECEIPT)
    at, last = text.index("12.25"), text.index("19.75")
    pieces = ((text[:at], 1.0, ""), ("12.25", 0.55, "12.75"), (text[at + 5 : last], 1.0, ""), ("19.75", 0.8, "20.25"))
    events = [scored(*piece) for piece in (*pieces, (text[last + 5 :], 1.0, ""))]
    stub.answers.append(sends(*events, chunk({}, "stop"), b"data: [DONE]\n\n"))
    chat.set(json_schema=ready_made()[0].text)
    ask(chat, "Read this receipt.")
    entry = page.get_by_test_id("assistant")
    remarks, tips = entry.locator(".unsure"), entry.locator(".tip")
    expect(remarks).to_have_count(2)
    expect(entry.locator("td", has=page.locator(".unsure"))).to_contain_text(texts.fields.least_sure)
    expect(tips.first).to_be_hidden()
    remarks.first.hover()
    expect(tips.first).to_be_visible()
    expect(tips.first).to_have_text(texts.fields.sure_else.format(percent=55, other="12.75"))
    look(page, "unsure")
    remarks.last.focus()
    expect(tips.last).to_be_visible()
    expect(tips.last).to_contain_text("20.25")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def scored(text: str, likely: float, other: str) -> bytes:
    """An event with a text that is one token, as a server sends it that tells how sure its model was."""
    top = [{"token": token, "logprob": math.log(each)} for token, each in ((text, likely), (other, 1 - likely)) if each]
    token = {"token": text, "logprob": math.log(likely), "top_logprobs": top}
    return chunk(None, choices=[{"index": 0, "delta": {"content": text}, "logprobs": {"content": [token]}}])


def test_an_answer_in_words_is_shown_as_it_is(talk: tuple[Stub, Chat]) -> None:
    stub, chat = talk
    chat.set(json_schema='{"type": "object"}')
    stub.answers.append(says("There is **no** receipt here."))
    ask(chat, "Read this receipt.")
    expect(chat.page.get_by_test_id("assistant").locator("strong")).to_have_text("no")


def test_a_schema_is_checked_while_it_is_typed_and_one_is_made_of_an_example(chat: Chat) -> None:
    page, field = chat.page, chat.page.locator("#json-schema textarea")
    chat.set(json_schema='{\n "type": "object",\n "properties": {\n  "total": {"type": "text"}\n }\n}')
    expect(page.locator("#schema-note")).to_contain_text("Line 4: “type” of “total” must be string,")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#schema-menu input")).to_have_value(texts.panel.own_schema)
    assert faults(page) == []
    look(page, "mistake")
    choose(chat, "Invoice")
    expect(page.locator("#schema-note")).to_be_empty()
    page.locator("#schema-replaced button").click()
    expect(field).to_have_value('{\n "type": "object",\n "properties": {\n  "total": {"type": "text"}\n }\n}')
    chat.panel.unfold(texts.panel.from_example)
    example = page.locator("#schema-example textarea")
    example.fill('{"name": "Ada",\n "total" 12.5}')
    page.locator("#schema-make").click()
    expect(page.locator("#schema-example-note")).to_contain_text("Line 2: a colon is missing after a name.")
    example.fill('{"name": "Ada", "total": 12.5}')
    page.locator("#schema-make").click()
    page.wait_for_function("document.querySelector('#json-schema textarea').value.includes('additionalProperties')")
    assert json.loads(field.input_value())["required"] == ["name", "total"]
    look(page, "example")


def test_the_demo_model_fills_a_field_and_it_is_in_the_file(chat: Chat) -> None:
    chat.set(json_schema=SHAPE, temperature="0")
    ask(chat, "What is in this picture?", SHAPES)
    entry = chat.page.get_by_test_id("assistant")
    expect(entry.locator("dt")).to_have_text("What it shows")
    found = str(entry.locator("dd").evaluate("(value) => value.firstChild.textContent")).strip()
    other = {"red circle": "green star", "green star": "red circle"}[found]
    remark = entry.locator(".unsure")  # of what the picture shows it had to leave one out
    expect(remark).to_have_count(1)
    remark.focus()
    expect(remark.locator(".tip")).to_be_visible()
    expect(remark.locator(".tip")).to_contain_text(other)
    look(chat.page, "demo")
    assert saved(chat, texts.fields.save_csv) == f"\ufeffshape\r\n{found}\r\n"
