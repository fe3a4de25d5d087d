"""What the patches beside this file, and the routes that web lets through, rely on in Gradio, tried at every start.

Why: none of it is promised, so that an upgrade may change it: without a word, and perhaps in one event of many.
Seen with: Gradio 6.31.0.
Without it: a page that opens and then fails or, where Gradio goes round a check, lets everything through.
Remove when: there is no patch left.
"""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from backend.chat.errors import UserError
from ui.gradio_patches.event_data import event_data
from ui.gradio_patches.sessions.contract import holders, idle_streams, lean_sessions

MADE_FOR = "6.31.0"
GUARDED = ("/queue/join", "/queue/data", "/upload", "/heartbeat/{session_hash}", "/file={path_or_url:path}", "/cancel")


def check() -> None:
    """Raises UserError where the Gradio that is installed is not as the patches rely on. Takes milliseconds."""
    if parts := changed():
        raise UserError(
            f"Gradio {gr.__version__} has changed in {' and in '.join(parts)}, which this app relies on; "
            f"install the version that it was made for: pip install gradio=={MADE_FOR}"
        )


def changed() -> list[str]:
    """Which of the parts are not as ever."""
    return [what for what, holds in PARTS.items() if not _is_as_ever(holds)]


def _is_as_ever(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except Exception:  # what is not there any more may fail in any way
        return False


def events() -> bool:
    """What an event tells are attributes, and anything may have been told."""
    named = event_data(gr.EventData(None, {"index": 3, "value": None}), "index", "value", "do")
    return named == {"index": 3, "value": None} and not event_data(gr.EventData(None, None), "index")


def uploads() -> bool:
    """Uploads bear the mark, and lie where GRADIO_TEMP_DIR says."""
    from gradio.utils import get_upload_folder

    from ui.gradio_patches.uploads import MARK, upload_folder

    return gr.FileData(path="a.png").meta["_type"] == MARK and Path(get_upload_folder()) == upload_folder()


def upload_files() -> bool:
    """It takes an upload by the one function, as routes names it, into the folder that it is given, and notes it so."""
    from gradio import route_utils, routes

    from ui.gradio_patches.files.upload_files import Uploads

    theirs, ours = (list(inspect.signature(take).parameters) for take in (route_utils.upload_fn, Uploads.take))
    return (
        theirs == ours[1:]
        and {"GradioMultiPartParser", "stream"} <= set(route_utils.upload_fn.__code__.co_names)
        and callable(vars(routes)["upload_fn"])
        and {"_statuses", "_signals"} <= vars(vars(routes)["file_upload_statuses"]).keys()
        and "is_done" in route_utils.FileUploadProgressTracker.__dataclass_fields__
        and {"upload_file_set", "temp_file_sets"} <= set(gr.Blocks.__init__.__code__.co_names)
        and hasattr(route_utils.GradioMultiPartParser, "on_headers_finished")
        and all(hasattr(gr.Textbox(render=False), name) for name in ("keep_in_cache", "temp_files"))
    )


def _has(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return all(_has(whole[key], value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(_has, whole, part))
    return bool(whole == part)


def statistics() -> bool:
    """The queue reads, under these names, how often it computes what nobody reads. lean_import sets them."""
    from gradio.queueing import Queue

    names = {"GRADIO_ANALYTICS_CACHE_FREQUENCY", "GRADIO_ANALYTICS_MAX_EVENTS"}
    return names <= set(Queue.__init__.__code__.co_consts)


def validation() -> bool:
    """Every event goes through Blocks.preprocess_data, and a number out of range is refused in the known sentence."""
    from gradio.block_function import BlockFunction

    from ui.gradio_patches.validation import OUT_OF_RANGE, ValidatedBlocks

    theirs, ours = (inspect.signature(blocks.preprocess_data) for blocks in (gr.Blocks, ValidatedBlocks))
    refusal = ""
    try:
        gr.Slider(0, 1, render=False).preprocess(2)
    except gr.Error as error:
        refusal = error.message
    return (
        list(theirs.parameters) == list(ours.parameters)
        and inspect.iscoroutinefunction(gr.Blocks.preprocess_data)
        and "preprocess_data" in gr.Blocks.process_api.__code__.co_names
        and "request" in inspect.signature(gr.Blocks.process_api).parameters
        and "renderable" in inspect.signature(BlockFunction.__init__).parameters
        and bool(OUT_OF_RANGE.fullmatch(refusal))
    )


def whole_values() -> bool:
    """What an event yields goes through handle_streaming_diffs, and an edit may put a value in another's place."""
    from gradio import utils

    from ui.gradio_patches.values.whole_values import WholeValueBlocks

    theirs, ours = (inspect.signature(blocks.handle_streaming_diffs) for blocks in (gr.Blocks, WholeValueBlocks))
    return (
        list(theirs.parameters) == list(ours.parameters)
        and "handle_streaming_diffs" in gr.Blocks.process_api.__code__.co_names
        and utils.diff("a", {"b": 1}) == [["replace", [], {"b": 1}]]
    )


def skipped_values() -> bool:
    """What an event gives goes through postprocess_data, which does nothing with what is left untouched."""
    from gradio.blocks import convert_component_dict_to_list

    from ui.gradio_patches.values.skipped_values import SkippedValueBlocks

    theirs, ours = (inspect.signature(blocks.postprocess_data) for blocks in (gr.Blocks, SkippedValueBlocks))
    return (
        list(theirs.parameters) == list(ours.parameters)
        and "postprocess_data" in gr.Blocks.process_api.__code__.co_names
        and "FINISHED_ITERATING" in gr.Blocks.postprocess_data.__code__.co_names
        and gr.skip() == {"__type__": "update"}
        and list(inspect.signature(convert_component_dict_to_list).parameters) == ["outputs", "predictions"]
    )


def addresses() -> bool:
    """It asks get_root_url for its own address wherever it writes one, with an address or path that counts."""
    from gradio import route_utils
    from gradio.queueing import Queue

    from ui.gradio_patches.addresses import root

    theirs, ours = (inspect.signature(function).parameters for function in (route_utils.get_root_url, root))
    return list(theirs) == list(ours) and "get_root_url" in Queue.push.__code__.co_names


def own_server() -> bool:
    """It asks its own server in the one function that starts it, and sets that up by uvicorn's, by these names."""
    from gradio import http_server, networking

    names = set(gr.Blocks.launch.__code__.co_names)
    made = http_server.start_server.__code__.co_names
    options = inspect.signature(vars(http_server)["Config"]).parameters
    asks = {"httpx", "networking", "url_ok"} <= names and callable(networking.url_ok)
    return asks and "Server" in made and {"http", "backlog", "timeout_keep_alive"} <= set(options)


def calls() -> bool:
    """A call is a PredictBody, with what is read of it under these names."""
    from gradio.data_classes import PredictBody

    from ui.gradio_patches.calls import FIELDS

    return set(FIELDS) <= PredictBody.model_fields.keys()


def logins() -> bool:
    """It gives other sites leave in one layer, and keeps logins and what pages wait for under these names."""
    from gradio.queueing import Queue
    from gradio.routes import App

    from ui.gradio_patches.http.lost_streams import lost  # made of the event that its client knows

    kept = {"auth", "tokens", "cookie_id"} <= {*App.__init__.__code__.co_names, *App.configure_app.__code__.co_names}
    waiting = "pending_messages_per_session" in Queue.push.__code__.co_names
    return kept and waiting and callable(lost) and "CustomCORSMiddleware" in App.create_app.__code__.co_names


def routes() -> bool:
    """The routes that web lets through and listens to are still those."""
    from gradio.routes import App

    return set(GUARDED) <= set(App.create_app.__code__.co_consts)


PARTS: dict[str, Callable[[], bool]] = {
    "what it tells of an event": events,
    "how it keeps a page's components": lean_sessions,
    "how it keeps all pages and what they are told": holders,
    "how it names uploaded files": uploads,
    "how it takes uploads": upload_files,
    "the settings of its statistics": statistics,
    "how it reads the values of an event": validation,
    "how it sends what an event yields": whole_values,
    "how it takes what an event leaves as it is": skipped_values,
    "how it names its own address": addresses,
    "how it looks whether it has started": own_server,
    "how it notes what a page waits for": idle_streams,
    "the form of a call": calls,
    "how it keeps logins, and what pages wait for": logins,
    "the routes of its server": routes,
}

if __name__ == "__main__":  # make canary
    found = changed()
    print(
        f"Gradio {gr.__version__} (made for {MADE_FOR}): {len(found)} of {len(PARTS)} parts changed", *found, sep="; "
    )
    sys.exit(bool(found))
