"""PDFs as nobody wants them, each made when it is asked for: `ODD[name]()` is the bytes of a file."""

from collections.abc import Callable

from tests.support.odd_pdfs import boxes, broken, contents, hostile, images, locked, pages

ODD: dict[str, Callable[[], bytes]] = {
    **broken.FILES,
    **pages.FILES,
    **boxes.FILES,
    **locked.FILES,
    **images.FILES,
    **contents.FILES,
    **hostile.FILES,
}
