"""Who may import whom, room by room, and how large a room and what is in it may be."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOMS = ("backend", "web", "ui")
FILES = [Path("app.py"), *(path for room in ROOMS for path in sorted(Path(room).rglob("*.py")))]
# Without others' code, and what is words alone.
SCRIPTS = sorted(
    path for path in Path("assets/page").rglob("*.js") if path.parent.name != "vendor" and path.name != "texts.js"
)
LIBRARIES = {"gradio", "torch", "transformers", "mistral_common", "llguidance"}
# Of a room, the rooms (or single files) that it may import from, itself apart, and which of those libraries.
ALLOWED: dict[str, set[str]] = {
    "backend/chat": set(),
    "backend/sandbox": set(),
    "backend/json_schema": set(),
    "backend/documents": {"backend/chat", "backend/sandbox"},
    "backend/tokenization": {"backend/chat", "backend/sandbox/caller.py", "mistral_common"},
    "backend/models": {"backend/chat"},
    "backend/storage": {"backend/chat", "backend/sandbox"},
    "backend/demo": {"backend/chat", "backend/extraction", "backend/storage"},
    "backend/tools": {"backend/chat", "backend/json_schema", "backend/sandbox"},
    "backend/engines": {"backend/chat"},
    "backend/engines/local": {
        "backend/chat", "backend/json_schema", "backend/sandbox", "backend/tokenization", "backend/models",
        "backend/engines/engine.py",
        "torch", "transformers", "mistral_common", "llguidance",
    },
    "backend/engines/server": {"backend/chat", "backend/storage", "backend/engines/engine.py"},
    "backend/extraction": {"backend/chat", "backend/json_schema", "backend/sandbox"},
    "backend/observability": {"backend/chat", "backend/engines/instrumented.py"},
    "backend/turn.py": {"backend/chat", "backend/tools", "backend/engines/engine.py"},
    "backend/config.py": {"backend/models"},
    "backend/options.py": {
        "backend/models", "backend/config.py", "backend/option_groups.py", "backend/option_values.py",
    },
    "backend/option_groups.py": {"backend/models", "backend/config.py", "backend/option_values.py"},
    "backend/option_values.py": set(),
    "backend/batch": {
        "backend/chat", "backend/documents", "backend/engines/engine.py", "backend/extraction", "backend/sandbox",
        "backend/storage", "backend/turn.py",
    },
    "backend/batch/arguments.py": {"backend/chat", "backend/config.py", "backend/options.py"},
    "backend/batch/__main__.py": {
        "backend/batch", "backend/chat", "backend/config.py", "backend/documents", "backend/options.py",
        "backend/runtime", "backend/storage",
    },
    "backend/runtime": {
        "backend/chat", "backend/config.py", "backend/engines", "backend/models", "backend/storage",
        "backend/tokenization",
    },
    "backend/runtime/model_info.py": {"backend/chat", "backend/tokenization"},
    "web": {"backend/chat", "backend/engines/health_probe.py", "backend/observability"},
    "web/api": {
        "backend/chat", "backend/engines/engine.py", "backend/extraction", "backend/observability",
        "backend/runtime/model_info.py", "backend/sandbox", "backend/storage", "backend/tokenization", "backend/tools",
        "web",
    },
    "web/api/chat": {
        "backend/chat", "backend/sandbox", "backend/tools", "web/api/asked", "web/api/errors.py",
        "web/api/pictures.py", "web/api/requests.py",
    },
    "web/api/asked": {"backend/json_schema", "web/api/errors.py"},
    "ui/texts.py": set(),
    "ui/attachments": {
        "backend/chat", "backend/documents", "backend/sandbox", "backend/storage", "backend/tokenization",
        "ui/components/options.py", "ui/gradio_patches/uploads.py", "ui/texts.py",
    },
    "ui/render/batch": {"backend/batch", "backend/chat", "ui/render", "ui/texts.py"},
    "ui/render": {
        "backend/chat", "backend/extraction", "backend/tokenization", "backend/tools/ask.py",
        "backend/tools/sources.py", "backend/turn.py", "ui/attachments", "ui/components/options.py", "ui/texts.py",
    },
    "ui/gradio_patches": {
        "backend/chat", "backend/sandbox/caller.py", "backend/storage/holdings.py", "backend/storage/quota.py",
        "ui/fairness", "web", "gradio",
    },
    "ui/components": {
        "backend/chat", "backend/demo", "backend/extraction", "backend/models", "backend/runtime/model_info.py",
        "backend/tools", "ui/render", "ui/texts.py", "gradio",
    },
    "ui/values.py": {"web/requests.py", "gradio"},
    "ui/place.py": set(),
    "ui/fairness/at_once.py": {"backend/chat", "ui/texts.py"},
    "ui/batch/state.py": {"backend/batch", "backend/chat"},
    "ui/session.py": {
        "backend/chat", "backend/storage", "ui/attachments/choice.py", "ui/batch/state.py", "ui/place.py",
        "ui/requests/values.py",
    },
    "ui/fairness": {"web/requests.py"},
    "ui/fairness/session_weight.py": {"backend/chat", "ui/fairness", "ui/session.py"},
    "ui/session_store.py": {"ui/fairness", "ui/place.py", "ui/session.py"},
    "ui/requests": {
        "backend/chat", "backend/demo", "backend/extraction", "backend/runtime/model_info.py", "backend/sandbox",
        "backend/storage", "backend/tools", "ui/attachments/choice.py", "ui/components", "ui/texts.py",
        "ui/values.py", "gradio",
    },
    "ui/conversations": {
        "backend/chat", "backend/engines/engine.py", "backend/extraction", "backend/sandbox", "backend/storage",
        "backend/tools/ask.py", "backend/turn.py",
        "ui/fairness/at_once.py", "ui/bridge.py",
        "ui/components", "ui/gradio_patches", "ui/place.py", "ui/render", "ui/requests", "ui/session.py",
        "ui/session_store.py", "ui/texts.py", "ui/threads.py", "ui/values.py", "gradio",
    },
    "ui": {"backend", "web", "ui", "gradio"},
    "app.py": {"backend", "web", "ui", "gradio"},
}  # fmt: skip
# What no room but these may name, however wide its leave is.
ONLY = {
    "backend/config.py": {
        "app.py",
        "backend/batch/__main__.py",
        "backend/batch/arguments.py",
        "backend/option_groups.py",
        "backend/options.py",
        "backend/runtime",
    },
    "backend/options.py": {"app.py", "backend/batch/__main__.py", "backend/batch/arguments.py"},
    "backend/engines/local": {"app.py", "backend/engines/local", "backend/runtime"},
    "backend/engines/server": {"app.py", "backend/engines/server", "backend/runtime"},
    "app.py": set[str](),
}
MAX_LINES, MAX_FUNCTION, MAX_FILES = 250, 45, 14


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports anywhere in it; `from a import b` counts as a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def place(module: str) -> str:
    """The file of ours that a dotted name is of, as a path, or the library."""
    steps = module.split(".")
    for count in range(len(steps), 0, -1):
        path = Path(*steps[:count])
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py").as_posix()
        if (path / "__init__.py").is_file():
            return path.as_posix()
    return steps[0]


def is_in(place: str, room: str) -> bool:
    """Whether a file or a room is this room or within it."""
    return place == room or place.startswith(f"{room}/")


def room_of(name: str) -> str:
    """The innermost room with rules that a file is in."""
    return max((room for room in ALLOWED if is_in(name, room)), key=len)


def is_allowed(path: Path, module: str) -> bool:
    """Whether the arrow from this file to this module is one that the design has."""
    name, target = path.as_posix(), place(module)
    room = room_of(name)
    if any(is_in(target, place) and not any(is_in(name, mine) for mine in allowed) for place, allowed in ONLY.items()):
        return False
    if target in LIBRARIES or target.split("/")[0] in ("app.py", "backend", "web", "ui"):
        return is_in(target, room) or any(is_in(target, allowed) for allowed in ALLOWED[room])
    return True


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_arrow_between_files_is_one_that_the_design_has(path: Path) -> None:
    assert not [module for module in sorted(imports(path)) if not is_allowed(path, module)]


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("backend/tools/toolbox.py", "gradio"),
        ("backend/tools/toolbox.py", "ui.page"),
        ("backend/chat/messages.py", "backend.tools.toolbox"),
        ("backend/engines/local/engine.py", "backend.turn"),
        ("backend/engines/local/engine.py", "backend.engines.server.engine"),
        ("backend/engines/local/engine.py", "backend.tools.toolbox.Toolbox"),
        ("backend/turn.py", "backend.engines.local.engine.LocalEngine"),
        ("backend/tokenization/tokenizer.py", "torch"),
        ("ui/page.py", "backend.config"),
        ("ui/page.py", "transformers"),
        ("ui/render/messages.py", "ui.handlers.answer"),
        ("ui/conversations/view.py", "ui.handlers.answer"),
        ("ui/session.py", "ui.page"),
        ("web/health.py", "gradio"),
    ],
)
def test_a_forbidden_arrow_is_noticed(path: str, module: str) -> None:
    assert not is_allowed(Path(path), module)


# Names that Gradio does not promise: private ones, its modules, what it keeps of sessions.
PRIVATE = re.compile(
    r"\bgr\.\w+\._|\._data\b|\._id\b|\bstate_holder\b|\bgr\.(blocks|utils|routes)\b|\bfrom gradio\.(?!themes)"
)


def test_only_the_patches_name_what_gradio_does_not_promise() -> None:
    arms_length = (path for path in FILES if not is_in(path.as_posix(), "ui/gradio_patches"))
    found = {path.as_posix(): PRIVATE.findall(path.read_text(encoding="utf-8")) for path in arms_length}
    assert not {path: names for path, names in found.items() if names}
    assert all(PRIVATE.search(line) for line in ("event._data", "from gradio.utils import x", "gr.Blocks._id"))


def functions(path: Path) -> list[tuple[str, int]]:
    """The functions of a file and how many lines each has."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    found = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [(node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in found]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_and_its_functions_can_be_taken_in_at_once(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
    assert not [(name, lines) for name, lines in functions(path) if lines > MAX_FUNCTION]


