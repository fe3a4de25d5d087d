"""While a person writes: what is in the box, what it will cost, and what the sidebar says about its fields."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from backend.chat.errors import EngineError, ImageRefused, ImageWaits, InputRefused
from backend.chat.messages import Conversation, Image, Text, UserMessage
from backend.sandbox.once import Once
from backend.turn import messages_sent
from ui.components.sidebar import DETAILS
from ui.handlers.answer import Handlers
from ui.handlers.lost import NOTICE, is_lost
from ui.render.token_meter import EDITING, Draft, render_attachments, render_token_meter
from ui.session import Chat, Updates, Values, today

if TYPE_CHECKING:
    from backend.tokenization.count import TokenCounter  # at run time it would bring the tokenizer

REMEMBERED = 1_000  # pictures


@dataclass(frozen=True)
class DraftHandlers:
    """Shows the strip, the meter, and whether the conversation is lost.

    `counter` gives None while no tokenizer is there yet.
    """

    handlers: Handlers
    counter: Callable[[], "TokenCounter | None"]
    # Not anew at each key, since a path never changes its content; the sentence where a picture is refused.
    _taken: Callable[[str, int], Once[Image | str]] = field(init=False)

    def __post_init__(self) -> None:
        taken = lru_cache(REMEMBERED)(lambda path, detail: Once(partial(self._take, path, detail)))
        object.__setattr__(self, "_taken", taken)

    @property
    def shown(self) -> list[Any]:
        """What `show` changes."""
        return [self.handlers.talk.strip, self.handlers.talk.meter, self.handlers.talk.notice]

    def show(self, values: Values) -> Updates:
        """All, for the box and the panel as they are."""
        talk, counter = self.handlers.talk, self.counter()
        drafts = self._drafts(values, counter)
        editing = EDITING if values[talk.chat].editing is not None else ""
        lost = is_lost(talk, values)
        return {
            talk.strip: editing + render_attachments(drafts),
            talk.meter: self._meter(values, drafts, counter) if counter and not lost else "",
            talk.notice: NOTICE if lost else "",
        }

    def _drafts(self, values: Values, counter: "TokenCounter | None") -> list[Draft]:
        talk = self.handlers.talk
        files = (values[talk.message] or {}).get("files") or []
        details = values[talk.details] or {}
        return [self._draft(path, details.get(path, DETAILS[0][1]), counter) for path in files]

    def _take(self, path: str, detail: int) -> Image | str:
        try:
            return self.handlers.store.take(path, path.rsplit("/", 1)[-1], detail)
        except ImageWaits:
            raise
        except ImageRefused as refusal:
            return str(refusal)

    def _draft(self, path: str, detail: int, counter: "TokenCounter | None") -> Draft:
        try:
            image = self._taken(path, detail).value()
        except ImageWaits as wait:  # it is tried again at the next key
            image = str(wait)
        if isinstance(image, str):
            return Draft(path, detail, None, problem=image)
        return Draft(path, detail, image, counter.picture(image.width, image.height) if counter else 0)

    def _meter(self, values: Values, drafts: list[Draft], counter: "TokenCounter") -> str:
        chat: Chat = values[self.handlers.talk.chat]
        text = (values[self.handlers.talk.message] or {}).get("text") or ""
        images = tuple(draft.image for draft in drafts if draft.image)
        before = chat.conversation
        if chat.editing is not None:
            before = Conversation(before.messages[: chat.editing])
        try:
            asked, _ = self.handlers.asking.request(values, chat.day or today())
            messages = messages_sent(before.close_open_calls().add(_message(text, images)).messages, asked)
            cost = counter.cost(replace(asked, messages=messages))
        except (InputRefused, EngineError):
            return ""
        return render_token_meter(cost, asked.settings.max_tokens)


def _message(text: str, images: tuple[Image, ...]) -> UserMessage:
    """The message as it would be sent; an empty box counts as an empty text."""
    return UserMessage((*images, Text(text)) if text or not images else images)
