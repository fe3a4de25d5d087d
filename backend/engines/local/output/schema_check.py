"""Work on schemas that may never end, in processes with limits: neither a compilation nor a check can be stopped.

llguidance bounds most of its work, yet 200 fields with a `multipleOf` each took four minutes and 13 GB.
"""

import json
from collections.abc import Callable, Sequence

import llguidance
from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry

from backend.sandbox.pool import LimitReached, Sandbox

MAX_SECONDS, MAX_MEMORY = 1.0, 1_000_000_000  # of one trial: processor time, and bytes of address space


class SchemaCheck:
    """Tries schemas. No process is begun before the first one: a fork could not share it."""

    def __init__(self) -> None:
        self._sandbox = Sandbox(MAX_SECONDS, MAX_MEMORY, [__name__], count=2)

    def problem(self, schemas: Sequence[str]) -> str:
        """Why JSON schemas cannot be compiled within the limits; nothing where they can. Raises Busy."""
        return self._tried(compiled, schemas)

    def misfit(self, schema: str, answer: str) -> str:
        """Why an answer does not fit a JSON schema, or cannot be checked; nothing where it does. Raises Busy."""
        return self._tried(checked, schema, answer)

    def close(self) -> None:
        """Ends the processes."""
        self._sandbox.close()

    def _tried(self, trial: Callable[..., str], *given: object) -> str:
        try:
            return self._sandbox.run(trial, *given)
        except LimitReached:
            return "it takes too long or too much memory"


def compiled(schemas: Sequence[str]) -> str:
    """Compiles JSON schemas as a grammar of one of them; what is wrong with them, or nothing."""
    try:
        for schema in schemas:
            Draft7Validator.check_schema(json.loads(schema))  # as mistral-common does, without any limit
    except SchemaError:
        return "it is not a JSON schema"
    rules = [f"rule{number}: %json {schema}" for number, schema in enumerate(schemas)]
    start = " | ".join(f"rule{number}" for number in range(len(schemas)))
    grammar = "\n".join((f"start: {start}", *rules))
    # What takes long does not depend on the vocabulary.
    error: str = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), grammar, log_level=0).get_error()
    return error


def checked(schema: str, answer: str) -> str:
    """Where and why an answer does not fit a JSON schema, or nothing."""
    try:
        error = best_match(Draft7Validator(json.loads(schema), registry=Registry()).iter_errors(json.loads(answer)))
    except ValueError:
        return "it is not valid JSON"
    return "" if error is None else f"{'.'.join(map(str, error.absolute_path)) or 'the answer'}: {error.message[:200]}"
