"""What was done is not done again: same content, same task, same model; anything else is asked anew."""

from dataclasses import replace
from pathlib import Path

import pytest

from backend.batch.journal import Journal
from backend.batch.values import Item, Row, Task
from backend.chat.messages import Usage
from backend.chat.settings import GenerationSettings

TASK = Task("What is it?", "Be brief.", GenerationSettings(json_schema='{"type": "object"}'))
DONE = Row(
    Item("a.txt", Path()), "done", '{"is": "ü"}', (("is", "ü"),), Usage(10, 2, 3), 1.5, least_sure="is", note="n"
)


@pytest.fixture
def item(tmp_path: Path) -> Item:
    (tmp_path / "a.txt").write_text("some text", "utf-8")
    return Item("a.txt", tmp_path / "a.txt")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_a_row_that_is_done_comes_back_as_it_was(item: Item, path: Path) -> None:
    row = replace(DONE, item=item)
    Journal(path, "model", TASK).add(row)
    assert Journal(path, "model", TASK).find(item) == row


def test_what_failed_is_tried_again(item: Item, path: Path) -> None:
    Journal(path, "model", TASK).add(replace(DONE, item=item).failed("no"))
    assert Journal(path, "model", TASK).find(item) is None


def test_another_model_prompt_schema_page_or_content_is_asked_anew(item: Item, path: Path) -> None:
    Journal(path, "model", TASK).add(replace(DONE, item=item))
    for model, task in (
        ("other", TASK),
        ("model", replace(TASK, prompt="And this?")),
        ("model", replace(TASK, system_prompt="")),
        ("model", replace(TASK, settings=GenerationSettings())),
    ):
        assert Journal(path, model, task).find(item) is None
    assert Journal(path, "model", TASK).find(replace(item, page=2)) is None
    item.path.write_text("another text", "utf-8")
    assert Journal(path, "model", TASK).find(item) is None


def test_the_same_content_under_another_name_is_known(item: Item, path: Path) -> None:
    Journal(path, "model", TASK).add(replace(DONE, item=item))
    moved = Item("b.txt", item.path.rename(item.path.with_name("b.txt")))
    found = Journal(path, "model", TASK).find(moved)
    assert found
    assert found.item == moved


def test_a_line_that_was_cut_off_spoils_neither_those_before_nor_those_after(item: Item, path: Path) -> None:
    Journal(path, "model", TASK).add(replace(DONE, item=replace(item, page=1)))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"key": "12')
    journal = Journal(path, "model", TASK)
    assert journal.find(replace(item, page=1))
    journal.add(replace(DONE, item=replace(item, page=2)))
    again = Journal(path, "model", TASK)
    assert again.find(replace(item, page=1))
    assert again.find(replace(item, page=2))
