"""What a visitor's text costs grows as its length does, wherever it comes in or goes out: looked at with texts of one
length, and of eight times that.

Counted is the processor time of this thread, of several tries the one with the least growth: a busy machine adds to it,
but little. What grows with a length's square takes 64 times as long. Schemas and calls that take minutes: see
test_checks.py.
"""

import gc
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from backend.chat.errors import ConversationInvalid
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.system_prompts import fill, unknown_variables
from backend.chat.tree import ConversationTree, Node
from backend.engines.local.output.stop_strings import StopStrings
from backend.engines.server.call_pieces import CallPieces
from backend.engines.server.chunks import CallPiece
from backend.storage.document import Document, data_url
from backend.storage.document_json import parsed, to_json
from backend.storage.exports.markdown import to_markdown
from backend.storage.exports.openai_format import to_openai
from backend.storage.foreign.reading import read_file
from backend.tools.schemas import read_specs, strict_json
from backend.tools.toolbox import violation
from backend.turn import messages_sent
from ui.gradio_patches.uploads import names_only_uploads, upload_folder
from ui.render.answer import code
from ui.render.answer.blocks import ASKED_FOR, made, rendered
from ui.render.answer.code import LANGUAGES, SECONDS, _lexed
from ui.render.answer.growing import GrowingText
from ui.render.formulas import can_be_drawn
from ui.render.texts import plain
from ui.render.thoughts import without_thought
from ui.render.tool_calls import Round, render_round
from ui.render.transcript import shown as drawn

