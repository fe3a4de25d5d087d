"""Whole dialogues: an exchange with a system prompt, tools beside it, and what was said before."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.demo_model import invented, lines
from scripts.demo_model.calling import (
    CALCULATOR,
    CLOCK,
    POPULATION,
    REWRITE,
    any_call,
    clock,
    from_picture,
    from_text,
    picture_without_calculator,
    population,
    rewriting,
    unknown_tool,
    without_calculator,
)
from scripts.demo_model.exchanges import Exchange, Picture, Schema, Source
from scripts.demo_model.instructions import SKILL, instruction, recite, upper
from scripts.demo_model.reading import about_text, random_lines, text_picture
from scripts.demo_model.scene_talk import about_scene, comparison
from scripts.demo_model.scenes import Scene, random_scene
from scripts.demo_model.small_talk import about_app, beyond, no_picture, nothing_seen, situation, which_tools
from scripts.demo_model.texts import TextPicture

DEMO_PROMPT = Path("assets/prompts/demo.txt").read_text(encoding="utf-8")
SHORT_PROMPTS = (
    "You are a helpful assistant.", "You are a friendly assistant. Answer briefly.", "Be brief.", "Answer in English.",
    "You look at pictures closely and describe what is there.", "Use the tools when they help.",
    "You follow instructions to the letter.", "Today is {date}.", "You are {name}. Today is {date}.",
    "You are an expert in reading text from pictures.", "You translate everything.", "Be kind, clear and exact.",
)  # fmt: skip
NAMES = ("Mistral Demo", "Mistral Demo", "Mistral Small 3.2", "the demo model", "Ada", "Assistant")


@dataclass(frozen=True)
class Dialogue:
    """Exchanges in order; only the last one's replies are learned."""

    system_prompt: str
    tools: tuple[Schema, ...]
    exchanges: tuple[Exchange, ...]


def system_prompt(source: Source) -> str:
    """None, the app's own, a short one or a long one."""
    rng = source.rng
    date = f"20{rng.randint(24, 29)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    kind = rng.random()
    if kind < 0.25:
        return ""
    if kind < 0.6:
        return DEMO_PROMPT.format(name=rng.choice(NAMES), today=date)
    short = rng.choice(SHORT_PROMPTS).format(name=rng.choice(NAMES), date=date)
    if kind < 0.9:
        return short
    return f"{short} {invented.sentences(rng, rng.randint(2, 10))}"


def tools_for(rng: random.Random, exchange: Exchange) -> tuple[Schema, ...]:
    """The tools that the exchange needs, and others that it does not."""
    if not exchange.tools_allowed or (not exchange.tools and rng.random() < 0.65):
        return exchange.tools
    if not exchange.tools and rng.random() < 0.5:
        return (CALCULATOR, CLOCK)  # the app's default
    needed = {_name(tool) for tool in exchange.tools}
    others = [t for t in (CALCULATOR, CLOCK, POPULATION, REWRITE) if _name(t) not in needed]
    if "calls, a tool never seen" in exchange.skill or rng.random() < 0.3:
        others += [tool for tool in (invented.tool(rng).schema() for _ in range(2)) if _name(tool) not in needed]
    chosen = [*exchange.tools, *rng.sample(others, rng.choice((0, 1, 1, 1, 2)))]
    if CALCULATOR in exchange.tools and rng.random() < 0.4:
        chosen = [CALCULATOR, CLOCK]
    rng.shuffle(chosen)
    return tuple(chosen)


def _name(tool: Schema) -> str:
    return str(tool["function"]["name"])  # type: ignore[index]


def light(source: Source) -> Exchange:
    """An exchange that fits before any other."""
    kinds = (about_scene, about_text, instruction, about_app, beyond)
    return source.rng.choices(kinds, (3, 1, 2, 2, 1))[0](source)


def last(source: Source) -> Exchange:
    """The exchange that is learned, in the shares that training wants."""
    kinds = (about_scene, about_text, comparison, any_call, instruction, about_app, beyond, no_picture, nothing_seen,
             situation)  # fmt: skip
    return source.rng.choices(kinds, (20, 18, 5, 32, 9, 4, 6, 1, 2, 3))[0](source)


def scene_lesson(source: Source) -> Dialogue:
    """Six questions about one scene; scenes of six shapes come more often than anywhere else."""
    scene = random_scene(source.rng, source.rng.choices((1, 2, 3, 4, 6), (2, 3, 3, 3, 4))[0])
    return _lesson(source, [about_scene(source, scene) for _ in range(6)])


def newest_lesson(source: Source) -> Dialogue:
    """Questions about a picture, and then about one that comes later: it is the newest that is asked about."""
    return _lesson(source, [*_about_a_picture(source, 2), *_about_a_picture(source, 3)])


def _about_a_picture(source: Source, most: int) -> list[Exchange]:
    count = source.rng.randint(1, most)
    if source.rng.random() < 0.7:
        scene = random_scene(source.rng)
        return [about_scene(source, scene) for _ in range(count)]
    picture = text_picture(source, random_lines(source.rng, source.rng.choice((1, 1, 2, 3))))
    return [about_text(source, picture) for _ in range(count)]


def several_lesson(source: Source) -> Dialogue:
    """Two or three pictures in one message, twice."""
    return _lesson(source, [comparison(source) for _ in range(2)])


def text_lesson(source: Source) -> Dialogue:
    """A text picture read, in whole or in part; words, which are misread most, come more often than in dialogues."""
    kind = lines.hard_line if source.rng.random() < 0.6 else lines.line
    picture = text_picture(source, random_lines(source.rng, _many_lines(source.rng), kind))
    return _lesson(source, [about_text(source, picture) for _ in range(1 if len(picture.lines) == 1 else 2)])


