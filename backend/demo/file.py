"""A demo's file as it is written: every key that it may have, and what each may be.

docs/demos.md lists them, which tests/backend/demo/test_docs.py holds against these.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from backend.chat.settings import MAX_STOP_LENGTH, MAX_STOPS, RANGES, WHOLE
from backend.demo.values import Fixable, Part

MAX_EXAMPLES, MAX_PICTURES, MAX_NAMES = 20, 10, 50
Title = Annotated[str, Field(min_length=1, max_length=80)]
Line = Annotated[str, Field(max_length=300)]
Long = Annotated[str, Field(min_length=1, max_length=50_000)]
Names = Annotated[list[Title], Field(max_length=MAX_NAMES)]


class _Keys(BaseModel):
    """Of these keys and no others, each in its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ExampleKeys(_Keys):
    """`[[examples]]`"""

    title: Title
    text: Long
    pictures: Annotated[list[Line], Field(max_length=MAX_PICTURES)] = []
    tools: Names = []


class TemplateKeys(_Keys):
    """`[[templates]]`"""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    text: Long


def _setting(name: str, low: float, high: float) -> type[BaseModel]:
    """The keys of `[settings.name]`: each within what the setting may be at all."""
    kind: Any = int if name in WHOLE else float
    value: Any = (Annotated[kind | None, Field(ge=low, le=high)], None)
    return create_model(f"{name} keys", __base__=_Keys, default=value, min=value, max=value)


BOUNDED = {name: (low, high) for name, low, high in RANGES if name != "seed"}
_settings: dict[str, Any] = {
    name: (_setting(name, low, high) | None, None) for name, (low, high) in BOUNDED.items()
}  # fmt: skip
_stop = Annotated[list[Annotated[str, Field(min_length=1, max_length=MAX_STOP_LENGTH)]], Field(max_length=MAX_STOPS)]
SettingsKeys = create_model("settings keys", __base__=_Keys, stop=(_stop, []), **_settings)


class DemoKeys(_Keys):
    """All of the file."""

    title: Annotated[str, Field(max_length=80)] = ""
    introduction: Annotated[str, Field(max_length=2_000)] = ""
    notice: Line = ""
    examples: Annotated[list[ExampleKeys], Field(max_length=MAX_EXAMPLES)] | None = None
    system_prompt: Annotated[str, Field(max_length=50_000)] | None = None
    templates: Annotated[list[TemplateKeys], Field(max_length=MAX_NAMES)] | None = None
    schemas: Names | None = None
    schema_on: Annotated[str, Field(alias="schema", max_length=300)] = ""
    tools: Names = []
    settings: SettingsKeys = SettingsKeys()  # type: ignore[valid-type] # made above
    hidden: list[Part] = []
    fixed: list[Fixable] = []
