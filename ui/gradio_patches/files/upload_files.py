"""What becomes of an upload: it has a folder of its own until it is whole, which goes with its request.

Why: Gradio writes uploads among the files that it serves, and removes those that are broken off by its own limits only;
it holds the fields of a form in memory, and says 500 where the disk is full.
Seen with: Gradio 6.31.0; `routes.upload_fn`, which makes a `route_utils.GradioMultiPartParser` by that name.
Without it: uploads that were given up stay on the disk for a day or for ever, and one address fills it within minutes.
Remove when: Gradio removes what it did not take, bounds fields, and has a quota.
"""

import asyncio
import errno
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
from gradio import route_utils, routes
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from backend.chat.errors import UserError
from backend.storage.quota import NO_ROOM, DiskFull, DiskQuota
from ui.gradio_patches.uploads import new_folder
from web.requests import visitor

AT_ONCE = 8  # of one address; more wait
WAIT_SECONDS = 30.0
SECONDS, SLOWEST = 90.0, 20_000  # that an upload may take, and bytes of each second more: slow phones send twice that
CROWDED = "Other uploads from your address are under way: try again when they are done."
TOO_SLOW = "This took too long to arrive: send it again over a faster connection, or a smaller file."
log = logging.getLogger(__name__)


class Crowded(UserError):
    """An upload that has to be sent again."""


class Parser(route_utils.GradioMultiPartParser):
    """Takes files and nothing else: the page sends no fields with them."""

    def on_headers_finished(self) -> None:
        """See Gradio's. Raises MultiPartException."""
        super().on_headers_finished()
        if self._current_part.file is None or self._current_part.field_name != "files":
            raise MultiPartException("Only files can be uploaded here.")

    async def parse(self) -> FormData:
        """See Gradio's, which closes the files after errors of its own alone."""
        try:
            return await super().parse()
        except BaseException:
            for file in self._files_to_close_on_error:
                with suppress(OSError):  # what is yet to be written may not fit either
                    file.close()
            raise


class Uploads:
    """Takes uploads into a folder, as far as a quota has room for them."""

    def __init__(self, quota: DiskQuota, most: int) -> None:
        """`most` bytes are one upload where it does not say how large it is."""
        self._quota, self._most = quota, most
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()  # by address

    async def take(
        self,
        request: Request,
        upload_dir: str,
        max_file_size: float,
        upload_id: str | None,
        force_move: bool = True,
        upload_progress: Any = None,
    ) -> tuple[list[str], list[str], list[str]]:
        """See route_utils.upload_fn. Raises DiskFull."""
        owner = visitor(request.scope)
        size = int(request.headers.get("content-length", self._most))
        try:
            async with asyncio.timeout(SECONDS + size / SLOWEST), self._turn(owner), AsyncExitStack() as stack:
                room = self._quota.room(owner, size)  # in threads, since its lock may be held for a while
                await run_in_threadpool(room.__enter__)
                stack.push_async_callback(run_in_threadpool, room.__exit__, None, None, None)
                folder = new_folder(Path(upload_dir))
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
                given = (str(folder), max_file_size, upload_id, True, upload_progress)
                files, _, _ = await route_utils.upload_fn(request, *given)
                return await run_in_threadpool(self._all_kept, owner, files, Path(upload_dir)), [], []
        except BaseException as error:
            if upload_progress and upload_id:
                upload_progress.set_done(upload_id)  # who watches it would do so for ever
            if isinstance(error, TimeoutError):
                raise Crowded(TOO_SLOW) from error
            if isinstance(error, OSError):
                log.warning("an upload could not be kept: %s", errno.errorcode.get(error.errno or 0, "OSError"))
                raise DiskFull(NO_ROOM) from error
            raise

    @asynccontextmanager
    async def _turn(self, owner: str) -> AsyncIterator[None]:
        """Until the block ends, one of AT_ONCE. Raises Crowded where there is none for long."""
        turn = self._turns.setdefault(owner, asyncio.Semaphore(AT_ONCE))
        try:
            await asyncio.wait_for(turn.acquire(), WAIT_SECONDS)
        except TimeoutError as error:
            raise Crowded(CROWDED) from error
        try:
            yield
        finally:
            turn.release()

    def _all_kept(self, owner: str, files: list[str], folder: Path) -> list[str]:
        return [self._kept(owner, Path(file), folder) for file in files]

    def _kept(self, owner: str, file: Path, folder: Path) -> str:
        """Where a whole file is from now on: in a folder named after what is in it, as Gradio has it."""
        place = folder / file.parent.name / file.name
        place.parent.mkdir(exist_ok=True)
        file.replace(place)
        self._quota.keep(owner, str(place))
        return str(place)


async def crowded(request: Request, error: Exception) -> Response:
    """Answers an upload that has to be sent again."""
    return PlainTextResponse(str(error), 429)


async def full(request: Request, error: Exception) -> Response:
    """Answers an upload for which there is no room."""
    return PlainTextResponse(str(error), 507)


async def gone(request: Request, error: Exception) -> Response:
    """For nobody: whoever asked has gone away in the middle of it."""
    return Response(status_code=400)


REFUSALS = {Crowded: crowded, DiskFull: full, ClientDisconnect: gone}  # exception handlers of the served app


def keep_uploads(demo: gr.Blocks, quota: DiskQuota, most: int) -> None:
    """Has Gradio take uploads so from now on; it has no setting for it.

    The page's own pictures lie among them, and stay: Gradio would sweep those of the examples after a day.
    """
    for block in demo.blocks.values():
        block.keep_in_cache |= block.temp_files
    quota.leave({path for block in demo.blocks.values() for path in block.keep_in_cache})
    route_utils.GradioMultiPartParser = Parser  # type: ignore[misc]
    vars(routes)["upload_fn"] = Uploads(quota, most).take
