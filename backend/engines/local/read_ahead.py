"""What people are about to ask is read while nobody waits for an answer, so that they wait for less."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from backend.chat.errors import RequestRejected
from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.loading import LoadedModel
from backend.engines.local.prefill import Interrupted
from backend.engines.local.reading import Reader
from backend.tokenization.tokenizer import Prompt

MOST = 8  # drafts: each holds its messages in memory
TEXT, SETTINGS = Text("…"), GenerationSettings()  # of all drafts alike
log = logging.getLogger(__name__)


class ReadAhead:
    """Drafts, and reading them. Whoever asks goes first: they wait for one piece, or one picture, at most."""

    def __init__(self, is_idle: Callable[[], bool]) -> None:
        """`is_idle` says whether nobody waits for an answer."""
        self._is_idle = is_idle
        self._drafts = Drafts()
        self._at: Draft | None = None  # the one that is read: the worker's alone

    def put(self, request: ChatRequest, loaded: LoadedModel) -> None:
        """What will be sent, but for the text of its last message, and how it is answered. From any thread.

        It is encoded here: in the model's worker, whoever asks would wait for that, in a large conversation for long.
        """
        *before, last = request.messages
        if not isinstance(last, UserMessage):
            return
        first = (image for image in last.images if not image.mark)  # before the text, which is still written
        messages = (*before, UserMessage((*first, TEXT)))
        request = replace(request, messages=messages, settings=SETTINGS, seed_drawn=False)
        if self._drafts.has(request):
            return
        with suppress(RequestRejected):  # whoever sends it is told, as of one that is longer than the model reads
            prompt = loaded.tokenizer.encode(request)
            if len(prompt.tokens) < loaded.checkpoint.context:
                self._drafts.put(Draft(request, prompt))

    def forget(self, owner: str) -> None:
        """This owner asks by now, and what they ask next goes on from the answer."""
        self._drafts.forget(owner)

    @property
    def can_run(self) -> bool:
        """Whether there is something to do, and time for it. From any thread."""
        return self._is_idle() and self._drafts.newest() is not None

    def run(self, reader: Reader) -> None:
        """Reads all drafts, or until somebody asks: what is not read by then stays for the next time."""
        while self._is_idle() and (draft := self._drafts.newest()):
            self._at = draft
            try:
                reader.read_ahead(draft.prompt, self)
            except Interrupted:
                continue
            except OSError:
                pass  # whoever sends it is told
            except Exception as error:  # whatever its fault, it is in nobody's way
                reader.make_room(error)
                log.warning("reading ahead failed: %s", type(error).__name__)
            self._drafts.drop(draft)

    def looks_at(self, number: int, pictures: int) -> None:
        """See Progress."""
        self.has_read(0)

    def has_read(self, tokens: int) -> None:
        """See Progress."""
        if not (self._is_idle() and self._at and self._drafts.waits(self._at)):
            raise Interrupted


@dataclass(frozen=True)
class Draft:
    """A request that has yet to be sent, and its prompt."""

    request: ChatRequest
    prompt: Prompt


class Drafts:
    """The newest draft of each owner; beyond MOST, the least recently written are let go of. Thread-safe."""

    def __init__(self) -> None:
        self._drafts: OrderedDict[str, Draft] = OrderedDict()
        self._dropped: ChatRequest | None = None
        self._lock = threading.Lock()

    def has(self, request: ChatRequest) -> bool:
        """Whether it waits, or was just done with: the same one comes at each key."""
        with self._lock:
            waits = self._drafts.get(request.owner)
            return request == (waits.request if waits else self._dropped)

    def waits(self, draft: Draft) -> bool:
        """Whether no newer one of its owner has taken its place, and they have not asked."""
        with self._lock:
            return self._drafts.get(draft.request.owner) is draft

    def put(self, draft: Draft) -> None:
        """In place of the owner's earlier one."""
        owner = draft.request.owner
        with self._lock:
            self._drafts[owner] = draft
            self._drafts.move_to_end(owner)
            if len(self._drafts) > MOST:
                self._drafts.popitem(last=False)

    def forget(self, owner: str) -> None:
        """The draft of this owner goes, if there is one."""
        with self._lock:
            self._drafts.pop(owner, None)
            self._dropped = None  # what was read for it may have to make room

    def newest(self) -> Draft | None:
        """The one that was put last."""
        with self._lock:
            return next(reversed(self._drafts.values()), None)

    def drop(self, draft: Draft) -> None:
        """It is done with, unless a newer one has taken its place."""
        owner = draft.request.owner
        with self._lock:
            self._dropped = draft.request
            if self._drafts.get(owner) is draft:
                del self._drafts[owner]
