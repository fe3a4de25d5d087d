"""docs/demos.md names every key, and everything that can be hidden or fixed, and nothing else."""

import re
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from backend.demo.file import DemoKeys
from backend.demo.values import Fixable, Part

TEXT = Path("docs/demos.md").read_text("utf-8")


def keys(model: type[BaseModel], before: str = "") -> list[str]:
    """As one names them; those of one setting are told once, for all."""
    found = []
    for name, field in model.model_fields.items():
        key = f"{before}{field.alias or name}"
        inner = model_in(field.annotation)
        if inner is None or "default" in inner.model_fields:
            found.append(key)
            continue
        is_list = "list" in str(field.annotation)
        found += [*([key] if is_list else []), *keys(inner, f"{key}[]." if is_list else f"{key}.")]
    return found


def model_in(kind: Any) -> type[BaseModel] | None:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    return next((found for part in get_args(kind) if (found := model_in(part))), None)


def test_the_tables_have_every_key_and_every_part() -> None:
    rows = re.findall(r"^\| `([\w.\[\]]+)` \|", TEXT, re.MULTILINE)
    assert rows == [*keys(DemoKeys), *get_args(Part)]
    fixed = next(line for line in TEXT.splitlines() if line.startswith("| `fixed`"))
    assert [name for name in get_args(Fixable) if f"`{name}`" not in fixed] == []
