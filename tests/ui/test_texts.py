"""Every text of the page is used, and every text that is used is there, with what is filled into it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from ui.texts import FILE, texts

PYTHON = [path for room in ("ui", "web") for path in sorted(Path(room).rglob("*.py")) if path.name != FILE.stem + ".py"]
SCRIPTS = [path for path in sorted(Path("assets/page").rglob("*.js")) if path.name != FILE.name]
IN_SCRIPTS = re.compile(r"\btexts\.(\w+)(?:\.(\w+))?")
KNOWN = {(section, name) for section, found in texts._sections.items() for name in found._texts}


def named(node: ast.AST) -> tuple[str, str] | None:
    """The text that an expression `texts.section.name` is."""
    match node:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="texts"), attr=section), attr=name):
            return section, name
    return None


def is_section(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "texts"


def reads(path: Path) -> Iterator[ast.AST]:
    """The expressions of a file that reads the page's texts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "ui.texts")
    return ast.walk(tree) if any(imported) else iter(())


def used() -> Iterator[tuple[Path, tuple[str, str]]]:
    """Which texts are used, and where; one of an empty name where a section is handed about as a whole."""
    for path in PYTHON:
        nodes = list(reads(path))
        named_in = [text for node in nodes if (text := named(node))]
        yield from ((path, text) for text in named_in)
        if len(named_in) != sum(map(is_section, nodes)):
            yield path, ("a section as a whole", "")
    for path in SCRIPTS:
        script = path.read_text(encoding="utf-8")
        if re.search(r"^import texts from ", script, re.MULTILINE):
            yield from ((path, (section, name)) for section, name in IN_SCRIPTS.findall(script))


def test_every_text_that_is_used_is_there() -> None:
    assert not sorted({f"{path}: {'.'.join(text)}" for path, text in used() if text not in KNOWN})


def test_every_text_is_used() -> None:
    assert not sorted(".".join(text) for text in KNOWN - {text for _, text in used()})


def fillings() -> Iterator[tuple[str, set[str], set[str]]]:
    """(text, what it has in braces, what it is filled with) wherever Python fills one in by name."""
    for path in PYTHON:
        for node in reads(path):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"):
                continue
            text = named(node.func.value)
            if text in KNOWN and all(word.arg for word in node.keywords):
                body = getattr(getattr(texts, text[0]), text[1])
                asked = {field for _, field, _, _ in Formatter().parse(body) if field}
                yield ".".join(text), asked, {str(word.arg) for word in node.keywords}


def test_what_a_text_has_in_braces_is_filled_in() -> None:
    assert not [(text, asked, given) for text, asked, given in fillings() if asked != given]


def test_texts_are_plain_words() -> None:
    """They stand in HTML as they are: what is filled in is escaped where it is shown."""
    bodies = {".".join(text): getattr(getattr(texts, text[0]), text[1]) for text in KNOWN}
    assert not {name: body for name, body in bodies.items() if re.search(r"[<>&\"]", body)}
