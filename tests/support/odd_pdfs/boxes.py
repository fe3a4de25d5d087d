"""Pages of every size and turn."""

from collections.abc import Callable

from tests.support.odd_pdfs.raw import boxed

FILES: dict[str, Callable[[], bytes]] = {
    "a page of 10 m": lambda: boxed(b"[0 0 28346 28346]"),
    "a page of 10 m by 0.4 mm": lambda: boxed(b"[0 0 28346 1]"),
    "a page of 0.04 mm": lambda: boxed(b"[0 0 .1 .1]"),
    "a page of 1e30 points": lambda: boxed(b"[0 0 " + b"9" * 31 + b" " + b"9" * 31 + b"]"),
    "a page without a size": lambda: boxed(b"[0 0 0 0]"),
    "a page whose box is of words": lambda: boxed(b"[/a /b (c) null]"),
    "a page whose box is upside down": lambda: boxed(b"[595 842 0 0]"),
    "turned by 90": lambda: boxed(b"[0 0 595 842]", b"/Rotate 90"),
    "turned by 180": lambda: boxed(b"[0 0 595 842]", b"/Rotate 180"),
    "turned by 270": lambda: boxed(b"[0 0 595 842]", b"/Rotate 270"),
    "turned by -90": lambda: boxed(b"[0 0 595 842]", b"/Rotate -90"),
    "turned by 45": lambda: boxed(b"[0 0 595 842]", b"/Rotate 45"),
    "cropped": lambda: boxed(b"[0 0 595 842]", b"/CropBox [40 690 300 730]"),
    "cropped to what is outside": lambda: boxed(b"[0 0 595 842]", b"/CropBox [1000 1000 1200 1100]"),
    "with a unit of 10 points": lambda: boxed(b"[0 0 595 842]", b"/UserUnit 10"),
}
