"""Section 3: pictures that cost more than they look."""

import asyncio
import io
import struct
import time
import zlib

from PIL import Image

from scripts.attack.arena import ANOTHER, Arena, Case, Seen, many, sent_picture, sentence


def _small() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "PNG")
    return file.getvalue()


SMALL = _small()
DELAY = 8.0  # seconds that somebody else's picture may take


def exif_bomb(tags: int = 2_500, size: int = 1_000_000) -> bytes:
    """A PNG whose Exif has many tags with one value, which each may be read anew."""
    entries = b"".join(struct.pack("<HHII", 0x8000 + number, 7, size, 10 + tags * 12) for number in range(tags))
    data = b"II*\0" + struct.pack("<IH", 8, tags) + entries + bytes(4) + bytes(size)
    chunk = struct.pack(">I", len(data)) + b"eXIf" + data + struct.pack(">I", zlib.crc32(b"eXIf" + data))
    return SMALL[:33] + chunk + SMALL[33:]


def scan_bomb(scans: int = 30_000, edge: int = 4_000) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    file = io.BytesIO()
    Image.new("L", (edge, edge), 120).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    begin = data.rindex(b"\xff\xda")
    return data[:-2] + data[begin:-2] * scans + b"\xff\xd9"


def comment_bomb(pieces: int = 1_500_000) -> bytes:
    """A GIF with one comment in pieces of one byte."""
    file = io.BytesIO()
    Image.new("P", (2, 2)).save(file, "GIF")
    data = file.getvalue()
    at = data.index(b",")
    return data[:at] + b"!\xfe" + b"\x01A" * pieces + b"\0" + data[at:]


async def _beside(arena: Arena, bombs: list[bytes], name: str) -> Seen:
    """Bombs of one visitor's, and somebody else's small picture a second later."""
    async with arena.page() as page, arena.page(ANOTHER) as other:
        work = asyncio.ensure_future(many([sent_picture(page, bomb, name) for bomb in bombs]))
        await asyncio.sleep(1)
        begun = time.monotonic()
        said = sentence(await sent_picture(other, SMALL, "mine.png"))
        took = time.monotonic() - begun
        told = [sentence(one) if isinstance(one, list) else type(one).__name__ for one in await work]
    return Seen(
        f"another's picture: {took:.1f} s{said and f', {said}'}; told: {(told[0] or 'taken')[:70]}",
        took < DELAY and not said,
    )


async def exif(arena: Arena) -> Seen:
    """1 MB, of which a careless reader makes 2.5 GB."""
    return await _beside(arena, [exif_bomb()], "tags.png")


async def scans(arena: Arena) -> Seen:
    """Two, as many as are opened at once."""
    return await _beside(arena, [scan_bomb(), scan_bomb()], "scans.jpg")


async def comments(arena: Arena) -> Seen:
    """Two of 3 MB."""
    return await _beside(arena, [comment_bomb(), comment_bomb()], "comment.gif")


CASES = (
    Case("3", "a PNG with 2,500 tags of one value", exif, growth=1_200),
    Case("3", "two JPEGs with 30,000 scans", scans, seconds=40, growth=2_200),
    Case("3", "two GIFs with a comment in 1,500,000 pieces", comments, seconds=40, growth=2_200),
)