DOUBLINGS, MOST = 3, 2.5  # times the time, for each doubling
ENOUGH = 0.002  # s for the shortest text, below which a try tells nothing
TRIES = 4
Make = Callable[[int], Callable[[], object]]


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Of one of so many times, on average. None finds what an earlier one left to be looked up."""
    took = 0.0
    for _ in range(times):
        _lexed.cache_clear()
        begun = time.thread_time()
        work()
        took += time.thread_time() - begun
    return took / times


def growth(make: Make, length: int, most: int) -> float:
    """By how much the time grows with each doubling of a length, up to `most`, from one at which it can be told.

    The longer text is compared with as much work on the shorter, just before it: what else the machine does is in both.
    """
    gc.collect()
    gc.disable()
    try:
        while seconds(make(length)) < ENOUGH and 4 * length <= most:
            length *= 4
        short, long = make(length), make(length * 2**DOUBLINGS)
        found = float("inf")
        for _ in range(TRIES):  # what is but bad luck does not come again
            first = max(seconds(short, 2**DOUBLINGS), ENOUGH)
            found = min(found, (seconds(long) / first) ** (1 / DOUBLINGS))
            if found <= MOST:
                break
        return found
    finally:
        gc.enable()


def repeated(piece: str, length: int) -> str:
    return piece * (length // len(piece) + 1)


PIECES = [
    "word ", "\n", "a\n\n", "`", "``a`", "` ``", "<a", "<a@b.", "<http://", "](<a", "![", "![a](http://", "!['\\]",
    "[", "![[a]", "$", "$a", "$$", "$$ a\n", "$a$ ", "\\(", "\\(a", "\\[\n", "\\[ a\n", "{", "\\", "&#x0000", "*a ",
    "- ", "- - ", "> ", ">", "1. ", "- a\n  - b\n", "|", "|`", "| `a\n", "```\n", "``` a`\n", "    a\n", "#", "\t",
    "*a_", "*a\n", "# a\n", "+ ", "2. a\n", "|a|\n|-|\n|b|\n\n", "]:", "\\{", "$\\frac{a}$ ", "```a\n```\n",
    "> *a_\n*a_\n", "  ", ":", "a:", "http:", "http://a.b ", "http://a)", "https://", "www.", "www.a.b ", "@", "a@",
    "a@b.", "[^a]", "[^a", "[^a]: b\n", "[a]: http://b\n", '[a]: http://b "\n', "[a]: http://b (\n", "<b>", "</b>",
    "<b></b>", "- [ ] a\n", "|\n|-|\n", "a|b\n-|-\n", "| $a|b$ ", "|`", "![a](http://b)", "[![a](http://b)](http://c)",
    "~~a", "\\[\na\n\\]\n", "\\begin{align}\n", "$\\sqrt{a}$ ",
]  # fmt: skip


def pieces(of: Iterable[str], *functions: Callable[[str], object]) -> Iterator[tuple[str, Make]]:
    for function in functions:
        for piece in of:

            def make(length: int, piece: str = piece, function: Callable[[str], object] = function) -> Any:
                text = repeated(piece, length)
                return lambda: function(text)

            yield f"{function.__name__} {piece!r}", make


def formatted(text: str) -> object:
    """However many signs it has."""
    return [block for _, block in rendered(text, ASKED_FOR)]


def in_a_paragraph(run: str) -> object:
    """A run of signs that turns out to be something else at its end."""
    return formatted(f"a\n{run}x")


def growing(text: str) -> object:
    """An answer that comes in twenty pieces of any size."""
    shown, step = GrowingText(), len(text) // 20 + 1
    return [shown.blocks(text[: at + step]) for at in range(0, len(text), step)]


def conversation(count: int) -> Conversation:
    """So many messages, of all kinds."""
    messages: list[Message] = []
    for number in range(count // 4 + 1):
        call = ToolCall(f"c{number:08}", "look", f'{{"at": {number}}}')
        messages += [
            UserMessage((Text(f"Question {number} $x$"),)), AssistantMessage("", (call,), Finished("tool_calls")),
            ToolMessage(ToolResult(call.id, "found `it`")),
            AssistantMessage(f"Answer *{number}*", stats=Finished("stop")),
        ]  # fmt: skip
    return Conversation(tuple(messages))


def on_messages(work: Callable[[Conversation, ConversationTree], object]) -> Make:
    def make(count: int) -> Callable[[], object]:
        shown = conversation(count // 100)
        history = ConversationTree().with_branch(shown, ChatRequest(system_prompt="Be brief."))
        return lambda: work(shown, history)

    return make


def siblings(count: int) -> Callable[[], object]:
    """Many alternatives of one answer, of which the last is shown."""
    answers = [Node(f"a{number}", "q", AssistantMessage(str(number))) for number in range(count // 100)]
    nodes = [Node("q", None, UserMessage((Text("Q"),))), *answers]

    def work() -> object:
        tree = ConversationTree.of(nodes, nodes[-1].id)
        return drawn(tree.conversation, tree), tree.switch_branch(1, 1)

    return work


def exported(file: Path) -> Make:
    """A file as another program writes it, with its longest list longer."""

    def make(count: int) -> Callable[[], object]:
        value = json.loads(file.read_text(encoding="utf-8"))
        longest = max(_lists(value), key=len)
        longest[:] = longest * (count // 400)
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as made:
            json.dump(value, made)
        return lambda: _read(Path(made.name))

    return make


def _lists(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _lists(part)


def _read(path: Path) -> object:
    try:
        return read_file(path)
    except ConversationInvalid as error:
        return str(error)


def document(history: ConversationTree) -> dict[str, Any]:
    return to_json(Document(history=history), data_url)


def put_together(piece: CallPiece, *first: CallPiece) -> Make:
    def make(length: int) -> Callable[[], object]:
        def work() -> object:
            calls = CallPieces()
            for each in first:
                calls.add(each)
            for _ in range(min(length // 20, 60_000)):
                calls.add(piece)
            return calls.calls()

        return work

    return make


def of(text: Callable[[int], str], work: Callable[[str], object]) -> Make:
    def make(length: int) -> Callable[[], object]:
        given = text(length)
        return lambda: work(given)

    return make


def numbered(form: str) -> Callable[[int], str]:
    return lambda length: ", ".join(form % number for number in range(length // 20))


def stopped(text: str) -> object:
    stop = StopStrings(("a" * 199 + "b", "aab"))
    return [stop.pass_on(text[at : at + 3]) for at in range(0, len(text), 3)]


TOOL = '{"name": "f", "parameters": {"$defs": {"a": {"enum": [1]}}, "properties": {'
FIELD = '"a%d": {"type": "dict", "$ref": "#/$defs/a"}'
OTHERS: list[tuple[str, Make]] = [
    ("a conversation is rendered", on_messages(drawn)),
    ("a branch is added", on_messages(lambda shown, _: ConversationTree().with_branch(shown))),
    ("a conversation is sent", on_messages(lambda shown, _: messages_sent(shown.messages, ChatRequest()))),
    ("an export of ours", on_messages(lambda _, history: json.dumps(document(history)))),
    ("and read again", on_messages(lambda _, history: parsed(document(history)))),
    ("OpenAI messages", on_messages(lambda shown, _: to_openai("", shown, data_url))),
    ("Markdown", on_messages(lambda shown, _: to_markdown("", "", shown))),
    ("alternatives", siblings),
    ("a prompt of variables", of(lambda n: repeated("{name} {today", n), lambda text: fill(text, "Model", date.max))),
    ("a prompt of braces", of(lambda n: "{" * n, unknown_variables)),
    ("a path", of(lambda n: f"{upload_folder()}/{'a/' * (2 * n)}",
                  lambda path: names_only_uploads({"path": path}, marked=False))),
    ("a stop text", of(lambda n: "a" * n, stopped)),
    ("a tool's fields", of(lambda n: f'{TOOL}{numbered(FIELD)(n)}{"}" * 3}', read_specs)),
    ("a list of numbers", of(lambda n: f"[{numbered('%d.5e3')(n)}]", strict_json)),
    ("arguments", of(lambda n: f'{{"a": [{numbered(chr(34) + "v%d" + chr(34))(n)}]}}',
                     lambda text: violation('{"properties": {"a": {"uniqueItems": true}}}', text))),
    ("cards of arguments", of(lambda n: f'{{{numbered(chr(34) + "%d" + chr(34) + ": 1")(n)}}}', lambda text:
                              render_round(Round((ToolCall("abcdefghi", "<b>" * 9, text),), {})))),
    ("pieces of a call", put_together(CallPiece(0, "", "", "0"), CallPiece(0, "a", "f", '{"a": "'))),
    ("pieces with a name", put_together(CallPiece(0, "", "f", "1,[]"), CallPiece(0, "a", "f", "["))),
    ("pieces with ids", put_together(CallPiece(None, "b", "", "1,[]"), CallPiece(0, "a", "f", "["))),
]  # fmt: skip
FILES = sorted(Path("tests/backend/storage/imports").glob("*.json"))
IMPORTS = [(file.stem, exported(file)) for file in FILES if any(_lists(json.loads(file.read_text(encoding="utf-8"))))]
RUNS = ["-", "|-", "- ", "1. ", " ", ">", "|", ":-", "=", "*", "_", "`", "~", "$", "\\", "{"]
MARKDOWN = [*pieces(PIECES, formatted), *pieces(RUNS, in_a_paragraph), *pieces(PIECES[::4], growing)]
CASES = [*pieces(PIECES[:9:4], plain, made, without_thought, can_be_drawn), *OTHERS, *IMPORTS]
# What a lexer takes for the beginning of something.
BEGINNINGS = [
    '"', "'", "a ", "a\n", "a.", "1", "(", "{", "[", "<", "<a ", "<!--", "/*", "//", "#", "$", "${", "@", "\\\n", "\n",
    " \n", "a=", "a: ", "- ", "::", "</", "<?", "%", "&", "*", "a(", "a<", "'''", '"""', "#include ", "<<A\n", "def ",
    "class a ", "|", 'f"', "--", "^", "~", "`a", "((", "!", "/a", "=begin\n", "0x", "<script", "<a b=", "---\n", "> ",
    "\\begin{", "```",
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the files that are made: none of them stays."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize(("power", "is_seen"), [(1, False), (2, True)])
def test_what_grows_with_the_square_of_a_length_is_told_from_what_grows_with_it(power: int, is_seen: bool) -> None:
    def make(length: int) -> Callable[[], object]:
        return lambda: sum(1 for _ in range(length**power))

    assert (growth(make, 100, 100_000) > MOST) is is_seen


