"""Random interleavings of all that people do in several tabs while answers stream: nothing that was written is lost.

10,000 steps run by default, half of them with an archive and half with browsers that keep. INTERLEAVINGS=1000000 runs
as many, SEED another sequence; each half may have a process of its own (-k archive, -k browser). Threads take part, so
what fails under a seed may not fail under it again: the last things that were done are told with it.
"""

import asyncio
import os
from pathlib import Path

import gradio as gr
import pytest

from tests.support.interleavings import World

STEPS = int(os.environ.get("INTERLEAVINGS", "10000"))
SEED = int(os.environ.get("SEED", "1"))
ROUND = 500  # steps between two rests
MODULES = ("ui.handlers.answer", "ui.conversations.answering")


@pytest.mark.timeout(300 + STEPS)
@pytest.mark.parametrize("in_browser", [False, True], ids=["archive", "browser"])
def test_whatever_people_do_while_answers_stream_nothing_that_was_written_is_lost(
    in_browser: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.bridge.UPDATE_SECONDS", 0.002)
    monkeypatch.setattr("ui.conversations.restore.HAND_OVER_SECONDS", 5.0)
    for module in MODULES:
        monkeypatch.setattr(f"{module}.SAVE_SECONDS", 0.01)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for told in ("Warning", "Info"):
        monkeypatch.setattr(gr, told, lambda *_, **__: None)

    async def act() -> None:
        world = World(SEED, tmp_path, in_browser)
        for done in range(0, STEPS // 2, ROUND):
            try:
                await world.goes_on(min(ROUND, STEPS // 2 - done))
            except AssertionError as error:
                raise AssertionError(f"seed {SEED}, in the {ROUND} steps after {done}: {list(world.log)}") from error
            if (done // ROUND) % 100 == 99:
                print(f"{done + ROUND} steps", flush=True)

    asyncio.run(act())
