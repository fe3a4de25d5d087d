"""How an answer is sampled: the settings of a request, which check themselves. Imports nothing of ours."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class GenerationSettings:
    """How the model samples. Temperature 0 is greedy; 0.15 is the model card's advice. top_k 0 and min_p 0 are off.

    Raises ValueError, with a sentence for the person, where a value is outside its range.
    """

    temperature: float = 0.15
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    max_tokens: int = 1024
    seed: int | None = None
    stop: tuple[str, ...] = ()  # the answer ends before the first of these texts
    json_schema: str = ""  # JSON text; the answer is JSON in this schema

    def __post_init__(self) -> None:
        for name, low, high in RANGES:
            value = getattr(self, name)
            if name in WHOLE and value is not None and low <= value <= high and value != int(value):
                raise ValueError(f"{_called(name)} must be a whole number, not {value}.")
            if value is not None and not low <= value <= high:
                raise ValueError(f"{_called(name)} must be between {low} and {high}, not {value}.")
        if self.json_schema and not _is_object(self.json_schema):
            raise ValueError('Structured output needs a JSON object, such as {"type": "object"}.')
        if len(self.stop) > MAX_STOPS or any(not 0 < len(text) <= MAX_STOP_LENGTH for text in self.stop):
            raise ValueError(f"There can be {MAX_STOPS} stop sequences of at most {MAX_STOP_LENGTH} characters each.")


def _called(name: str) -> str:
    """A setting at the beginning of a sentence."""
    return name.replace("_", " ").capitalize()


def _is_object(text: str) -> bool:
    try:
        value: object = json.loads(text) if len(text) <= MAX_SCHEMA else None
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and not _is_deep(value, MAX_DEPTH)


def _is_deep(value: object, levels: int) -> bool:
    """Whether a JSON value is nested deeper than so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_is_deep(part, levels - 1) for part in inner)


MAX_SCHEMA = 20_000  # characters
MAX_DEPTH = 60  # levels: whatever reads it calls itself several times for each
WHOLE = ("top_k", "max_tokens", "seed")
MAX_STOPS = 8
MAX_STOP_LENGTH = 200  # characters
RANGES = (
    ("temperature", 0.0, 2.0),
    ("top_p", 0.01, 1.0),
    ("top_k", 0, 1000),
    ("min_p", 0.0, 1.0),
    ("repetition_penalty", 0.5, 2.0),
    ("max_tokens", 1, 131_072),
    ("seed", 0, 2**32 - 1),
)
# For a model that thinks, as the card of Ministral 3 Reasoning and its examples advise; a thought takes thousands.
# https://huggingface.co/mistralai/Ministral-3-14B-Reasoning-2512
WHILE_THINKING = GenerationSettings(temperature=0.7, top_p=0.95, max_tokens=32_768)
