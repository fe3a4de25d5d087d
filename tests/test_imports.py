"""Who may import whom."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

FILES = [Path("app.py"), *sorted(Path("backend").rglob("*.py")), *sorted(Path("ui").rglob("*.py"))]
OURS = {"app", "backend", "ui"}
TORCH_ROOMS = {
    f"backend/{name}.py"
    for name in (
        "local_engine",
        "generation",
        "loading",
        "token_stream",
        "prefix_cache",
        "growing_cache",
        "grammar",
        "vision",
    )
}


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports anywhere in it; `from a import b` counts as a and as a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def is_allowed(path: Path, module: str) -> bool:
    """Whether the arrow from this file to this module is one that the design has."""
    name, root = path.as_posix(), module.split(".")[0]
    mine = ".".join(module.split(".")[:2])
    if root in ("torch", "transformers"):
        return name in TORCH_ROOMS
    if root == "gradio":
        return name == "app.py" or name.startswith("ui/")
    if mine == "backend.config" or root == "app":
        return name == "app.py"
    if mine == "backend.local_engine":
        return name in ("backend/model_switch.py", "backend/zero_gpu.py")
    if mine in ("backend.model_switch", "backend.server_engine", "backend.zero_gpu"):
        return name == "app.py"
    if name == "backend/chat.py":
        return root not in OURS
    if name == "backend/local_engine.py":
        return mine not in ("backend.turn", "backend.tools", "backend.builtin_tools")
    if name == "backend/turn.py" and mine == "backend.builtin_tools":
        return False
    return root != "ui" or not name.startswith("backend/")


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_arrow_between_files_is_one_that_the_design_has(path: Path) -> None:
    assert not [module for module in sorted(imports(path)) if not is_allowed(path, module)]


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("backend/tools.py", "gradio"),
        ("backend/tools.py", "ui.page"),
        ("backend/chat.py", "backend.engine"),
        ("backend/local_engine.py", "backend.turn"),
        ("backend/local_engine.py", "backend.tools.Toolbox"),
        ("backend/turn.py", "backend.local_engine.LocalEngine"),
        ("ui/page.py", "backend.config"),
        ("backend/wire.py", "torch"),
        ("ui/page.py", "transformers"),
    ],
)
def test_a_forbidden_arrow_is_noticed(path: str, module: str) -> None:
    assert not is_allowed(Path(path), module)


def test_a_page_in_front_of_a_server_starts_without_the_model_and_its_tokenizer() -> None:
    code = "import app, backend.server_engine, ui.page, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "ui.page" in loaded
    assert not {"torch", "transformers", "mistral_common", "cv2"} & set(loaded)


def test_the_processes_with_limits_hold_neither_the_model_nor_the_page() -> None:
    code = "import backend.sandbox, backend.images, backend.imports, backend.builtin_tools, backend.schema_trial, sys"
    command = [sys.executable, "-c", f"{code}; print(*sys.modules)"]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert not {"torch", "transformers", "mistral_common", "gradio", "ui", "app"} & set(loaded)
