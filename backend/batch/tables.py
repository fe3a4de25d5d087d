"""The rows of a batch as files: CSV for spreadsheets, JSON lines for programs, Markdown for people."""

import csv
import io
import json
from collections.abc import Sequence

from backend.batch.expected import ABOUT, DIFFERS, ITEM, OF_ANSWER, OWN, Expected
from backend.batch.values import ANSWER, Row, columns
from backend.chat.context import fenced
from backend.extraction.csv import BYTE_ORDER_MARK, guarded
from backend.storage.exports.markdown import plain
from backend.storage.exports.markdown_ends import closed

TITLE = "# Batch"


def to_csv(rows: tuple[Row, ...], prompt: str = "", expected: Expected | None = None) -> str:
    """One line an item: its name, its fields, what it took, and in `differs` the fields that are not as expected.

    A field that is called like a column of ours has "answer." before its name.
    """
    names = columns(rows)
    file = io.StringIO()
    writer = csv.writer(file)
    differs = [DIFFERS] if expected else []
    writer.writerow(map(guarded, (ITEM, *map(_heading, names), *differs, *ABOUT)))
    for row in rows:
        fields = dict(row.fields)
        writer.writerow(
            [guarded(text) for text in (row.item.label, *(fields.get(name, "") for name in names))]
            + [guarded(text) for text in _differs(row, expected)]
            + [guarded(text) for text in _about(row)]
        )
    return BYTE_ORDER_MARK + file.getvalue()


def to_jsonl(rows: tuple[Row, ...], prompt: str = "", expected: Expected | None = None) -> str:
    """One JSON object an item; `answer` is as the model gave it."""
    return "".join(f"{json.dumps(_as_object(row, expected), ensure_ascii=False)}\n" for row in rows)


def to_markdown(rows: tuple[Row, ...], prompt: str = "", expected: Expected | None = None) -> str:
    """The prompt, and a table with a line for each item; answers that are texts follow it, each under its name."""
    names = tuple(name for name in columns(rows) if name != ANSWER)
    differs = [DIFFERS] if expected else []
    lines = [_line((ITEM, *map(_heading, names), *differs, "error")), _line(["---"] * (len(names) + len(differs) + 2))]
    for row in rows:
        fields = dict(row.fields)
        cells = (fields.get(name, "") for name in names)
        lines.append(_line((row.item.label, *cells, *_differs(row, expected), row.error)))
    texts = [f"## {plain(row.item.label)}\n\n{closed(text)}" for row in rows if (text := dict(row.fields).get(ANSWER))]
    return "\n\n".join([TITLE, *([fenced(prompt)] if prompt else []), "\n".join(lines), *texts]) + "\n"


def _heading(field: str) -> str:
    return f"{OF_ANSWER}{field}" if field in OWN else field


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(plain, cells))} |"


def _differs(row: Row, expected: Expected | None) -> list[str]:
    return [", ".join(expected.differences(row) or ())] if expected else []


def _about(row: Row) -> tuple[str, ...]:
    usage, seconds = row.usage, row.seconds
    return (
        str(usage.prompt_tokens) if usage else "",
        str(usage.new_tokens) if usage else "",
        "" if seconds is None else f"{seconds:.2f}",
        row.least_sure,
        row.note,
        row.error,
    )


def _as_object(row: Row, expected: Expected | None) -> dict[str, object]:
    usage, differences = row.usage, expected.differences(row) if expected else None
    return {
        ITEM: row.item.label,
        "status": row.status,
        "fields": dict(row.fields),
        "answer": row.answer,
        **({} if differences is None else {DIFFERS: list(differences)}),
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "new_tokens": usage.new_tokens if usage else None,
        "seconds": None if row.seconds is None else round(row.seconds, 3),
        "least_sure": row.least_sure,
        "note": row.note,
        "error": row.error,
    }


WRITERS = {".csv": to_csv, ".jsonl": to_jsonl, ".md": to_markdown}  # by the endings of files
