"""Compiles schemas in the helper process, to see that it ends in time: a compilation cannot be stopped.

llguidance bounds most of its work, yet 200 fields with a `multipleOf` each took four minutes and 13 GB.
"""

import llguidance


def compiled(schemas: list[str]) -> str:
    """Compiles the JSON schemas as a grammar of one of them; what is wrong with them, or nothing."""
    rules = [f"rule{number}: %json {schema}" for number, schema in enumerate(schemas)]
    start = " | ".join(f"rule{number}" for number in range(len(schemas)))
    grammar = "\n".join((f"start: {start}", *rules))
    # What takes long does not depend on the vocabulary.
    error: str = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), grammar, log_level=0).get_error()
    return error
