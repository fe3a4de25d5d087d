"""What the patches of sessions, and of what they are told, rely on in Gradio: parts of the contract.

Why: see ../contract.py.
Seen with: Gradio 6.31.0.
Without it: pages that share what is theirs, or streams that end for others.
Remove when: there is no patch left in this folder.
"""

import inspect
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr


def _blocks(*blocks: Any) -> Any:
    """As much of Blocks as the holder of sessions asks for: a real one would want an event loop of its own."""
    known = {block._id: block for block in blocks}
    return SimpleNamespace(default_config=SimpleNamespace(blocks=known), blocks={}, state_session_capacity=1)


def lean_sessions() -> bool:
    """The holder makes a SessionState by that name, which keeps values and components where PageState has them."""
    from gradio.state_holder import StateHolder

    from ui.gradio_patches.sessions.lean_sessions import NoFiles, PageState

    state, box, changed = gr.State("", render=False), gr.Textbox(render=False), gr.Textbox("new", render=False)
    page = PageState(WeakValueDictionary(), _blocks(state, box))
    page[state._id], page[box._id] = "kept", changed
    kept = (page[state._id], page.state_data, page[box._id], changed.constructor_args["value"])
    return (
        "SessionState" in StateHolder.__getitem__.__code__.co_names
        and kept == ("kept", {state._id: "kept"}, changed, "new")
        and isinstance(changed.temp_files, NoFiles)
        and all(callable(vars(PageState.__base__)[name]) for name in ("_update_config", "_update_value_in_config"))
    )


def holders() -> bool:
    """What is kept of all pages, and of what they have not read, is made and looked up by these names."""
    from gradio.queueing import Event, Queue
    from gradio.routes import App
    from gradio.state_holder import StateHolder

    names = set(Queue.push.__code__.co_names)
    return (
        "StateHolder" in App.__init__.__code__.co_names
        and "update" in StateHolder.__getitem__.__code__.co_names
        and set(inspect.signature(StateHolder.update).parameters) == {"self", "session_id"}
        and {"pending_messages_per_session", "pending_event_ids_session", "event_ids_to_events"} <= names
        and {"active_jobs", "max_thread_count"} <= set(Queue.start.__code__.co_names)
        and {"active_jobs", "process_events"} <= set(Queue.start_processing.__code__.co_names)
        and "iterators" in Queue.reset_iterators.__code__.co_names
        and {"session_data", "time_last_used", "lock", "session_hash", "alive"}
        <= {*StateHolder.__init__.__code__.co_names, *Event.__init__.__code__.co_names}
    )


def idle_streams() -> bool:
    """A stream ends when an event is done and its page waits for no other, or is told that its session is gone."""
    from gradio.queueing import Queue
    from gradio.server_messages import ProcessCompletedMessage, UnexpectedErrorMessage

    names = {"pending_messages_per_session", "pending_event_ids_session", "event_ids_to_events"}
    return (
        names <= set(Queue.push.__code__.co_names)
        and {"event_id", "output", "success"} <= ProcessCompletedMessage.model_fields.keys()
        and "session_not_found" in UnexpectedErrorMessage.model_fields
    )
