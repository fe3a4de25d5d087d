"""What the panel holds, read once where an event begins."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.chat.context import ContextPolicy
from backend.chat.errors import InputRefused
from backend.chat.settings import GenerationSettings
from backend.extraction.meant import unwrapped
from backend.storage.document import ToolPanel
from ui.texts import texts

DEFAULT = GenerationSettings()
NUMBERS = ("temperature", "top_p", "max_tokens", "seed", "top_k", "min_p", "repetition_penalty")
NAME, MAX_NAMES = re.compile(r"[a-zA-Z0-9_-]{1,64}"), 100_000  # of a tool; characters of all that are on
MAX_TEXT = 1_000_000  # characters of a message, a prompt, a result: twice what a model reads at once


@dataclass(frozen=True)
class PanelValues:
    """All that a request depends on but the conversation.

    `numbers` are as they stand in their fields, None where empty. `private`: nothing of the conversation is kept.
    `zone` is the visitor's time zone, as their browser calls it: anything, where it is forged. `scores`: answers tell
    how sure the model was of them. `send_thoughts`: the model reads what it thought before; `effort` is how much it is
    to think, or "".
    """

    system_prompt: str = ""
    numbers: Mapping[str, float | str | None] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    json_schema: str = ""
    context: ContextPolicy = "all"
    tools: ToolPanel = field(default_factory=ToolPanel)
    private: bool = False
    zone: str = ""
    scores: bool = False
    send_thoughts: bool = False
    effort: str = ""

    def settings(self, max_new_tokens: int) -> GenerationSettings:
        """The sampling settings; an emptied field counts as its default. Raises InputRefused."""
        numbers: dict[str, Any] = {"max_tokens": min(DEFAULT.max_tokens, max_new_tokens)}
        numbers |= {name: value for name in NUMBERS if (value := self._number(name)) is not None}
        try:
            settings = GenerationSettings(**numbers, stop=self.stop, json_schema=unwrapped(self.json_schema))
        except ValueError as error:
            raise InputRefused(str(error)) from error
        if settings.max_tokens > max_new_tokens:
            raise InputRefused(texts.panel.too_long_response.format(most=max_new_tokens))
        return settings

    def faults(self, max_new_tokens: int) -> dict[str, str]:
        """What is wrong with which of them, a sentence for each by its field's name."""
        alone = {name: PanelValues(numbers={name: self.numbers.get(name)}) for name in NUMBERS}
        alone |= {"stop": PanelValues(stop=self.stop), "json_schema": PanelValues(json_schema=self.json_schema)}
        found = {}
        for name, values in alone.items():
            try:
                values.settings(max_new_tokens)
            except InputRefused as refusal:
                found[name] = str(refusal)
        return found

    def _number(self, name: str) -> int | float | None:
        value = self.numbers.get(name)
        if isinstance(value, str):
            if name != "seed":
                raise InputRefused(texts.panel.not_numbers)
            try:
                return number(value) if value.strip() else None
            except ValueError as error:
                raise InputRefused(texts.panel.seed_not_whole) from error
        return int(value) if isinstance(value, float) and value.is_integer() else value  # a slider may give 2.0


def names_of(text: str | None) -> tuple[str, ...]:
    """The tools of servers that are on, which the panel holds as JSON; none where it is forged."""
    try:
        found = json.loads(text or "[]") if len(text or "") <= MAX_NAMES else []
    except (ValueError, RecursionError):
        return ()
    names = found if isinstance(found, list) else []
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and NAME.fullmatch(name)))


def fitting(text: str, what: str) -> str:
    """The text, where it is not too long for a model to read. Raises InputRefused; `what` begins its sentence."""
    if len(text) > MAX_TEXT:
        told = texts.panel.too_long_text.format(what=what, length=f"{len(text):,}", most=f"{MAX_TEXT:,}")
        raise InputRefused(told)
    return text


def number(text: str) -> int | float:
    """The number that a person wrote into a field. Raises ValueError where it is none."""
    try:
        return int(text)
    except ValueError:
        value = float(text)
        if not math.isfinite(value):
            raise
        return int(value) if value.is_integer() else value


def replies_of(text: str | None) -> dict[str, str]:
    """The fixed replies that the panel holds as JSON; none where it is forged, or has half of a character."""
    try:
        found = json.loads(text or "{}")
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return {name: reply for name, reply in found.items() if isinstance(reply, str)} if isinstance(found, dict) else {}
