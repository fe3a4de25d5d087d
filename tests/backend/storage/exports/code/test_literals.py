"""Whatever a text holds: in a script it is that text, and nothing of it is run."""

import json
import os
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.storage.exports.code.curl import END
from backend.storage.exports.code.literals import MOST_LINES, json_lines, python_value

HOSTILE = (
    "'", '"', "'''", '"""', '\\"', "\\", "\\\\", "\\n", "$HOME", "$(touch pwned)", "`touch pwned`", "${IFS}", "!!",
    "\nJSON\n", "\nJSON\ntouch pwned\n", "JSON", "EOF", "<<JSON", "\r\n", "\x00", "\x1b[2J", "\x1b[201~\ntouch pwned\n",
    "\x85", "\x9b31m", "\u2028", "\u2029", "\u202e", "\u2066", "\ufeff", "\U0001f9ea", "é", "e\u0301", "{", "}", "%s",
    '"; import os; os.abort()', "# -*- coding: utf-7 -*-", "\\u0027", "\\N{BULLET}", "\f", "\v", "\t", " ",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), max_size=8).map("".join)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4))


@given(VALUES, st.integers(0, 3))
@settings(max_examples=300, deadline=None)
def test_a_value_in_python_is_that_value_and_nothing_in_it_is_hidden(value: Any, level: int) -> None:
    written = python_value(value, level)
    names: dict[str, Any] = {}
    exec(compile(f"value = {written}\n", "script", "exec"), {"__builtins__": {"float": float}}, names)

    assert names["value"] == value
    assert all(line.isprintable() for line in written.split("\n")), "a mark that is not seen stands in it as it is"


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_json_in_a_here_document_is_that_value_and_no_text_of_it_is_a_line(value: Any) -> None:
    written = json_lines({"value": value})

    assert json.loads(written) == {"value": value}
    assert json.loads(written.replace("\n", "")) == {"value": value}, "line breaks stand within a text"
    assert all(line.isprintable() and line.strip() != END for line in written.split("\n"))


def test_bash_reads_every_text_as_it_is(tmp_path: Any) -> None:
    # One shell for all: each value is a here-document of its own.
    values = [*HOSTILE, "".join(HOSTILE), *(text * 2 for text in HOSTILE)]
    script = "".join(f"cat <<'{END}'\n{json_lines([value])}\n{END}\nprintf '\\0'\n" for value in values)
    told = subprocess.run(["bash"], input=script.encode(), capture_output=True, cwd=tmp_path, check=True)

    assert [json.loads(part)[0] for part in told.stdout.decode().split("\0")[:-1]] == values
    assert (told.stderr, os.listdir(tmp_path)) == (b"", [])


@pytest.mark.parametrize("text", ["Hello!", "!ls", "a!b", "no!\\"])
def test_no_shell_at_which_it_is_pasted_takes_it_for_an_earlier_command(text: str) -> None:
    assert "!" not in json_lines([text])


def test_a_long_text_has_few_lines_and_an_empty_one_is_there() -> None:
    for text in ("\n" * 200_000, "\x0b" * 200_000, "x" * 500_000, "line\n" * 100_000):
        written = python_value({"text": text})
        assert len(written.split("\n")) < 2 * MOST_LINES
        assert eval(written) == {"text": text}
    assert (python_value(""), python_value([])) == ('""', "[]")


def test_a_deep_schema_is_python_that_can_be_read() -> None:
    value: Any = "end"
    for _ in range(60):
        value = {"properties": {"a": value}} if len(str(value)) % 2 else [value]
    assert eval(python_value(value)) == value


def test_lone_halves_of_characters_are_escaped() -> None:
    assert eval(python_value("\ud800")) == "\ud800"
    assert json.loads(json_lines(["\ud800"])) == ["\ud800"]
    json_lines(["\ud800"]).encode()
