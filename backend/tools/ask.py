"""A tool that asks the person. It has no function: a call of it waits for them, and their answer is its result."""

import json
from dataclasses import dataclass

from backend.chat.messages import ToolCall, ToolSpec
from backend.tools.schemas import strict_json
from backend.tools.toolbox import Tool

MAX_OPTIONS = 8
MAX_ARGUMENTS = 50_000  # characters that are looked at, as of any call's
_SCHEMA = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "minLength": 1, "description": "The question."},
        "options": {
            "type": "array",
            "items": {"type": "string"},
            "maxItems": MAX_OPTIONS,
            "description": f"Answers to choose from, at most {MAX_OPTIONS}. Leave it out for a free answer.",
        },
    },
    "required": ["question"],
}

ASK_PERSON = Tool(
    ToolSpec(
        "ask_person",
        "Asks the user a question and waits for the answer. For what only the user can know or decide.",
        json.dumps(_SCHEMA),
    )
)


@dataclass(frozen=True)
class Question:
    """What a person is asked, and the answers that they may choose from; any other will do too."""

    text: str
    options: tuple[str, ...] = ()


def question_in(call: ToolCall) -> Question | None:
    """The question that a call asks; None where it asks none, or not as the tool's schema has it."""
    if call.name != ASK_PERSON.name or len(call.arguments) > MAX_ARGUMENTS:
        return None
    try:
        given = strict_json(call.arguments)
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    text, options = given.get("question"), given.get("options", [])
    if not isinstance(text, str) or not isinstance(options, list):
        return None
    named = dict.fromkeys(option.strip() for option in options if isinstance(option, str) and option.strip())
    return Question(text.strip(), tuple(named)[:MAX_OPTIONS]) if text.strip() else None
