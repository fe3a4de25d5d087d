r"""What would keep a server or a browser busy is shown as it was written, and formatted for who asks for it."""

import html
import json
import re
from typing import Any

import pytest

from backend.chat.messages import AssistantMessage, Conversation, ToolCall, UserMessage
from backend.chat.parts import Text
from backend.chat.tree import ConversationTree
from tests.support.answers import seen_of
from ui.render.answer import links, signs
from ui.render.answer.blocks import ASKED_FOR, USUAL, blocks, formatted, weight
from ui.render.texts import unformatted
from ui.render.transcript import SIGNS, Transcript, shown


def table(columns: int, rows: int, cell: str = "a") -> str:
    line = "|" + f" {cell} |" * columns
    return "\n".join([line, "|" + "---|" * columns, *[line] * rows])


PRICES = "2026-01-01,$12.50,item\n"
ANSWER = "\n\n".join([
    "# An answer",
    "A paragraph with **bold** and *slanted* words, `code`, [a link](https://a.example) and snake_case. " * 8,
    table(10, 30, "**b**"), "```python\n" + "    value = call(self.name, [1, 2])\n" * 400 + "```",
    *[rf"So $x_{number}^2$ and \(a_{number}\), or" + "\n\n$$\n\\frac{a}{b} + c\n$$" for number in range(10)],
    "\n".join("  " * depth + f"- **Item** {depth}" for depth in range(6)),
    "\n".join(f"{number}. **Step {number}**: what is to be done there, and `why`." for number in range(1, 120)),
    "> A quote\n> > in a quote", r"$$\begin{pmatrix}" + r"1 & 2 & 3 & 4 & 5 \\" * 20 + r"\end{pmatrix}$$",
])  # fmt: skip


def test_a_long_answer_is_formatted() -> None:
    shown = "".join(blocks(ANSWER))
    assert "unformatted" not in shown
    assert shown.count("<math") == 31
    assert shown.count("<figure") == 2


@pytest.mark.parametrize(
    "text",
    [PRICES * 13_000, "`a" * 49_000, "[a](" * 24_000, "# a\n" * 24_000, ":" * 90_000, "w" * 90_000, "x" * 100_001],
)
def test_a_text_that_is_too_much_is_shown_as_it_is(text: str) -> None:
    assert blocks(text) == (unformatted(text, True),)
    assert html.unescape(seen_of(blocks(text)).read).strip().endswith(text.strip())
    assert "".join(blocks(text)).count("<") < 12


def test_of_a_part_that_is_too_much_the_rest_is_formatted() -> None:
    wide = table(100, 60)
    before, part, after = blocks(f"*Before*\n\n{wide}\n\n# After")
    assert before == '<p dir="auto"><em>Before</em></p>\n'
    assert part == unformatted(wide, False)
    assert after == '<h1 dir="auto">After</h1>\n'


@pytest.mark.parametrize(
    "text", [PRICES * 13_000, f"*a*\n\n{table(100, 60)}", "# a\n" * 20_000, f"{'x' * 120_000} $x$"]
)
def test_who_asks_for_it_has_it_formatted(text: str) -> None:
    assert "unformatted" in "".join(blocks(text))
    shown = formatted(text)
    assert shown
    assert "unformatted" not in "".join(shown)


