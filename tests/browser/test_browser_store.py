"""What the page's script keeps in a real Chromium, where the browser lets it and where it does not."""

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.chat import Chat
from tests.support.page_stub import page_stub
from ui.texts import texts

NUMBERS = count()
NOTICE, ENTRIES, MARK = "#storage-notice", "#shelf-list .open", "#shelf-list .unsaved"
# As the version before this one kept a conversation.
VERSION_1 = """(body) => new Promise((done) => {
  const request = indexedDB.open("mistral-chat", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("documents", { keyPath: "id" });
    request.result.createObjectStore("pictures");
  };
  request.onsuccess = () => {
    const transaction = request.result.transaction(["documents", "pictures"], "readwrite");
    const { id, updated } = body, words = "old apples";
    transaction.objectStore("documents").put({ id, title: "Old fruit", updated, words, body: JSON.stringify(body) });
    transaction.objectStore("pictures").put(new Blob(["png"], { type: "image/png" }), "a1.png");
    transaction.oncomplete = () => { window.held = request.result; done(); };
  };
})"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with page_stub() as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    return opened(context, url)


def opened(context: BrowserContext, url: str) -> Page:
    """A tab with the page, whose script has begun."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("window.started")
    return page


def node(id: str, parent: str | None, text: str, *pictures: str) -> dict[str, Any]:
    """A person's message."""
    parts = [{"text": text}, *({"path": f"/tmp/gradio/{name}", "width": 8, "height": 8} for name in pictures)]
    return {"id": id, "parent": parent, "message": {"parts": parts}, "asked": None}


def save(page: Page, *nodes: dict[str, Any], id: str = "c1", name: str = "Apples", **others: Any) -> None:
    """The server hands a part of a conversation over; when this returns it was dealt with."""
    number = next(NUMBERS)
    kept = {
        "id": id, "name": name, "title": "", "titled": "", "updated": f"2026-01-01T10:00:{number % 60:02}.000+00:00",
        "leaf": nodes[-1]["id"], "panel": {"prompt": ""}, "nodes": nodes, "setups": {}, "growing": None, "whole": False,
    }  # fmt: skip
    heard(page, {"save": kept | others})


def heard(page: Page, message: dict[str, Any]) -> None:
    """The server says something, and is told again and again that the answer is done, until the page has heard."""
    before = page.evaluate("Number(document.body.dataset.answers || 0)")
    page.evaluate("(message) => started.hear('report', message)", message | {"done": True, "number": next(NUMBERS)})
    expect(page.locator("body")).to_have_attribute("data-answers", str(before + 1))


def sent(page: Page, do: str) -> list[dict[str, Any]]:
    """What the page has asked the server for by this word."""
    asked: list[tuple[str, dict[str, Any]]] = page.evaluate("sent")
    return [data for _, data in asked if data["do"] == do]


def document(page: Page, id: str) -> dict[str, Any]:
    """The conversation as it is handed to the server when somebody opens it."""
    page.evaluate("uploads.length = 0")
    page.locator(ENTRIES).first.click()
    page.wait_for_function("uploads.some(([name]) => name.startsWith('conversation-'))")
    found: dict[str, Any] = json.loads(page.evaluate("uploads.at(-1)[1]"))
    assert found["id"] == id
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [each["id"] for each in found["nodes"]]


def exported(page: Page, path: Path) -> dict[str, dict[str, Any]]:
    """All conversations, by their ids, from the zip."""
    with page.expect_download() as download:
        page.click("#export-all")
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        documents = [json.loads(archive.read(name)) for name in archive.namelist()]
    return {each["id"]: each for each in documents}


def test_two_tabs_write_into_one_conversation_and_both_turns_are_there(
    page: Page, context: BrowserContext, url: str
) -> None:
    other = opened(context, url)
    save(page, node("q", None, "Hello"))
    expect(other.locator(ENTRIES)).to_have_text(["Apples"])
    save(page, node("a", "q", "from one tab"))
    save(other, node("b", "q", "from the other"), name="Pears")
    expect(page.locator(ENTRIES)).to_have_text(["Pears"])
    assert ids(document(page, "c1")) == ["q", "a", "b"]


