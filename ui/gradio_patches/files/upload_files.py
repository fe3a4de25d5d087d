"""What becomes of an upload: it has a folder of its own until it is whole, which goes with its request.

Why: Gradio writes uploads among the files that it serves, and removes those that are broken off by its own limits only;
it holds the fields of a form in memory, and says 500 where the disk is full.
Seen with: Gradio 6.31.0; `routes.upload_fn`, which makes a `route_utils.GradioMultiPartParser` by that name of what the
request streams.
Without it: uploads that were given up stay on the disk for a day or for ever, and one address fills it within minutes.
Remove when: Gradio removes what it did not take, bounds fields, and has a quota.
"""

import asyncio
import errno
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
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
from backend.storage.holdings import Arrival
from backend.storage.quota import NO_ROOM, DiskFull, DiskQuota
from ui.gradio_patches.uploads import new_folder
from web.requests import Message, visitor

STEP = 250_000  # bytes that come before the quota is told of them
AT_ONCE = 8  # of one address; more wait
WAIT_SECONDS = 30.0
SECONDS, SLOWEST = 90.0, 20_000  # that an upload may take, and bytes of each second more: slow phones send twice that
CROWDED = "Other uploads from your address are in progress. Try again when they finish."
TOO_SLOW = "The upload took too long. Try a faster connection or a smaller file."
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

    def __init__(self, quota: DiskQuota) -> None:
        self._quota = quota
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
        arrival = Arrival(owner)
        try:
            async with asyncio.timeout(SECONDS) as limit, self._turn(owner), AsyncExitStack() as stack:
                arrival.end = _expires(limit)
                stack.push_async_callback(_in_thread, self._quota.close, arrival)
                folder = new_folder(Path(upload_dir))
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
                body = _Body(request, self._quota, arrival, limit)
                given = (str(folder), max_file_size, upload_id, True, upload_progress)
                files, _, _ = await route_utils.upload_fn(Request(request.scope, body.receive), *given)
                await body.count()
                return await run_in_threadpool(self._all_kept, arrival, files, Path(upload_dir)), [], []
        except BaseException as error:
            if upload_progress and upload_id:
                upload_progress.set_done(upload_id)  # who watches it would do so for ever
            if isinstance(error, TimeoutError):
                raise (DiskFull(NO_ROOM) if arrival.gave_way else Crowded(TOO_SLOW)) from error
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

    def _all_kept(self, arrival: Arrival, files: list[str], folder: Path) -> list[str]:
        kept = {file: self._kept(arrival, Path(file), folder) for file in dict.fromkeys(files)}
        return [kept[file] for file in files]  # one that was sent twice at once is one file

    def _kept(self, arrival: Arrival, file: Path, folder: Path) -> str:
        """Where a whole file is from now on: in a folder named after what is in it, as Gradio has it."""
        place = folder / file.parent.name / file.name
        place.parent.mkdir(exist_ok=True)
        file.replace(place)
        self._quota.take_in(arrival, str(place))
        return str(place)


class _Body:
    """The body of an upload, of which the quota is told as it comes."""

    def __init__(self, request: Request, quota: DiskQuota, arrival: Arrival, limit: asyncio.Timeout) -> None:
        self._request, self._quota, self._arrival, self._limit = request, quota, arrival, limit
        self._begun, self._size = asyncio.get_running_loop().time(), 0

    async def receive(self) -> Message:
        """The next piece, for which there is room; each gives those that follow more time. Raises DiskFull."""
        message = await self._request.receive()
        self._size += len(message.get("body", b""))
        if self._size - self._arrival.size >= STEP:
            await self.count()
        if not self._arrival.gave_way:
            self._limit.reschedule(self._begun + SECONDS + self._size / SLOWEST)
        return message

    async def count(self) -> None:
        """Has all that has come counted. Raises DiskFull."""
        size = self._size - self._arrival.size
        await run_in_threadpool(self._quota.grow, self._arrival, size)  # since its lock may be held for a while


def _expires(limit: asyncio.Timeout) -> Callable[[], object]:
    """What ends the work under a limit at once, from any thread."""
    loop = asyncio.get_running_loop()

    def expire() -> None:
        with suppress(RuntimeError):  # it has ended by itself
            limit.reschedule(loop.time())

    return partial(loop.call_soon_threadsafe, expire)


async def _in_thread(function: Callable[[Arrival], object], arrival: Arrival) -> None:
    """To its end, whatever ends the work."""
    await asyncio.shield(asyncio.ensure_future(run_in_threadpool(function, arrival)))


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


def keep_uploads(demo: gr.Blocks, quota: DiskQuota) -> None:
    """Has Gradio take uploads so from now on; it has no setting for it.

    The page's own pictures lie among them, and stay: Gradio would sweep those of the examples after a day.
    """
    for block in demo.blocks.values():
        block.keep_in_cache |= block.temp_files
    quota.leave({path for block in demo.blocks.values() for path in block.keep_in_cache})
    route_utils.GradioMultiPartParser = Parser  # type: ignore[misc]
    vars(routes)["upload_fn"] = Uploads(quota).take
