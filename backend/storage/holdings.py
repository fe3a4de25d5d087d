"""Who holds which files, and whose go where there is no more room: what a quota knows, without its disk.

A file that several have sent counts for each of them, so that nobody makes another's theirs, and once for all together.
"""

import heapq
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

ENOUGH = 2  # who holds so many times as much as another takes nothing of theirs that was used of late


class Arrival:
    """What is there of files that are coming in."""

    def __init__(self, owner: str, end: Callable[[], object] = lambda: None) -> None:
        """`end` is called, from any thread and with locks held, where it has to give way to who has much less."""
        self.owner, self.end = owner, end
        self.size = 0  # bytes
        self.is_over = self.gave_way = False

    def give_way(self) -> None:
        """Has it end."""
        self.gave_way = True
        self.end()


@dataclass
class _File:
    size: int
    used: float  # seconds since the epoch
    owners: set[str] = field(default_factory=set)


Going = tuple[str, str | Arrival]  # by an owner: a file's path, or what is coming in


class Holdings:
    """Files by their paths. Used by one thread at a time."""

    def __init__(self) -> None:
        self.total = 0  # bytes of all
        self._files: dict[str, _File] = {}
        self._bytes: Counter[str] = Counter()  # by owner
        self._held: dict[str, OrderedDict[str, None]] = {}  # the paths of each owner's, those used last at the end
        self._arrivals: defaultdict[str, list[Arrival]] = defaultdict(list)

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def size(self, owner: str) -> int:
        """Bytes of an owner, with those that are coming in."""
        return self._bytes[owner]

    def hold(self, owner: str, path: str, size: int, used: float) -> bool:
        """A file is used, at so many seconds since the epoch, and has so many bytes. Whether it is new to the owner."""
        file = self._files.setdefault(path, _File(0, used))
        is_new = owner not in file.owners
        self._weigh(path, file, size)
        if is_new:
            file.owners.add(owner)
            self._bytes[owner] += size
        file.used = max(file.used, used)
        held = self._held.setdefault(owner, OrderedDict())
        held[path] = None
        held.move_to_end(path)
        if owner:
            self.release("", path)  # it was nobody's as far as was known
        return is_new

    def note(self, path: str, size: int, used: float) -> None:
        """A file was found so; one that nobody is known to hold is nobody's."""
        if file := self._files.get(path):
            self._weigh(path, file, size)
            file.used = max(file.used, used)
        else:
            self.hold("", path, size, used)

    def release(self, owner: str, path: str) -> bool:
        """The owner no longer holds a file. Whether nobody does, and it is no longer known."""
        file = self._files.get(path)
        if file is None or owner not in file.owners:
            return False
        file.owners.remove(owner)
        self._add(owner, -file.size)
        del self._held[owner][path]
        if not self._held[owner]:
            del self._held[owner]
        if not file.owners:
            self.total -= file.size
            del self._files[path]
        return not file.owners

    def forget(self, path: str) -> None:
        """A file is gone."""
        for owner in list(self._files[path].owners):
            self.release(owner, path)

    def grow(self, arrival: Arrival, size: int) -> None:
        """So many bytes more of it are there, or less. Nothing, where it is over."""
        if arrival.is_over:
            return
        if arrival not in self._arrivals[arrival.owner]:
            self._arrivals[arrival.owner].append(arrival)
        arrival.size += size
        self.total += size
        self._add(arrival.owner, size)

    def close(self, arrival: Arrival) -> None:
        """Nothing of it is there any more."""
        if arrival in self._arrivals[arrival.owner]:
            self.grow(arrival, -arrival.size)
            self._arrivals[arrival.owner].remove(arrival)
        if not self._arrivals[arrival.owner]:
            del self._arrivals[arrival.owner]
        arrival.is_over = True

    def own(self, owner: str, kept: AbstractSet[str]) -> Iterator[tuple[Going, int]]:
        """What goes of an owner's, oldest first and none of what is kept, and how many bytes the owner has less."""
        for path in self._held.get(owner, ()):
            if path not in kept:
                yield (owner, path), self._files[path].size

    def going(self, owner: str, kept: AbstractSet[str], before: float) -> Iterator[tuple[Going, int]]:
        """What goes for an owner's sake, one after the other, none of what is kept, and how many bytes that frees.

        First what nobody has used since a time, oldest first; then of whoever has most, and at last nothing of those
        who have much less than the owner. What is coming in gives way only to somebody who has much less.
        """
        sizes, claims = self._bytes.copy(), dict[str, int]()
        files = [path for path, file in self._files.items() if file.used < before and path not in kept]
        files.sort(key=lambda path: self._files[path].used)
        for path in files:
            for one in self._files[path].owners:
                yield self._going(one, path, sizes, claims)
        kept, rest = {*kept, *files}, dict[str, Iterator[str | Arrival]]()
        heap = [(-size, self._last_used(one), one) for one, size in sizes.items()]
        heapq.heapify(heap)
        while heap:
            size, used, one = heapq.heappop(heap)
            if one != owner and -size * ENOUGH < sizes[owner]:
                return
            if one not in rest:
                rest[one] = self._of(one, kept, one != owner)
            thing = next(rest[one], None)
            if thing is None or (isinstance(thing, Arrival) and sizes[one] < sizes[owner] * ENOUGH):
                continue
            yield self._going(one, thing, sizes, claims)
            heapq.heappush(heap, (-sizes[one], used, one))

    def _going(
        self, owner: str, thing: str | Arrival, sizes: Counter[str], claims: dict[str, int]
    ) -> tuple[Going, int]:
        """That, and how many bytes it frees; notes what its owner has then, and how many hold it still."""
        if isinstance(thing, Arrival):
            size = freed = thing.size
        else:
            size = self._files[thing].size
            claims[thing] = claims.get(thing, len(self._files[thing].owners)) - 1
            freed = 0 if claims[thing] else size
        sizes[owner] -= size
        return (owner, thing), freed

    def _of(self, owner: str, kept: AbstractSet[str], with_arrivals: bool) -> Iterator[str | Arrival]:
        yield from (path for path in self._held.get(owner, ()) if path not in kept)
        if with_arrivals:
            arrivals = (arrival for arrival in self._arrivals.get(owner, ()) if arrival.size)
            yield from sorted(arrivals, key=lambda arrival: -arrival.size)

    def _last_used(self, owner: str) -> float:
        held = self._held.get(owner)
        return self._files[next(reversed(held))].used if held else 0.0

    def _weigh(self, path: str, file: _File, size: int) -> None:
        for owner in file.owners:
            self._add(owner, size - file.size)
        self.total += size - file.size
        file.size = size

    def _add(self, owner: str, size: int) -> None:
        self._bytes[owner] += size
        if not self._bytes[owner]:
            del self._bytes[owner]
