"""What the browser is told to fetch early is what Gradio's page begins with; where that is not found, nothing is."""

import re
from pathlib import Path

from ui.gradio_patches.http.early_files import FOLDER, early_files, early_links, early_looks

KINDS = ("multimodaltextbox", "tabs", "tabitem", "dropdown", "column", "code")
CONFIG = {
    "components": [{"id": i, "type": kind, "props": {"visible": kind != "column"}} for i, kind in enumerate(KINDS)],
    "layout": {
        "children": [
            {"id": 0},
            {"id": 1, "children": [{"id": 2, "children": [{"id": 3}]}]},
            {"id": 4, "children": [{"id": 5}]},
        ]
    },
}


def test_the_scripts_of_what_is_seen_at_first_are_named_and_no_others() -> None:
    names = early_files(CONFIG)
    assert all((FOLDER / name).is_file() for name in names)
    assert names[0].startswith("index-")
    texts = {name: (FOLDER / name).read_text("utf-8") for name in names if name.endswith(".js")}
    assert any(name.startswith("Blocks-") for name in names)
    assert any("data-testid" in text and "multimodal" in text for text in texts.values())
    alone = [set(early_files(CONFIG | {"layout": {"children": children}})) for children in ([], [{"id": 5}])]
    of_code = alone[1] - alone[0]
    assert of_code
    assert not of_code & set(names)


def test_in_a_folder_that_is_built_otherwise_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text('<script type="module" src="./assets/index-12345678.js"></script>')
    (tmp_path / "assets" / "index-12345678.js").write_text('import{a}from"./other.js";')
    assert early_files(CONFIG, tmp_path / "assets") == ["index-12345678.js"]


def test_the_looks_are_one_file_and_stand_in_the_head_as_loaded() -> None:
    names = early_files(CONFIG)
    links = early_links(names)
    assert '<link rel="modulepreload" crossorigin href="./assets/index-' in links
    looks = [name for name in names if name.endswith(".css") and not name.startswith("index-")]
    assert looks
    assert all(f'<link rel="stylesheet" disabled crossorigin href="./assets/{name}">' in links for name in looks)
    whole = early_looks(names)
    assert all((FOLDER / name).read_bytes() in whole for name in looks)
    assert not re.findall(rb"url\((?!.?data:)|@import", whole)  # which would be looked for beside it
