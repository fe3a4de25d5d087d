"""Where the tokens of a server's answer stand in its text, which comes beside them and not always with them."""

import codecs
import re
from collections.abc import Iterable, Iterator

from backend.chat.scores import SURE, TokenScore
from backend.engines.server.scores.logprobs import Told

MOST = 2_000  # characters without a token, or tokens without a text: no parser holds back so much
_MARK = re.compile(r"\s*(\[[^\]]*\]|<[^>]*>)\s*")  # a control token, such as </s> or [THINK], which is no text


class Placing:
    """Puts tokens in their places as both come: a server's parsers hold text back, and leave some of it out.

    Once one does not go on where the last ended, no further one is placed: a wrong place is worse than none.
    """

    def __init__(self) -> None:
        self._text = ""  # what has come of it and has no token yet
        self._at = 0  # where that begins
        self._waiting: list[Told] = []
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self._is_lost = False

    def add(self, tokens: Iterable[Told], text: str) -> tuple[TokenScore, ...]:
        """Takes what an event brings; returns those that have a place now and are kept, see chat.scores."""
        if self._is_lost:
            return ()
        self._text += text
        self._waiting += tokens
        placed = tuple(self._placed())
        if max(len(self._text), len(self._waiting)) > MOST:
            self._is_lost = True
        return placed

    def _placed(self) -> Iterator[TokenScore]:
        for number, token in enumerate(self._waiting):
            before = self._utf8.getstate()
            piece = self._utf8.decode(token.data)
            if not self._text.startswith(piece):
                if piece.startswith(self._text):  # the rest of it has yet to come
                    self._utf8.setstate(before)
                    self._waiting = self._waiting[number:]
                    return
                if _MARK.fullmatch(piece):
                    continue
                self._is_lost = True
                return
            if token.data and token.probability is not None and (token.probability < SURE or not self._at):
                yield TokenScore(self._at, piece, round(token.probability, 4), token.others)
            self._at += len(piece)
            self._text = self._text[len(piece) :]
        self._waiting = []
