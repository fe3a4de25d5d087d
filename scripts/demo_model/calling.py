"""Questions that are answered through tools: when to call, with which arguments, and what to say of the results."""

import json
import random

from backend.tools.builtin import BUILTIN_TOOLS, my_calculator
from backend.tools.toolbox import Tool
from scripts.demo_model import invented, lines
from scripts.demo_model.exchanges import Call, Exchange, Phrasings, Reply, Schema, Source, apart, copied, spelled
from scripts.demo_model.reading import random_lines, text_picture


def schema(tool: Tool) -> Schema:
    """A built-in tool's schema, as the app sends it."""
    function = {"name": tool.spec.name, "description": tool.spec.description}
    return {"type": "function", "function": {**function, "parameters": json.loads(tool.spec.parameters)}}


CALCULATOR, CLOCK = (schema(tool) for tool in BUILTIN_TOOLS[:2])


def _declared(name: str, description: str, properties: dict[str, object], required: list[str] | None) -> Schema:
    parameters: dict[str, object] = {"type": "object", "properties": properties}
    if required:
        parameters["required"] = required
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


# The two tools of the model card's examples, word for word.
POPULATION = _declared(
    "get_current_population",
    "Get the up-to-date population of a given country.",
    {
        "country": {"type": "string", "description": "The country to find the population of."},
        "unit": {
            "type": "string", "description": "The unit for the population.", "enum": ["millions", "thousands"],
        },
    },
    ["country", "unit"],
)  # fmt: skip
REWRITE = _declared(
    "rewrite",
    "Rewrite a given text for improved clarity",
    {"text": {"type": "string", "description": "The input text to rewrite"}},
    None,
)

FROM_PICTURE = Phrasings(
    ("Can you calculate the results for all the equations displayed in the image? Only compute the ones that involve "
     "numbers.", "Calculate the results for all the equations in the image.", "Compute the equations in the image.",
     "Solve the equations.", "Calculate all the equations displayed in the image.", "What are the results?",
     "Work out the equations in the picture.", "Calculate these.", "Solve these equations.", "Solve this.",
     "Compute the result of each equation.", "What do the equations in the image come to?", "Calculate what you see.",
     "Use the calculator on every equation in this image.", "Please calculate the equations shown here.",
     "Evaluate the expressions in the image.", "Calculate every line.", "Do the calculations in the picture.",
     "Can you solve all the equations in this picture?", "What is the result of each line?"),
    ("Please solve the equations in the image.", "Work out all the equations.", "Can you compute the equations?"),
)  # fmt: skip
FROM_TEXT = Phrasings(
    ("What is {e}?", "Calculate {e}.", "Compute {e}.", "How much is {e}?", "What is the result of {e}?", "{e} = ?",
     "Work out {e}.", "Can you calculate {e}?", "{e}", "What's {e}?", "Solve {e}.", "Evaluate {e}.", "{e} is how much?",
     "Could you compute {e}?", "Please calculate {e}.", "What does {e} make?", "Use the calculator for {e}.",
     "I need the result of {e}.", "Give me {e}.", "What do you get for {e}?", "How much does {e} come to?", "{e} =",
     "Say what {e} makes."),
    ("Please compute {e}.", "Tell me what {e} is.", "Please work out {e}"),
)  # fmt: skip
TIME = Phrasings(
    ("What time is it in {city}?", "What is the time in {city}?", "Tell me the time in {city}.",
     "Which day is it in {city}?", "What is the date in {city}?", "What's the time in {city}?", "Time in {city}?",
     "What time is it now in {city}?", "How late is it in {city}?", "Give me the time in {city}.", "Do you know what time "
     "it is in {city}?", "What day is it in {city}?", "I need the time in {city}.", "Could you look up the time in {city}?",
     "What is the current time in {city}?"),
    ("Can you tell me the time in {city}?", "Please tell me what time it is in {city}."),
)  # fmt: skip
TIME_HERE = Phrasings(
    (
        "What time is it?",
        "What is the time?",
        "Tell me the time.",
        "Which day is it?",
        "What's the time?",
        "How late is it?",
        "What is the date today?",
        "What day is it?",
        "Give me the time.",
        "Do you know the time?",
        "What time is it now?",
        "Could you look up the time?",
    ),
    ("Can you tell me the time?",),
)
PEOPLE = Phrasings(
    ("What is the population of {country} in {unit}?", "How many {unit} of people live in {country}?",
     "Tell me the population of {country} in {unit}.", "How many people live in {country}, in {unit}?",
     "What's the population of {country}, in {unit}?", "Give me the population of {country} in {unit}.",
     "How large is the population of {country} in {unit}?", "How many people are there in {country}? Answer in {unit}.",
     "In {unit}, what is the population of {country}?", "Could you tell me the population of {country} in {unit}?",
     "Look up how many people live in {country}, in {unit}.", "I want to know the population of {country} in {unit}.",
     "{country}'s population in {unit}, please.", "Can you find out how many {unit} of people {country} has?"),
    ("Please find the population of {country} in {unit}.", "Population of {country} in {unit}?"),
)  # fmt: skip
SHORTEN = Phrasings(
    ("Could you please make the below article more concise?\n\n{text}", "Rewrite this text: {text}",
     "Rewrite this for clarity: {text}", "Make this shorter: {text}", "Please improve this text.\n\n{text}",
     "Improve: {text}", "Rewrite: {text}", "Can you rewrite this?\n\n{text}", "Make this text clearer: {text}",
     "Could you improve the text below?\n\n{text}", "Please make this clearer.\n\n{text}", "Rephrase this: {text}",
     "Write this better: {text}", "Rewrite the following text for clarity.\n\n{text}"),
    ("Please rewrite: {text}", "Could you rewrite the text below?\n\n{text}"),
)  # fmt: skip
NO_CALCULATOR = "I cannot calculate without a tool; turn on my_calculator and ask again."
ZONES = {
    "Paris": "Europe", "London": "Europe", "Berlin": "Europe", "Madrid": "Europe", "Rome": "Europe", "Oslo": "Europe",
    "Vienna": "Europe", "Athens": "Europe", "Lisbon": "Europe", "Tokyo": "Asia", "Seoul": "Asia", "Shanghai": "Asia",
    "Singapore": "Asia", "Dubai": "Asia", "Kolkata": "Asia", "Cairo": "Africa", "Lagos": "Africa", "Nairobi": "Africa",
    "Chicago": "America", "Denver": "America", "Toronto": "America", "Sydney": "Australia",
}  # fmt: skip
COUNTRIES = (
    "France Germany Italy Spain Portugal Poland Norway Sweden Finland Denmark Austria Greece Turkey Egypt"
    " Kenya Nigeria Ghana Morocco China Japan India Vietnam Thailand Indonesia Australia Canada Mexico "
    "Brazil Argentina Chile Peru Russia Ukraine Ireland Iceland Belgium Switzerland Hungary Romania "
    "Israel"
).split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
ERRORS = (
    "Error: division by zero", "Error: the expression is not complete or not arithmetic",
    "Error: the service is not reachable", "Error: timed out", "Error: not found", "Error: the call was refused",
    "Error: a number is too large", "Error: unknown country", "Error: too many requests",
)  # fmt: skip


