"""Picture files made to take minutes or gigabytes: each ends in one sentence, and the app and other pictures go on."""

import io
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import PIL.Image
import psutil
import pytest

from backend.chat.errors import ImageRefused, ImageWaits
from backend.sandbox.pool import Sandbox
from backend.storage import images
from backend.storage.images import ImageStore, decoding

MAX_BYTES = 5_000_000
RED, BLUE = (255, 0, 0), (0, 0, 255)


def encoded(picture: PIL.Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png(size: tuple[int, int], colour: int, channels: int, pixel: bytes, exif: bytes) -> bytes:
    """A PNG of one colour, of a PNG colour type with so many channels, with Exif data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    assert len(pixel) == channels
    header = struct.pack(">IIBBBBB", *size, 8, colour, 0, 0, 0)
    rows = zlib.compress((b"\0" + pixel * size[0]) * size[1], 1)
    body = chunk(b"IHDR", header) + chunk(b"eXIf", exif) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def exif(tags: int, shared: int) -> bytes:
    """Exif data that turns a picture by a quarter, after so many tags that share so many bytes."""
    entries = [struct.pack("<HHII", 0x8000 + number, 7, shared, 0) for number in range(tags)]
    entries.append(struct.pack("<HHIHxx", 0x0112, 3, 1, 6))
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + bytes(4 + shared)


def jpeg_of_tags() -> bytes:
    """The same Exif data in a JPEG, where it takes several segments; Pillow itself would read it all."""
    whole, plain = exif(2500, 1_000_000), encoded(PIL.Image.new("RGB", (8, 8)), "JPEG")
    pieces = [b"Exif\0\0" + whole[at : at + 60_000] for at in range(0, len(whole), 60_000)]
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", 2 + len(piece)) + piece for piece in pieces)
    return plain[:2] + segments + plain[20:]  # in place of JFIF's own header


def jpeg_of_scans() -> bytes:
    """A progressive JPEG whose last scan, a few bytes long, is there 30,000 times."""
    data = encoded(PIL.Image.new("RGB", (2000, 2000), "red"), "JPEG", progressive=True)
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * 30_000 + data[-2:]


def gif_of_comments() -> bytes:
    data = encoded(PIL.Image.new("P", (8, 8)), "GIF")
    at = data.index(b",", 13)
    return data[:at] + (b"!\xfe\xff" + bytes(255) + b"\0") * 18_000 + data[at:]


def own_status() -> str:
    return Path("/proc/self/status").read_text(encoding="utf-8")


class Watched:
    """While it is entered, a thread counts how often it has its turn, and how much this process grows."""

    def __enter__(self) -> "Watched":
        self.ticks, self.grown, self._over = 0, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        before = process.memory_info().rss
        while not self._over.wait(0.01):
            self.ticks += 1
            self.grown = max(self.grown, process.memory_info().rss - before)


@pytest.fixture(scope="module")
def decoders() -> Iterator[Sandbox]:
    decoders = decoding(MAX_BYTES)
    yield decoders
    decoders.close()


@pytest.fixture
def store(tmp_path: Path, decoders: Sandbox) -> ImageStore:
    return ImageStore(tmp_path / "store", MAX_BYTES, decoders.run)


@pytest.fixture(scope="module")
def hasty() -> Iterator[Sandbox]:
    """Processes with less time, so that tests need not wait for its end."""
    hasty = Sandbox(0.3, images.MAX_MEMORY, ["backend.storage.images"], images.MAX_DECODED)
    yield hasty
    hasty.close()


def test_thousands_of_tags_that_share_a_megabyte_are_not_read_for_the_one_that_counts(
    store: ImageStore, decoders: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "tags"
    for data, size in ((png((2, 1), 2, 3, bytes(RED), exif(2500, 1_000_000)), (1, 2)), (jpeg_of_tags(), (8, 8))):
        file.write_bytes(data)
        with Watched() as watched:
            image = store.take(file, "tags")
        assert (image.width, image.height) == size
    assert watched.grown < 50e6
    peak = next(line for line in decoders.run(own_status).splitlines() if line.startswith("VmHWM:"))
    assert int(peak.split()[1]) < 200e3  # kB


@pytest.mark.parametrize("hostile", [jpeg_of_scans, gif_of_comments], ids=lambda make: make.__name__)
def test_a_file_that_takes_too_much_ends_in_a_sentence_while_all_else_goes_on(
    hasty: Sandbox, tmp_path: Path, hostile: Callable[[], bytes]
) -> None:
    store, file, good = (
        ImageStore(tmp_path / "store", MAX_BYTES, hasty.run),
        tmp_path / "bad",
        encoded(PIL.Image.new("RGB", (40, 20), BLUE), "PNG"),
    )
    file.write_bytes(hostile())
    with Watched() as watched, pytest.raises(ImageRefused) as refused:
        store.take(file, "holiday.jpg")
    assert str(refused.value) == (
        "“holiday.jpg” takes too long or too much memory to open. Save it again, or use a smaller copy."
    )
    assert watched.ticks >= 5
    assert watched.grown < 50e6
    with PIL.Image.open(store.take_bytes(good, "good.png").path) as kept:
        assert kept.getpixel((5, 5)) == BLUE


def test_the_largest_picture_is_taken_and_turned(store: ImageStore) -> None:
    grey_with_alpha = png((10_000, 5_000), 4, 2, b"\x80\xff", exif(0, 0))
    image = store.take_bytes(grey_with_alpha, "large.png")
    assert (image.width, image.height) == (770, 1540)


def test_pictures_are_decoded_in_two_processes_and_refused_once_both_are_taken_for_long(
    store: ImageStore, decoders: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [encoded(PIL.Image.new("RGB", (40 + n, 20)), "PNG") for n in range(8)]
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda data: store.take_bytes(data, ""), pictures))
    assert [image.width for image in taken] == [40 + n for n in range(8)]
    assert len(decoders._workers) == 2
    monkeypatch.setattr(decoders, "_wait", 0.1)
    with decoders._borrowed(), decoders._borrowed(), pytest.raises(ImageWaits, match="Try again in a moment"):
        store.take_bytes(pictures[0], "")
    assert store.take_bytes(pictures[0], "") == taken[0]
