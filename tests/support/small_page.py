"""A page of a few components, kept as the app's is, in a server that has room for twenty. Prints its address.

python -m tests.support.small_page
"""

from ui.gradio_patches.lean_import import import_gradio

import_gradio()

import threading  # noqa: E402
from collections.abc import Iterator  # noqa: E402

import gradio as gr  # noqa: E402
from fastapi import Depends  # noqa: E402

from ui.fairness.asking import note_who_asks  # noqa: E402
from ui.fairness.shares import Room  # noqa: E402
from ui.gradio_patches.sessions.lean_sessions import keep_pages_lean  # noqa: E402
from ui.gradio_patches.sessions.unread import Unread  # noqa: E402

ROOM = 20
LARGE = 500_000


def main() -> None:
    """Serves it until the process ends."""
    keep_pages_lean()
    go_on = threading.Event()

    def slowly() -> Iterator[str]:
        yield "begun"
        go_on.wait(60)
        yield "done"

    def held() -> dict[str, int]:
        queue = demo._queue
        return {
            "bytes": sum(mail.bytes for mail in queue.pending_messages_per_session.values()),
            "sessions": len(queue.pending_messages_per_session),
            "sessions with events": len(queue.pending_event_ids_session),
            "events": len(queue.event_ids_to_events),
            "pages": len(demo.app.state_holder.session_data),
        }

    with gr.Blocks() as demo:
        gr.Textbox(elem_id="place")
        answer, menu, sizes = gr.Textbox(), gr.Dropdown(["a"], elem_id="menu"), gr.JSON()
        for name, function, output in (
            ("slow", slowly, answer), ("go-on", go_on.set, None), ("held", held, sizes),
            ("large", lambda: "x" * LARGE, answer), ("more", lambda: gr.update(choices=["a", "mine"]), menu),
        ):  # fmt: skip
            gr.Button(elem_id=name).click(function, None, output)
        menu.change(lambda chosen: chosen, menu, answer)
    demo.queue(default_concurrency_limit=None)
    demo._queue.pending_messages_per_session = Unread(demo._queue, Room(ROOM, 20 * LARGE, 10 * LARGE))
    demo.launch(
        prevent_thread_lock=True, quiet=True, state_session_capacity=ROOM, server_name="127.0.0.1",
        app_kwargs={"dependencies": [Depends(note_who_asks)]},
    )  # fmt: skip
    print(demo.local_url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
