"""What a message leaves open swallows nothing of the messages after it, and looks as it did."""

import re
import time
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from backend.chat.messages import AssistantMessage, Conversation, Message, UserMessage
from backend.chat.parts import Text
from backend.storage.exports.markdown import to_markdown
from backend.storage.exports.markdown_ends import MAX_TEXT

READERS = {"CommonMark": MarkdownIt("commonmark"), "GFM": MarkdownIt("gfm-like", {"linkify": False, "html": True})}
# Of the examples of CommonMark and GFM those that did not come back, and others of their kind.
LEFT_OPEN = [
    "```", "```py\nx = 1", "`````\n\n```\naaa\n", "~~~~~~\naaa\n~~~ ~~\n", "```\naaa\n    ```\n", "  ```\n a\n\n",
    "> ```\nfoo\n```\n", "- a\n\n  ```\n  b", "1. ```\n   a\n\n```\nb", "<!-- a\n\nb", "<!--", "<?php echo 1;\n",
    "<!DOCTYPE html", "<![CDATA[\na\n", "<script>\nlet x;\n\nlet y;", "<pre>\na\n\nb",
    '<style\n  type="text/css">\n\nfoo\n',
    "<textarea>\n\na", "Look:\n\n<details><summary>More</summary>\n\nText", "<div>\n*foo*\n\n*bar*\n",
    "a <b>bold", "a <textarea> b",
    "a <title>", '<div id="foo"\n*hi*\n', "<div class\nfoo\n", "<div *???-&&&-<---\n*foo*\n", '<div a="b\nc',
    "<table><tr><td>\n", "- <!--\n\n- b\n", "<a href=x>link", "<div>\n\n```\n</div>", "<svg><path/>\n\n<x-y/>",
]  # fmt: skip
CLOSED = [
    "Plain.", "```\na\n```", "Use `<div>` and `<!--` here.", "<details>\n\na\n\n</details>", "a <b>bold</b> c<br>",
    "a < b", "\\<b>", "    <div>\n    ```", "```html\n<div>\n```", "<!-- a -->", "<https://example.com> and <a@b.c>",
    "1 ``` 2", "<p>a",
]  # fmt: skip


class Reading(HTMLParser):
    """A browser's: which elements are open around the marker, `marker` being None where it is in none of them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self.marker: list[str] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("br", "hr", "img"):
            self._open.append(tag)
        if tag in ("textarea", "title"):
            self.set_cdata_mode(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if "MARKER" in data:
            self.marker = list(self._open)


def exported(message: Message) -> str:
    return to_markdown("Title", "", Conversation((message, UserMessage((Text("MARKER"),)))))


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("text", [*LEFT_OPEN, *CLOSED])
@pytest.mark.parametrize("said", [True, False], ids=["a person's", "an answer"])
def test_the_next_message_comes_back_and_this_one_looks_as_it_did(text: str, said: bool, reader: MarkdownIt) -> None:
    export = exported(UserMessage((Text(text),)) if said else AssistantMessage(text))
    tokens = reader.parse(export)
    headings = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings == ["Title", "User" if said else "Assistant", "User"]
    html = reader.render(export)
    alone = reader.render(text if text.endswith("\n") else f"{text}\n")
    assert re.sub(r"\n+", "\n", alone).strip() in re.sub(r"\n+", "\n", html)  # a fence in a list has a blank line more
    marker = Reading(html).marker
    assert marker is not None
    assert set(marker) <= {"p", "ul", "li"}  # a list whose end a comment within it hides: it is seen all the same


@pytest.mark.parametrize("text", CLOSED)
def test_what_leaves_nothing_open_stays_as_it_is(text: str) -> None:
    assert f"## Assistant\n\n{text}\n\n## User" in exported(AssistantMessage(text))


@pytest.mark.parametrize("words", ["`", "*", "<!--", "<script>", "[a](b)", "# a", "a\n\n# b", "```"])
def test_a_title_a_note_and_a_tools_name_are_words_and_no_markdown(words: str) -> None:
    export = to_markdown(
        words, "", Conversation((AssistantMessage("Hi", note=f"Of {words}"), UserMessage((Text("M"),))))
    )
    tokens = READERS["CommonMark"].parse(export)
    headings = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings[1:] == ["Assistant", "User"]
    assert [child.type for child in tokens[1].children or ()] == ["text"]
    assert tokens[1].children[0].content == " ".join(words.split())  # type: ignore[index]


def test_a_long_text_takes_no_longer_than_it_must() -> None:
    began = time.process_time()
    for piece in ("- <!--\n\n", "<i>\n\n</b>\n\n", "[<", "<!"):
        exported(AssistantMessage(piece * (MAX_TEXT // len(piece))))
        assert "\n" in exported(AssistantMessage(piece * (2_000_000 // len(piece))))
    assert time.process_time() - began < 20
