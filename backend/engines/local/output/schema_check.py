"""Work on schemas that may never end, in processes with limits: neither a compilation nor a check can be stopped.

llguidance bounds most of its work, yet 200 fields with a `multipleOf` each took four minutes and 13 GB.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jsonschema import Draft7Validator

from backend.engines.local.output.enforceable import Enforceable, anything, enforceable, problem
from backend.json_schema.violations import violation
from backend.sandbox.pool import LimitReached, Sandbox

MAX_SECONDS, MAX_MEMORY = 1.0, 1_000_000_000  # of one trial: processor time, and bytes of address space
MAX_TRIALS = 3  # of schemas of one request that reach these limits
ANSWER = ""  # what the answer's schema is known by among the tools' names
TOO_MUCH = "it takes too long or too much memory"


@dataclass(frozen=True)
class Plan:
    """What a grammar is made of: the tools' schemas and the answer's. `why` says why it cannot be made, if so."""

    tools: tuple[Enforceable, ...]
    answer: Enforceable | None = None
    why: str = ""

    def left_out(self, names: Sequence[str]) -> frozenset[str]:
        """Of the tools of these names those of whose schemas a part is left out, and ANSWER for the answer's."""
        parts = [*zip(names, self.tools, strict=True), *([(ANSWER, self.answer)] if self.answer else [])]
        return frozenset(name for name, made in parts if not made.is_whole)


def plan(check: "SchemaCheck", tools: Sequence[str], answer: str) -> Plan:
    """What of tools' schemas and an answer's, as JSON, a grammar is made of; no `answer` is empty. Raises Busy.

    Where the tools are too much together, it holds their names.
    """
    *made, last = check.enforceable([*tools, answer or "{}"])
    asked = last if answer else None
    if asked and not asked.is_whole and asked == anything(answer):
        return Plan(tuple(made), why="nothing of it can be enforced")
    whole = Plan(tuple(made), asked)
    if not (why := check.problem(whole)):
        return whole
    names = Plan(tuple(map(anything, tools)), asked)
    return replace(names, why=check.problem(names) if tools else why)


class SchemaCheck:
    """Tries schemas. No process is begun before the first one: a fork could not share it."""

    def __init__(self) -> None:
        self._sandbox = Sandbox(MAX_SECONDS, MAX_MEMORY, [__name__], count=2)

    def enforceable(self, schemas: Sequence[str]) -> tuple[Enforceable, ...]:
        """What of each JSON schema a grammar can be made of within the limits. Raises Busy."""
        try:
            return tuple(self._sandbox.run(enforceable, schemas))
        except LimitReached:
            return tuple(self._one_by_one(schemas))

    def problem(self, plan: Plan) -> str:
        """Why no grammar can be made of it within the limits; nothing where one can. Raises Busy."""
        return self._tried(compiled, [made.schema for made in plan.tools], plan.answer.schema if plan.answer else "")

    def misfit(self, schema: str, answer: str) -> str:
        """Why an answer does not fit a JSON schema, or cannot be checked; nothing where it does. Raises Busy."""
        return self._tried(checked, schema, answer)

    def close(self) -> None:
        """Ends the processes."""
        self._sandbox.close()

    def _one_by_one(self, schemas: Sequence[str]) -> list[Enforceable]:
        made, left = [], MAX_TRIALS
        for schema in schemas:
            for cheaply in (False, True):
                try:
                    made += self._sandbox.run(enforceable, [schema], cheaply) if left else [anything(schema)]
                    break
                except LimitReached:
                    left -= 1
            else:
                made.append(anything(schema))
        return made

    def _tried(self, trial: Callable[..., str], *given: object) -> str:
        try:
            return self._sandbox.run(trial, *given)
        except LimitReached:
            return TOO_MUCH


def compiled(schemas: Sequence[str], answer: str = "") -> str:
    """Compiles JSON schemas as a grammar of one of them; what is wrong with them, or nothing."""
    if answer and not Draft7Validator(Draft7Validator.META_SCHEMA).is_valid(json.loads(answer)):
        return "it is not a JSON schema"  # so mistral-common would say, without any limit on the time it takes to
    return problem([*schemas, *([answer] if answer else [])])


def checked(schema: str, answer: str) -> str:
    """Where and why an answer does not fit a JSON schema, or nothing."""
    try:
        value: Any = json.loads(answer)
    except ValueError:
        return "it is not valid JSON"
    broken = violation(json.loads(schema), value)
    return f"{'.'.join(map(str, broken[0])) or 'the answer'}: {broken[1][:200]}" if broken else ""