def test_nobody_has_formatted_what_is_too_much_for_all() -> None:
    assert formatted("x" * (ASKED_FOR.characters + 1)) is None
    assert formatted("[^" * (ASKED_FOR.signs // 2 + 1)) is None


@pytest.mark.parametrize("piece", ["> ", "- ", "1. ", "> - "])
def test_what_stands_too_deep_is_not_left_out(piece: str) -> None:
    shown = seen_of(blocks(f"# Before\n\n{piece * 60}deep\n\n*after*")).read
    assert piece * 60 + "deep" in shown
    assert "after" in shown


@pytest.mark.parametrize("opening", ["\\[", "$$", r"\begin{align}", "> \\["])
@pytest.mark.parametrize("ending", ["", "x \\] $$ \\end{align} y", "\\]", r"\end{align}"])
def test_formulas_that_do_not_end_are_not_looked_for_again_and_again(
    opening: str, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at, line_of = [0], signs.line_of

    def counted(*given: Any) -> str:
        looked_at[0] += 1
        return line_of(*given)

    monkeypatch.setattr(signs, "line_of", counted)
    lines = 300
    blocks(f"{opening}\n" * lines + ending)
    assert looked_at[0] < 30 * lines


def test_an_address_in_a_run_of_signs_without_end_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at, bare = list[int](), links._BARE

    class Counted:
        def match(self, text: str, start: int, end: int) -> re.Match[str] | None:
            looked_at.append(start)
            return bare.match(text, start, end)

    monkeypatch.setattr(links, "_BARE", Counted())
    text = "www.a/" * 1_000
    assert seen_of(blocks(text)).read.strip() == text
    assert len(looked_at) < 2 * links.LONGEST / len("www.a/")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("(see https://a.example/b_(c)).", "https://a.example/b_(c)"),
        ("https://a.example/(b)))]]!?", "https://a.example/(b)"),
        ("[https://a.example/b]", "https://a.example/b"),
    ],
)
def test_what_ends_a_sentence_ends_an_address(text: str, address: str) -> None:
    assert f'href="{address}"' in "".join(blocks(text))


def test_few_signs_make_no_more_cells_than_a_page_takes() -> None:
    small = "|" * 200 + "\n" + "|-" * 199 + "|\n" + "|\n" * 90
    text = f"{small}\n" * 40
    assert len(text) < 40_000
    assert "".join(blocks(text)).count("<td>") <= 20_000


def test_of_a_long_conversation_the_last_answers_are_formatted() -> None:
    answer = AssistantMessage("*a* " * 2_000)
    count = SIGNS // weight(answer.text)
    said = Conversation((UserMessage((Text("Q"),)), *[answer] * (count + 3)))
    entries = [blocks for _, _, blocks in json.loads(shown(said))["entries"]]
    assert ["unformatted" in "".join(blocks) for blocks in entries] == [False, *[True] * 3, *[False] * count]


ARGUMENTS = json.dumps({format(number, "x"): 1 for number in range(5_000)})


def rounds(count: int, calls: int, arguments: str) -> Conversation:
    made = AssistantMessage(tool_calls=tuple(ToolCall(f"c{n:08d}", "look", arguments) for n in range(calls)))
    return Conversation(tuple(message for _ in range(count) for message in (UserMessage((Text("Q"),)), made)))


@pytest.mark.parametrize(
    "said", [rounds(1, 10, ARGUMENTS), rounds(30, 1, ARGUMENTS), rounds(1, 10_000, "{}"), rounds(30, 300, "{}")]
)
def test_calls_make_no_more_elements_than_a_page_takes(said: Conversation) -> None:
    made = shown(said)
    assert made.count("<") < 160_000
    assert made.count('<details class=\\"calls') == len(said.messages) // 2
    assert "look(" in made


@pytest.mark.parametrize("sign", ["\ud800", "\x00", "\x1b", "\x08", "\r", "\u2028", "\x85", "\ufffe", "\ufdd0"])
def test_no_sign_of_a_text_is_one_that_cannot_be_sent(sign: str) -> None:
    text = f"a{sign}b `c{sign}` $d{sign}$\n\n```x{sign}\ne{sign}\n```\n\n| f{sign} |\n|---|\n\n[g]({sign})"
    asked = UserMessage((Text(text),))
    for answer in (
        AssistantMessage(text, thought=text),
        AssistantMessage(f"<think>{text}"),
        AssistantMessage(text * 4000),
        AssistantMessage(tool_calls=(ToolCall(text, text, text),)),
        AssistantMessage(note=text),
    ):
        said = Conversation((asked, answer))
        for value in (shown(said), Transcript().tail(said, ConversationTree())):
            sent = value.encode()
            assert json.loads(sent)["entries"][-1][2]
            assert b"\x00" not in sent
    assert USUAL.characters < len(text * 4000)
