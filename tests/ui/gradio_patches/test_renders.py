"""Parts of the page that are made anew: one at a time for a visitor, and another visitor does not wait for those."""

import asyncio
import threading
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState
from starlette.requests import Request

from ui.gradio_patches.validation import ValidatedBlocks

WAIT = 20  # s, after which a test fails


class Rendering:
    """A page with a part that is made anew, and who is at it."""

    def __init__(self) -> None:
        self.begun, self.go_on = list[str](), threading.Event()

    def blocks(self) -> gr.Blocks:
        def show(name: str) -> None:
            self.begun.append(name)
            if name.startswith("slow"):
                assert self.go_on.wait(WAIT)
            gr.Markdown(name)

        with ValidatedBlocks() as demo:
            gr.render(gr.Textbox(), concurrency_limit=None)(show)
        return demo


async def render(demo: gr.Blocks, name: str, address: str) -> dict[str, Any]:
    """What a page of this visitor's is told."""
    function = next(fn for fn in demo.fns.values() if fn.renderable)
    scope = {"type": "http", "client": (address, 1), "headers": [], "path": "/", "query_string": b""}
    outcome: dict[str, Any] = await demo.process_api(
        function, [name], state=SessionState(demo), request=gr.Request(request=Request(scope))
    )
    return outcome


async def until(condition: Any) -> None:
    async with asyncio.timeout(WAIT):
        while not condition():
            await asyncio.sleep(0.01)


def test_one_visitors_pages_are_made_anew_one_after_the_other_and_anothers_meanwhile() -> None:
    async def crowd() -> tuple[list[str], list[str]]:
        rendering = Rendering()
        demo = rendering.blocks()
        mine = [asyncio.create_task(render(demo, f"slow {number}", "203.0.113.1")) for number in range(3)]
        try:
            await until(lambda: rendering.begun)
            async with asyncio.timeout(WAIT):
                other = await render(demo, "quick", "203.0.113.2")
            meanwhile = list(rendering.begun)
        finally:
            rendering.go_on.set()
            done = await asyncio.gather(*mine)
        assert "quick" in str(other["render_config"])
        assert [f"slow {number}" in str(outcome["render_config"]) for number, outcome in enumerate(done)] == [True] * 3
        return meanwhile, rendering.begun

    meanwhile, all_of_them = asyncio.run(crowd())
    assert meanwhile == ["slow 0", "quick"]
    assert sorted(all_of_them) == ["quick", "slow 0", "slow 1", "slow 2"]


def test_a_visitor_who_goes_while_waiting_leaves_the_turn_to_the_next() -> None:
    async def crowd() -> list[str]:
        rendering = Rendering()
        demo = rendering.blocks()
        first, second, third = (
            asyncio.create_task(render(demo, f"slow {number}", "203.0.113.1")) for number in range(3)
        )
        await until(lambda: rendering.begun)
        second.cancel()
        await asyncio.wait([second])
        rendering.go_on.set()
        await asyncio.gather(first, third)
        return rendering.begun

    assert asyncio.run(crowd()) == ["slow 0", "slow 2"]