def test_a_search_finds_what_another_tab_was_told(page: Page, context: BrowserContext, url: str) -> None:
    other = opened(context, url)
    other.fill("#shelf-search", "quince")
    expect(other.locator("#shelf-empty")).to_have_text("No chats match “quince”.")
    save(page, node("q", None, "Is a Quince a fruit?"))
    expect(other.locator(ENTRIES)).to_have_text(["Apples"])


def test_a_rename_holds_while_an_answer_is_written_and_the_field_stays(page: Page) -> None:
    save(page, node("q", None, "Hello"))
    Chat(page).in_list("Apples", "Rename")
    page.fill("#shelf-list input", "Fru")
    save(page, node("a", "q", "on"), growing="a", name="Other")
    page.press("#shelf-list input", "End")
    page.locator("#shelf-list input").press_sequentially("it")
    page.press("#shelf-list input", "Enter")
    expect(page.locator(ENTRIES)).to_have_text(["Fruit"])
    save(page, node("a", "q", "on and on"))
    expect(page.locator(ENTRIES)).to_have_text(["Fruit"])
    found = document(page, "c1")
    assert (found["title"], ids(found)) == ("Fruit", ["q", "a"])


def test_a_full_browser_says_so_once_the_chat_goes_on_and_what_it_held_is_kept_later(
    page: Page, context: BrowserContext, url: str, tmp_path: Path
) -> None:
    session, origin = context.new_cdp_session(page), url.rstrip("/")
    # At once, since the browser asks anew for the room that is left only after a while.
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 200_000})
    save(page, node("q", None, "Hello"))
    save(page, node("a", "q", "x" * 300_000))
    expect(page.locator(NOTICE)).to_contain_text(texts.saving.full)
    expect(page.locator(NOTICE)).to_have_attribute("role", "status")
    expect(page.locator(MARK)).to_have_text([texts.chats.unsaved])
    page.get_by_role("button", name="Close").click()
    save(page, node("b", "a", "x" * 300_000))
    expect(page.locator(NOTICE)).to_be_hidden()
    assert ids(exported(page, tmp_path / "all.zip")["c1"]) == ["q", "a", "b"]
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin})
    save(page, node("c", "b", "short"))
    expect(page.locator(MARK)).to_have_count(0)
    assert ids(document(opened(context, url), "c1")) == ["q", "a", "b", "c"]


FORBIDDEN = "Object.defineProperty(window, '{}', {{ get() {{ throw new DOMException('no', 'SecurityError'); }} }});"


@pytest.mark.parametrize("what", [("indexedDB",), ("indexedDB", "sessionStorage")])
def test_a_browser_that_keeps_nothing_says_so_and_the_chat_goes_on(
    context: BrowserContext, url: str, what: tuple[str, ...], tmp_path: Path
) -> None:
    context.add_init_script("".join(FORBIDDEN.format(name) for name in what))
    page = opened(context, url)
    expect(page.locator(NOTICE)).to_contain_text(texts.saving.forbidden)
    save(page, node("q", None, "Hello", "1.png"))
    save(page, node("a", "q", "Hi!"))
    save(page, node("x", None, "Other"), id="c2", name="Pears")
    expect(page.locator(MARK)).to_have_count(2)
    expect(page.locator(ENTRIES)).to_have_text(["Pears", "Apples"])
    found = exported(page, tmp_path / "all.zip")
    assert ids(found["c1"]) == ["q", "a"]
    assert found["c1"]["nodes"][0]["message"]["parts"][1]["path"].startswith("data:image/png;base64,")
    Chat(page).delete("Pears")
    expect(page.locator(ENTRIES)).to_have_text(["Apples"])


def test_without_a_tabs_memory_the_page_begins_and_keeps_conversations(context: BrowserContext, url: str) -> None:
    context.add_init_script(FORBIDDEN.format("sessionStorage"))
    page = opened(context, url)
    expect(page.locator(NOTICE)).to_contain_text(texts.saving.tab)
    save(page, node("q", None, "Hello"))
    assert ids(document(page, "c1")) == ["q"]


