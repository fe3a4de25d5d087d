"""What stands in an answer can be copied, tried out, and shown formatted where it is long."""

import json
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

ANSWER = "#conversation .entry.assistant"
TABLE = '| Name | Cost |\n|---|---|\n| $O(n \\log n)$ | "$5", or<br>more |\n| `a | b` | **1,5** |'
CODE = "def f():\n\treturn '<b>'  # $x$\n"
PAGE = """<h1>Hello</h1><button onclick="this.textContent = 'Pressed'">Press</button><img src="/page/main.js"><script>
const told = document.body.dataset;
fetch("/config").then(() => (told.fetched = "yes"), () => (told.fetched = "no"));
try { told.parent = parent.document.title } catch { told.parent = "closed" }
try { localStorage.x = 1; told.kept = "yes" } catch { told.kept = "no" }
try { open("https://a.example") ? (told.opened = "yes") : (told.opened = "no") } catch { told.opened = "no" }
</script>"""
DRAWING = '<svg viewBox="0 0 10 10"><circle r="5" onload="1"/></svg>'
LONG = "2026-01-01,$12.50,*item*\n" * 11_000


def shown(page: Page, text: str, folder: Path, question: str = "Q") -> None:
    """An imported conversation with this answer."""
    file = folder / "chat.json"
    file.write_text(json.dumps([{"role": "user", "content": question}, {"role": "assistant", "content": text}]))
    page.set_input_files("input[type=file][accept*=json]", str(file))
    page.locator(ANSWER).wait_for(state="attached")


def copied(page: Page) -> str:
    page.wait_for_function("navigator.clipboard.readText().then((text) => text)")
    text = str(page.evaluate("navigator.clipboard.readText()"))
    page.evaluate("navigator.clipboard.writeText('')")
    return text


