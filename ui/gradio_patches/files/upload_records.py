"""What Gradio notes of uploads: how far each has come, and which there were.

Why: it notes every name whose progress anybody asks for, every upload whose progress nobody reads to its end, and the
path of every upload, and forgets none of them; but an upload once one of those who watch it has gone.
Seen with: Gradio 6.31.0; `routes.file_upload_statuses`, of `route_utils.FileUploadProgress`; `Blocks.upload_file_set`.
Without it: memory grows with what strangers ask for, by up to a few MB a minute for each address; and who watches an
upload as another does is not told of its end.
Remove when: Gradio forgets them.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable

import gradio as gr
from gradio import route_utils, routes

from backend.storage.quota import DiskQuota

UNREAD_SECONDS = 60.0  # after its end, for which the progress of an upload waits for whoever asks
UNCHECKED = 1_000  # uploads that may be gone and are noted still


class Progress(route_utils.FileUploadProgress):
    """Of the uploads that are under way, by the names that pages give them. Several may watch one."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: Counter[str] = Counter()  # how many wait for an upload, by its name

    def track(self, upload_id: str) -> None:
        """Notes an upload, whatever became of another by this name."""
        if upload_id in self._statuses and self._statuses[upload_id].is_done:
            del self._statuses[upload_id]
        super().track(upload_id)

    async def is_tracked(self, upload_id: str) -> bool:
        """Waits until an upload of this name comes."""
        self._waiting[upload_id] += 1
        try:
            return await super().is_tracked(upload_id)
        finally:
            self._waiting[upload_id] -= 1
            self._forget_name(upload_id)

    def set_done(self, upload_id: str) -> None:
        """There is no more to come, and some time in which that can be read."""
        super().set_done(upload_id)
        status = self._statuses[upload_id]
        asyncio.get_running_loop().call_later(UNREAD_SECONDS, self._forget, upload_id, status)

    def stop_tracking(self, upload_id: str) -> None:
        """One who watched has read all, or is gone; others may watch still. What is done is forgotten by itself."""

    def _forget(self, upload_id: str, status: route_utils.FileUploadProgressTracker) -> None:
        if self._statuses.get(upload_id) is status:
            del self._statuses[upload_id]
            self._forget_name(upload_id)

    def _forget_name(self, upload_id: str) -> None:
        self._waiting += Counter()  # without those for which nobody waits
        if upload_id not in self._statuses and upload_id not in self._waiting:
            self._signals.pop(upload_id, None)


class Uploaded(set[str]):
    """The paths of the uploads that are there, and of not many more."""

    def __init__(self, quota: DiskQuota) -> None:
        super().__init__()
        self._quota, self._most = quota, UNCHECKED

    def update(self, *paths: Iterable[str]) -> None:
        """Notes these, and now and then forgets those that are gone."""
        super().update(*paths)
        if len(self) > self._most:
            self.intersection_update([path for path in self if self._quota.holds(path)])
            self._most = 2 * len(self) + UNCHECKED


def forget_what_is_gone(demo: gr.Blocks, quota: DiskQuota) -> None:
    """Has Gradio note uploads so from now on; it has no setting for it."""
    vars(routes)["file_upload_statuses"] = Progress()
    before, demo.upload_file_set = demo.upload_file_set, Uploaded(quota)
    demo.temp_file_sets = [demo.upload_file_set if each is before else each for each in demo.temp_file_sets]
