"""Every colour of code, on what it stands on, light and dark, as assets/styles has them: WCAG's AA asks for 4.5."""

import re
from pathlib import Path

import pytest
from pygments.token import STANDARD_TYPES

STYLES = Path("assets/styles")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def rules(name: str) -> list[tuple[str, dict[str, str]]]:
    """The selectors of a file, and what each says."""
    text = re.sub(r"/\*.*?\*/", "", (STYLES / name).read_text("utf-8"), flags=re.DOTALL)
    return [
        (selector.strip(), dict(re.findall(r"([\w-]+):\s*([^;]+);", body))) for selector, body in RULE.findall(text)
    ]


def variables(is_dark: bool) -> dict[str, str]:
    found = dict[str, str]()
    for selector, said in [*rules("base.css"), *rules("code.css")]:
        if is_dark or not selector.startswith(".dark"):
            found |= {name: value for name, value in said.items() if name.startswith("--")}
    return found


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def colour(kind: str, known: dict[str, str]) -> str:
    """That of a part of code by Pygments' short name: the last rule that fits counts."""
    found = known["--ink"]
    for selector, said in rules("code.css"):
        starts = re.findall(r'\[class\^="(\w+)"\]', selector)
        if "color" in said and (kind in re.findall(r"\.(\w+)", selector) or any(map(kind.startswith, starts))):
            found = said["color"]
    name = re.fullmatch(r"var\((--\w+)\)", found)
    return known[name[1]] if name else found


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("kind", sorted(filter(None, STANDARD_TYPES.values())))
def test_every_part_of_code_can_be_read(kind: str, is_dark: bool) -> None:
    known = variables(is_dark)
    assert contrast(colour(kind, known), known["--side"]) >= 4.5


AROUND = [
    ("--ink", "--side"), ("--dim", "--side"), ("--dim", "--page"), ("--dim", "--soft"), ("--accent", "--page"),
    ("--ink", "--soft"), ("--bad", "--page"),
]  # fmt: skip


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize(("text", "ground"), AROUND)
def test_what_stands_around_code_and_in_answers_can_be_read(text: str, ground: str, is_dark: bool) -> None:
    known = variables(is_dark)
    assert contrast(known[text], known[ground]) >= 4.5


def test_the_colours_of_code_are_told_apart() -> None:
    for is_dark in (False, True):
        known = variables(is_dark)
        assert len({colour(kind, known) for kind in ("k", "s", "c", "mi", "nf", "n", "gd")}) == 7


def test_a_known_contrast_is_found() -> None:
    assert round(contrast("#777", "#fff"), 2) == 4.48
