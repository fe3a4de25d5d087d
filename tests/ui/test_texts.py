"""Every text of the page is used, and every text that is used is there, with what is filled into it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from ui.texts import FILE, texts

SCRIPTS = [path for path in sorted(Path("assets/page").rglob("*.js")) if path.name != FILE.name]
IN_SCRIPTS = re.compile(r"\btexts\.(?!js\b)(\w+)(?:\.(\w+))?")
ALL = {section: found._texts for section, found in texts._sections.items()}
KNOWN = {(section, name) for section, found in ALL.items() for name in found}


@dataclass(frozen=True)
class Reader:
    """A file that reads the page's texts: which by name, and of which sections some that only a run would tell."""

    path: Path
    named: frozenset[tuple[str, str]]
    chosen: frozenset[str]
    words: frozenset[str]  # that stand in it as texts of their own

    @property
    def used(self) -> set[tuple[str, str]]:
        """The texts that it uses; of those that only a run would tell each that it has the name of."""
        return {*self.named, *((section, name) for section, name in KNOWN if section in self.chosen & ALL.keys()
                               and name in self.words)}  # fmt: skip


def in_python(path: Path) -> Reader | None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    if not any(isinstance(node, ast.ImportFrom) and node.module == "ui.texts" for node in nodes):
        return None
    aliases = {
        node.targets[0].id: section
        for node in nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and (section := section_of(node.value, {}))
    }
    found = {(section_of(node.value, aliases), node.attr) for node in nodes if isinstance(node, ast.Attribute)}
    named = frozenset((section, name) for section, name in found if section)
    asked = [node.args[0] for node in nodes if isinstance(node, ast.Call) and is_named(node.func, "getattr")]
    chosen = frozenset(section for node in asked if (section := section_of(node, aliases)))
    words = frozenset(str(node.value) for node in nodes if isinstance(node, ast.Constant))
    return Reader(path, named, chosen, words)


def section_of(node: ast.expr, aliases: dict[str, str]) -> str:
    """The section that an expression is: `texts.section`, or what a file calls it."""
    match node:
        case ast.Attribute(value=ast.Name(id="texts"), attr=section):
            return section
        case ast.Name(id=name):
            return aliases.get(name, "")
    return ""


def is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def in_script(path: Path) -> Reader | None:
    script = path.read_text(encoding="utf-8")
    if not re.search(r"^import texts from ", script, re.MULTILINE):
        return None
    found = IN_SCRIPTS.findall(script)
    named = frozenset((section, name) for section, name in found if name)
    chosen = frozenset(section for section, name in found if not name)
    words = frozenset(word for file in SCRIPTS for word in re.findall(r"[\w-]+", file.read_text("utf-8")))
    return Reader(path, named, chosen, words if chosen else frozenset())


@cache
def readers() -> list[Reader]:
    python = [in_python(path) for room in ("ui", "web") for path in sorted(Path(room).rglob("*.py"))]
    return [reader for reader in [*python, *map(in_script, SCRIPTS)] if reader]


def test_every_text_that_is_used_is_there() -> None:
    named = {(str(reader.path), *text) for reader in readers() for text in reader.named}
    assert not sorted(each for each in named if each[1:] not in KNOWN)
    assert not {section for reader in readers() for section in reader.chosen} - ALL.keys()


def test_every_text_is_used() -> None:
    assert not sorted(".".join(text) for text in KNOWN - {text for reader in readers() for text in reader.used})


def fillings() -> Iterator[tuple[str, set[str], set[str]]]:
    """(text, what it has in braces, what it is filled with) wherever Python fills one in by name."""
    for path in (reader.path for reader in readers() if reader.path.suffix == ".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Attribute(value=of, attr=name), attr="format"), keywords=words
                ):
                    text = ALL.get(section_of(of, {}), {}).get(name)
                    if text is not None and all(word.arg for word in words):
                        asked = {field for _, field, _, _ in Formatter().parse(text) if field}
                        yield f"{path}: {name}", asked, {str(word.arg) for word in words}


def test_what_a_text_has_in_braces_is_filled_in() -> None:
    assert len(list(fillings())) > 10
    assert not [(text, asked, given) for text, asked, given in fillings() if asked != given]


def test_texts_are_plain_words() -> None:
    """They stand in HTML as they are: what is filled in is escaped where it is shown."""
    bodies = {".".join(text): ALL[text[0]][text[1]] for text in KNOWN}
    assert not {name: body for name, body in bodies.items() if re.search(r"[<>&\"]", body)}
