"""`pytest -p tests.support.quick`: the tests that need no model, no running app and no browser. `make check` runs them.

A new test is among them by itself; one that imports torch or starts the app fails here until its file is listed below.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
# Of these nearly every test needs what the quick ones do without, or takes seconds.
LEFT_OUT = {
    TESTS / name
    for name in (
        "backend/batch/test_command.py",  # the model, in a process of its own
        "backend/engines/local",  # the model
        "backend/engines/server/test_llama_cpp.py",  # what the next one has
        "backend/engines/server/test_vllm.py",  # the model, to compare with
        "backend/models",  # weights, torch's meta device, and the app that fetches them
        "backend/runtime/test_server_tokenizer.py",  # the model to compare with, and processes that fetch a tokenizer
        "browser",
        "backend/storage/exports/code/test_transformers_script.py",  # the model
        "scripts",  # training
        "test_packaging.py",  # a wheel
        "test_starting.py",  # the app
        "trust",  # the app, the model, and what takes as long as it may
        "ui/gradio_patches",  # whole pages
        "ui/handlers",  # whole pages
        "ui/test_interleavings.py",  # thousands of steps
        "web/api/test_code.py",  # the app, and the model to compare with
        "web/api/test_programs.py",  # the app, and the model to compare with
        "web/api/test_wire.py",  # the app
    )
}
KEPT = {TESTS / "trust" / "test_supply.py"}
# Of other files only these take seconds.
SLOW = {"test_what_runs_away", "test_no_text_takes_long_to_look_through", "test_what_no_library_documents"}
FIXTURES = ("engine", "described")  # those of tests/conftest.py load the demo model
ADVICE = "a test that needs the model, a running app or a browser has its file or folder in tests/support/quick.py"


def pytest_report_header() -> str:
    """What to do where a test fails for it."""
    return f"quick tests, without torch and the app: {ADVICE}"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leaves out what is listed."""
    is_listed = not LEFT_OUT.isdisjoint({collection_path, *collection_path.parents})
    leads_to_kept = any(collection_path in (kept, *kept.parents) for kept in KEPT)
    return True if is_listed and not leads_to_kept else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out slow tests, and those that have the demo model as a fixture, in whichever file."""
    left_out = [item for item in items if _has_the_model(item) or item.name.startswith(tuple(SLOW))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _has_the_model(item: pytest.Item) -> bool:
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009 - pytest has no public way
    return any(found.func.__module__.endswith("conftest") for name in FIXTURES for found in definitions.get(name, ()))


def _refuse_the_app(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and any(str(word).endswith("app.py") for word in _words(arguments[1])):
        raise AssertionError(ADVICE)


def _words(command: object) -> Sequence[object]:
    return command if isinstance(command, list | tuple) else str(command).split()


sys.modules["torch"] = None  # type: ignore[assignment]  # an import fails, and libraries that ask for it find none
sys.addaudithook(_refuse_the_app)