def test_what_the_browser_has_cleared_is_asked_for_again_whole(page: Page, context: BrowserContext, url: str) -> None:
    save(page, node("q", None, "Hello"))
    session = context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": url.rstrip("/"), "storageTypes": "indexeddb"})
    save(page, node("a", "q", "Hi!"))
    assert sent(page, "sync") == [{"do": "sync", "id": "c1", "have": ""}]
    expect(page.locator(NOTICE)).to_contain_text(texts.saving.cleared)
    save(page, node("q", None, "Hello"), node("a", "q", "Hi!"), whole=True)
    assert ids(document(page, "c1")) == ["q", "a"]


def version_1(context: BrowserContext, url: str) -> Page:
    """A tab in which the version before this one has kept a conversation, and which is still open."""
    nodes = [
        {"parent": None, "message": {"parts": [{"text": "Old apples"}, {"path": "/tmp/a1.png"}]}, "asked": None},
        {"parent": 0, "message": {"text": "Yes."}, "asked": {"system_prompt": "Be brief.", "tools": []}},
    ]
    body = {"id": "old", "format": "mistral-chat/1", "title": "", "updated": "2026-01-01T10:00:00Z", "prompt": "P"}
    older = context.new_page()
    older.goto(f"{url}older")
    older.evaluate(VERSION_1, body | {"history": {"nodes": nodes, "leaf": 1}})
    return older


def test_what_the_version_before_kept_opens_whole(context: BrowserContext, url: str) -> None:
    version_1(context, url).close()
    page = opened(context, url)
    expect(page.locator(ENTRIES)).to_have_text(["Old fruit"])
    page.fill("#shelf-search", "apples")
    expect(page.locator(ENTRIES)).to_have_count(1)
    found = document(page, "old")
    question, answer = found["nodes"]
    assert (answer["parent"], found["leaf"], found["prompt"]) == (question["id"], answer["id"], "P")
    assert re.fullmatch(r"/tmp/gradio/\d+/a1\.png", question["message"]["parts"][1]["path"])
    assert found["setups"][answer["asked"]["setup"]] == {"system_prompt": "Be brief.", "tools": []}


def test_an_older_tab_that_holds_the_database_is_told_and_nothing_is_lost(context: BrowserContext, url: str) -> None:
    older, page = version_1(context, url), opened(context, url)
    save(page, node("q", None, "Hello"))
    expect(page.locator(NOTICE)).to_contain_text(texts.saving.blocked)
    expect(page.locator(MARK)).to_have_count(1)
    older.close()
    expect(page.locator(ENTRIES)).to_have_text(["Apples", "Old fruit"])
    expect(page.locator(MARK)).to_have_count(0)
    expect(page.locator(NOTICE)).to_be_hidden()


def test_a_tab_that_is_older_than_another_lets_it_work_and_says_so(
    page: Page, context: BrowserContext, url: str
) -> None:
    save(page, node("q", None, "Hello"))
    newer = context.new_page()
    newer.goto(f"{url}newer")
    newer.evaluate("new Promise((done) => (indexedDB.open('mistral-chat', 99).onsuccess = done))")
    expect(page.locator(NOTICE)).to_contain_text(texts.saving.newer)
    save(page, node("a", "q", "Hi!"))
    expect(page.locator(MARK)).to_have_count(1)


def test_a_draft_outlives_a_reload_and_the_session_is_asked_for(page: Page) -> None:
    heard(page, {"current": "c1", "page": "token"})
    save(page, node("q", None, "Hello"))
    page.fill("#message textarea", "half a sentence")
    page.reload()
    page.wait_for_function("window.sent?.length")
    asked = {"do": "resume", "page": "token", "id": "c1", "have": "q", "text": "half a sentence", "sent": ""}
    assert page.evaluate("sent") == [["submit", asked]]
    heard(page, {"lost": True})
    page.wait_for_function("sent.length === 2")
    (event, data) = page.evaluate("sent[1]")
    assert (event, data["do"], data["id"], data["again"], data["text"]) == (
        "select", "open", "c1", False, "half a sentence",
    )  # fmt: skip
    page.fill("#message textarea", "other words")
    page.fill("#message textarea", "")
    page.reload()
    page.wait_for_function("window.sent?.length")
    assert page.evaluate("sent[0][1].text") == ""


