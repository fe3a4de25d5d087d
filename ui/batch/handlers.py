"""What a person does with a batch, and what the page is told of it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import gradio as gr

from backend.batch.expected import read_expected, score
from backend.batch.tables import WRITERS
from backend.batch.values import Row, Task, columns
from backend.chat.errors import GONE, InputRefused, UserError
from ui.batch.commands import Add, Ask, Command, Expect, Go, OpenRow, Results, Retry, Start, parsed
from ui.batch.opening import RowOpener
from ui.batch.runner import BatchRunner
from ui.batch.state import Batch
from ui.components.views.batch import BatchView
from ui.conversations.view import ChatView
from ui.gradio_patches.uploads import lies_in_uploads
from ui.render.batch.table import MAX_COLUMNS, render_head, render_row
from ui.requests.builder import RequestBuilder
from ui.requests.values import fitting
from ui.session import Session
from ui.texts import texts
from ui.threads import drawn_in_thread, in_thread
from ui.values import Updates, Values, today, visitor_of, warn

SAID = texts.batch
TYPES = {"csv": "text/csv", "jsonl": "application/jsonl", "md": "text/markdown"}
Told = dict[str, Any]  # to the page's script; assets/page/views/batch.js says what may be in it


@dataclass(frozen=True)
class BatchHandlers:
    """Carries commands out. Whatever comes of one, the page is told how the batch stands."""

    view: ChatView
    builder: RequestBuilder
    runner: BatchRunner
    opener: RowOpener
    components: BatchView

    async def ask(self, event: gr.EventData, request: gr.Request) -> Updates:
        """A command that needs nothing but itself. Raises UserError for another, which a page of ours does not send."""
        if isinstance(parsed(event), Start | OpenRow):
            raise UserError(GONE)
        return await self._told({}, event, request)

    async def act(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """One that the settings, or the chat, belong to."""
        return await self._told(values, event, request)

    async def _told(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        self.builder.terms.refuse("batch")
        command, page = parsed(event), self.view.page(request)
        told: Told = {}
        updates: Updates = {}
        self.runner.looked(page)
        try:
            if isinstance(command, OpenRow):
                updates = await self.opener.open(values, command.id, request)
                told = {"opened": True}
            else:
                told = await self._done(values, command, page, request)
        except UserError as error:
            warn(str(error))
            told = {"failed": True}
        stands = await drawn_in_thread(self._stands, command, page)
        return updates | {self.components.told: {"asked": command.asked, "page": page, **stands, **told}}

    async def _done(self, values: Values, command: Command, page: str, request: gr.Request) -> Told:
        match command:
            case Add():
                return await in_thread(self._add, command, page, self.runner.room(visitor_of(request), page))
            case Start():
                await in_thread(self._start, values, command, page)
                self._run(page, request)
            case Go():
                self._go(command, page)
                if command.do == "resume":
                    self._run(page, request)
            case Retry():
                self._change(page, lambda batch: _retried(batch, command.id))
                self._run(page, request)
            case Expect():
                expected = await in_thread(read_expected, command.text) if command.text.strip() else None
                self._change(page, lambda batch: batch.redrawn(expected=expected))
            case Results():
                return await in_thread(self._results, command, page)
        return {}

    def _add(self, command: Add, page: str, may_run: int) -> Told:
        """Takes uploads in, as many as there is room for; a batch that runs may have so many rows that are not done."""
        if len(command.files) != len(command.names) or not all(map(lies_in_uploads, command.files)):
            raise UserError(GONE)
        notices, most = [], self.runner.limits.rows
        for path, name in zip(command.files, command.names, strict=True):
            batch = self.view.sessions.get(page).batch
            room = most - (len(batch.entries) if batch else 0)
            beside = may_run - batch.left if batch and not batch.is_paused else room
            if min(room, beside) <= 0:
                notices.append(SAID.full.format(most=f"{most:,}") if room <= 0 else SAID.elsewhere)
                break
            rows = self.runner.files.taken_in(path, name, min(room, beside))
            self._change(page, lambda batch, rows=rows: batch.add(rows[: max(0, most - len(batch.entries))]))  # type: ignore[misc] # bound at once
        return {"notices": notices}

    def _start(self, values: Values, command: Start, page: str) -> None:
        panel = self.view.presenter.read(values)
        settings = panel.settings(self.builder.max_new_tokens)
        if settings.seed is None:  # one for all, so that each row can be had again
            settings = replace(settings, seed=secrets.randbits(32))
        prompt = self.builder.prompt(panel.system_prompt, today(panel.zone))
        task = Task(fitting(command.text, texts.errors.your_message), prompt, settings)

        def started(batch: Batch) -> Batch:
            """Rows that were asked something else are asked anew; what could not be read stays so."""
            asked = batch.again(lambda row: row.status == "done" or bool(row.answer))
            return asked.changed(task=task, is_paused=False, told="")

        self._change(page, started)

    def _run(self, page: str, request: gr.Request) -> None:
        visitor = visitor_of(request)
        batch = self.view.sessions.get(page).batch
        if batch is None or batch.is_paused or not batch.count("waiting"):
            return
        if batch.count("waiting") > self.runner.room(visitor, page):
            self._change(page, lambda batch: batch.changed(is_paused=True))
            raise InputRefused(SAID.elsewhere)
        self.runner.start(page, visitor)

    def _go(self, command: Go, page: str) -> None:
        if self.view.sessions.get(page).batch is None:
            return
        if command.do == "resume":
            self._change(page, lambda batch: batch.changed(is_paused=batch.task is None, told=""))
            return
        self._change(page, lambda batch: batch.changed(is_paused=True))
        if command.do != "pause":
            self.runner.stop(page)
        if command.do == "clear":
            self.view.sessions.update(page, lambda now: replace(now, batch=None))

    def _results(self, command: Results, page: str) -> Told:
        batch = self.view.sessions.get(page).batch
        if batch is None:
            raise UserError(GONE)
        prompt = batch.task.prompt if batch.task else ""
        text = WRITERS[f".{command.format}"](batch.rows, prompt, batch.expected)
        return {"download": {"name": f"batch.{command.format}", "type": TYPES[command.format], "text": text}}

    def _change(self, page: str, change: Callable[[Batch], Batch]) -> None:
        def changed(now: Session) -> Session:
            return replace(now, batch=change(now.batch or Batch(secrets.token_hex(8))))

        self.view.sessions.update(page, changed)

    def _stands(self, command: Ask, page: str) -> Told:
        """How the batch is, and of its rows those that the page does not show as they are."""
        batch = self.view.sessions.get(page).batch
        if batch is None:
            return {"key": "", "version": 0, "state": "empty", "rows": {}, "total": 0}
        names = columns(batch.rows)[:MAX_COLUMNS]
        is_known = command.key == batch.key and command.version <= batch.version
        heading = blake2b("\n".join(names).encode(), digest_size=8).hexdigest()
        since = command.version if is_known and command.columns == heading else -1
        changed = [entry for entry in batch.entries if entry.changed > since]
        rows = {
            str(entry.id): render_row(entry.id, entry.row, entry.thumbnail, names, _differs(batch, entry.row))
            for entry in changed
        }
        return {
            "key": batch.key, "version": batch.version, "state": batch.state, "rows": rows, "columns": heading,
            "head": render_head(names), "total": len(batch.entries), "done": batch.count("done"),
            "bad": batch.count("failed"), "told": batch.told, "score": _score(batch),
            "prompt": batch.task.prompt if batch.task else "",
        }  # fmt: skip


def _differs(batch: Batch, row: Row) -> dict[str, str] | None:
    if batch.expected is None or row.status not in ("done", "failed"):
        return None
    names = batch.expected.differences(row)
    meant = batch.expected.values.get(row.item.label, {})
    return None if names is None else {name: meant.get(name, "") for name in names}


def _score(batch: Batch) -> str:
    """How many fields are right, of the rows that are done."""
    if batch.expected is None:
        return ""
    over = tuple(row for row in batch.rows if row.status in ("done", "failed"))
    result = score(over, batch.expected)
    told = SAID.score.format(right=f"{result.right:,}", expected=f"{result.expected:,}")
    names = {row.item.label for row in batch.rows}
    missing = sum(name not in names for name in batch.expected.values)
    return f"{told} {SAID.missing.format(count=missing)}" if missing else told


def _retried(batch: Batch, id: int | None) -> Batch:
    if id is not None and id >= len(batch.entries):
        raise UserError(GONE)
    if batch.task is None:
        return batch

    def chosen(row: Row) -> bool:
        return row.status == "failed" if id is None else row is batch.entries[id].row and row.status != "running"

    return batch.again(chosen).changed(is_paused=False, told="")
