"""What is read is what was written: prices, formulas, tags, code and tables, in answers and in one's own messages."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import running_app
from tests.support.chat import Chat
from tests.support.reverse_proxy import NAME
from ui.gradio_patches.calls import TOO_LONG
from ui.texts import texts

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
    "Put <your name> into <title> or <textarea>: vector<int>, bold, a<b and c>d, <script>alert(1)</script>",
    "<style>body{display:none}</style> <form><input type=submit></form> https://example.com/x",
    "https://example.com/x ![a](//evil.example/a.png)",
)

TABLE = [
    ["Name", "Average running time", "A description of what it does", "Where it is used", "Stable"],
    ["---"] * 5,
    *[["Quicksort", "$O(n \\log n)$", "Divides at a pivot and conquers both halves", "Standard libraries", "yes"]] * 4,
]

# The sidebars glide: until then the conversation is what they leave of it.
SETTLED = "document.querySelector('#conversation').clientWidth > 300"
TITLES = "(formulas) => formulas.map((formula) => formula.title.trim())"
BOX = "(e) => e.getBoundingClientRect().toJSON()"
WIDTHS = ((1280, 860), (390, 844))
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


def test_what_was_written_is_what_is_read_edited_and_copied(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.send(TYPED)
    chat.answered()
    answer = chat.answers.first
    assert chat.questions.text_content() == TYPED
    assert chat.copied(chat.entries.first) == TYPED
    chat.edit_question()
    expect(chat.box).to_have_value(TYPED)
    chat.box.press("Escape")

    for _ in range(2):  # the second time nothing is changed
        chat.edit_answer(WRITTEN)
        expect(answer).to_contain_text("The end.")
        expect(answer.locator("pre code")).to_have_text(["<textarea> & $1$", "<title>$5 or $6</title> \\(x\\)"])
        assert answer.locator(".formula").evaluate_all(TITLES) == ["x^2 + y^2", "a<b", "- \\frac12"]
        chat.edit_answer()
        assert chat.editor.input_value() == WRITTEN
        chat.editor.press("Escape")
    for sentence in READ:
        assert sentence in answer.inner_text()
    expect(answer.locator("b")).to_have_text("bold")
    expect(answer.locator("td")).to_have_text(["cake", "$5each"])
    expect(answer.locator("td br")).to_have_count(1)
    assert chat.copied(answer) == WRITTEN


def test_a_long_prompt_and_a_wide_table_scroll_in_themselves(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.panel.close()
    chat.send("A line of the prompt.\n" * 60 + "Its end.")
    chat.answered()
    chat.inspect()
    for width, height in reversed(WIDTHS):
        chat.page.set_viewport_size({"width": width, "height": height})
        for part in (chat.inspector.locator(".control").first, chat.inspector.locator(".control").last):
            part.scroll_into_view_if_needed()
            expect(part).to_be_in_viewport()
            expect(chat.button(texts.inspector.close, chat.inspector)).to_be_in_viewport()
    chat.page.keyboard.press("Escape")

    chat.edit_answer("\n".join(f"| {' | '.join(cells)} |" for cells in TABLE))
    table = chat.answers.locator("table")
    expect(table.locator("td .formula")).to_have_count(4)
    for width, height in WIDTHS:
        chat.page.set_viewport_size({"width": width, "height": height})
        chat.page.wait_for_function(SETTLED)
        assert table.evaluate(BROKEN_WORDS) == []
        assert page_is_as_wide_as_the_window(chat)
    scrolled = table.locator("xpath=..")
    assert scrolled.evaluate("(e) => { e.scrollLeft = 9999; return e.scrollLeft }") > 100
    assert table.evaluate(BOX)["height"] < 800


def page_is_as_wide_as_the_window(chat: Chat) -> bool:
    return bool(chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.fixture(scope="module")
def named_app() -> Iterator[str]:
    """The address of an app that goes by a name too."""
    with running_app("--allowed-hosts", NAME) as url:
        yield url


def test_copying_works_where_the_page_is_not_served_securely(chat: Chat, named_app: str) -> None:
    chat.page.context.grant_permissions(["clipboard-read"])
    plain = Chat(chat.page.context.new_page())
    plain.go(named_app.replace("127.0.0.1", NAME))
    plain.box.fill("Hi")
    plain.copy_link()
    chat.page.bring_to_front()
    assert re.search(rf"^http://{NAME}:\d+/\?q=Hi\b", chat.page.evaluate("navigator.clipboard.readText()"))


def test_a_message_that_is_too_long_is_refused_in_a_sentence_and_stays_in_the_box(chat: Chat) -> None:
    text = "ab " * 400_000
    chat.send(text)
    chat.told(TOO_LONG)
    expect(chat.box).to_have_value(text)