def test_a_table_is_copied_as_a_spreadsheet_reads_it_and_code_as_it_was_written(page: Page, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown(page, f"{TABLE}\n\n```python\n{CODE}```", tmp_path)
    table = page.locator(f"{ANSWER} figure.table")
    table.hover()
    table.get_by_role("button", name="Copy as CSV").click()
    expect(table.get_by_role("button")).to_have_text("Copied")
    assert copied(page) == 'Name,Cost\r\n$O(n \\log n)$,"""$5"", or\nmore"\r\na | b,"1,5"'
    page.locator(f"{ANSWER} figure.code").get_by_role("button", name="Copy").click()
    assert copied(page) == CODE
    expect(table.get_by_role("button")).to_have_text("Copy as CSV")


def test_a_spreadsheet_calculates_nothing_of_a_copied_table(page: Page, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cells = ['=WEBSERVICE("https://a.example")', "+cmd(1)", "@SUM(1)", "-5 °C", "+1.5%", "-"]
    rows = "\n".join(f"| {cell} |" for cell in cells)
    shown(page, f"| A |\n|---|\n{rows}", tmp_path)
    table = page.locator(f"{ANSWER} figure.table")
    table.hover()
    table.get_by_role("button", name="Copy as CSV").click()
    assert copied(page).split("\r\n") == [
        "A", '"\'=WEBSERVICE(""https://a.example"")"', "'+cmd(1)", "'@SUM(1)", "-5 °C", "+1.5%", "-",
    ]  # fmt: skip


CALLS = """const Made = window.RTCPeerConnection;
const made = Made && new Made({ iceServers: [{ urls: "stun:127.0.0.1:PORT" }] });
made?.createDataChannel("a");
made?.createOffer().then((offer) => made.setLocalDescription(offer));"""


@pytest.mark.parametrize(
    "way",
    [
        "<script>{}</script>",
        "<script>Object.defineProperty(NodeList.prototype, 'length', {{ value: 0 }})</script>"
        "<iframe srcdoc='<script>{}</script>'></iframe>", "<iframe srcdoc='<script>{}</script>'></iframe>",
        "<div><template shadowrootmode=closed><iframe srcdoc='<script>{}</script>'></iframe></template></div>",
        "<p id=p></p><script>p.attachShadow({{ mode: 'closed' }})"
        ".innerHTML = `<iframe srcdoc='<script>{}<\\/script>'>`</script>",
    ],
)  # fmt: skip
def test_a_preview_calls_nobody(page: Page, tmp_path: Path, way: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(1.5)
        calls = CALLS.replace("PORT", str(listening.getsockname()[1])).replace("\n", " ")
        shown(page, f"```html\n<h1>Hello</h1>{way.format(calls)}\n```", tmp_path)
        page.locator(ANSWER).get_by_role("button", name="Preview").click()
        expect(page.frame_locator(".preview iframe").locator("h1")).to_be_visible()
        with pytest.raises(TimeoutError):
            listening.recv(100)


def test_a_preview_reaches_neither_the_page_nor_a_network(page: Page, tmp_path: Path) -> None:
    asked = list[str]()
    shown(page, f"```html\n{PAGE}\n```\n\n```svg\n{DRAWING}\n```\n\n```python\n{CODE}```", tmp_path)
    page.on("request", lambda request: asked.append(request.url) if request.frame != page.main_frame else None)
    buttons = page.locator(ANSWER).get_by_role("button", name="Preview")
    expect(buttons).to_have_count(2)
    expect(page.locator("iframe")).to_have_count(0)
    buttons.first.click()
    dialog = page.get_by_role("dialog", name="Preview")
    frame = dialog.frame_locator("iframe")
    body = frame.locator("body")
    for name, told in {"fetched": "no", "parent": "closed", "kept": "no", "opened": "no"}.items():
        expect(body).to_have_attribute(f"data-{name}", told)
    frame.get_by_role("button", name="Press").click()
    expect(frame.get_by_role("button")).to_have_text("Pressed")
    body.evaluate("location.href = location.ancestorOrigins[0] + '/config'")
    page.wait_for_timeout(500)
    assert not [url for url in asked if "config" in url]
    dialog.get_by_role("button", name="Close preview").click()
    expect(dialog).to_have_count(0)
    expect(buttons.first).to_be_focused()
    buttons.last.click()
    expect(frame.locator("circle")).to_be_visible()
    page.locator(".preview .bar button").click()
    page.locator("#conversation .entry.user").get_by_role("button", name="Edit").click()
    expect(page.locator("#message textarea")).to_have_value("Q")
    buttons.last.click()
    page.locator(".preview .bar button").focus()
    page.keyboard.press("Escape")  # which leaves the preview alone
    expect(dialog).to_have_count(0)
    expect(page.locator("#chips")).to_contain_text("Editing")
    expect(page.locator("#message textarea")).to_have_value("Q")


def test_an_answer_that_is_long_is_formatted_when_asked_and_stays_so(page: Page, tmp_path: Path) -> None:
    shown(page, LONG, tmp_path, LONG)
    answer = page.locator(ANSWER)
    assert page.evaluate("document.querySelectorAll('#conversation *').length") < 200
    assert answer.locator(".typed").evaluate("(typed) => typed.textContent") == LONG
    assert page.locator("#conversation .user .typed").evaluate("(typed) => typed.textContent") == LONG
    answer.get_by_role("button", name="Show formatted").click()
    expect(answer.locator("em").first).to_have_text("item")
    expect(answer.locator(".typed")).to_have_count(0)
    page.fill("#message textarea", "And now?")  # the page answers
    page.locator("#message textarea").press("Enter")
    expect(page.locator(ANSWER)).to_have_count(2)
    expect(answer.first.locator("em").first).to_have_text("item")


def test_half_a_character_and_signs_that_control_nothing_reach_the_page(page: Page, tmp_path: Path) -> None:
    text = "a\ud800b\x07c\u202ed\x00e"
    shown(page, f"{text} `{text}` $\\text{{{text}}}$\n\n```\n{text}\n```", tmp_path, text)
    expect(page.locator("#conversation .user .typed")).to_contain_text("b\x07c")
    expect(page.locator(f"{ANSWER} pre")).to_contain_text("b\x07c")
