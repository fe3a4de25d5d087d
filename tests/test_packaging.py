"""What is installed: every file that the app opens, and in server mode nothing that it does without."""

import shutil
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.browser.conftest import free_port, wait_for
from tests.support.processes import end

PACKAGED = ("app.py", "backend", "web", "ui", "assets")
SOURCES = (
    *PACKAGED,
    "pyproject.toml",
    "README.md",
    "LICENSE",
    *(path.name for path in Path().glob("requirements*.txt")),
)
FOR_README = {"assets/screenshot.png"}
# Quiet, since setuptools tells of each file that it copies.
BUILD = "from setuptools import build_meta; build_meta.build_wheel('wheel')"


def names(folder: Path) -> Iterator[str]:
    """The files that the app is made of, as paths within a folder."""
    for packaged in PACKAGED:
        for path in sorted([folder / packaged, *(folder / packaged).rglob("*")]):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(folder).as_posix()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel puts into site-packages."""
    folder = tmp_path_factory.mktemp("packaging")
    for source in SOURCES:
        if Path(source).is_dir():
            shutil.copytree(source, folder / "source" / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / "source").mkdir(exist_ok=True)
            shutil.copy(source, folder / "source")
    built = subprocess.run([sys.executable, "-c", BUILD], cwd=folder / "source", capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert "Package would be ignored" not in built.stderr
    (wheel,) = (folder / "source" / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_the_wheel_holds_every_file_of_the_app(installed: Path) -> None:
    assert set(names(installed)) == set(names(Path())) - FOR_README


def test_the_installed_command_answers_wherever_it_is_started(installed: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
        "from importlib.metadata import distribution\n"
        "distribution('mistral-chat').entry_points['mistral-chat'].load()()"
    )
    port = free_port()
    command = [sys.executable, "-P", "-c", code, str(installed), "--model", "demo", "--port", str(port)]
    process = subprocess.Popen(command, cwd=tmp_path)
    url, picture = f"http://127.0.0.1:{port}", (installed / "assets" / "examples" / "shapes.png").resolve()
    try:
        wait_for(url, process)
        for path in ("/health", "/page/main.js", "/page/history/list.js", f"/gradio_api/file={picture}"):
            with urllib.request.urlopen(f"{url}{path}", timeout=60) as answer:
                assert answer.status == 200
    finally:
        end(process)


def requirements(file: str) -> set[str]:
    """The names of the packages that a file asks for."""
    lines = [line for line in Path(file).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def test_server_mode_asks_for_all_that_it_imports() -> None:
    everything, served = requirements("requirements.txt"), requirements("requirements-server.txt")
    rooms = ("app", "ui.page", "ui.launching", "backend.engines.server.engine", "backend.tools.builtin")
    tokens = "backend.runtime.server_tokenizer, backend.tokenization.inspect"
    code = f"import {', '.join(rooms)}, {tokens}, backend.storage.imports, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    owners = packages_distributions()
    imported = {canonicalize_name(owner) for module in loaded for owner in owners.get(module, ())}
    assert imported & everything <= served


def test_what_is_missing_without_torch_is_told_in_one_sentence() -> None:
    port = free_port()
    code = "import sys; sys.modules['torch'] = None; import app; app.main()"
    ran = subprocess.run([sys.executable, "-c", code, "--port", str(port)], capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr.startswith("app.py: Running a model here needs torch, which isn't installed.")
    assert ran.stderr.count("\n") == 1
