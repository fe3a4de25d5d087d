"""Builds the wheel, installs it beside our libraries and starts it elsewhere. Run: python scripts/package_check.py

Nothing is fetched, and nothing is left in the repository: an old build/ there would get its files into the wheel.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("app.py", "backend", "web", "ui", "assets", "README.md", "LICENSE", "pyproject.toml")
PATIENCE_SECONDS = 120.0


def main() -> None:
    """Exits with a sentence where the installed app does not do what the repository's does."""
    with tempfile.TemporaryDirectory(prefix="package-") as name:
        folder = Path(name)
        environment = install(build(folder), folder)
        start(environment, folder)
    print("The wheel installs, starts and answers.")


def build(folder: Path) -> Path:
    """The wheel, built of a copy."""
    copy = folder / "source"
    copy.mkdir()
    for path in [*(ROOT / source for source in SOURCES), *ROOT.glob("requirements*.txt")]:
        if path.is_dir():
            shutil.copytree(path, copy / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, copy)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(copy)], check=True)
    return next(folder.glob("mistral_chat-*.whl"))


def install(wheel: Path, folder: Path) -> Path:
    """An environment with the wheel alone, which sees the libraries of this one."""
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    packages = next(environment.glob("lib/python3.*/site-packages"))
    libraries = Path(httpx2.__file__).parents[1]
    (packages / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(environment)]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--ignore-installed", str(wheel)], check=True)
    return environment


def start(environment: Path, folder: Path) -> None:
    """Starts the command in an empty folder, and asks for the page, its pictures and an answer of the demo model."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(environment / "bin" / "mistral-chat"), "--model", "demo", "--port", str(port)]
    app = subprocess.Popen(command, cwd=elsewhere, env=variables)
    picture = next(environment.glob("lib/python3.*/site-packages/assets/examples/shapes.png")).resolve()
    try:
        for path in ("/health", "/", f"/gradio_api/file={picture}"):
            wait_for(f"http://127.0.0.1:{port}{path}", app)
    finally:
        app.terminate()
        app.wait(timeout=30)


def wait_for(url: str, app: subprocess.Popen[bytes]) -> None:
    """Returns once the address answers 200."""
    end, seen = time.monotonic() + PATIENCE_SECONDS, "nothing"
    while time.monotonic() < end and app.poll() is None:
        try:
            answer = httpx2.get(url, timeout=30)
            if answer.status_code == 200:
                return
            seen = f"{answer.status_code} {answer.text[:100]}"
        except httpx2.TransportError as error:
            seen = str(error)
        time.sleep(0.5)
    sys.exit(f"{url} does not answer: {seen}")


if __name__ == "__main__":
    main()
