"""All connections of a server, and which of them ends where one more comes than there is room for, or where too much of
what was sent waits for clients that take it slowly.

Whom the first falls to is known at any time, so that a crowd of any size costs each newcomer the same.
"""

from collections import OrderedDict
from typing import Protocol

RANKS = 3
UNTAKEN, ALL_UNTAKEN = 100_000_000, 400_000_000  # bytes that wait in this process for one visitor, and for all


class Member(Protocol):
    """A connection. `host` is who it counts as; `rank` says how soon it goes, 0 before all others; `untaken` are the
    bytes that it was sent and that wait in this process."""

    host: str

    @property
    def rank(self) -> int:
        """At present."""

    @property
    def untaken(self) -> int:
        """At present."""

    def end(self) -> None:
        """Ends it at once."""


class Crowd:
    """At most `most` at once.

    Whoever has most below the highest rank loses the oldest of their lowest; where all are of the highest, whoever has
    most of those, but nobody for one more of their own. Nobody loses any to one who has more of all ranks: then the
    newcomer's own count alone.
    """

    def __init__(self, most: int, untaken: "Untaken | None" = None) -> None:
        self._most, self._untaken = most, untaken or Untaken()
        self._ranks: dict[Member, int] = {}  # as they were noted
        self._of_rank = tuple(_Visitors() for _ in range(RANKS))
        self._below = _Visitors()  # all but those of the highest rank

    def enter(self, newcomer: Member) -> None:
        """Takes in one more, for which another ends where there is no room, or else itself."""
        whom = self._whom_to_end(newcomer) if len(self._ranks) >= self._most else None
        if whom is not newcomer:
            self.note(newcomer)
        if whom:
            self.leave(whom)
            whom.end()

    def note(self, member: Member) -> None:
        """Notes its rank anew."""
        if self._ranks.get(member) != member.rank:
            self._discount(member)
            self._ranks[member] = member.rank
            for visitors in self._counted(member.rank):
                visitors.add(member)

    def changed(self, member: Member) -> None:
        """The rank of one that may have left may be another by now."""
        if member in self._ranks:
            self.note(member)

    def weigh(self, member: Member) -> None:
        """What waits for one that may have left may be more by now, or less."""
        if member in self._ranks:
            self._untaken.weigh(member)

    def leave(self, member: Member) -> None:
        """It counts no more."""
        self._untaken.drop(member)
        self._discount(member)

    def _discount(self, member: Member) -> None:
        if (rank := self._ranks.pop(member, None)) is not None:
            for visitors in self._counted(rank):
                visitors.remove(member)

    def _counted(self, rank: int) -> "tuple[_Visitors, ...]":
        """Where members of a rank are counted."""
        return (self._of_rank[rank],) if rank == RANKS - 1 else (self._of_rank[rank], self._below)

    def _whom_to_end(self, newcomer: Member) -> Member:
        member = self._first()
        if member and self._has(newcomer.host) > self._has(member.host):  # who may have come in this moment
            member = self._first(newcomer.host)
        if member and not (member.rank == RANKS - 1 and member.host == newcomer.host):
            return member
        return newcomer

    def _first(self, host: str | None = None) -> Member | None:
        """Who goes first, of all or of one visitor's."""
        while True:
            whose = self._of_most() if host is None else host
            member = next((member for visitors in self._of_rank if (member := visitors.oldest(whose))), None)
            if member is None or member.rank == self._ranks[member]:
                return member
            self.note(member)  # which has changed since

    def _of_most(self) -> str | None:
        return next((most for each in (self._below, self._of_rank[-1]) if (most := each.of_most()) is not None), None)

    def _has(self, host: str) -> int:
        return sum(visitors.count(host) for visitors in self._of_rank)


class Untaken:
    """At most so many bytes of one, and of all. Where there are more what has waited longest ends: of whoever has more
    than one may, else of whoever has most.

    A client that takes a few bytes now and then gets on for hours, and one address may ask for some hundred pages a
    minute: it would have gigabytes wait.
    """

    def __init__(self, of_one: int = UNTAKEN, of_all: int = ALL_UNTAKEN) -> None:
        self._of_one, self._of_all = of_one, of_all
        self._held = dict[str, dict[Member, int]]()  # by host, as they were weighed; who has waited longest is first
        self._bytes = dict[str, int]()  # by host
        self._total = 0

    def weigh(self, member: Member) -> None:
        """What waits for one may be more by now, or less."""
        self._note(member, member.untaken)
        while (host := self._over(member.host)) is not None:
            first, size = next(iter(self._held[host].items()))
            if first.untaken < size:  # most are only slow to be weighed anew
                self._note(first, first.untaken)
            else:
                self.drop(first)
                first.end()

    def drop(self, member: Member) -> None:
        """Nothing waits for it any more."""
        self._note(member, 0)

    def _over(self, host: str) -> str | None:
        """Who has too much, where it is this one or all together have."""
        if self._bytes.get(host, 0) > self._of_one:
            return host
        return max(self._bytes, key=self._bytes.__getitem__) if self._total > self._of_all else None

    def _note(self, member: Member, size: int) -> None:
        held = self._held.setdefault(member.host, {})
        more = size - held.get(member, 0)
        if size:
            held[member] = size
        else:
            held.pop(member, None)
        self._total += more
        self._bytes[member.host] = self._bytes.get(member.host, 0) + more
        if not held:
            del self._held[member.host], self._bytes[member.host]


class _Visitors:
    """Members, by the visitor that they are of: whoever has most of them is known, and which of those is the oldest."""

    def __init__(self) -> None:
        self._members: dict[str, OrderedDict[Member, None]] = {}
        self._with: dict[int, OrderedDict[str, None]] = {}  # who has how many
        self._most = 0

    def add(self, member: Member) -> None:
        theirs = self._members.setdefault(member.host, OrderedDict())
        theirs[member] = None
        self._count(member.host, len(theirs) - 1, len(theirs))

    def remove(self, member: Member) -> None:
        theirs = self._members[member.host]
        del theirs[member]
        if not theirs:
            del self._members[member.host]
        self._count(member.host, len(theirs) + 1, len(theirs))

    def count(self, host: str) -> int:
        return len(self._members.get(host, ()))

    def of_most(self) -> str | None:
        """Who has most of them."""
        return next(iter(self._with[self._most])) if self._most else None

    def oldest(self, host: str | None) -> Member | None:
        """Of a visitor's."""
        return next(iter(self._members.get(host, ())), None) if host is not None else None

    def _count(self, host: str, before: int, now: int) -> None:
        """Notes that someone has one more, or one less."""
        if before:
            del self._with[before][host]
            if not self._with[before]:
                del self._with[before]
        if now:
            self._with.setdefault(now, OrderedDict())[host] = None
        if now > self._most or self._most not in self._with:
            self._most = now
