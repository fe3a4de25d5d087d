"""Tool calls as lines that unfold: what they say, and that nothing in them can break out of the HTML."""

import html
import json
from html.parser import HTMLParser
from typing import Any

import pytest

from backend.chat.messages import ToolCall, ToolResult
from backend.chat.parts import Image
from ui.render.approval import Asked, render_approval
from ui.render.tool_calls import Round, render_round

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
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("href", "style", "src")]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data


def card(arguments: str, result: ToolResult | None = None, is_open: bool = False, name: str = "look") -> str:
    calls, results = (ToolCall(ID, name, arguments),), {ID: result} if result else {}
    return render_round(Round(calls, results, frozenset((ID,)) if is_open else frozenset()))


def line(*given: Any, **named: Any) -> str:
    """What is seen of it folded."""
    return Reader(card(*given, **named).partition("</summary>")[0]).text


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
                return card("{}", ToolResult(ID, text.ljust(9_000), is_error=True))

    nasty, plain = shown(text), shown("p" * len(text))
    assert Reader(nasty).tags == Reader(plain).tags
    assert where == "list" or text.rstrip().replace("\r\n", "\n") in Reader(nasty).text
    assert nasty.count("<") == plain.count("<")


@pytest.mark.parametrize("name", NASTY)
def test_the_name_of_a_call_cannot_break_out_of_the_html(name: str) -> None:
    assert Reader(card("{}", name=name)).tags == Reader(card("{}")).tags


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("can_run", [True, False])
def test_nothing_can_break_out_of_the_card_of_a_call_that_waits(can_run: bool, text: str) -> None:
    def shown(text: str) -> str:
        return render_approval(ToolCall(text, text, f'{{"a": {quoted(text)}}}'), Asked(can_run, text), (1, 1))

    assert Reader(shown(text)).tags == Reader(shown("plain")).tags


def asking(**given: Any) -> ToolCall:
    return ToolCall(ID, "ask_person", json.dumps(given))


@pytest.mark.parametrize("text", NASTY)
def test_nothing_can_break_out_of_a_question_and_its_options(text: str) -> None:
    def shown(text: str) -> str:
        return render_approval(asking(question=text, options=[text, "other"]), Asked(False, "{}"), (1, 1))

    nasty = shown(text)
    assert Reader(nasty).tags == Reader(shown("plain")).tags
    assert text.strip().replace("\r\n", "\n") in Reader(nasty).text.replace("\r\n", "\n")
    assert f'data-answer="{html.escape(text.strip())}"'.replace("\r\n", "\n") in nasty


def test_of_many_or_long_options_eight_are_shown_each_in_a_line() -> None:
    options = ["a" * 100, "", " b ", "b", *map(str, range(20))]
    shown = Reader(render_approval(asking(question="Which?", options=options), Asked(False, "{}"), (1, 1)))
    assert shown.text.startswith(f"Which?{'a' * 60}…b012345Your answer")
    assert shown.tags.count("button") == 8 + 2


@pytest.mark.parametrize("given", [{}, {"question": " "}, {"question": 5}, {"question": "Which?", "options": "red"}])
def test_a_call_that_asks_nothing_is_a_call_like_any_other(given: dict[str, Any]) -> None:
    shown = Reader(render_approval(asking(**given), Asked(False, "{}"), (1, 1)))
    assert "Questions was called. Enter its result." in shown.text


def test_the_line_of_a_question_has_the_question_and_the_answer() -> None:
    arguments = json.dumps({"question": "Which colour?", "options": ["red", "blue"]})
    assert line(arguments, ToolResult(ID, "red"), name="ask_person") == "QuestionsWhich colour? → red"
    assert line(arguments, is_open=True, name="ask_person") == "QuestionsWhich colour?needs your answer"


CALCULATION = '{"expression": "6 + 2 * 3"}'


