"""A page of a few components, kept as the app's is, in a server that has room for twenty. Prints its address.

python -m tests.support.small_page
"""

from ui.gradio_patches.lean_import import import_gradio

import_gradio()

import asyncio  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402

import gradio as gr  # noqa: E402
from fastapi import Depends  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402

from ui.fairness.asking import note_who_asks  # noqa: E402
from ui.fairness.shares import Room  # noqa: E402
from ui.gradio_patches.calls import REFUSALS  # noqa: E402
from ui.gradio_patches.idle_streams import EndIdleStreams  # noqa: E402
from ui.gradio_patches.sessions.carrying_out import carry_out_in_turn  # noqa: E402
from ui.gradio_patches.sessions.lean_sessions import keep_pages_lean  # noqa: E402
from ui.gradio_patches.sessions.unfinished import Places, count_unfinished, make_places  # noqa: E402
from ui.gradio_patches.sessions.unread import Unread  # noqa: E402

ROOM = 20
LARGE = 500_000


def main() -> None:
    """Serves it until the process ends."""
    keep_pages_lean()
    go_on = threading.Event()

    def slowly() -> Iterator[str]:
        go_on.clear()
        yield "begun"
        go_on.wait(60)
        yield "done"

    async def watches() -> str:
        while not go_on.is_set():
            await asyncio.sleep(0.05)
        return "seen"

    def huge(request: gr.Request) -> str:
        while not getattr(demo._queue.pending_messages_per_session.get(request.session_hash), "readers", 1):
            time.sleep(0.05)  # until the page has come to listen
        return "x" * 15 * LARGE

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
            ("slow", slowly, answer), ("watch", watches, answer), ("go-on", go_on.set, None), ("held", held, sizes),
            ("large", lambda: "x" * LARGE, answer), ("huge", huge, answer),
            ("more", lambda: gr.update(choices=["a", "mine"]), menu),
        ):  # fmt: skip
            gr.Button(elem_id=name).click(function, None, output)
        menu.change(lambda chosen: chosen, menu, answer)
    demo.queue(default_concurrency_limit=None)
    demo._queue.pending_messages_per_session = Unread(demo._queue, Room(ROOM, 20 * LARGE, 10 * LARGE))
    count_unfinished(demo)
    carry_out_in_turn(demo)
    demo.launch(
        prevent_thread_lock=True, quiet=True, state_session_capacity=ROOM, server_name="127.0.0.1",
        app_kwargs={
            "dependencies": [Depends(note_who_asks), Depends(Places())], "exception_handlers": REFUSALS,
            "middleware": [Middleware(EndIdleStreams, queue=lambda: demo._queue)],
        },
    )  # fmt: skip
    make_places(demo)
    print(demo.local_url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
