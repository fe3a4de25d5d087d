"""Where a system prompt comes from, and what is filled in."""

import datetime
from pathlib import Path

import pytest

from backend.chat.system_prompts import DEFAULT_PROMPT, fill, prompt_for, unknown_variables

TODAY = datetime.date(2027, 1, 1)


def test_variables_are_filled_with_iso_dates() -> None:
    filled = fill("{name}: {today}, {yesterday}, {name}", "Mistral", TODAY)
    assert filled == "Mistral: 2027-01-01, 2026-12-31, Mistral"


@pytest.mark.parametrize(
    "prompt",
    ["{user}", '{"name": "x", "today": {}}', "{ name }", "{Name}", "{}", "{0}", "{name", "%s {name!r} {name:>5}", ""],
)
def test_everything_else_stays_as_it_is(prompt: str) -> None:
    assert fill(prompt, "Mistral", TODAY) == prompt


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert fill("{name} {today}", "{today}\\1", TODAY) == "{today}\\1 2027-01-01"


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("{name} {today} {yesterday}", ()),
        ("{user} {Name} {name} {user} {_x1}", ("user", "Name", "_x1")),
        ('{"role": "x"} {1} {a b} {} {a.b}', ()),
    ],
)
def test_unknown_variables_are_named_once_in_order(prompt: str, names: tuple[str, ...]) -> None:
    assert unknown_variables(prompt) == names


def test_the_checkpoint_has_the_first_word(tmp_path: Path) -> None:
    (tmp_path / "SYSTEM_PROMPT.txt").write_bytes("\ufeffTu es {name}, né à Paris.\n".encode())
    assert prompt_for(tmp_path) == "Tu es {name}, né à Paris."


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe\xff", b"x" * 100_001])
def test_without_a_usable_prompt_of_its_own_it_gets_ours(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "SYSTEM_PROMPT.txt").write_bytes(content)
    assert prompt_for(tmp_path) == DEFAULT_PROMPT
    assert prompt_for(tmp_path, "demo").startswith("You are {name}, a small demonstration model")


def test_a_folder_in_its_place_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "SYSTEM_PROMPT.txt").mkdir()
    assert prompt_for(tmp_path / "nowhere") == prompt_for(tmp_path) == DEFAULT_PROMPT


@pytest.mark.parametrize("preset", ["default", "demo"])
def test_our_prompts_have_no_unknown_variables_and_are_short(tmp_path: Path, preset: str) -> None:
    prompt = prompt_for(tmp_path, preset)
    assert unknown_variables(prompt) == ()
    assert "{name}" in prompt
    assert len(prompt.split()) <= 120
