"""What the programs that measure load print: the worst of it."""

from multiprocessing import Pipe

from scripts.attack.arena import Arena, Case, Seen
from scripts.load import attack, attacked_row
from scripts.visitors import Outcome


def test_a_row_of_an_attack_has_the_slowest_answer_and_all_that_went_wrong() -> None:
    crosstalk = Outcome("completed", 0.1, whole=1.0, notice="cross-talk")
    outcomes = [Outcome("completed", 0.1, whole=4.0), crosstalk, Outcome("failed"), Outcome("refused", notice="no")]
    assert attacked_row("bombs", outcomes, usual=2.0) == "| bombs | 2 | 1 | 1 | 1 | 4.0 s | 2.0 |"


async def broken(arena: Arena) -> Seen:
    raise ValueError("no such button")


async def untried(arena: Arena) -> Seen:
    return Seen("not tried: port 80 cannot be had", False)


def test_an_attack_tells_what_it_could_not_do() -> None:
    for deed, note in ((broken, "the attack failed: ValueError: no such button"), (untried, "not tried: port 80")):
        hears, tells = Pipe(duplex=False)
        attack("http://127.0.0.1:9", Case("2", "an attack", deed), tells)
        assert note in hears.recv()
