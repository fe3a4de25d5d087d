"""Tool calls as cards: what they say, and that nothing in them can break out of the HTML or of Markdown."""

import html
import json
from html.parser import HTMLParser

import pytest

from backend.chat.messages import ToolCall, ToolResult
from ui.render.tool_calls import FOLDED, render_tool_calls

ID = "abcdefghi"
NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></td></table></section></div>",
    "&lt;b&gt; &amp;",
    "one\n\n# two\n\n- three",
    "```\n# Heading\n```",
    "$x$ $$y$$ \\(z\\) \\[w\\]",
    "**bold** _it_ [a](javascript:alert(1)) ![b](http://a/b.png) http://a.b",
    "    indented\r\n\t`code` ~~~",
]


class Reader(HTMLParser):
    """What a browser makes of the HTML: its tags and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert all(name in ("class", "aria-label") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data


def card(arguments: str, result: ToolResult | None = None, is_open: bool = False, name: str = "look") -> str:
    return render_tool_calls(
        (ToolCall(ID, name, arguments),), {ID: result} if result else {}, {ID} if is_open else set()
    )


def quoted(text: str) -> str:
    """The text as a JSON string."""
    return '"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"'


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("where", ["value", "name", "list", "broken arguments", "result", "long result"])
def test_nothing_can_break_out(where: str, text: str) -> None:
    def shown(text: str) -> str:
        match where:
            case "value":
                return card(f'{{"a": {quoted(text)}}}')
            case "name":
                return card(f'{{{quoted(text)}: "a"}}')
            case "list":
                return card(f'{{"a": [{quoted(text)}]}}')
            case "broken arguments":
                return card(text)
            case "result":
                return card("{}", ToolResult(ID, text))
            case _:
                return card("{}", ToolResult(ID, text.ljust(FOLDED + 1)))

    nasty, plain = shown(text), shown("plain")
    assert Reader(nasty).tags == Reader(plain).tags
    assert where == "list" or text.rstrip() in Reader(nasty).text
    assert nasty.count("<") == plain.count("<")


@pytest.mark.parametrize("name", NASTY)
def test_the_name_of_a_call_cannot_break_out_of_the_html(name: str) -> None:
    assert Reader(card("{}", name=name)).tags == Reader(card("{}")).tags


@pytest.mark.parametrize(
    ("result", "is_open", "state"),
    [
        (None, True, "… waiting"),
        (None, False, "– not answered"),
        (ToolResult(ID, "4"), False, "✓ done"),
        (ToolResult(ID, "4", seconds=0.25), False, "✓ done · 250 ms"),
        (ToolResult(ID, "4", seconds=0.25, canned=True), False, "✓ done · fixed reply"),
        (ToolResult(ID, "No.", is_error=True, seconds=12.3), False, "✕ failed · 12.3 s"),
    ],
)
def test_a_card_says_how_its_call_stands(result: ToolResult | None, is_open: bool, state: str) -> None:
    assert f'<span class="state">{state}</span>' in card("{}", result, is_open)


def test_arguments_are_a_table_of_names_and_values() -> None:
    shown = Reader(card('{"city": "Orléans", "days": 2, "at": [1.5, null], "sure": true}')).text
    assert shown == "look – not answeredcityOrléansdays2at[1.5, null]suretrue"
    assert "no arguments" in card("{}")


@pytest.mark.parametrize("arguments", ["", "{", "[1]", "7", "null", "[" * 50_000])
def test_arguments_that_are_no_object_are_shown_as_they_are(arguments: str) -> None:
    shown = Reader(card(arguments)).text
    assert "Not a JSON object:" in shown
    assert shown.endswith(arguments)


@pytest.mark.parametrize("arguments", [r'{"a": "\ud83d"}', r'{"\ud83d": 1}', r'{"a": [{"b": "\udc00"}]}'])
def test_half_a_character_in_arguments_does_not_tear_the_pages_stream(arguments: str) -> None:
    assert "?" in Reader(card(arguments).encode().decode()).text


def test_arguments_nested_as_deeply_as_json_goes_do_not_break_the_page() -> None:
    for depth in range(800, 1000):
        assert card('{"a": ' + "[" * depth + "]" * depth + "}")


def test_a_long_result_is_folded_under_its_length() -> None:
    assert "<details" not in card("{}", ToolResult(ID, "x" * FOLDED))
    assert "<summary>Error, 12,345 characters</summary>" in card("{}", ToolResult(ID, "x" * 12_345, is_error=True))


def test_each_of_several_calls_has_its_own_card_with_its_own_result() -> None:
    calls = tuple(ToolCall(c * 9, f"tool_{c}", "{}") for c in "abc")
    shown = render_tool_calls(calls, {"bbbbbbbbb": ToolResult("bbbbbbbbb", "second")}, {"ccccccccc"})
    first, second, third = (html.unescape(part) for part in shown.split("<section")[1:])
    assert ("tool_a" in first, "not answered" in first) == (True, True)
    assert ("tool_b" in second, "second" in second, "done" in second) == (True, True, True)
    assert ("tool_c" in third, "waiting" in third) == (True, True)


def test_arguments_that_nobody_reads_to_their_end_are_cut() -> None:
    shown = Reader(card(json.dumps({"text": "<b>" * 200_000}))).text
    assert "Arguments, 600,012 characters" in shown
    assert "[Cut here: it has 600,012 characters.]" in shown
    assert 100_000 < len(shown) < 101_000
