"""What a file is, by what is in it and not by its name. Reads some kilobytes of it, in microseconds."""

import os
import re
from pathlib import Path
from typing import Literal

Kind = Literal["pdf", "picture", "text", "docx", "xlsx", "pptx", "old office", "other"]

HEAD = 4_096  # bytes at a file's start by which all kinds but Office's are known
TAIL = 1_000_000  # bytes at its end, where a zip file lists what is in it
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BOXES = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")  # of HEIF and AVIF
OLD_OFFICE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf")
ZIP = b"PK\x03\x04"
# An entry of a zip file's list, of 46 bytes before its name, for the part that makes each kind what it is.
ENTRY = re.compile(rb"PK\x01\x02.{42}(word|xl|ppt)/(?:document|workbook|presentation)\d*\.xml", re.DOTALL)
LOCAL = re.compile(rb"PK\x03\x04.{26}(word|xl|ppt)/", re.DOTALL)  # what comes before each part itself, of 30 bytes
PARTS: dict[bytes, Kind] = {b"word": "docx", b"xl": "xlsx", b"ppt": "pptx"}
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # byte order marks; those of UTF-32 begin or are like them
MARK_OF_UTF32 = b"\0\0\xfe\xff"
CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\v\f\r\x1b"))  # \x1b colours what terminals print
MOST_CONTROLS = 0.01  # of the bytes of a text: old files of text have a few


def kind_of(path: str | Path) -> Kind:
    """What the file at `path` is. Raises OSError where it cannot be read."""
    with Path(path).open("rb") as file:
        head = file.read(HEAD)
        if not head.startswith(ZIP):
            return kind_of_head(head)
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
        entry = ENTRY.search(file.read(TAIL)) or LOCAL.search(head)  # the list is at the end, which may be cut off
    return PARTS[entry[1]] if entry else "other"


def kind_of_head(head: bytes) -> Kind:
    """The same by the file's first HEAD bytes; Office's newer files are not told apart from other zip files."""
    if _is_pdf(head):
        return "pdf"
    if head.startswith(PICTURES) or _is_other_picture(head):
        return "picture"
    if head.startswith(OLD_OFFICE):
        return "old office"
    return "text" if is_text(head) else "other"


def is_text(data: bytes) -> bool:
    """Whether bytes may be a text in some encoding: with a byte order mark, or without what no text has."""
    if data.startswith((*MARKS, MARK_OF_UTF32)):
        return True
    return b"\0" not in data and len(data) - len(data.translate(None, CONTROLS)) <= MOST_CONTROLS * len(data)


def _is_pdf(head: bytes) -> bool:
    """Readers let up to 1,024 bytes come before the header; a text that speaks of one has no objects after it."""
    at = head[:1_024].find(b"%PDF-")
    return at == 0 or (at > 0 and re.search(rb"\d obj\b", head[at:]) is not None)


def _is_other_picture(head: bytes) -> bool:
    if head[:4] == b"RIFF":
        return head[8:12] == b"WEBP"
    if head[4:8] == b"ftyp":
        return head[8:12] in BOXES or any(box in head[16:64] for box in BOXES)
    return head[:2] == b"BM" and head[6:10] == bytes(4)  # which are reserved; a text has no such bytes
