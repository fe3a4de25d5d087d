"""TIFF files with one directory, that of their first page, and of it only what says how its pixels are stored.

A directory may have 65,535 entries that each share the same megabytes, and there may be millions of directories: none
is read beyond its first. Entries are made to agree, since Pillow and libtiff read ones that do not in different ways
(CVE-2026-112395). https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf and https://www.awaresystems.be/imaging/tiff/bigtiff.html
"""

import struct
from dataclasses import dataclass

STARTS = {b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">"}
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}  # bytes of a value
NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
MAX_ENTRIES, MAX_VALUE, MAX_COUNT, MAX_PROFILE = 4_096, 1_000_000, 100_000, 4_000_000
WIDTH, HEIGHT, BITS, COMPRESSION, COLOURS, SAMPLES, PLANES = 256, 257, 258, 259, 262, 277, 284
STRIPS, STRIP_LENGTHS, TILES, TILE_LENGTHS, PROFILE = 273, 279, 324, 325, 34675
# Beside those: fill order, orientation, rows of a strip, options of faxes, predictor, palette, size of a tile, inks,
# what further samples are, format, tables of JPEG, and how YCbCr is stored.
KEPT = {
    WIDTH, HEIGHT, BITS, COMPRESSION, COLOURS, SAMPLES, PLANES, STRIPS, STRIP_LENGTHS, TILES, TILE_LENGTHS, PROFILE,
    266, 274, 278, 292, 293, 317, 320, 322, 323, 332, 338, 339, 347, 529, 530, 531, 532,
}  # fmt: skip
NONE, JPEG = 1, 7
# None, three of faxes, LZW, JPEG, two names of deflate, PackBits, Zstandard. Not the older way to have a JPEG inside.
COMPRESSIONS = {NONE, 2, 3, 4, 5, JPEG, 8, 32946, 32773, 50000}
YCBCR, SEPARATE, MAX_SAMPLES = 6, 2, 6


class Unfit(ValueError):
    """The file is a TIFF of a kind that is not read."""


@dataclass(frozen=True)
class _Form:
    """How the file writes numbers: the order of their bytes, and whether places in it take 8 of them (BigTIFF)."""

    order: str
    is_big: bool

    @property
    def entry(self) -> struct.Struct:
        """Tag, type, count, and the value, or its place where it is longer."""
        return struct.Struct(f"{self.order}HHQ8s" if self.is_big else f"{self.order}HHI4s")

    @property
    def place(self) -> str:
        return f"{self.order}Q" if self.is_big else f"{self.order}I"

    @property
    def count(self) -> str:
        return f"{self.order}Q" if self.is_big else f"{self.order}H"


@dataclass(frozen=True)
class _Entry:
    kind: int
    count: int
    field: bytes  # the value, or its place
    value: bytes


def first_page(data: bytes) -> bytes:
    """The file with that page's directory alone. Raises Unfit, and ValueError or struct.error for what is damaged.

    Anything else than a TIFF file stays as it is.
    """
    order = STARTS.get(data[:4])
    if order is None:
        return data
    form = _Form(order, data[2:4] in (b"+\0", b"\0+"))
    entries = _entries(data, form)
    bits = _checked(form, entries)
    start = 16 if form.is_big else 8
    made = {tag: (entry.kind, entry.count, entry.field) for tag, entry in entries.items()}
    end = len(data) + len(data) % 2
    inline = form.entry.size - (12 if form.is_big else 8)
    if len(bits) <= inline:
        made[BITS], beside = (3, len(bits) // 2, bits.ljust(inline, b"\0")), b""
    else:
        made[BITS], beside = (3, len(bits) // 2, struct.pack(form.place, end)), bits + bytes(len(bits) % 2)
    directory = struct.pack(form.count, len(made))
    directory += b"".join(form.entry.pack(tag, *entry) for tag, entry in sorted(made.items()))
    directory += struct.pack(form.place, 0)  # there is no other
    place = struct.pack(form.place, end + len(beside))
    return b"".join((data[: start - len(place)], place, data[start:], bytes(len(data) % 2), beside, directory))


def _entries(data: bytes, form: _Form) -> dict[int, _Entry]:
    """The first entry of each tag that is kept."""
    (at,) = struct.unpack_from(form.place, data, 8 if form.is_big else 4)
    (count,) = struct.unpack_from(form.count, data, at)
    if count > MAX_ENTRIES:
        raise Unfit
    at += struct.calcsize(form.count)
    entries: dict[int, _Entry] = {}
    for number in range(count):
        tag, kind, values, field = form.entry.unpack_from(data, at + number * form.entry.size)
        if tag not in KEPT or tag in entries or kind not in SIZES or not values:
            continue
        length = values * SIZES[kind]
        if tag == PROFILE and length > MAX_PROFILE:
            continue
        if values > MAX_COUNT and length > MAX_VALUE and tag != PROFILE:
            raise Unfit
        place = struct.unpack(form.place, field)[0] if length > len(field) else None
        value = field[:length] if place is None else data[place : place + length]
        if len(value) == length:
            entries[tag] = _Entry(kind, values, field, value)
        elif tag != PROFILE:
            raise ValueError("an entry's value lies behind the end")
    return entries


def _checked(form: _Form, entries: dict[int, _Entry]) -> bytes:
    """The bits of each sample, one for one, as shorts. Raises Unfit and ValueError."""
    compression, colours = _number(form, entries, COMPRESSION, NONE), _number(form, entries, COLOURS, 0)
    samples, bits = _number(form, entries, SAMPLES, 1), _numbers(form, entries.get(BITS)) or (1,)
    if len(bits) == 1:
        bits *= min(samples, MAX_SAMPLES)
    bits = bits[:samples]
    if compression not in COMPRESSIONS or len(bits) != samples or len(set(bits)) != 1:
        raise Unfit
    if colours == YCBCR and (bits != (8, 8, 8) or compression == NONE):
        raise Unfit
    if TILES in entries and (STRIPS in entries or _number(form, entries, PLANES, 1) == SEPARATE):
        raise Unfit
    return struct.pack(f"{form.order}{samples}H", *bits)


def _number(form: _Form, entries: dict[int, _Entry], tag: int, default: int) -> int:
    return (_numbers(form, entries.get(tag)) or (default,))[0]


def _numbers(form: _Form, entry: _Entry | None) -> tuple[int, ...]:
    if entry is None:
        return ()
    kind = NUMBERS.get(entry.kind)
    if kind is None:
        raise ValueError("no number where there has to be one")
    found: tuple[int, ...] = struct.unpack(f"{form.order}{entry.count}{kind}", entry.value)
    return found
