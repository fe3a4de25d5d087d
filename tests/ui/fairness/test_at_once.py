"""Who has much to be done waits for their own turn, and nobody else does."""

import asyncio
import contextlib

import pytest

import ui.fairness.at_once
from backend.chat.errors import InputRefused
from ui.fairness.at_once import WAIT, AtOnce, InTurn


async def done(turns: InTurn, visitor: str, log: list[str], gate: asyncio.Event) -> str:
    """What a piece of this visitor's work came to, which ends when the gate opens."""
    try:
        async with turns.one(visitor):
            log.append(visitor)
            await gate.wait()
    except InputRefused as refusal:
        return str(refusal)
    return "done"


def test_more_than_may_be_done_at_once_wait_and_hold_up_nobody_else() -> None:
    async def act() -> None:
        turns, gate, log = InTurn(2, 3, held=AtOnce(5, 10)), asyncio.Event(), list[str]()
        crowd = [asyncio.create_task(done(turns, "crowd", log, gate)) for _ in range(6)]
        await asyncio.sleep(0)
        other = asyncio.create_task(done(turns, "other", log, gate))
        await asyncio.sleep(0.01)
        assert log == ["crowd", "crowd", "other"]
        gate.set()
        assert await asyncio.gather(*crowd, other) == ["done"] * 5 + [WAIT, "done"]

    asyncio.run(act())


def test_a_turn_that_does_not_come_is_given_up_and_those_after_it_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.fairness.at_once, "TURN_SECONDS", 0.05)

    async def act() -> None:
        turns, gate, log = InTurn(1, 1, held=AtOnce(2, 4)), asyncio.Event(), list[str]()
        first = asyncio.create_task(done(turns, "a", log, gate))
        await asyncio.sleep(0)
        assert await asyncio.gather(done(turns, "a", log, gate), done(turns, "b", log, gate)) == [WAIT, WAIT]
        gate.set()
        assert [await first, await done(turns, "b", log, gate)] == ["done", "done"]

    asyncio.run(act())


def test_a_few_who_have_all_places_keep_nobody_out_who_has_none() -> None:
    async def act() -> None:
        turns, gate, log = InTurn(2, 16, held=AtOnce(16, 64)), asyncio.Event(), list[str]()
        crowd = [asyncio.create_task(done(turns, str(number % 4), log, gate)) for number in range(64)]
        await asyncio.sleep(0)
        others = [asyncio.create_task(done(turns, name, log, gate)) for name in ("other", "other", "another")]
        await asyncio.sleep(0.01)
        gate.set()
        assert await asyncio.gather(*others) == ["done", WAIT, "done"]
        await asyncio.gather(*crowd)

    asyncio.run(act())


def test_each_has_one_up_to_a_number_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.fairness.at_once, "ONLY_ONES", 3)
    places = AtOnce(2, 2)
    with contextlib.ExitStack() as held:
        for name in "abc":
            held.enter_context(places.one(name))
        with pytest.raises(InputRefused), places.one("d"):
            pass
