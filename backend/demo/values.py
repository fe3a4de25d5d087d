"""What the owner of an app has it be: its words, its examples, and what a visitor may change. Pure values."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from backend.chat.settings import GenerationSettings
from backend.extraction.ready_made import ReadyMade

Part = Literal[
    "settings", "system_prompt", "sampling", "schema", "tools", "compare", "history", "batch", "uploads", "imports",
    "exports", "model", "prompts",
]  # fmt: skip
Fixable = Literal["system_prompt", "sampling", "schema", "tools"]
# What goes with a part: a field that is not there cannot be changed either.
WITHIN: dict[str, tuple[Part, ...]] = {
    "settings": ("system_prompt", "sampling", "schema", "tools", "compare"),
    "uploads": ("batch", "imports"),
}


@dataclass(frozen=True)
class DemoExample:
    """A question to begin with. `pictures` are paths of files, `tools` names of those that it turns on."""

    title: str
    text: str
    pictures: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bounds:
    """Between which values a setting stays, both of them among these."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Demo:
    """Without anything the app as it is. What is None is the app's own: its examples, templates, schemas and prompt.

    `introduction` is Markdown. `templates` are names and texts. `settings` are what an answer is sampled with at first,
    its `json_schema` the schema that is on. Of `hidden` the page shows nothing, and the server does nothing; what is
    `fixed` is seen, and stays.
    """

    title: str = ""
    introduction: str = ""
    notice: str = ""
    examples: tuple[DemoExample, ...] | None = None
    templates: tuple[tuple[str, str], ...] | None = None
    schemas: tuple[ReadyMade, ...] | None = None
    system_prompt: str | None = None
    tools: tuple[str, ...] = ()
    settings: GenerationSettings = field(default_factory=GenerationSettings)
    bounds: tuple[Bounds, ...] = ()
    hidden: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()

    def hides(self, part: Part) -> bool:
        """Whether this is not there for visitors."""
        return part in self.hidden or any(part in WITHIN.get(outer, ()) for outer in self.hidden)

    def fixes(self, part: Fixable) -> bool:
        """Whether it stays as it is, whatever a visitor does."""
        return part in self.fixed or self.hides(part)

    def bounds_of(self, name: str) -> Bounds | None:
        """Those of a setting; None where it has the app's own."""
        return next((bounds for bounds in self.bounds if bounds.name == name), None)

    @property
    def all_hidden(self) -> tuple[str, ...]:
        """All that is not there for visitors, what goes with it too."""
        return tuple(part for part in get_args(Part) if self.hides(part))

    @property
    def pictures(self) -> tuple[str, ...]:
        """The paths of its examples' pictures."""
        return tuple(path for example in self.examples or () for path in example.pictures)


NO_DEMO = Demo()