@pytest.mark.parametrize(
    ("result", "is_open", "said"),
    [
        (None, True, "Calculator6 + 2 * 3needs approval"),
        (None, False, "Calculator6 + 2 * 3skipped"),
        (ToolResult(ID, "12"), False, "Calculator6 + 2 * 3 → 12"),
        (ToolResult(ID, "12", seconds=0.0002), False, "Calculator6 + 2 * 3 → 12< 1 ms"),
        (ToolResult(ID, "12", seconds=0.25, canned=True), False, "Calculator6 + 2 * 3 → 12canned result"),
        (ToolResult(ID, "No.", is_error=True, seconds=12.3), False, "Calculator6 + 2 * 3failed · 12.3 s"),
        (ToolResult(ID, "Error: not now", is_error=True, denied=True), False, "Calculator6 + 2 * 3denied"),
        (ToolResult(ID, "1" * 80, seconds=0.25), False, "Calculator6 + 2 * 3250 ms"),
    ],
)
def test_a_line_says_what_of_and_how_its_call_stands(result: ToolResult | None, is_open: bool, said: str) -> None:
    assert line(CALCULATION, result, is_open, name="my_calculator") == said


def test_a_call_that_is_being_run_says_so() -> None:
    running = render_round(Round((ToolCall(ID, "look", "{}"),), {}, frozenset((ID,)), True))
    assert "look" in running
    assert "running…" in running


def test_arguments_are_a_list_of_names_and_values() -> None:
    shown = Reader(card('{"city": "Orléans", "days": 2, "at": [1.5, null], "sure": true}')).text
    assert shown.endswith("cityOrléansdays2at[1.5, null]suretrue")
    assert "No arguments" in card("{}")


@pytest.mark.parametrize("arguments", ["", "{", "[1]", "7", "null", "[" * 50_000])
def test_arguments_that_are_no_object_are_shown_as_they_are(arguments: str) -> None:
    shown = Reader(card(arguments)).text
    assert "Not a JSON object:" in shown
    assert shown.endswith(arguments)


@pytest.mark.parametrize("arguments", [r'{"a": "\ud83d"}', r'{"\ud83d": 1}', r'{"a": [{"b": "\udc00"}]}'])
def test_half_a_character_in_arguments_does_not_tear_the_pages_stream(arguments: str) -> None:
    assert "\ufffd" in Reader(card(arguments).encode().decode()).text


def test_arguments_nested_as_deeply_as_json_goes_do_not_break_the_page() -> None:
    for depth in range(800, 1000):
        assert card('{"a": ' + "[" * depth + "]" * depth + "}")


def test_the_calls_of_a_round_are_one_line_that_counts_them_and_tells_what_went_wrong() -> None:
    calls = tuple(ToolCall(c * 9, "my_calculator" if c < "c" else "current_time", "{}") for c in "abcd")
    results = {"a" * 9: ToolResult("a" * 9, "1", seconds=0.001), "b" * 9: ToolResult("b" * 9, "2", True, 0.002)}
    shown = render_round(Round(calls, results, frozenset(("c" * 9,))))
    said = Reader(shown.partition("</summary>")[0]).text
    assert said == "Calculator, Clock4 calls · 1 needs approval · 1 failed · 1 skipped · 3 ms"
    assert shown.count("<section") == 4
    both = render_round(Round(calls[:2], {**results, "b" * 9: ToolResult("b" * 9, "2", seconds=0.001)}))
    assert Reader(both.partition("</summary>")[0]).text == "Calculator2 calls · 2 ms"


def test_a_picture_that_a_tool_made_is_seen_although_its_line_is_folded() -> None:
    result = ToolResult(ID, "A chart.", images=(Image("/store/chart.png", 448, 336),))
    folded, _, seen = card("{}", result, name="draw_chart").partition("</details>")
    assert "<img" not in folded
    assert 'src="gradio_api/file=/store/chart.png"' in seen
    assert 'width="448" height="336"' in seen


def test_what_people_wrote_with_half_a_character_does_not_tear_the_pages_stream() -> None:
    assert card("{}", ToolResult(ID, "\ud83d"), name="\ud83d").encode()
    assert render_approval(ToolCall(ID, "look", "{}"), Asked(True, "\ud83d"), (1, 1)).encode()


def test_arguments_that_nobody_reads_to_their_end_are_cut() -> None:
    shown = Reader(card(json.dumps({"text": "<b>" * 200_000}))).text
    assert "[Cut here: it has 600,012 characters.]" in shown
    assert 100_000 < len(shown) < 101_000
