"""Files that want to run, to fetch or to be more than pages."""

from collections.abc import Callable
from pathlib import Path

from tests.support.odd_pdfs.raw import PAGE, simple, stream
from tests.support.odd_pdfs.restless import restless

NOWHERE = "http://127.0.0.1:9"
XFA = b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template><subform name="a"/></template></xdp:xdp>'


def with_script() -> bytes:
    action = b"/OpenAction << /S /JavaScript /JS (while \\(true\\) app.alert\\(1\\)) >>"
    return simple(changes={1: b"<< /Type /Catalog /Pages 2 0 R %b >>" % action})


def with_file() -> bytes:
    names = b"/Names << /EmbeddedFiles << /Names [(a.sh) 10 0 R] >> >> /Collection << /View /T >>"
    spec = b"<< /Type /Filespec /F (a.sh) /EF << /F 11 0 R >> >>"
    root = b"<< /Type /Catalog /Pages 2 0 R %b >>" % names
    return simple(changes={1: root, 10: spec, 11: stream(b"#!/bin/sh\nrm -rf /\n", b"/Type /EmbeddedFile")})


def with_xfa() -> bytes:
    root = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] /XFA 10 0 R >> /NeedsRendering true >>"
    return simple(changes={1: root, 10: stream(XFA)})


def with_own_look() -> bytes:
    """An annotation whose appearance draws itself."""
    note = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 99 99] /F 4 /AP << /N 11 0 R >> >>"
    look = stream(b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 11 0 R >> >>")
    return simple(changes={3: PAGE.replace(b">>", b"/Annots [10 0 R] >>"), 10: note, 11: look})


FILES: dict[str, Callable[[], bytes]] = {
    "a script that never ends": with_script,
    "a file in it": with_file,
    "a form in XFA": with_xfa,
    "an annotation that draws itself": with_own_look,
    "100,000 annotations": lambda: simple(
        changes={
            3: PAGE.replace(b">>", b"/Annots [" + b"10 0 R " * 100_000 + b"] >>"),
            10: b"<< /Type /Annot /Subtype /Square /Rect [0 0 99 99] /F 4 /C [1 0 0] >>",
        }
    ),
    "scripts, links, launches and forms at every occasion": lambda: restless(NOWHERE, Path("/nowhere")),
}
