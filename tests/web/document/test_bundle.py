"""Modules as one do what they did as many."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from web.document.bundle import bundle

NODE = shutil.which("node", path=os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ["PATH"]]))
MODULES = {
    "main.js": 'import texts from "./texts.js";\nimport { twice, Counter as Tally } from "./parts/count.js";\n'
    'import {\n  said,\n} from "./parts/said.js";\n\n'
    "export function start() {\n  return [texts.hello, twice(2), new Tally().next(), said];\n}\n"
    'export const late = async () => (await import("./parts/late.js")).late;\n',
    "texts.js": '// Words.\nexport default {\n  "hello": "Hello"\n};\n',
    "parts/count.js": 'import { said } from "./said.js";\nexport const twice = (number) => number * 2;\n'
    "export class Counter {\n  next() {\n    return said.length;\n  }\n}\nexport async function* unused() {}\n",
    "parts/said.js": "export const said = [];\nsaid.push(1);\n",
    "parts/late.js": "export const late = 3;\n",
}


def run(folder: Path, text: str, asked: str) -> object:
    (folder / "parts").mkdir()
    (folder / "parts" / "late.js").write_text(MODULES["parts/late.js"])
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "page.js").write_text(text)
    code = f'import * as page from "./page.js"; console.log(JSON.stringify({asked}));'
    (folder / "ask.js").write_text(code)
    assert NODE
    printed = subprocess.run([NODE, "ask.js"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return json.loads(printed)


@pytest.mark.skipif(NODE is None, reason="no node here")
def test_a_bundle_exports_what_its_entry_does_and_calls_each_module_once(tmp_path: Path) -> None:
    asked = "[page.start(), await page.late(), Object.keys(page)]"
    assert run(tmp_path, bundle(MODULES, "main.js"), asked) == [["Hello", 4, 1, [1]], 3, ["late", "start"]]


@pytest.mark.parametrize(
    "text",
    [
        'import * as all from "./texts.js";', 'export * from "./texts.js";', "const a = 1;\nexport { a };",
        "export let count = 0;", 'import "./texts.js";',
    ],
)  # fmt: skip
def test_what_it_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be bundled"):
        bundle(MODULES | {"main.js": text}, "main.js")


def test_modules_that_import_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        bundle({"a.js": 'import { b } from "./b.js";', "b.js": 'import { a } from "./a.js";'}, "a.js")