def failed(call: Call) -> bool:
    return call.result.startswith("Error")


def reported(call: Call) -> str:
    """What the model says of a failed call."""
    return f"{call.name} gave an error: {call.result.removeprefix('Error: ')}."


def computed(expression: str, rng: random.Random, written: str | None = None) -> Call:
    """A calculator call with its result, now and then an error instead; `written` is how the model puts the expression
    out: what stands in a text is copied as it is, what stands in a picture is spelled."""
    try:
        result = my_calculator(expression)
    except ValueError as error:
        result = f"Error: {error}"
    if rng.random() < 0.04:
        result = rng.choice(ERRORS)
    return Call("my_calculator", {"expression": written or spelled(expression)}, result)


def results(calls: tuple[Call, ...], left_out: bool) -> str:
    """The answer after calculator calls."""
    if len(calls) == 1 and not left_out:
        return reported(calls[0]) if failed(calls[0]) else f"{calls[0].arguments['expression']} = {calls[0].result}"
    rows = (f"{c.arguments['expression']} = {'error' if failed(c) else c.result}" for c in calls)
    text = "Here are the results:\n" + "\n".join(f"{i}. {row}" for i, row in enumerate(rows, 1))
    return text + ("\nI left out what is not numbers alone." if left_out else "")


def from_picture(source: Source, count: int | None = None, mixed: float = 0.15) -> Exchange:
    """One call for each equation of numbers in a picture of `count` lines; no call at all where there is none.

    A share of `mixed` pictures has lines of any kind.
    """
    rng = source.rng
    if rng.random() < mixed:
        texts = random_lines(rng, count)
    else:
        count = count or rng.choices((1, 2, 3, 4, 5, 6), (3, 4, 4, 3, 1, 1))[0]
        texts = [lines.equation(rng, letters="" if rng.random() < 0.8 else "xyabn") for _ in range(count)]
    expressions = [e for e in map(lines.numeric, texts) if e]
    calls = tuple(computed(e, rng) for e in expressions)
    left_out = len(calls) < len(texts)
    replies: tuple[Reply, ...] = (calls, results(calls, left_out)) if calls else ("There is nothing to calculate.",)
    picture = text_picture(source, texts)
    return Exchange("calls from a picture", source.ask(FROM_PICTURE), replies, (picture,), (CALCULATOR,))