@pytest.mark.parametrize("path", [path for path in SCRIPTS if path.name != "texts.js"], ids=str)  # which is a list
def test_a_script_of_the_page_can_be_taken_in_at_once(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_a_folder_holds_no_more_files_than_can_be_taken_in_at_once() -> None:
    counts = Counter(path.parent.as_posix() for path in [*FILES, *SCRIPTS])
    assert not {folder: count for folder, count in counts.items() if count > MAX_FILES}


def test_a_page_in_front_of_a_server_starts_without_the_model_and_its_tokenizer() -> None:
    code = (
        "import app, backend.runtime.server_tokenizer, backend.engines.server.engine, ui.page, sys; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "ui.page" in loaded
    assert not {"torch", "transformers", "mistral_common", "cv2"} & set(loaded)
    assert not {"web.api", "openai"} & set(loaded)  # which is for who opens that door


def test_the_processes_with_limits_hold_neither_the_model_nor_the_page() -> None:
    rooms = (
        "sandbox.worker",
        "documents.reader",
        "storage.images",
        "storage.imports",
        "tools.builtin",
        "engines.local.output.schema_check",
    )
    code = f"import sys, {', '.join(f'backend.{room}' for room in rooms)}"
    command = [sys.executable, "-c", f"{code}; print(*sys.modules)"]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert not {"torch", "transformers", "mistral_common", "gradio", "ui", "app"} & set(loaded)
