"""TIFF files of each kind that scanners, cameras and programs write, and ones made to take minutes or gigabytes."""

import io
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.errors import ImageRefused
from backend.sandbox.pool import Sandbox
from backend.storage.images import ImageStore, decoding

RED, BLUE, WHITE, BLACK = (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
LONG, SHORT, UNDEFINED = 4, 3, 7


@pytest.fixture(scope="module")
def decoders() -> Iterator[Sandbox]:
    with closing(decoding(20_000_000)) as decoders:
        yield decoders


@pytest.fixture
def store(tmp_path: Path, decoders: Sandbox) -> ImageStore:
    return ImageStore(tmp_path / "store", run=decoders.run)


def tiff(mode: str = "RGB", size: tuple[int, int] = (64, 32), **options: object) -> bytes:
    """Red on the left, blue on the right; white and black where it has no colours."""
    colours, buffer = (RED, BLUE) if mode in ("RGB", "CMYK", "P", "LAB") else (WHITE, BLACK), io.BytesIO()
    picture = PIL.Image.new("RGB", size, colours[0])
    picture.paste(colours[1], (size[0] // 2, 0, *size))
    picture.convert(mode).save(buffer, "TIFF", **options)
    return buffer.getvalue()


def made(entries: list[tuple[int, int, int, int]], order: str = "<", after: bytes = b"", is_big: bool = False) -> bytes:
    """A file of one directory, each entry a tag, a type, a count and a value or a place; `after` follows it."""
    entry, count, place = ("HHQQ", "Q", "Q") if is_big else ("HHII", "H", "I")
    width = 64 if is_big else 32  # bits of a field, in which a value stands first
    directory = struct.pack(order + count, len(entries))
    for tag, kind, values, value in entries:
        room = width - {SHORT: 16, LONG: 32}.get(kind, width)
        directory += struct.pack(order + entry, tag, kind, values, value << (room if order == ">" else 0))
    start = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}H", 43 if is_big else 42)
    start += struct.pack(f"{order}HHQ", 8, 0, 16) if is_big else struct.pack(f"{order}I", 8)
    return start + directory + struct.pack(order + place, 0) + after


def grey(width: int, height: int, pixels: int, more: list[tuple[int, int, int, int]] | None = None) -> list[
    tuple[int, int, int, int]
]:  # fmt: skip
    """The entries of a grey picture of one strip, whose pixels lie at a place."""
    return sorted([
        (256, LONG, 1, width), (257, LONG, 1, height), (258, SHORT, 1, 8), (259, SHORT, 1, 1), (262, SHORT, 1, 1),
        (273, LONG, 1, pixels), (277, SHORT, 1, 1), (278, LONG, 1, height), (279, LONG, 1, width * height),
        *(more or []),
    ])  # fmt: skip


def ends(store: ImageStore, data: bytes) -> tuple[object, object]:
    """The colours of its left and of its right end."""
    with PIL.Image.open(store.take_bytes(data, "scan.tif").path) as kept:
        return kept.getpixel((2, 2)), kept.getpixel((kept.width - 3, 2))


@pytest.mark.parametrize(
    ("mode", "compression"),
    [(mode, each) for mode in ("RGB", "L", "P", "1") for each in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")]
    + [("1", "group3"), ("1", "group4"), ("1", "tiff_ccitt"), ("I;16", "tiff_lzw"), ("CMYK", "tiff_lzw"), ("F", None)],
)
def test_what_scanners_and_programs_write_is_read(store: ImageStore, mode: str, compression: str | None) -> None:
    data = tiff(mode) if compression is None else tiff(mode, compression=compression)
    if mode in ("F", "I;16"):  # of Pillow's: black is 0 and white 255 of 65,535
        assert ends(store, data)[1] == BLACK
        return
    assert ends(store, data) == ((RED, BLUE) if mode in ("RGB", "P", "CMYK") else (WHITE, BLACK))


@pytest.mark.parametrize("big_tiff", [False, True], ids=["classic", "big"])
def test_jpeg_inside_and_the_larger_kind_are_read(store: ImageStore, big_tiff: bool) -> None:
    left, right = ends(store, tiff(compression="jpeg", big_tiff=big_tiff, quality=95))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 240 > 15 > left[2]
    assert right[2] > 240 > 15 > right[0]


@pytest.mark.parametrize(("order", "is_big"), [("<", False), (">", False), ("<", True)])
def test_numbers_are_read_in_either_order(store: ImageStore, order: str, is_big: bool) -> None:
    length = len(made(grey(16, 8, 0), order, is_big=is_big))
    data = made(grey(16, 8, length), order, (b"\xff" * 8 + b"\0" * 8) * 8, is_big)
    assert ends(store, data) == (WHITE, BLACK)


def test_of_several_pages_the_first_is_taken_however_many_there_are(store: ImageStore) -> None:
    first, *others = (PIL.Image.new("RGB", (20, 20), colour) for colour in (RED, *[BLUE] * 300))
    buffer = io.BytesIO()
    first.save(buffer, "TIFF", save_all=True, append_images=others)
    assert ends(store, buffer.getvalue()) == (RED, RED)


def test_a_directory_that_follows_itself_has_one_page(store: ImageStore) -> None:
    data = made(grey(16, 8, 200))
    data = data[:-4] + struct.pack("<I", 8) + bytes(200 - len(data)) + b"\xff" * 128
    assert ends(store, data) == (WHITE, WHITE)


def test_thousands_of_entries_that_share_megabytes_are_not_read(store: ImageStore) -> None:
    many = [(40_000 + number, UNDEFINED, 15_000_000, 100_000) for number in range(4_000)]
    data = made(grey(16, 8, 90_000, many))
    data = data.ljust(90_000, b"\0") + b"\xff" * 128 + bytes(15_100_000)
    assert ends(store, data) == (WHITE, WHITE)


def too_many_entries() -> bytes:
    return made(grey(16, 8, 8, [(40_000, SHORT, 1, 1)] * 65_000))


def too_many_strips() -> bytes:
    data = grey(1, 4_000_000, 8)
    return made([entry for entry in data if entry[0] != 273] + [(273, LONG, 4_000_000, 200)], after=bytes(16_000_200))


def another_jpeg_inside() -> bytes:
    return made([(tag, kind, count, 6 if tag == 259 else value) for tag, kind, count, value in grey(16, 8, 8)])


def samples_of_no_bits() -> bytes:
    return made([(tag, kind, count, 60_000 if tag == 277 else value) for tag, kind, count, value in grey(16, 8, 8)])


def values_behind_the_end() -> bytes:
    return made([(tag, kind, count, value) for tag, kind, count, value in grey(16, 8, 8)] + [(320, SHORT, 768, 10**9)])


def a_directory_behind_the_end() -> bytes:
    return b"II*\0" + struct.pack("<I", 4_000_000_000)


def pixels_that_are_not_there() -> bytes:
    return made(grey(7_000, 7_000, 200))


def one_strip_of_gigabytes() -> bytes:
    entries = [(tag, kind, count, {259: 8, 258: 16}.get(tag, value)) for tag, kind, count, value in grey(1, 2, 200)]
    entries = [(tag, kind, count, 1_000_000_000 if tag == 278 else value) for tag, kind, count, value in entries]
    return made(entries, after=bytes(500))


def tiles_of_gigabytes() -> bytes:
    entries = [entry for entry in grey(16, 16, 8) if entry[0] not in (273, 278, 279)]
    entries = [(tag, kind, count, 8 if tag == 259 else value) for tag, kind, count, value in entries]
    tiles = [(322, LONG, 1, 40_000), (323, LONG, 1, 50_000), (324, LONG, 1, 200), (325, LONG, 1, 100)]
    return made(entries + tiles, after=bytes(500))


@pytest.mark.parametrize(
    "hostile",
    [
        too_many_entries, too_many_strips, another_jpeg_inside, samples_of_no_bits, values_behind_the_end,
        a_directory_behind_the_end, pixels_that_are_not_there, one_strip_of_gigabytes, tiles_of_gigabytes,
    ],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_what_is_made_to_take_long_or_much_ends_in_a_sentence_within_the_limits(
    store: ImageStore, decoders: Sandbox, hostile: Callable[[], bytes]
) -> None:
    with pytest.raises(ImageRefused, match=r"^“scan.tif” (is damaged|is a kind of TIFF that can't|takes too)"):
        store.take_bytes(hostile(), "scan.tif")
    peak = next(line for line in decoders.run(status).splitlines() if line.startswith("VmHWM:"))
    assert int(peak.split()[1]) < 600e3  # kB


def status() -> str:
    return Path("/proc/self/status").read_text(encoding="utf-8")


@pytest.mark.parametrize(("width", "height"), [(8_000, 8_000), (60_000, 60_000), (2**31 - 1, 2), (1, 2**31)])
def test_a_small_file_that_claims_a_huge_picture_is_refused(store: ImageStore, width: int, height: int) -> None:
    with pytest.raises(ImageRefused, match=r"has more than 50 megapixels|is damaged"):
        store.take_bytes(made(grey(width, height, 8)), "scan.tif")


def test_the_largest_picture_is_taken(store: ImageStore) -> None:
    buffer = io.BytesIO()
    PIL.Image.new("RGBA", (10_000, 5_000), (255, 0, 0, 255)).save(buffer, "TIFF", compression="tiff_adobe_deflate")
    image = store.take_bytes(buffer.getvalue(), "large.tif")
    assert (image.width, image.height) == (1540, 770)
