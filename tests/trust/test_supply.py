"""What the app is made of: its requirements are locked by hash, torch apart, which others bring their own of."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from backend.runtime.python_release import is_old


def _lines(file: str) -> list[str]:
    lines = Path(file).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


REQUIRED = [Requirement(line) for line in _lines("requirements.txt")]
PINNED = [required for required in REQUIRED if required.name != "torch"]
# Each package of the lock with the lines that follow it, up to the next one.
LOCKED = re.split(r"\n(?=[a-z])", "\n" + Path("requirements.lock").read_text("utf-8"))[1:]


@pytest.mark.parametrize("pinned", PINNED, ids=str)
def test_every_requirement_is_pinned_and_the_lock_holds_the_same_version(pinned: Requirement) -> None:
    assert re.fullmatch(r"==[\w.]+", str(pinned.specifier))
    locked = [entry for entry in LOCKED if entry.startswith(f"{pinned.name}{pinned.specifier} ")]
    assert len(locked) == 1, "run make lock"


def test_torch_is_asked_for_in_a_range_that_holds_what_was_run_and_ends_there() -> None:
    (torch,) = (required for required in REQUIRED if required.name == "torch")
    tested = re.search(r"^TORCH := torch==(\S+)$", Path("Makefile").read_text("utf-8"), re.MULTILINE)
    assert tested
    assert {"2.11.0", tested[1]} <= set(torch.specifier.filter(["2.10.0", "2.11.0", tested[1], "2.14.0"]))
    assert not torch.specifier.contains("2.14.0")


@pytest.mark.parametrize("entry", LOCKED, ids=lambda entry: entry.split()[0])
def test_everything_in_the_lock_has_a_hash_and_fits_a_machine_without_a_gpu(entry: str) -> None:
    assert re.search(r"^    --hash=sha256:[0-9a-f]{64}\b", entry, re.MULTILINE)
    assert not re.match(r"torch=|triton|nvidia|cuda", entry)


@pytest.mark.parametrize("requirements", ["requirements.txt", "requirements-server.txt"])
@pytest.mark.parametrize("name", ["gradio", "uvicorn", "h11"])
def test_what_the_app_changes_inside_is_of_the_version_that_it_was_written_for(requirements: str, name: str) -> None:
    """A Space takes no lock, and would take the newest of what another requirement brings."""
    assert name in _pins(requirements)


def test_a_page_in_front_of_a_server_takes_the_same_versions_and_none_of_the_model_libraries() -> None:
    """And of the tokenizer's package not the part for pixels, which the model alone reads."""
    server, everything = map(_pins, ("requirements-server.txt", "requirements.txt"))
    assert server.items() < everything.items()
    assert not server.keys() & {"torch", "transformers", "accelerate"}
    assert not [line for line in _lines("requirements-server.txt") if "[" in line]


def _pins(file: str) -> dict[str, str]:
    return {(pinned := Requirement(line)).name: str(pinned.specifier) for line in _lines(file)}


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ((3, 11, 7), True), ((3, 11, 9), True), ((3, 11, 10), False), ((3, 12, 5), True), ((3, 12, 6), False),
        ((3, 13, 0), False),
    ],
)  # fmt: skip
def test_a_python_whose_cookies_take_forever_counts_as_old(version: tuple[int, ...], old: bool) -> None:
    assert is_old(version) is old
