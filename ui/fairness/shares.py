"""Who holds how much of what all visitors share, and whose goes where that is too much."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """So many things of all visitors, and so many bytes: of all, and of one."""

    count: int
    bytes: int
    bytes_of_one: int


class Shares:
    """Things by name, in the order of their use, each some visitor's. Used by one thread at a time.

    While there is room anybody may have any number: an office behind one address has many. Without room something of
    whoever has most goes, so that nobody with few pays for somebody with many.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._owners: dict[str, str] = {}
        # By visitor, the bytes of each thing by its name: visitors and things that were used last are at the end.
        self._held: OrderedDict[str, OrderedDict[str, int]] = OrderedDict()
        self._bytes: Counter[str] = Counter()  # by visitor
        self._total, self._greedy = 0, dict[str, None]()  # bytes of all; visitors who have more than one may

    def use(self, name: str, visitor: str = "") -> None:
        """Something is used; it is this visitor's where it is new."""
        visitor = self._owners.setdefault(name, visitor)
        things = self._held.setdefault(visitor, OrderedDict())
        things.setdefault(name, 0)
        things.move_to_end(name)
        self._held.move_to_end(visitor)

    def weigh(self, name: str, size: int) -> None:
        """It takes so many bytes by now. Raises KeyError where it is not there."""
        visitor = self._owners[name]
        self._count(visitor, size - self._held[visitor][name])
        self._held[visitor][name] = size

    def drop(self, name: str) -> None:
        """It is gone, if it was there."""
        if (visitor := self._owners.pop(name, None)) is None:
            return
        self._count(visitor, -self._held[visitor].pop(name))
        if not self._held[visitor]:
            del self._held[visitor], self._bytes[visitor]

    def _count(self, visitor: str, more: int) -> None:
        self._total += more
        self._bytes[visitor] += more
        if self._bytes[visitor] > self._room.bytes_of_one:
            self._greedy[visitor] = None
        else:
            self._greedy.pop(visitor, None)

    def next_to_go(self, is_spared: Callable[[str], bool]) -> str | None:
        """What goes for want of room; None where there is room, or all that could go is spared.

        Of whoever has most: where there are too many what holds nothing, where there is too much what holds most, and
        of those alike what was used longest ago.
        """
        return next((name for name in self._going() if not is_spared(name)), None)

    def _going(self) -> Iterator[str]:
        room, held, sizes = self._room, self._held, self._bytes
        if len(self._owners) > room.count:
            for visitor in sorted(held, key=lambda visitor: (-len(held[visitor]), sizes[visitor] > 0)):
                yield from (name for name, size in held[visitor].items() if not size)
                yield from (name for name, size in held[visitor].items() if size)
        elif (is_over := self._total > room.bytes) or self._greedy:
            for visitor in sorted(held if is_over else self._greedy, key=lambda visitor: -sizes[visitor]):
                things = held[visitor]
                yield from sorted(filter(things.get, things), key=lambda name: -things[name])
