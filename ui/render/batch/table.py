"""The table of a batch: its heading, and a row for each item. Pure; whatever a file or a model says is text."""

import html
from collections.abc import Mapping, Sequence

from backend.batch.values import ANSWER, Row
from backend.chat.parts import Image
from ui.render.addresses import picture_address
from ui.render.icons import icon
from ui.texts import texts

SAID = texts.batch
MAX_COLUMNS = 12  # of fields: nobody reads more beside each other, and files have all of them
MAX_CELL = 400  # characters; the row as a chat has the rest
MAX_NAME, MAX_MISSING = 160, 12  # characters of an item's name; expected fields that a row lacks and that are named
STATES = {"waiting": SAID.waiting, "running": SAID.running, "done": "", "failed": SAID.failed}


def render_head(names: Sequence[str]) -> str:
    """HTML of the row of headings; `names` are the fields."""
    fields = [SAID.answer if name == ANSWER else name for name in names] or [SAID.answer]
    cells = (SAID.item, *fields, SAID.tokens, SAID.seconds, SAID.least_sure)
    numbers = {SAID.tokens, SAID.seconds}
    made = "".join(
        f'<th scope="col"{" class=number" if cell in numbers else ""}>{html.escape(_cut(cell))}</th>' for cell in cells
    )
    return f'<tr>{made}<td class="does"></td></tr>'


def render_row(
    id: int, row: Row, thumbnail: Image | None, names: Sequence[str], differs: Mapping[str, str] | None = None
) -> str:
    """HTML of one row. `differs` says what the fields should be that are not as expected, None where nothing was."""
    fields, wrong = dict(row.fields), differs or {}
    if row.status == "done":
        cells = "".join(_cell(fields.get(name, ""), wrong.get(name)) for name in names)
    else:
        cells = f'<td colspan="{max(1, len(names))}" class="told">{_told(row)}</td>'
    usage = row.usage
    tokens = f"{usage.prompt_tokens + usage.new_tokens:,}" if usage else ""
    seconds = "" if row.seconds is None or row.status in ("waiting", "running") else f"{row.seconds:.1f}"
    lacking = [name for name in wrong if name not in names]
    missing = "".join(f"<span>{html.escape(_cut(name))}</span> {_meant(wrong[name])}" for name in lacking[:MAX_MISSING])
    missing += "…" if len(lacking) > MAX_MISSING else ""
    return (
        f'<tr data-row="{id}" data-status="{row.status}"><th scope="row"><div>{_picture(thumbnail)}'
        f'<span class="name">{html.escape(_name(row.item.label))} {_verdict(differs)}{missing}</span></div></th>{cells}'
        f'<td class="number">{tokens}</td><td class="number">{seconds}</td>'
        f"<td>{html.escape(_cut(row.least_sure))}</td><td class=does>{_does(row)}</td></tr>"
    )


def _cell(text: str, meant: str | None) -> str:
    shown = f"<div>{html.escape(_cut(text))}</div>"
    if meant is None:
        return f"<td>{shown}</td>"
    return f'<td class="wrong" title="{SAID.differs}">{shown}{_meant(meant)}</td>'


def _meant(value: str) -> str:
    return f'<div class="told">{SAID.meant.format(value=html.escape(_cut(value)))}</div>'


def _told(row: Row) -> str:
    state = STATES[row.status]
    return html.escape(_cut(row.error)) if row.status == "failed" else state


def _verdict(differs: Mapping[str, str] | None) -> str:
    if differs is None:
        return ""
    word, shown = (SAID.differs, "warn") if differs else (SAID.as_expected, "check")
    return f'<span class="verdict {shown}" title="{word}">{icon(shown)}<span class="unseen">{word}</span></span>'


def _picture(image: Image | None) -> str:
    if image is None:
        return f'<span class="thumb">{icon("file")}</span>'
    return f'<img class="thumb" src="{picture_address(image)}" alt="" loading="lazy">'


def _does(row: Row) -> str:
    """Asking again, and the answer as a chat."""
    does = []
    if row.status in ("done", "failed"):
        does.append(_button("retry", SAID.retry, "again"))
    if row.answer:
        does.append(_button("open", SAID.open, "chat"))
    return "".join(does)


def _button(does: str, label: str, shown: str) -> str:
    return f'<button type="button" data-batch="{does}" aria-label="{label}" title="{label}">{icon(shown)}</button>'


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CELL else f"{text[:MAX_CELL]}…"


def _name(text: str) -> str:
    """An item's name without its middle, if it is too long: its end says which page it is."""
    half = MAX_NAME // 2
    return text if len(text) <= MAX_NAME else f"{text[:half]}…{text[-half:]}"