def sum_lesson(source: Source) -> Dialogue:
    """Equations in a picture, calculated where there is a calculator."""
    if source.rng.random() < 0.2:
        return _lesson(source, [picture_without_calculator(source)])
    return _lesson(source, [from_picture(source, _many_lines(source.rng), mixed=0.4)], (CALCULATOR,))


def _many_lines(rng: random.Random) -> int:
    """One to six; many come more often than in dialogues, since finding the next line is what is hard."""
    return rng.choices((1, 2, 3, 4, 5, 6), (4, 3, 4, 3, 3, 3))[0]


def tool_lesson(source: Source) -> Dialogue:
    """Calls, and answers from their results, of one to four tools: to choose the right one is what is hard."""
    rng = source.rng
    ways: list[tuple[Schema, Callable[[], Exchange]]] = [
        (CALCULATOR, lambda: from_text(source)), (CLOCK, lambda: clock(source)),
        (POPULATION, lambda: population(source)), (REWRITE, lambda: rewriting(source)),
    ]  # fmt: skip
    for tool in (invented.tool(rng) for _ in range(8)):
        ways.append((tool.schema(), lambda tool=tool: unknown_tool(source, tool)))  # type: ignore[misc]
    chosen = rng.sample(ways, rng.choice((1, 2, 2, 3, 3, 4)))
    exchanges = [rng.choice(chosen)[1]() for _ in range(3)]
    return _lesson(source, exchanges, tuple({_name(t): t for t, _ in chosen}.values()))


def word_lesson(source: Source) -> Dialogue:
    """Instructions to be followed to the letter."""
    return _lesson(source, [instruction(source) for _ in range(7)])


def copy_lesson(source: Source) -> Dialogue:
    """Long texts to be said again, or in capital letters."""
    replies = [
        recite(source) if source.rng.random() < 0.5 else upper(source, source.rng.randint(4, 9)) for _ in range(2)
    ]
    return _lesson(source, [Exchange(SKILL, question, (answer,)) for question, answer in replies])


def chat_lesson(source: Source) -> Dialogue:
    """Talk without pictures and tools."""
    kinds = source.rng.choices((about_app, beyond, instruction, without_calculator), (2, 3, 2, 1), k=6)
    return _lesson(source, [kind(source) for kind in kinds])


def _lesson(source: Source, exchanges: list[Exchange], tools: tuple[Schema, ...] = ()) -> Dialogue:
    prompt = "" if source.rng.random() < 0.7 else system_prompt(source)
    return Dialogue(prompt, tools, tuple(_shown_once(exchanges)))


def _shown_once(exchanges: list[Exchange]) -> list[Exchange]:
    """The exchanges, where those that go on about the pictures of the one before do not show them again."""
    pairs = zip([None, *exchanges], exchanges, strict=False)
    return [replace(e, pictures=()) if before and e.pictures == before.pictures else e for before, e in pairs]


LESSONS: dict[str, tuple[Callable[[Source], Dialogue], int]] = {  # with their shares in training
    "scenes": (scene_lesson, 18), "newest": (newest_lesson, 5), "several": (several_lesson, 7),
    "texts": (text_lesson, 30), "sums": (sum_lesson, 18), "tools": (tool_lesson, 12), "words": (word_lesson, 5),
    "copying": (copy_lesson, 3), "chat": (chat_lesson, 2),
}  # fmt: skip
FOCUS = 0.75


def lesson(source: Source, focus: Sequence[str] = ()) -> Dialogue:
    """Many exchanges around one picture or one set of tools; most of them of the kinds in `focus`, where there is one.

    A skill that did not come in a thousand steps of the whole mixture came in two hundred when it was in focus.
    """
    names = focus if focus and source.rng.random() < FOCUS else tuple(LESSONS)
    kind = source.rng.choices(names, [LESSONS[name][1] for name in names])[0]
    return LESSONS[kind][0](source)


def followed_up(source: Source, exchange: Exchange) -> Exchange | None:
    """Another question about the picture of an exchange, if it has one."""
    if len(exchange.pictures) != 1 or len(exchange.replies) != 1:
        return None
    picture = exchange.pictures[0]
    if isinstance(picture, Scene):
        again = about_scene(source, picture)
    elif isinstance(picture, TextPicture):
        again = about_text(source, picture)
    else:
        return None
    return Exchange(again.skill, again.question, again.replies)


def dialogue(source: Source, kind: Callable[[Source], Exchange] = last) -> Dialogue:
    """One to three exchanges. `tools_allowed` of any of them holds for all."""
    rng = source.rng
    if kind is last and rng.random() < 0.02:
        tools = tuple(rng.sample([CALCULATOR, CLOCK, POPULATION, invented.tool(rng).schema()], rng.randint(0, 3)))
        return Dialogue(system_prompt(source), tools, (which_tools(source, tools),))
    final = kind(source)
    before: list[Exchange] = []
    chance = rng.random()
    if chance < 0.12 and final.skill != "beyond me":
        before = [light(source) for _ in range(rng.choice((1, 1, 2)))]
    elif kind is last and chance < 0.24 and (again := followed_up(source, final)):
        before, final = [final], again
    return Dialogue(system_prompt(source), tools_for(rng, final), (*before, final))


def pictures(dialogue: Dialogue) -> list[Picture]:
    """In the order in which the model reads them."""
    return [picture for exchange in dialogue.exchanges for picture in exchange.pictures]
