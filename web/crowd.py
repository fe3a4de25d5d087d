"""All connections of a server, and which of them ends where one more comes than there is room for.

Whom that falls to is known at any time, so that a crowd of any size costs each newcomer the same.
"""

from collections import OrderedDict
from typing import Protocol

RANKS = 3


class Member(Protocol):
    """A connection. `host` is who it counts as; `rank` says how soon it goes, 0 before all others."""

    host: str

    @property
    def rank(self) -> int:
        """At present."""

    def end(self) -> None:
        """Ends it at once."""


class Crowd:
    """At most `most` at once.

    Whoever has most below the highest rank loses the oldest of their lowest; where all are of the highest, whoever has
    most of those, but nobody for one more of their own. Nobody loses any to one who has more of all ranks: then the
    newcomer's own count alone.
    """

    def __init__(self, most: int) -> None:
        self._most = most
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
            self.leave(member)
            self._ranks[member] = member.rank
            for visitors in self._counted(member.rank):
                visitors.add(member)

    def changed(self, member: Member) -> None:
        """The rank of one that may have left may be another by now."""
        if member in self._ranks:
            self.note(member)

    def leave(self, member: Member) -> None:
        """It counts no more."""
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
