"""What is read is what was written: prices, formulas, tags, code and tables, in answers and in one's own messages."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import running_app
from tests.browser.test_manners import WIDTHS
from tests.browser.test_page import answered, send, settings
from tests.support.reverse_proxy import NAME
from ui.gradio_patches.calls import TOO_LONG

TYPED = """Does <title> or <textarea> need *this*, at $4.50 or $3.25?
\tfor i in range(3):
        if a<b and c>d &lt; e:  # two  blanks

            print(__name__, r"\\(x\\)", '<img src="/file">')
# a comment, no heading"""

WRITTEN = """A coffee costs $4.50 or $3.25; from $2k to $5k, that is **$3k** more. US$ 20 or A$30.
Set $HOME and $PATH, or `echo $HOME <b> $PATH`.

Put <your name> into <title> or <textarea>: vector<int>, <b>bold</b>, a<b and c>d, <script>alert(1)</script>
<style>body{display:none}</style> <form><input type=submit></form> <https://example.com/x> ![a](//evil.example/a.png)

    <textarea> & $1$

```html
<title>$5 or $6</title> \\(x\\)
```

True maths: $x^2 + y^2$, \\(a<b\\) and

$$
- \\frac12
$$

| tea | $3 |
|---|---|
| cake | $5<br>each |

The end."""

READ = (
    "A coffee costs $4.50 or $3.25; from $2k to $5k, that is $3k more. US$ 20 or A$30.",
    "Set $HOME and $PATH, or echo $HOME <b> $PATH.",
    "Put <your name> into <title> or <textarea>: vector<int>, <b>bold</b>, a<b and c>d, <script>alert(1)</script>",
    "<style>body{display:none}</style> <form><input type=submit></form> https://example.com/x picture: a",
)

TABLE = [
    ["Name", "Average running time", "A description of what it does", "Where it is used", "Stable"],
    ["---"] * 5,
    *[["Quicksort", "$O(n \\log n)$", "Divides at a pivot and conquers both halves", "Standard libraries", "yes"]] * 4,
]

# The sidebars glide: until then the conversation is what they leave of it.
SETTLED = "document.querySelector('#conversation').clientWidth > 300"
BOX = "(e) => e.getBoundingClientRect().toJSON()"
BROKEN_WORDS = """(table) => {
  const texts = document.createTreeWalker(table, NodeFilter.SHOW_TEXT), broken = [], range = document.createRange();
  while (texts.nextNode())
    for (const word of texts.currentNode.data.matchAll(/\\S+/g)) {
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      if (range.getClientRects().length > 1) broken.push(word[0]);
    }
  return broken;
}"""


def copied(page: Page, message: Locator) -> str:
    """What the button below a message copies."""
    page.evaluate("navigator.clipboard.writeText('')")
    row = message.locator("xpath=ancestor::*[contains(@class, 'message-row')]")
    row.locator("xpath=following-sibling::*[1]").get_by_role("button", name="Copy message").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text)")
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_what_was_written_is_what_is_read_edited_and_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    settings(page, max_tokens="4")
    send(page, TYPED)
    answered(page)
    user, bot = page.get_by_test_id("user"), page.get_by_test_id("bot").first
    edit, box = page.get_by_role("button", name="Edit", exact=True), page.locator("#conversation textarea")
    save = page.get_by_role("button", name="Submit").first
    assert user.inner_text() == TYPED
    assert copied(page, user) == TYPED
    expect(user).to_have_attribute("aria-label", f"user's message: {TYPED}")
    edit.first.click()
    assert box.input_value() == TYPED
    page.get_by_role("button", name="Cancel").click()

    edit.last.click()
    box.fill(WRITTEN)
    save.click()
    for _ in range(2):  # the second time nothing is changed
        expect(bot).to_contain_text("The end.")
        expect(bot.locator("pre code")).to_have_text(["<textarea> & $1$", "<title>$5 or $6</title> \\(x\\)"])
        expect(bot.locator(".katex annotation")).to_have_text(["x^2 + y^2", "a<b", "- \\frac12"])
        edit.last.click()
        assert box.input_value() == WRITTEN
        save.click()
    expect(bot.locator(".katex annotation")).to_have_count(3)
    for sentence in READ:
        assert sentence in bot.inner_text()
    expect(bot.locator("td")).to_have_text(["cake", "$5each"])
    expect(bot.locator("td br")).to_have_count(1)
    assert copied(page, bot) == WRITTEN
    expect(bot).to_have_attribute("aria-label", f"bot's message: {WRITTEN}")


def test_a_long_prompt_and_a_wide_table_scroll_in_themselves(page: Page) -> None:
    settings(page, max_tokens="4")
    send(page, "A line of the prompt.\n" * 60)
    answered(page)
    page.get_by_role("button", name="Inspect").click()
    inspector, conversation, box = (page.locator(f"#{name}") for name in ("inspector", "conversation", "message"))
    expect(inspector.locator(".prompt")).to_be_visible()
    for width, height in reversed(WIDTHS.values()):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(SETTLED)
        assert inspector.evaluate("(e) => { e.scrollTop = 9999; return e.scrollTop }") > 500
        expect(page.get_by_role("button", name="Close").first).to_be_in_viewport()
        expect(box).to_be_in_viewport(ratio=1)
        expect(page.locator("#retry")).to_be_in_viewport(ratio=1)
        assert inspector.evaluate(BOX)["bottom"] <= box.evaluate(BOX)["top"]
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Edit", exact=True).last.click()
    page.locator("#conversation textarea").fill("\n".join(f"| {' | '.join(cells)} |" for cells in TABLE))
    page.get_by_role("button", name="Submit").first.click()
    table = page.get_by_test_id("bot").first.locator("table")
    expect(table.locator("td .katex")).to_have_count(4)
    for width, height in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(SETTLED)
        assert table.evaluate(BROKEN_WORDS) == []
        assert table.evaluate(BOX)["right"] <= conversation.evaluate(BOX)["right"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert table.evaluate("(e) => { e.scrollLeft = 9999; return e.scrollLeft }") > 100
    assert table.evaluate(BOX)["height"] < 800


@pytest.fixture(scope="module")
def named_app() -> Iterator[str]:
    """The address of an app that goes by a name too."""
    with running_app("--allowed-hosts", NAME) as url:
        yield url


def test_copying_works_where_the_page_is_not_served_securely(page: Page, named_app: str) -> None:
    page.context.grant_permissions(["clipboard-read"])
    plain = page.context.new_page()
    plain.goto(named_app.replace("127.0.0.1", NAME))
    plain.fill("#message textarea", "Hi")
    plain.get_by_text("Export, import, share").click()
    plain.click("#link")
    link = plain.locator("#link-text :is(textarea, input)").first
    expect(link).to_have_value(re.compile(r"\?q=Hi&"))
    plain.locator("#link-text").get_by_role("button", name="Copy").click()
    page.bring_to_front()
    assert page.evaluate("navigator.clipboard.readText()") == link.input_value()


def test_a_message_that_is_too_long_is_refused_in_a_sentence_and_stays_in_the_box(page: Page) -> None:
    text = "ab " * 400_000
    page.fill("#message textarea", text)
    page.press("#message textarea", "Enter")
    expect(page.get_by_text(TOO_LONG).first).to_be_visible()
    assert page.input_value("#message textarea") == text
