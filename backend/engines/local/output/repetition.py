"""Notices when a model repeats itself without end. Knows ids only."""

MAX_PERIOD, MIN_REPEATS = 64, 8
SAME_TOKEN = 64


class RepetitionDetector:
    """Fed with each new token id: a loop is one token 64 times, or up to 64 tokens 8 times.

    For each period it counts how long the sequence has equalled itself shifted by it: a fixed cost a token.
    """

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._runs = [0] * (MAX_PERIOD + 1)
        self.found = False

    def add(self, token: int) -> None:
        """Takes the next token."""
        ids, runs = self._ids, self._runs
        ids.append(token)
        last = len(ids) - 1
        for period in range(1, min(MAX_PERIOD, last) + 1):
            if ids[last - period] != token:
                runs[period] = 0
                continue
            runs[period] += 1
            needed = SAME_TOKEN - 1 if period == 1 else period * (MIN_REPEATS - 1)
            # One token over and over equals itself at every shift; it has a limit of its own.
            if runs[period] >= needed and (period == 1 or runs[1] < runs[period]):
                self.found = True
