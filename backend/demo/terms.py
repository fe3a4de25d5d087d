"""What a visitor may change, of each thing alone: what the page offers, and what a request keeps to whatever it sends.

ui/requests/held.py puts it together for all that a page holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend.chat.errors import InputRefused
from backend.chat.settings import RANGES, WHILE_THINKING, GenerationSettings
from backend.chat.system_prompts import PRESETS
from backend.demo.values import NO_DEMO, Demo, Part
from backend.extraction.ready_made import ReadyMade, ready_made
from backend.storage.document import ToolPanel

# Of an answer's settings those that are numbers.
NUMBERS = tuple(name for name, _, _ in RANGES)
ADVISED = ("temperature", "top_p", "max_tokens")  # by the card of a model that thinks
NOT_HERE = "This app doesn't offer that."


@dataclass(frozen=True)
class Terms:
    """`max_new_tokens` is the longest answer that the app gives at all. A model that `thinks` is asked as its card
    advises, where the demo says nothing else.
    """

    demo: Demo = NO_DEMO
    max_new_tokens: int = 131_072
    thinks: bool = False

    @property
    def usual(self) -> GenerationSettings:
        """How an answer is sampled where nobody has said anything else."""
        settings, plain = self.demo.settings, GenerationSettings()
        if self.thinks:
            free = [name for name in ADVISED if getattr(settings, name) == getattr(plain, name)]
            settings = replace(settings, **{name: getattr(WHILE_THINKING, name) for name in free})
        return replace(settings, max_tokens=min(settings.max_tokens, self.max_new_tokens))

    @property
    def tools_at_first(self) -> ToolPanel:
        """What of the tools is on where nobody has said anything else."""
        return ToolPanel(self.demo.tools)

    @property
    def templates(self) -> Mapping[str, str]:
        """The system prompts that are offered, by their names."""
        return PRESETS if self.demo.templates is None else dict(self.demo.templates)

    @property
    def schemas(self) -> tuple[ReadyMade, ...]:
        """The schemas of an answer that are offered; the one that is on among them."""
        offered, on = self.demo.schemas, self.demo.settings.json_schema
        every = ready_made() if offered is None else offered
        named = {each.text for each in every}
        return every if not on or on in named else (*every, *(each for each in ready_made() if each.text == on))

    def range(self, name: str, low: float, high: float) -> tuple[float, float]:
        """Between what a setting may be, of which the page offers these otherwise."""
        bounds = self.demo.bounds_of(name)
        highest = self.max_new_tokens if name == "max_tokens" else float("inf")
        return (min(bounds.low, highest), min(bounds.high, highest)) if bounds else (low, high)

    def number(self, name: str, value: Any) -> Any:
        """A setting as far as it may be so; what is no number stays as it is, to be refused as such."""
        if value is None and name != "seed":
            return getattr(self.usual, name)
        bounds = self.demo.bounds_of(name)
        if bounds is None or not isinstance(value, int | float):
            return value
        low, high = self.range(name, bounds.low, bounds.high)
        return low if value < low else high if value > high else value

    def settings(self, settings: GenerationSettings) -> GenerationSettings:
        """The same of settings that a chat was kept with."""
        within = {name: self.number(name, getattr(settings, name)) for name in NUMBERS}
        held = replace(settings, **within)
        if self.demo.fixes("sampling"):
            held = replace(self.usual, json_schema=held.json_schema)
        return replace(held, json_schema=self.usual.json_schema) if self.demo.fixes("schema") else held

    def tools(self, tools: ToolPanel) -> ToolPanel:
        """The same of the tools."""
        return self.tools_at_first if self.demo.fixes("tools") else tools

    def prompt(self, prompt: str, own_prompt: str) -> str:
        """The same of a system prompt."""
        return own_prompt if self.demo.fixes("system_prompt") else prompt

    def refuse(self, part: Part) -> None:
        """Raises InputRefused where this is not there for visitors."""
        if self.demo.hides(part):
            raise InputRefused(NOT_HERE)
