"""What the app relies on in Gradio: there with the version that is installed, and missed where it is not."""

import time
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio import (
    blocks,
    data_classes,
    http_server,
    networking,
    queueing,
    route_utils,
    routes,
    server_messages,
    state_holder,
    utils,
)

from backend.chat.errors import UserError
from ui.gradio_patches.contract import MADE_FOR, PARTS, check
from ui.gradio_patches.sessions import lean_sessions


def test_the_installed_gradio_is_as_the_app_needs_it_and_that_is_soon_known() -> None:
    check()
    begun = time.process_time()
    check()
    assert time.process_time() - begun < 0.05


def test_the_version_that_the_app_is_made_for_is_the_one_that_it_installs() -> None:
    assert gr.__version__ == MADE_FOR


def test_it_is_true_as_well_once_pages_are_kept_lean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_holder, "SessionState", state_holder.SessionState)  # put back afterwards
    monkeypatch.setattr(routes, "StateHolder", state_holder.StateHolder)
    lean_sessions.keep_pages_lean()
    check()


class Bare:
    """What is there, and can do nothing that it could."""


async def preprocess_data(self: Any, function: Any, values: Any) -> None:
    """With other parameters."""


async def process_api(self: Any) -> None:
    """Which goes round preprocess_data."""


def create_app() -> tuple[str, ...]:
    """With routes of other names."""
    return ("/queue/enter", "/queue/data", "/upload")


def upload_fn(
    request: Any, upload_dir: str, max_file_size: float, upload_id: str, force_move: bool, upload_progress: Any
) -> Any:
    """Which has all of the body at once."""
    return route_utils.GradioMultiPartParser(request.headers, request.body(), max_file_size=max_file_size)


def refuse(*_: Any) -> None:
    raise gr.Error("This is too much.")


def moved(self: Any, session: str) -> Any:
    return Bare()


ALTERED: list[tuple[str, Any, str, Any]] = [
    ("events", gr.EventData, "__getattr__", lambda self, name: None),
    ("events", gr, "EventData", lambda target, data: SimpleNamespace(data=data)),
    ("lean_sessions", state_holder.StateHolder, "__getitem__", moved),
    ("lean_sessions", state_holder, "StateHolder", None),
    ("lean_sessions", state_holder.SessionState, "_update_config", None),
    ("lean_sessions", state_holder.SessionState, "__init__", lambda self, blocks: None),
    ("lean_sessions", gr.Component, "constructor_args", {}),
    ("holders", routes.App, "__init__", lambda self: None),
    ("holders", queueing.Queue, "push", lambda self: None),
    ("holders", queueing.Queue, "start", lambda self: None),
    ("holders", state_holder.StateHolder, "update", lambda self, session_id, age: None),
    ("holders", queueing, "Event", None),
    ("uploads", utils, "get_upload_folder", lambda: "/elsewhere"),
    ("uploads", gr, "FileData", lambda path: SimpleNamespace(meta={"_type": "gradio.File"})),
    ("statistics", queueing.Queue, "__init__", lambda self: None),
    ("validation", gr.Blocks, "preprocess_data", preprocess_data),
    ("validation", gr.Blocks, "process_api", process_api),
    ("validation", blocks.BlockFunction, "__init__", lambda self, fn: None),
    ("validation", gr.Slider, "preprocess", refuse),
    ("validation", gr.Slider, "preprocess", lambda self, value: value),
    ("whole_values", gr.Blocks, "process_api", process_api),
    ("whole_values", gr.Blocks, "handle_streaming_diffs", lambda self, data: data),
    ("whole_values", utils, "diff", lambda old, new: []),
    ("skipped_values", gr.Blocks, "process_api", process_api),
    ("skipped_values", gr.Blocks, "postprocess_data", lambda self, predictions: predictions),
    ("skipped_values", gr, "skip", lambda: None),
    ("addresses", route_utils, "get_root_url", lambda request, route_path: ""),
    ("addresses", queueing.Queue, "push", lambda self: None),
    ("own_server", gr.Blocks, "launch", lambda self: None),
    ("own_server", networking, "url_ok", None),
    ("idle_streams", queueing.Queue, "push", lambda self: None),
    ("idle_streams", server_messages.ProcessCompletedMessage, "model_fields", {}),
    ("idle_streams", server_messages.UnexpectedErrorMessage, "model_fields", {}),
    ("own_server", http_server, "start_server", lambda: None),
    ("own_server", http_server, "Config", lambda app: None),
    ("upload_files", route_utils, "upload_fn", lambda request, folder: None),
    ("upload_files", route_utils, "upload_fn", upload_fn),
    ("upload_files", routes, "upload_fn", None),
    ("upload_files", route_utils, "FileUploadProgressTracker", SimpleNamespace(__dataclass_fields__={})),
    ("upload_files", routes, "file_upload_statuses", SimpleNamespace()),
    ("upload_files", route_utils, "GradioMultiPartParser", None),
    ("calls", data_classes.PredictBody, "model_fields", {"session_hash": None}),
    ("calls", data_classes, "PredictBody", None),
    ("logins", routes.App, "__init__", lambda self: None),
    ("logins", queueing.Queue, "push", lambda self: None),
    ("logins", routes.App, "create_app", create_app),
    ("routes", routes.App, "create_app", create_app),
]


@pytest.mark.parametrize(("part", "where", "name", "other"), ALTERED, ids=lambda value: getattr(value, "__name__", ""))
def test_each_part_that_is_altered_is_missed_in_one_sentence_that_says_what_to_do(
    part: str, where: Any, name: str, other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    what, holds = next((what, holds) for what, holds in PARTS.items() if holds.__name__ == part)
    monkeypatch.setattr(where, name, other)
    monkeypatch.setattr("ui.gradio_patches.contract.PARTS", {what: holds})
    with pytest.raises(UserError) as error:
        check()
    for words in (what, gr.__version__, f"gradio=={MADE_FOR}"):
        assert words in str(error.value)


def test_every_part_is_altered_once() -> None:
    assert {part for part, *_ in ALTERED} == {holds.__name__ for holds in PARTS.values()}


def keys(value: Any) -> Any:
    """The names in a JSON value, at every depth."""
    if isinstance(value, dict):
        return {key: keys(inner) for key, inner in value.items()}
    return [keys(inner) for inner in value] if isinstance(value, list) else None


@pytest.mark.parametrize("folder", ["/tmp/uploads/", "./uploads", "/tmp//uploads"])
def test_a_folder_for_uploads_may_be_written_in_any_way(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", folder)
    check()
