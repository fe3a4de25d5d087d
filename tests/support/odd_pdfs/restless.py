"""A PDF that wants to fetch and to run."""

from pathlib import Path

from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from tests.support.pdfs import add_page, saved, written


def restless(url: str, kept: Path) -> bytes:
    """A PDF that asks at every occasion that the format has: on opening, on each page, in fields and images."""
    document = Pdf.new()
    elsewhere = Dictionary(FS=Name.URL, F=String(f"{url}/file"))
    actions = {
        "uri": Dictionary(S=Name.URI, URI=String(f"{url}/uri")),
        "script": Dictionary(S=Name.JavaScript, JS=String(f'app.launchURL("{url}/script"); submitForm("{url}/s")')),
        "file": Dictionary(S=Name.GoToR, F=elsewhere, D=Array([0, Name.Fit])),
        "launch": Dictionary(S=Name.Launch, F=String(f"/usr/bin/touch {kept}")),
        "form": Dictionary(S=Name.SubmitForm, F=elsewhere),
        "data": Dictionary(S=Name.ImportData, F=elsewhere),
    }
    image = Stream(document, b"")
    image.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Image, Width=10, Height=10, BitsPerComponent=8, ColorSpace=Name.DeviceRGB,
        F=elsewhere,
    )  # fmt: skip
    embedded = Stream(document, b"#!/bin/sh\ntouch " + bytes(kept))
    spec = Dictionary(Type=Name.Filespec, F=String("a.sh"), EF=Dictionary(F=embedded))
    field = document.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("f"), Rect=Array([0, 0, 99, 99]), F=4,
            AA=Dictionary({f"/{when}": actions["script"] for when in "KFVCEXDU"}), A=actions["uri"],
        )
    )  # fmt: skip
    links = [
        document.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 99, 99]), A=action))
        for action in actions.values()
    ]
    page = add_page(document, b"q 100 0 0 100 0 0 cm /I Do Q " + written("calm"), Annots=Array([*links, field]))
    page.obj.Resources.XObject = Dictionary(I=image)
    page.obj.AA = Dictionary(O=actions["script"], C=actions["uri"])
    root = document.Root
    root.OpenAction = actions["script"]
    root.AA = Dictionary({f"/{when}": actions["script"] for when in ("WC", "WS", "DS", "WP", "DP")})
    root.Names = Dictionary(
        JavaScript=Dictionary(Names=Array([String("a"), actions["script"]])),
        EmbeddedFiles=Dictionary(Names=Array([String("a.sh"), spec])),
    )
    form = Stream(document, f'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template><subform><event activity='
                            f'"initialize"><script>xfa.host.gotoURL("{url}/xfa")</script></event></subform></template>'
                            f'</xdp:xdp>'.encode())  # fmt: skip
    root.AcroForm = Dictionary(Fields=Array([field]), XFA=form, NeedAppearances=True)
    return saved(document)
