"""What stands behind the files of message boxes, put together."""

from dataclasses import dataclass, field

from backend.documents.reader import DocumentReader
from backend.sandbox.caller import CALLER
from backend.storage.images import ImageStore
from backend.storage.quota import DiskQuota
from ui.attachments.box_files import BoxFiles
from ui.attachments.readings import Readings
from ui.attachments.thumbnails import Thumbnails
from ui.attachments.uploads import TextUploads
from ui.gradio_patches.uploads import THUMBNAILS, upload_folder


@dataclass(frozen=True)
class Attachments:
    """Reads files, writes texts as files, and draws small pictures of pages."""

    files: BoxFiles
    uploads: TextUploads = field(default_factory=lambda: TextUploads(upload_folder()))
    thumbnails: Thumbnails | None = None


def attachments(images: ImageStore, documents: DocumentReader, quota: DiskQuota, most: int) -> Attachments:
    """Those of an app whose messages have so many images at most; what they write counts as their visitor's."""

    def keep(path: str) -> None:
        quota.keep(CALLER.get(), path)

    folder = upload_folder()
    thumbnails = Thumbnails(folder / THUMBNAILS, documents, keep)
    return Attachments(BoxFiles(Readings(images, documents), most), TextUploads(folder, keep), thumbnails)
