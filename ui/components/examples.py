"""The examples that an empty chat offers, each with everything that it needs: one click runs it."""

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"


@dataclass(frozen=True)
class Example:
    """A question to begin with. `pictures` are file names in assets/examples; `replies` answer declared tools."""

    title: str
    text: str
    pictures: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    schemas: str = ""
    replies: tuple[tuple[str, str], ...] = ()

    @property
    def paths(self) -> list[str]:
        """The pictures' paths."""
        return [str(FOLDER / name) for name in self.pictures]


# The two tools of the model card's function-calling examples.
CARD_TOOLS = json.dumps(
    [
        {
            "type": "function",
            "function": {
                "name": "get_current_population",
                "description": "Get the up-to-date population of a given country.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "country": {"type": "string", "description": "The country to find the population of."},
                        "unit": {
                            "type": "string",
                            "description": "The unit for the population.",
                            "enum": ["millions", "thousands"],
                        },
                    },
                    "required": ["country", "unit"],
                },
            },
        },
        {
            "type": "function",
            "function": {
                "name": "rewrite",
                "description": "Rewrite a given text for improved clarity",
                "parameters": {
                    "type": "object",
                    "properties": {"text": {"type": "string", "description": "The input text to rewrite"}},
                },
            },
        },
    ],
    indent=2,
)

EXAMPLES = (
    Example("Describe a picture", "What is in the image?", ("shapes.png",)),
    Example(
        "Solve the equations in a picture",
        "Can you calculate the results for all the equations displayed in the image? Only compute the ones that "
        "involve numbers.",
        ("equations.png",),
        ("my_calculator",),
    ),
    Example(
        "Reason about a situation",
        "What action do you think I should take in this situation? List all the possible actions and explain why you "
        "think they are good or bad.",
        ("crossing.png",),
    ),
    Example(
        "Look up a population with a tool",
        "What is the population of France in millions?",
        schemas=CARD_TOOLS,
        replies=(("get_current_population", "68"),),
    ),
    Example(
        "Follow an instruction",
        "Write me a sentence where every word starts with the next letter in the alphabet - start with 'a' and end "
        "with 'z'.",
    ),
)
