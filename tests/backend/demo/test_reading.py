"""A demo's file is read, or refused in one sentence that names the file and the key."""

from pathlib import Path

import pytest

from backend.demo.reading import DemoInvalid, read_demo
from backend.demo.values import Bounds, Demo

TOOLS = ("my_calculator", "current_time")
PICTURE = Path("assets/examples/shapes.png").read_bytes()
FULL = """
title = "Receipts"
introduction = "Reads *receipts*."
notice = "Don't upload personal data."
system_prompt = "You read receipts."
schemas = ["Receipt", "own.json"]
schema = "Totals"
tools = ["my_calculator"]
hidden = ["settings", "history"]
fixed = ["schema"]
[[examples]]
title = "Shapes"
text = "What is it?"
pictures = ["shapes.png"]
tools = ["current_time"]
[[templates]]
name = "Short"
text = "Be short."
[settings]
stop = ["END"]
[settings.temperature]
min = 0.2
max = 0.5
[settings.max_tokens]
default = 300
max = 400
"""


def read(folder: Path, text: str) -> Demo:
    path = folder / "demo.toml"
    path.write_text(text, encoding="utf-8")
    return read_demo(path, TOOLS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shapes.png").write_bytes(PICTURE)
    (tmp_path / "half.png").write_bytes(PICTURE[:200])
    (tmp_path / "own.json").write_text('{"title": "Totals", "type": "object"}')
    (tmp_path / "bad.json").write_text('{"type": "thing"}')
    (tmp_path / "no.json").write_text("[1")
    return tmp_path


def test_a_whole_file_says_what_the_app_is_to_be(folder: Path) -> None:
    demo = read(folder, FULL)
    assert (demo.title, demo.notice, demo.system_prompt) == (
        "Receipts", "Don't upload personal data.", "You read receipts.",
    )  # fmt: skip
    assert demo.examples
    assert demo.examples[0].pictures == demo.pictures == (str((folder / "shapes.png").resolve()),)
    assert demo.examples[0].tools == ("current_time",)
    assert demo.templates == (("Short", "Be short."),)
    assert [each.title for each in demo.schemas or ()] == ["Receipt", "Totals"]
    assert "Totals" in demo.settings.json_schema
    assert demo.settings.temperature == 0.2  # the nearest to the usual one
    assert (demo.settings.max_tokens, demo.settings.stop) == (300, ("END",))
    assert demo.bounds == (Bounds("temperature", 0.2, 0.5), Bounds("max_tokens", 1, 400))
    assert demo.hides("tools")
    assert demo.fixes("system_prompt")
    assert not demo.hides("batch")


def test_an_empty_file_changes_nothing(folder: Path) -> None:
    assert read(folder, "") == Demo()


WRONG = {
    "title = ": "Invalid value (at end of document).",
    "title = 'a'\ntitle = 'b'\nnotice = ''": "Cannot overwrite a value (at line 2, column 12).",
    "[settings.temperature]\nmax = 3": "settings.temperature.max must be at most 2, not 3.",
    "[settings.temperature]\nmin = nan": "settings.temperature.min must be at most 2, not nan.",
    "[settings.temperature]\nmin = 1\nmax = 0.5": "settings.temperature.min must be at most max, 0.5, not 1.",
    "[settings.top_p]\ndefault = 0.2\nmin = 0.5": "settings.top_p.default must be between 0.5 and 1, not 0.2.",
    "[settings.max_tokens]\nmax = 1.5": "settings.max_tokens.max must be a whole number, not 1.5.",
    "[settings.temprature]\nmax = 1": "settings.temprature is no key here; did you mean temperature?",
    "[settings.top_k]\nsize = 1": "settings.top_k.size is no key here; there are default, min, max.",
    "[settings]\ntemperature = 0.2": "settings.temperature must be a table, such as { default = 0.2 }, not 0.2.",
    "[settings]\ntop_k = 'low'": "settings.top_k must be a table, such as { default = … }, not 'low'.",
    "tittle = 'a'": "tittle is no key here; did you mean title?",
    "title = 3": "title must be a text, not 3.",
    f"notice = '{'a' * 301}'": "notice has 301 characters; the limit is 300.",
    "hidden = ['header']": "hidden[0] must be settings, system_prompt, sampling, schema, tools, compare, history, "
    "batch, uploads, imports, exports, model or prompts, not 'header'.",
    "fixed = 'tools'": "fixed must be a list, not 'tools'.",
    "[[examples]]\ntext = 'a'": "examples[0].title is missing.",
    "[[examples]]\ntitle = ''\ntext = 'a'": "examples[0].title must not be empty.",
    "examples = [1]": "examples[0] must be a table, not 1.",
    "tools = ['calculator']": "tools names the tool 'calculator', which isn't there; there are my_calculator, "
    "current_time.",
    "[[examples]]\ntitle = 'a'\ntext = 'b'\ntools = ['x']": "examples[0].tools names the tool 'x', which isn't there; "
    "there are my_calculator, current_time.",
    "[[examples]]\ntitle = 'a'\ntext = 'b'\npictures = ['no.png']": "examples[0].pictures[0] names no.png, which isn't "
    "there.",
    "[[examples]]\ntitle = 'a'\ntext = 'b'\npictures = ['half.png']": "examples[0].pictures[0]: half.png is damaged or "
    "incomplete. Save it again, then upload it.",
    "[[examples]]\ntitle = 'a'\ntext = 'b'\npictures = ['demo.toml']": "examples[0].pictures[0]: demo.toml isn't a "
    "valid image. Use PNG, JPEG, WebP, GIF, HEIC, AVIF, BMP or TIFF.",
    "schema = 'Recipe'": "schema names 'Recipe', which is neither a .json file nor one of Receipt, Invoice, Business "
    "card, Form, Key-value pairs, Table, Chart.",
    "schemas = ['Invoice']\nschema = 'Receipt'": "schema names 'Receipt', which isn't one of schemas.",
    "schemas = ['gone.json']": "schemas[0] names gone.json, which isn't there.",
    "schemas = ['own.json', 'own.json']": "schemas[1] has the title 'Totals' once more.",
    "schema = 'bad.json'": "schema: bad.json: Line 1: “type” must be string, number, integer, boolean, object, array "
    "or null, not “thing”.",
    "[[templates]]\nname = 'a'\ntext = 'b'\n[[templates]]\nname = 'a'\ntext = 'c'": "templates[1] has the name 'a' "
    "once more.",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_with_the_file_and_the_key(folder: Path, text: str) -> None:
    with pytest.raises(DemoInvalid) as refusal:
        read(folder, text)
    assert str(refusal.value) == f"demo.toml: {WRONG[text]}"


def test_a_file_that_is_no_text_or_not_there_is_told(folder: Path) -> None:
    path = folder / "demo.toml"
    with pytest.raises(DemoInvalid, match=r"demo\.toml can't be read: No such file or directory\."):
        read_demo(path, TOOLS)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DemoInvalid, match=r"demo\.toml: the file is not UTF-8 text\."):
        read_demo(path, TOOLS)
    (folder / "no.toml").write_text("schema = 'no.json'")
    with pytest.raises(DemoInvalid, match=r"no\.toml: schema: no\.json: "):
        read_demo(folder / "no.toml", TOOLS)


def test_tools_that_are_known_later_are_not_missed(folder: Path) -> None:
    path = folder / "demo.toml"
    path.write_text("tools = ['of_a_server']")
    assert read_demo(path, TOOLS, may_have_others=True).tools == ("of_a_server",)
