"""What Gradio's page will ask for, told to the browser in the document itself.

Why: its scripts are fetched in six rounds, each once the one before has been read and run: the page's, the app's, the
blocks', and those of each component with what they import. On a phone each round is a tenth of a second and more. And
its looks are in forty files, for each of which a part of the page waits.
Seen with: Gradio 6.31.0; the files in its folder, and how Vite writes in them what is imported later and needs what.
Without it: the message box is there later; nothing else changes, so that nothing here fails where it finds nothing.
Remove when: Gradio says itself what its page begins with.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(gr.__file__).parent / "templates" / "frontend" / "assets"
FIRST = re.compile(r'src="\./assets/(index-[\w-]+\.js)"')
STATIC = re.compile(r'(?:from|import)\s*["\']\./([\w.-]+\.js)["\']')
LATER = r"{before}import\(`\./({name}[\w.-]+\.js)`\)[^\[`]*__vite__mapDeps\(\[([\d,]*)\]"
OF_COMPONENT = r"[,{{]{kind}:\{{.*?component:\(\)=>\w+\(\(\)=>"
LISTED = re.compile(r"m\.f=\[([^\]]*)\]")
MOST = 200  # files: a page takes some hundred


def early_files(config: Mapping[str, Any], folder: Path = FOLDER) -> list[str]:
    """The names of the scripts and looks that a page of this config begins with, as they are needed."""
    found: dict[str, None] = {}
    first = FIRST.search((folder.parent / "index.html").read_text("utf-8"))
    if not first:
        return []
    _add(found, folder, [first[1]])
    _add(found, folder, _later(folder, first[1], "Index-"))
    _add(found, folder, _later(folder, _named(found, "Index-"), "Blocks-"))
    for kind in dict.fromkeys(_kinds(config)):
        _add(found, folder, _later(folder, _named(found, "core-"), "", OF_COMPONENT.format(kind=kind)))
    return list(found)[:MOST]


def _named(found: Iterable[str], beginning: str) -> str:
    return next((name for name in found if name.startswith(beginning) and name.endswith(".js")), "")


def early_links(names: list[str]) -> str:
    """They as HTML for the head. The looks stand there as what need not be loaded: Vite fetches none that it finds in
    the page, and all of them are in one file, see early_looks."""
    kinds = {".js": 'rel="modulepreload"', ".css": 'rel="stylesheet" disabled'}
    return "".join(f'<link {kinds[Path(name).suffix]} crossorigin href="./assets/{name}">' for name in _told(names))


def early_looks(names: list[str], folder: Path = FOLDER) -> bytes:
    """The looks of all of them."""
    return b"\n".join((folder / name).read_bytes() for name in _told(names) if name.endswith(".css"))


def _told(names: list[str]) -> list[str]:
    """Without the looks that the document names itself."""
    return [name for name in names if not (name.startswith("index-") and name.endswith(".css"))]


def _add(found: dict[str, None], folder: Path, names: list[str]) -> None:
    """They, and all that they import."""
    for name in names:
        if name not in found and (folder / name).is_file():
            found[name] = None
            if name.endswith(".js"):
                _add(found, folder, STATIC.findall((folder / name).read_text("utf-8")))


def _later(folder: Path, script: str, name: str, before: str = "") -> list[str]:
    """What a script imports later, the first whose name begins so, behind this; and what is fetched with it."""
    text = (folder / script).read_text("utf-8") if script else ""
    found, listed = re.search(LATER.format(name=name, before=before), text, re.DOTALL), LISTED.search(text)
    if not found or not listed:
        return []
    files = [file.strip().strip('"').removeprefix("./") for file in listed[1].split(",")]
    numbers = [int(number) for number in found[2].split(",") if number]
    return [found[1], *(files[number] for number in numbers if number < len(files))]


def _kinds(config: Mapping[str, Any]) -> Iterator[str]:
    """The kinds of components that the page loads at first, in its order: all but what is hidden, and all in that."""
    components = {component["id"]: component for component in config["components"]}

    def walk(node: Mapping[str, Any]) -> Iterator[str]:
        component = components.get(node["id"], {"type": "column", "props": {}})
        if component["props"].get("visible") is not False:
            yield component["type"]
            for child in node.get("children") or []:
                yield from walk(child)

    for node in config["layout"].get("children") or []:
        yield from walk(node)
