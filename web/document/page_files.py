"""Files of the page that were there before anybody came: its own scripts, looks and pictures."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.responses import Response

from web.document.bundle import bundle
from web.document.packing import Packed
from web.requests import App, Receive, Scope, Send, respond

ROUTE = "/page/"
ENTRY, BUNDLE = "main.js", "page.js"
# In this order, since of two rules of the same weight the later one counts.
STYLES = (
    "base", "early", "dialogs", "header", "transcript", "answer", "code", "fields", "tools", "start", "composer",
    "attachments", "documents", "regions", "meter", "chats", "panel", "inspector", "sureness", "code_dialog",
    "compare", "batch", "small",
)  # fmt: skip
VERSIONED = re.compile(rf"{ROUTE}([0-9a-f]{{16}})/(.+)")
FOR_GOOD = "public, max-age=31536000, immutable"  # https://www.rfc-editor.org/rfc/rfc8246
KINDS = {
    "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "png": "image/png",
    "webmanifest": "application/manifest+json",
}  # fmt: skip


class Files:
    """What there is, by its name: the modules of assets/page, all of them as one, the looks, and the app's icons."""

    def __init__(self, assets: Path, name: str = "", more: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """`name` is the app's, under which a phone installs it; `more` are other files, by their names."""
        scripts = assets / "page"
        modules = {path.relative_to(scripts).as_posix(): path.read_bytes() for path in scripts.rglob("*.js")}
        icons = {path.name: path.read_bytes() for path in sorted((assets / "icons").glob("*.*"))}
        bodies = dict(more) | modules | {name: body for name, body in icons.items() if name.rpartition(".")[2] in KINDS}
        bodies[BUNDLE] = bundle({name: body.decode() for name, body in modules.items()}, ENTRY).encode()
        bodies["page.css"] = b"".join((assets / "styles" / f"{part}.css").read_bytes() for part in STYLES)
        bodies["app.webmanifest"] = manifest(name).encode()
        self.version = _version(bodies)
        self.bodies = {name: Packed(body) for name, body in bodies.items()}
        self.entry = Packed(f'export * from "./{self.version}/{BUNDLE}";\n'.encode())

    def address(self, name: str) -> str:
        """Where it is found, from the page: a browser keeps it for good."""
        return f"{ROUTE[1:]}{self.version}/{name}"


class PageFiles:
    """Answers with what the folders held at the start, by exact names: no request reads from the disk.

    The entry leads to the scripts under a path of this version, which the browser then keeps: it asks anew for the
    entry alone, and scripts of two versions never meet. A page of another version, opened before, is given what there
    is. They stand outside the password, as Gradio's own scripts do: nothing in them is anybody's.
    """

    def __init__(self, app: App, files: Files) -> None:
        self.app = app
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(ROUTE):
            await self.app(scope, receive, send)
            return
        versioned, files = VERSIONED.fullmatch(path), self._files
        name = versioned[2] if versioned else path.removeprefix(ROUTE)
        body = files.entry if not versioned and name == ENTRY else files.bodies.get(name)
        if body is None:
            await respond(404, "There's nothing here.", scope, receive, send)
            return
        kept = FOR_GOOD if versioned and versioned[1] == files.version else "no-cache"
        await _answer(body, KINDS[name.rpartition(".")[2]], Headers(scope=scope), kept)(scope, receive, send)


def manifest(name: str) -> str:
    """With which a phone installs the page as an app, and offers it where a text is shared.

    Not where a picture is: that would be a form with a file, sent before there is a page that it could go to.

    https://www.w3.org/TR/appmanifest/ and https://w3c.github.io/web-share-target/. Addresses are beside the manifest.
    """
    sizes = {f"icon-{size}.png": f"{size}x{size}" for size in (192, 512)} | {"icon.svg": "any"}
    icons = [{"src": icon, "sizes": size, "type": KINDS[icon.rpartition(".")[2]]} for icon, size in sizes.items()]
    shared = {"action": "../..", "method": "GET", "params": {"text": "q"}}
    return json.dumps(
        {
            "name": name, "short_name": name, "start_url": "../..", "scope": "../..", "display": "standalone",
            "background_color": "#fffdf9", "theme_color": "#fffdf9", "icons": icons, "share_target": shared,
        }
    )  # fmt: skip


def _version(bodies: dict[str, bytes]) -> str:
    names = b"".join(name.encode() + b"\0" + _tag(body).encode() for name, body in sorted(bodies.items()))
    return _tag(names)[:16]


def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _answer(packed: Packed, kind: str, asked: Headers, kept: str) -> Response:
    """The file, or that the browser has it: a proxy that packs it may have marked its tag as a weak one."""
    tag = f'"{_tag(packed.body)}"'
    headers = {"ETag": tag, "Cache-Control": kept}
    known = {known.strip().removeprefix("W/") for known in asked.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return packed.response(asked, kind, headers)
