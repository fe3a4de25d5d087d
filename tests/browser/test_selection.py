"""What is selected in an answer stays selected while the answer is written: in a real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_flow import Writer
from tests.support.chat import Chat, opened
from tests.support.stub_server import Stub

FIRST = "The first paragraph of *it*.\n\n"
# How an answer goes on, what of it is selected, what comes then, and a word that shows that it is there.
WRITTEN = {
    "an earlier block": (f"{FIRST}The second", "first paragraph of it", " grows and grows.\n\nAnother", "Another"),
    "the block that grows": (f"{FIRST}Some **bold** words, of", "bold words", " which *none* goes", "none"),
    "both": (f"{FIRST}Some words, of", "of it.Some words", " which none goes.\n\nAnother", "Another"),
    "an item": (f"{FIRST}- One\n- Two `words`\n- Three", "OneTwo words", "\n  - Four\n\nAnother", "Another"),
    "a cell": (f"{FIRST}| a | b |\n|---|---|\n| one | two |\n| three", "one", " | four |\n| five | six", "six"),
    "code": (f"{FIRST}```python\ndef f(x):\n    return x", "def f(x)", " + 1\n```\n\nAnother", "Another"),
    "a word that is emphasized": (f"{FIRST}Some *words and one", "words", " more*, and on", "and on"),
    "words behind it": (f"{FIRST}Some *words and one", "and one", " more*, and on", "and on"),
}
SELECT = """([answer, wanted, backward]) => {
  const texts = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT), signs = [];
  while (texts.nextNode()) [...texts.currentNode.data].forEach((sign, at) => signs.push([sign, texts.currentNode, at]));
  const read = signs.filter(([sign]) => sign !== "\\n");
  const start = read.map(([sign]) => sign).join("").indexOf(wanted);
  const [, first, at] = read[start], [, last, before] = read[start + wanted.length - 1];
  const ends = [[first, at], [last, before + 1]];
  if (backward) ends.reverse();
  getSelection().setBaseAndExtent(...ends[0], ...ends[1]);
}"""
SELECTED = "getSelection().toString().replace(/\\s*\\n\\s*/g, '')"
IS_BACKWARD = """() => {
  const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection(), range = document.createRange();
  range.setStart(anchorNode, anchorOffset);
  return range.comparePoint(focusNode, focusOffset) < 0;
}"""


@pytest.fixture
def visitor(browser: Browser, served: tuple[Stub, str]) -> Iterator[Chat]:
    chat = opened(browser, served[1], viewport={"width": 1000, "height": 700})
    yield chat
    chat.close()


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize(("begun", "selected", "more", "sign"), WRITTEN.values(), ids=WRITTEN)
def test_what_is_selected_stays_so_while_the_answer_grows(
    visitor: Chat, served: tuple[Stub, str], begun: str, selected: str, more: str, sign: str, backward: bool
) -> None:
    writer = Writer()
    served[0].answers = [writer]
    visitor.send("Write")
    writer.write(begun)
    answer = visitor.answers.last
    expect(answer).to_contain_text(begun.split()[-1])
    answer.evaluate(f"(answer, more) => ({SELECT})([answer, ...more])", [selected, backward])
    assert visitor.page.evaluate(SELECTED) == selected
    writer.write(more)
    expect(answer).to_contain_text(sign)
    assert visitor.page.evaluate(SELECTED) == selected
    writer.write(ends=True)
    visitor.answered()
    assert visitor.page.evaluate(SELECTED) == selected
    assert visitor.page.evaluate(IS_BACKWARD) == backward
