"""What a function of the file returned, as a tool's output: text, JSON, and pictures."""

import io
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from backend.tools.toolbox import ToolOutput

DONE = "done"
SHOWN = "An image was made; it is shown to the user."
SHOWN_ALL = "{count} images were made; they are shown to the user."
MAX_PICTURES, MAX_BYTES = 8, 20_000_000  # of one call, and of all its pictures
MAX_TEXT = 100_000  # characters that leave the process; the model reads less
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".heic", ".avif", ".bmp", ".tif", ".tiff")
KNOWN_MODES = ("1", "L", "LA", "I", "P", "RGB", "RGBA")  # of Pillow's images, that PNG has


def output(value: object) -> ToolOutput:
    """One value, or several of which some are pictures. Raises ValueError for what no model can read."""
    values = value if isinstance(value, tuple | list) else (value,)
    found = [picture(each) for each in values]
    pictures = tuple(data for data in found if data is not None)
    if not pictures:
        return ToolOutput(_text(value)[:MAX_TEXT])
    if len(pictures) > MAX_PICTURES or sum(map(len, pictures)) > MAX_BYTES:
        raise ValueError(f"it made more than {MAX_PICTURES} images, or more than {MAX_BYTES // 10**6} MB of them")
    words = [_text(each) for each, data in zip(values, found, strict=True) if data is None and each is not None]
    text = "\n".join(words) or (SHOWN if len(pictures) == 1 else SHOWN_ALL.format(count=len(pictures)))
    return ToolOutput(text[:MAX_TEXT], pictures)


def picture(value: Any) -> bytes | None:
    """The file of a picture; None for any other value. Bytes are taken for one: who keeps it looks at what it is."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, io.BytesIO):
        return value.getvalue()
    if isinstance(value, Path) and value.suffix.lower() in SUFFIXES:
        return value.read_bytes()
    if callable(getattr(value, "savefig", None)):  # a figure of matplotlib's
        buffer = io.BytesIO()
        value.savefig(buffer, format="png")
        return buffer.getvalue()
    if all(hasattr(value, name) for name in ("mode", "convert", "save")):  # an image of Pillow's
        buffer = io.BytesIO()
        (value if value.mode in KNOWN_MODES else value.convert("RGB")).save(buffer, "PNG")
        return buffer.getvalue()
    return None


def _text(value: object) -> str:
    if value is None:
        return DONE
    if isinstance(value, str):
        return value
    try:
        return to_json(value, inf_nan_mode="constants", fallback=_plain).decode()
    except PydanticSerializationError as error:
        raise ValueError(f"it returned a value of type {type(value).__name__}, which has no form in JSON") from error


def _plain(value: Any) -> object:
    """What numpy has for it. Raises TypeError."""
    if callable(getattr(value, "tolist", None)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