def test_a_tab_that_was_duplicated_leaves_the_session_to_its_original(
    page: Page, context: BrowserContext, url: str
) -> None:
    heard(page, {"current": "c1", "page": "token"})
    copy = context.new_page()
    copy.add_init_script("sessionStorage.setItem('current', 'c1'); sessionStorage.setItem('page', 'token')")
    copy.goto(url)
    wait(copy, lambda: len(sent(copy, "resume")) == 1)
    assert sent(copy, "resume")[0]["page"] == ""


def test_the_conversation_that_is_shown_is_not_opened_again(page: Page) -> None:
    save(page, node("q", None, "Hello"))
    heard(page, {"current": "c1", "page": "token"})
    page.locator(ENTRIES).click()
    expect(page.locator("#message textarea")).to_be_focused()
    heard(page, {"current": "c2"})
    page.locator(ENTRIES).click()
    wait(page, lambda: len(sent(page, "open")) == 1)


def test_an_answer_that_falls_silent_is_taken_up_again(page: Page) -> None:
    heard(page, {"current": "c1", "page": "token"})
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<div id=answering></div>')")
    page.wait_for_function("sent.some(([, data]) => data.do === 'resume')")


def test_of_many_conversations_sixty_are_drawn_and_the_others_on_demand(page: Page) -> None:
    for number in range(80):
        save(page, node("q", None, f"Fruit {number}"), id=f"c{number}", name=f"Conversation {number}")
    expect(page.locator(ENTRIES)).to_have_count(60)
    page.get_by_role("button", name="Show more (20)").click()
    expect(page.locator(ENTRIES)).to_have_count(80)
    expect(page.locator(ENTRIES).nth(60)).to_be_focused()
    page.fill("#shelf-search", "fruit 7")
    expect(page.locator(ENTRIES)).to_have_count(11)


def test_all_conversations_leave_in_one_zip_and_come_into_another_browser(
    page: Page, browser: Browser, url: str, tmp_path: Path
) -> None:
    save(page, node("q", None, "Hello", "1.png"))
    save(page, node("x", None, "Other"), id="c2", name="Pears")
    exported(page, tmp_path / "all.zip")
    context = browser.new_context()
    other = opened(context, url)
    other.set_input_files("input[type=file]", tmp_path / "all.zip")
    expect(other.locator(NOTICE)).to_contain_text("Imported 2 chats.")
    expect(other.locator(ENTRIES)).to_have_text(["Other", "Hello"])
    other.fill("#shelf-search", "hello")
    found = document(other, "c1")
    assert re.fullmatch(r"/tmp/gradio/\d+/[0-9a-f]{64}\.png", found["nodes"][0]["message"]["parts"][1]["path"])
    context.close()


def test_another_file_is_gradios_to_take(page: Page, tmp_path: Path) -> None:
    page.evaluate("document.querySelector('input[type=file]').addEventListener('change', () => (window.taken = true))")
    file = tmp_path / "one.json"
    file.write_text("{}")
    page.set_input_files("input[type=file]", file)
    assert page.evaluate("window.taken")


def test_an_archive_searches_and_exports_on_the_server(context: BrowserContext, url: str) -> None:
    page: Page = context.new_page()
    page.goto(f"{url}?archive")
    page.wait_for_function("window.started")
    rows = [{"id": f"c{n}", "title": f"Row {n}", "updated": f"2026-01-0{n}T10:00:00+00:00"} for n in (1, 2)]
    heard(page, {"list": rows})
    page.locator("#shelf-search").press_sequentially("plum")
    expect(page.locator(ENTRIES)).to_have_count(0)
    wait(page, lambda: len(sent(page, "search")) == 1)
    assert sent(page, "search") == [{"do": "search", "text": "plum"}]
    heard(page, {"found": {"text": "plum", "ids": ["c2"]}})
    expect(page.locator(ENTRIES)).to_have_text(["Row 2"])
    page.click("#export-all")
    assert sent(page, "exportall") == [{"do": "exportall"}]


def wait(page: Page, until: Callable[[], bool]) -> None:
    for _ in range(600):
        if until():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come about")
