"""What the app puts into the head of the document: its name, what is shown of a link, the icons, the looks, and what is
fetched early."""

import html
import json
from dataclasses import dataclass
from pathlib import Path

from web.document.page_files import BUNDLE, ENTRY, ROUTE, Files

FIRST = "layout/before_paint.js"  # runs before anything is drawn
BOX = "layout/early_box.js"  # runs as soon as there is a body
# A keyboard on the screen makes the page smaller, and does not cover what is written in.
VIEWPORT = "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
COLOURS = {"light": "#fffdf9", "dark": "#171411"}


@dataclass(frozen=True)
class About:
    """What is shown of a link to the app, and the words of a message box before it is there.

    `site` is the app's address in public, "" where nobody has named one; `placeholder` and `label` are the box's, and
    `send` is what its button does. `hides` are the parts of the page that are not there.
    """

    title: str
    sentence: str
    site: str = ""
    placeholder: str = ""
    label: str = ""
    send: str = ""
    hides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """What stands first in the head, what stands last, and what stands first in the body, as HTML."""

    first: str
    last: str
    body: str


def head(assets: Path, files: Files, about: About, early: str = "", looks: tuple[str, ...] = ("page.css",)) -> Head:
    """The looks stand last, behind Gradio's: of two rules of the same weight the later one counts. They stand here, as
    of css= Gradio alters the selectors, and passes over some @media rules; and not in its head=, which comes into the
    page once all scripts are there, so that all is drawn twice.

    `early` is what else is fetched before it is asked for, as HTML; `looks` are the names of the looks, in their order.
    """
    first = (assets / "page" / FIRST).read_text("utf-8")
    written = "".join(
        [
            f"<title>{html.escape(about.title)}</title>",
            *(f'<meta name="{name}" content="{html.escape(text)}">' for name, text in _said(about).items()),
            *(f'<meta property="{name}" content="{html.escape(text)}">' for name, text in _shown(about, files).items()),
            *(
                f'<meta name="theme-color" media="(prefers-color-scheme: {scheme})" content="{colour}">'
                for scheme, colour in COLOURS.items()
            ),
            f'<link rel="icon" type="image/svg+xml" href="{files.address("icon.svg")}">',
            f'<link rel="apple-touch-icon" href="{files.address("icon-180.png")}">',
            f'<link rel="manifest" href="{files.address("app.webmanifest")}">',
            f"<script>document.documentElement.dataset.hides = {json.dumps(' '.join(about.hides))};\n{first}</script>",
            *(f'<link rel="preload" as="style" href="{files.address(name)}">' for name in looks),
            f'<link rel="modulepreload" href="{ROUTE[1:]}{ENTRY}">',
            f'<link rel="modulepreload" href="{files.address(BUNDLE)}">',
            early,
        ]
    )
    box = (assets / "page" / BOX).read_text("utf-8")
    words = f'placeholder="{html.escape(about.placeholder)}" aria-label="{html.escape(about.label)}"'
    # A browser would fill it, after a reload, with what another box of the page had in it.
    area = f'<textarea rows="1" autocomplete="off" {words}></textarea>'
    send = f'<button type="button" aria-label="{html.escape(about.send)}"></button>'
    return Head(
        written,
        "".join(f'<link rel="stylesheet" href="{files.address(name)}">' for name in looks),
        f'<div id="early" hidden>{area}{send}</div><script>{box}</script>',
    )


def _said(about: About) -> dict[str, str]:
    return {"viewport": VIEWPORT, "description": about.sentence, "twitter:card": "summary_large_image"}


def _shown(about: About, files: Files) -> dict[str, str]:
    """Of a link: https://ogp.me. Some take a picture only by its whole address, which only whoever runs the app knows:
    what a request names as its host may be anybody's."""
    picture = f"{about.site}{files.address('preview.png')}"
    return {
        "og:type": "website", "og:title": about.title, "og:description": about.sentence, "og:image": picture,
    }  # fmt: skip