@pytest.mark.parametrize("make", [make for _, make in MARKDOWN], ids=[name for name, _ in MARKDOWN])
def test_the_time_to_show_a_text_as_markdown_grows_as_the_text_does(make: Make) -> None:
    length = 48_000 // 2**DOUBLINGS
    assert growth(make, length, length) < MOST


@pytest.mark.parametrize("language", sorted(set(LANGUAGES.values())))
def test_colours_take_no_longer_than_they_may(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lexer may take time that grows with the square of a text; it is ended, and what was not read has no colours."""
    monkeypatch.setattr(code, "SECONDS", 0.05)  # or this would take minutes of them
    name = next(name for name, known in LANGUAGES.items() if known == language)
    code.code_block("", name, code.Clock())  # makes the lexer
    for piece in BEGINNINGS:
        lines = repeated(piece, 900 if "\n" not in piece else 30_000)
        text = "\n".join([lines] * (30_000 // len(lines)))
        assert seconds(lambda text=text: code.code_block(text, name, code.Clock(0.05))) < 10 * SECONDS, piece


@pytest.mark.parametrize("make", [make for _, make in CASES], ids=[name for name, _ in CASES])
def test_the_time_grows_as_the_text_does(make: Make) -> None:
    assert growth(make, 8_000, 500_000) < MOST