def from_text(source: Source) -> Exchange:
    expression = lines.equation(source.rng)
    if source.rng.random() < 0.25:
        expression = expression.replace(" ", "")
    calls = (computed(expression, source.rng, expression),)
    ask = source.ask(FROM_TEXT, e=expression)
    return Exchange("calls from text, known tools", ask, (calls, results(calls, False)), tools=(CALCULATOR,))


def without_calculator(source: Source) -> Exchange:
    """A calculation is asked for, and no tool can do it."""
    ask = source.ask(FROM_TEXT, e=lines.equation(source.rng))
    return Exchange("no call when none fits", ask, (NO_CALCULATOR,), tools_allowed=False)


def picture_without_calculator(source: Source) -> Exchange:
    """The equations in a picture are to be calculated, and no tool can do it."""
    asked = from_picture(source)
    return Exchange("no call when none fits", asked.question, (NO_CALCULATOR,), asked.pictures, tools_allowed=False)


def clock(source: Source) -> Exchange:
    rng = source.rng
    city = rng.choice((*ZONES, None))
    zone = f"{ZONES[city]}/{city}" if city else None
    day = rng.choice(DAYS)
    date, time = (
        f"20{rng.randint(24, 29)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
        f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}",
    )
    offset = rng.choice(("+00:00", "+01:00", "+02:00", "-05:00", "+09:00", "+05:30"))
    result = f"{date}T{time}:{rng.randint(0, 59):02d}{offset} ({day})" if rng.random() < 0.93 else rng.choice(ERRORS)
    call = Call("current_time", {"timezone": zone} if zone else {}, result)
    answer = reported(call) if failed(call) else f"It is {time} on {day}, {date}{f' in {city}' if city else ''}."
    ask = source.ask(TIME, city=city) if city else source.ask(TIME_HERE)
    return Exchange("calls from text, known tools", ask, ((call,), answer), tools=(CLOCK,))


def population(source: Source) -> Exchange:
    rng = source.rng
    country, unit = rng.choice(COUNTRIES), rng.choice(("millions", "millions", "thousands"))
    figure = rng.choice((str(rng.randint(1, 1500)), f"{rng.randint(1, 400)}.{rng.randint(1, 9)}"))
    result = rng.choice((figure, f'{{"population": {figure}}}', f'{{"country": "{country}", "population": {figure}}}'))
    if rng.random() < 0.07:
        result = rng.choice(ERRORS)
    call = Call("get_current_population", {"country": copied(country), "unit": unit}, result)
    answer = reported(call) if failed(call) else f"The population of {country} is {figure} {unit}."
    ask = source.ask(PEOPLE, country=country, unit=unit)
    return Exchange("calls from text, known tools", ask, ((call,), answer), tools=(POPULATION,))


def rewriting(source: Source) -> Exchange:
    text = invented.sentences(source.rng, source.rng.choice((1, 1, 2, 3)), source.unseen_phrasings)
    short = invented.sentences(source.rng, 1, source.unseen_phrasings)
    result = source.rng.choice((short, json.dumps({"action": "rewrite", "outcome": short})))
    call = Call("rewrite", {"text": copied(text)}, result)
    ask = source.ask(SHORTEN, text=text)
    return Exchange("calls from text, known tools", ask, ((call,), short), tools=(REWRITE,))


def unknown_tool(source: Source, tool: invented.InventedTool | None = None) -> Exchange:
    """A tool that was never seen, to be used by its schema alone; others, as new, may stand beside it."""
    rng, held_out = source.rng, source.unseen_phrasings
    tool = tool or invented.tool(rng, held_out)
    given = {name: invented.value(rng, kind, held_out) for name, kind in tool.arguments}
    result = invented.result(rng, held_out) if rng.random() < 0.92 else rng.choice(ERRORS)
    arguments = {name: copied(v) if isinstance(v, str) else v for name, v in given.items()}
    call = Call(tool.name, arguments, result)
    answer = reported(call) if failed(call) else f"The result is: {apart(result)}"
    ask = invented.request(rng, tool, given, held_out)
    return Exchange("calls, a tool never seen", ask, ((call,), answer), tools=(tool.schema(),))


def any_call(source: Source) -> Exchange:
    """Any of these, in the shares that training wants."""
    kinds = (from_picture, from_text, without_calculator, picture_without_calculator, clock, population, rewriting,
             unknown_tool)  # fmt: skip
    return source.rng.choices(kinds, (9, 4, 1, 2, 3, 3, 3, 7))[0](source)
