"""What saving a turn costs in short and long conversations, in a history file.

python scripts/saving.py [--sizes 10 2000] [--turns 60]

A turn is a question and an answer that is saved three times as it grows, asked with a prompt and tools of 100 kB.
Printed for each size: the median time that the saves of a turn take and its processor time, in ms, and what the file
grows by, in kB, each with its ratio to the first size, for which the target is 1.5 at most; and what the tree in memory
takes.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.chat.messages import AssistantMessage, ToolSpec, UserMessage  # noqa: E402
from backend.chat.parts import Text  # noqa: E402
from backend.chat.request import ChatRequest  # noqa: E402
from backend.chat.tree import new_id  # noqa: E402
from backend.storage.document import Document  # noqa: E402
from backend.storage.images import ImageStore  # noqa: E402
from backend.storage.sqlite import Archive  # noqa: E402

PIECES = (200, 600, 1_200)  # characters of an answer each time that it is saved
ASKED = ChatRequest("Be brief. " * 200, tools=(ToolSpec("look", "Looks. " * 14_000, '{"type": "object"}'),))
TARGET = 1.5


@dataclass(frozen=True)
class Cost:
    """Of one turn: what its saves take in ms and in ms of processor time, in bytes of the file; and the tree, in ms."""

    saving: float
    processor: float
    size: float
    tree: float


class Measured:
    """A conversation of some length in a file of its own, to which turns are added."""

    def __init__(self, folder: Path, length: int) -> None:
        self._path = folder / f"{length}.db"
        self._archive = Archive(self._path, ImageStore(folder / "store"))
        self._document = Document("a")
        self._number, self._saving, self._processor = 0, 0.0, 0.0
        for _ in range(length // 2):
            self._grow()
        self._archive.save(self._document)
        self._start = self._path.stat().st_size
        self._turns: list[tuple[float, float, float]] = []

    def turn(self) -> None:
        """Adds one turn, and measures it."""
        at, self._saving, self._processor = time.perf_counter(), 0.0, 0.0
        self._grow(self._archive)
        self._turns.append((self._saving, self._processor, time.perf_counter() - at - self._saving))

    def cost(self) -> Cost:
        """The medians, and what the file grew by for each turn."""
        grown = (self._path.stat().st_size - self._start) / len(self._turns)
        saving, processor, tree = (1000 * statistics.median(times) for times in zip(*self._turns, strict=True))
        return Cost(saving, processor, grown, tree)

    def _grow(self, archive: Archive | None = None) -> None:
        self._number += 1
        question = UserMessage((Text(f"Question {self._number}? {'why ' * 50}"),))
        history = self._document.history.with_branch(self._document.history.conversation.add(question))
        at, ids = history.leaf, [new_id()]
        for count, length in enumerate(PIECES, 1):
            history = history.with_answer(at, [AssistantMessage("x" * length)], ids, ASKED)
            self._document = replace(self._document, history=history, updated=f"{self._number:09}.{count}")
            if archive:
                nodes = [history.nodes[id] for id in (history.path[-2:] if count == 1 else ids)]
                at_time, used = time.perf_counter(), time.process_time()
                archive.save(self._document, nodes, growing=None if count == len(PIECES) else ids[0])
                self._saving += time.perf_counter() - at_time
                self._processor += time.process_time() - used


def main() -> int:
    """Prints the table; 1 where a ratio is over the target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 2_000], help="messages of each conversation")
    parser.add_argument("--turns", type=int, default=60, help="turns that are added to each")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("SAVING_FOLDER")) as folder:
        measured = [Measured(Path(folder), size) for size in chosen.sizes]
        for _ in range(chosen.turns):  # by turns, so that what else the machine does falls on all alike
            for conversation in measured:
                conversation.turn()
        costs = [conversation.cost() for conversation in measured]
    print(" messages  saves, ms  ratio  of it CPU  ratio  kB a turn  ratio  tree, ms")
    worst = 0.0
    for size, cost in zip(chosen.sizes, costs, strict=True):
        first = costs[0]
        ratios = (cost.saving / first.saving, cost.processor / first.processor, cost.size / first.size)
        worst = max(worst, *ratios)
        print(
            f"{size:>9,}{cost.saving:>11.1f}{ratios[0]:>7.2f}{cost.processor:>11.1f}{ratios[1]:>7.2f}"
            f"{cost.size / 1000:>11.1f}{ratios[2]:>7.2f}{cost.tree:>10.1f}"
        )
    return int(worst > TARGET)


if __name__ == "__main__":
    sys.exit(main())
