"""What the documents name is there: options, their variables, the files of tests, the links between documents."""

import re
from pathlib import Path

import pytest

from backend.options import PREFIX, _parser

DOCUMENTS = [*sorted(Path().glob("*.md")), *sorted(Path("docs").glob("*.md"))]
OPTIONS = [action for action in _parser()._actions if action.dest != "help"]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: str(option.dest))
def test_every_option_is_explained_with_its_variable(option: object) -> None:
    dest = str(getattr(option, "dest", ""))
    row = re.compile(rf"^\| `--{dest.replace('_', '-')}[ `].*`{PREFIX}{dest.upper()}`", re.MULTILINE)
    assert row.search(Path("docs/deployment.md").read_text("utf-8"))


def _anchors(document: Path) -> set[str]:
    """The names by which GitHub lets a link point at headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_to_a_file_or_a_heading_leads_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)", document.read_text("utf-8")):
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_test_that_a_document_names_is_there(document: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", document.read_text("utf-8"))
    assert not [path for path in named if not Path(path).is_file()]
