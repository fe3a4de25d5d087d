"""Who holds how much of what all visitors share, and whose goes where that is too much."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Held:
    visitor: str
    bytes: int = 0


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
        self._held: OrderedDict[str, _Held] = OrderedDict()  # those used last at the end
        self._counts: Counter[str] = Counter()  # by visitor, those alone who have any; so are the bytes
        self._bytes: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._held)

    def use(self, name: str, visitor: str = "") -> None:
        """Something is used; it is this visitor's where it is new."""
        if name not in self._held:
            self._held[name] = _Held(visitor)
            self._counts[visitor] += 1
        self._held.move_to_end(name)

    def weigh(self, name: str, size: int) -> None:
        """It takes so many bytes by now. Raises KeyError."""
        held = self._held[name]
        self._bytes[held.visitor] += size - held.bytes
        held.bytes = size

    def drop(self, name: str) -> None:
        """It is gone, if it was there."""
        held = self._held.pop(name, None)
        if held is None:
            return
        self._bytes[held.visitor] -= held.bytes
        self._counts[held.visitor] -= 1
        if not self._counts[held.visitor]:
            del self._counts[held.visitor], self._bytes[held.visitor]

    def next_to_go(self, is_spared: Callable[[str], bool]) -> str | None:
        """What goes for want of room; None where there is room, or all that could go is spared.

        Of whoever has most, what holds nothing first where there are too many; then what was used longest ago.
        """
        room, held = self._room, self._held
        if len(held) > room.count:
            most, names = self._counts, list(held)
        elif self._bytes.total() > room.bytes:
            most, names = self._bytes, [name for name in held if held[name].bytes]
        elif any(size > room.bytes_of_one for size in self._bytes.values()):
            names = [name for name in held if held[name].bytes and self._bytes[held[name].visitor] > room.bytes_of_one]
            most = self._bytes
        else:
            return None
        going = (name for name in names if not is_spared(name))
        return min(going, key=lambda name: (-most[held[name].visitor], held[name].bytes > 0), default=None)
