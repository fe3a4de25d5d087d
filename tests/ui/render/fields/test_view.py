"""What the page draws of an answer that was asked for with a schema."""

import json
import re
from dataclasses import replace

import pytest

from backend.chat.messages import AssistantMessage, Conversation, Finished, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.scores import TokenScore
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree
from tests.support.transcript import drawn
from ui.render import transcript
from ui.render.answer.blocks import blocks
from ui.render.fields.view import COLUMNS, ROWS, Blocks, Form

SCHEMA = json.dumps({"type": "object", "properties": {"total": {"type": "number", "title": "Total & <b>sum</b>"}}})
RECEIPT = """{"shop": "Café <i>x</i>", "items": [{"name": "tea", "price": 2.50, "fresh": true},
 {"name": "<script>alert(1)</script>", "price": 13, "fresh": null}], "total": 15.50, "seller": {"city": "Bern"}}"""


def made(answer: str, is_growing: bool = False) -> Blocks:
    shown = Form(SCHEMA, 1).blocks(answer, is_growing)
    assert shown is not None
    return shown


def words(block: str) -> list[str]:
    """What is read of it."""
    return [word for word in re.split(r"<[^>]*>|\n", block) if word]


def test_a_list_is_a_table_between_what_stands_before_and_after_it() -> None:
    before, table, after, rest = made(RECEIPT)
    assert words(before) == ["Shop", "Café &lt;i&gt;x&lt;/i&gt;"]
    assert words(table) == ["Items", "Name", "Price", "Fresh", "tea", "2.50", "Yes",
                            "&lt;script&gt;alert(1)&lt;/script&gt;", "13", "–"]  # fmt: skip
    assert words(after) == ["Total &amp; &lt;b&gt;sum&lt;/b&gt;", "15.50", "Seller", "1 field", "City", "Bern"]
    assert '<th scope="col" class="number">Price' in table
    assert '<td class="number">2.50</td>' in table
    assert '<summary>1 field</summary><dl class="values"' in after
    assert "<script" not in "".join((before, table, after, rest))


def test_its_json_is_one_click_away_and_it_can_be_saved_once_it_is_written() -> None:
    rest = made(RECEIPT)[3]
    assert rest.startswith('<details class="as-json"><summary>JSON</summary>')
    assert re.findall(r'value="(.*?)"', rest) == ["fields 1 csv", "fields 1 json"]
    assert not re.findall(r'value="(.*?)"', made(RECEIPT[:100], is_growing=True)[3])


def test_rows_come_as_they_are_whole() -> None:
    counts = [made(RECEIPT[:length], is_growing=True)[1].count("<tr>") for length in range(1, len(RECEIPT) + 1)]
    assert counts == sorted(counts)
    assert set(counts) == {0, 2, 3}  # with the head


@pytest.mark.parametrize(
    "answer", ["I cannot read it.", '{"a": 1} is it', "3", '"x"', "[" * 2_000, "[0" + ",0" * 80_000]
)
def test_what_is_no_json_or_endless_is_shown_as_it_always_was(answer: str) -> None:
    assert Form(SCHEMA, 1).blocks(answer, False) is None
    assert Form(SCHEMA, 1).blocks(answer, True) is None


def test_of_a_large_table_not_everything_is_drawn_and_it_says_so() -> None:
    answer = json.dumps([{"n": number} for number in range(1_000)])
    _, table, _, _ = made(answer)
    assert table.count("<tr>") == ROWS + 1
    assert words(table)[-1] == "Showing 200 of 1,000 rows. The files have everything."
    wide = made(json.dumps([{f"n{number}": number for number in range(100)}]))[1]
    assert wide.count("<td") == COLUMNS
    assert "Showing 30 of 100 columns." in wide


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps({f"n{number}": number for number in range(6_000)}),
        json.dumps([{"rows": [{"a": {"b": number}} for number in range(3_000)]}]),
        json.dumps([[{"a": 1}] * 9] * 700),
        '{"a":' * 50 + "1" + "}" * 50,
        "[" * 50 + "]" * 50,
        json.dumps({"a": [0] * 20_000}),
    ],
)
def test_what_is_drawn_is_bounded_whatever_the_answer(answer: str) -> None:
    assert sum(block.count("<") - block.count("</") for block in made(answer)[:3]) < 32_000


def test_an_answer_is_shown_so_where_a_schema_was_asked_for_and_not_else() -> None:
    said = Conversation((UserMessage((Text("Read it"),)), AssistantMessage(RECEIPT, stats=Finished("stop"))))
    asked = ChatRequest(settings=GenerationSettings(json_schema=SCHEMA))
    history = ConversationTree().with_branch(said, asked)
    shown = (drawn([], transcript.shown(said, history)) or [])[1][2]
    assert list(shown[:-1]) == list(made(RECEIPT))
    plain = ConversationTree().with_branch(said, replace(asked, settings=GenerationSettings()))
    assert list((drawn([], transcript.shown(said, plain)) or [])[1][2][:-1]) == list(blocks(RECEIPT))


def test_what_the_model_was_least_sure_of_says_so_and_what_else_it_might_be() -> None:
    def score(text: str, other: str) -> TokenScore:
        return TokenScore(RECEIPT.index(text), text, 0.62, ((other, 0.3),))

    scores = (score("2.50", '9<b>"'), score("15", "16"), score("Bern", "Basel"))
    before, table, after, _ = Form(SCHEMA, 1).blocks(RECEIPT, False, scores) or made("")
    assert "least sure" not in before
    assert '<td class="number"><span class="unsure" role="note" tabindex="0" aria-label="least sure: 62% sure.' in table
    assert "</span></span> 2.50</td>" in table
    assert "<b>" not in table
    assert "Next likeliest: 9&lt;b&gt;" in table
    assert "62% sure. Next likeliest: 16…<" in after
    assert "<summary>1 field · least sure</summary>" in after
    assert "Next likeliest: Basel<" in after


def test_an_answer_that_is_kept_has_its_doubts_where_a_thought_stands_before_it() -> None:
    thought = "<think>Hm.</think>\n"
    scores = (TokenScore(len(thought) + RECEIPT.index("15"), "15", 0.5, (("16", 0.4),)),)
    answer = AssistantMessage(thought + RECEIPT, stats=Finished("stop"), scores=scores)
    said = Conversation((UserMessage((Text("Read it"),)), answer))
    asked = ChatRequest(settings=GenerationSettings(json_schema=SCHEMA))
    shown = (drawn([], transcript.shown(said, ConversationTree().with_branch(said, asked))) or [])[1][2]
    assert "Next likeliest: 16…" in "".join(shown)
