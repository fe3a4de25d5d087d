"""Tools, values and sentences made up on the spot, so that the model learns to copy and not to remember."""

import random
from dataclasses import dataclass

from scripts.demo_model.exchanges import Schema
from scripts.demo_model.lines import word

VERBS = (
    "get find send open book order search show check make start add play read save set turn move count rent"
).split()
NOUNS = (
    "weather route message file table pizza song user price ticket hotel flight alarm light note task "
    "photo room report market stock recipe game score address order event story letter garden shop lesson"
    " doctor taxi parcel"
).split()
UNSEEN_VERBS = "fetch create cancel compare track paint lend print".split()
UNSEEN_NOUNS = "bicycle invoice meeting playlist plant museum library battery sensor holiday".split()
ARGUMENTS = {
    "name": "text", "city": "text", "title": "text", "color": "text", "place": "text", "person": "text",
    "topic": "text", "language": "text", "query": "text", "date": "text", "count": "number", "size": "number",
    "days": "number", "hour": "number", "page": "number", "price": "number", "amount": "number", "year": "number",
}  # fmt: skip
UNSEEN_ARGUMENTS = {"author": "text", "brand": "text", "region": "text", "subject": "text", "floor": "number",
                    "weight": "number", "length": "number"}  # fmt: skip
JOBS = ("{Verb} a {noun}.", "{Verb} the {noun}.", "{Verb} {noun}s for the user.", "{Verb} one {noun} by its details.")
REQUESTS = (
    "{Verb} the {noun} for {details}.", "{Verb} a {noun} with {details}.", "Please {verb} a {noun}: {details}.",
    "Can you {verb} the {noun} with {details}?", "{Verb} {noun}, {details}", "I want to {verb} a {noun} with {details}.",
    "Use {name} with {details}.", "{Verb} the {noun}: {details}", "{Verb} my {noun}, {details}.", "{details}: {verb} the {noun}.",
    "I need to {verb} the {noun} for {details}.", "Please {verb} the {noun} with {details}.", "Would you {verb} a {noun}? {details}",
    "{Verb} a {noun} please, with {details}.", "Call {name} for {details}.", "Could you {verb} the {noun} with {details}?",
    "Let us {verb} a {noun}: {details}.", "Can you {verb} one {noun}, {details}?", "{Verb} {noun} with {details}",
    "Run {name}, {details}", "Help me {verb} a {noun} for {details}.", "For {details}, {verb} the {noun}.",
)  # fmt: skip
UNSEEN_REQUESTS = (
    "Could you {verb} a {noun} for {details}?",
    "Please use {name}: {details}.",
    "{Verb} one {noun} with {details}.",
)
SUBJECTS = (
    "The cat|A dog|My house|The old train|Our garden|The river|A small company|The school|This book|The king"
).split("|")
UNSEEN_SUBJECTS = "The library|An engine|My kitten|The island|A rocket".split("|")
ACTIONS = "is near|was built by|looks at|belongs to|waits for|comes from|plays with|opens for|runs to|sells".split("|")


@dataclass(frozen=True)
class InventedTool:
    """A tool with named arguments, each of kind "text" or "number"."""

    name: str
    verb: str
    noun: str
    description: str
    arguments: tuple[tuple[str, str], ...]

    def schema(self) -> Schema:
        """As OpenAI's tools parameter has it; all arguments are required."""
        types = {"text": "string", "number": "integer"}
        properties = {
            name: {"type": types[kind], "description": f"The {name} of the {self.noun}."}
            for name, kind in self.arguments
        }
        parameters = {"type": "object", "properties": properties, "required": [name for name, _ in self.arguments]}
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.description, "parameters": parameters},
        }


def tool(rng: random.Random, held_out: bool = False) -> InventedTool:
    """A random tool; held out ones have verbs, nouns and arguments that training never shows."""
    verb, noun = rng.choice(UNSEEN_VERBS if held_out else VERBS), rng.choice(UNSEEN_NOUNS if held_out else NOUNS)
    if not held_out and rng.random() < 0.5:
        verb, noun = word(rng).lower(), word(rng).lower()
    pool = {**ARGUMENTS, **UNSEEN_ARGUMENTS} if held_out else ARGUMENTS
    arguments = rng.sample(list(pool.items()), rng.choice((1, 1, 2, 2, 3)))
    if not held_out and rng.random() < 0.3:
        arguments = list(dict([(word(rng).lower(), rng.choice(("text", "number"))), *arguments[1:]]).items())
    name = rng.choice((f"{verb}_{noun}", f"{verb}_{noun}", f"{noun}_{verb}", f"{verb}{noun.capitalize()}"))
    description = rng.choice(JOBS).format(Verb=verb.capitalize(), noun=noun)
    return InventedTool(name, verb, noun, description, tuple(arguments))


def value(rng: random.Random, kind: str, held_out: bool = False) -> str | int:
    """A word or two, or a whole number."""
    if kind == "number":
        return rng.randint(*rng.choice(((1, 9), (10, 99), (100, 2050))))
    text = " ".join(word(rng, held_out) for _ in range(rng.choice((1, 1, 2))))
    return rng.choice((text, text.title()))


def request(rng: random.Random, tool: InventedTool, given: dict[str, object], held_out: bool = False) -> str:
    """What a user would type to have the tool called with these arguments."""
    details = " and ".join(f"{name} {v}" for name, v in given.items())
    template = rng.choice(UNSEEN_REQUESTS if held_out else REQUESTS)
    return template.format(Verb=tool.verb.capitalize(), verb=tool.verb, noun=tool.noun, name=tool.name, details=details)


def sentences(rng: random.Random, count: int, held_out: bool = False) -> str:
    """So many plain sentences."""
    subjects = (*SUBJECTS, *UNSEEN_SUBJECTS) if held_out else SUBJECTS
    return " ".join(
        f"{rng.choice(subjects)} {rng.choice(ACTIONS)} the {word(rng, held_out)}"
        f"{rng.choice(('', f' and the {word(rng, held_out)}'))}."
        for _ in range(count)
    )


def result(rng: random.Random, held_out: bool = False) -> str:
    """What such a tool may give back."""
    word, number = value(rng, "text", held_out), value(rng, "number")
    return rng.choice((
        "done", "ok", str(word), str(number), f"{word}, {number}", f'{{"status": "{word}"}}',
        f'{{"{rng.choice(list(ARGUMENTS))}": {number}}}', sentences(rng, 1, held_out), f"{number} found",
    ))  # fmt: skip
