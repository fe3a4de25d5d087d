"""Work on schemas that may never end, in a process of its own: neither a compilation nor a check can be stopped.

llguidance bounds most of its work, yet 200 fields with a `multipleOf` each took four minutes and 13 GB. The process is
a plain one, since those of `multiprocessing` may not be started within ZeroGPU's workers.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llguidance
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match
from referencing import Registry

from backend.limits import limit

ROOT = Path(__file__).resolve().parent.parent
PROCESSOR_SECONDS, MAX_BYTES = 1, 1_000_000_000  # the process's own, its start among them
WAIT_SECONDS = 5.0  # on a busy machine


def problem(schemas: Sequence[str]) -> str:
    """Why JSON schemas cannot be compiled within the limits; nothing where they can. Raises TimeoutError when busy."""
    return _run({"compile": list(schemas)})


def misfit(schema: str, answer: str) -> str:
    """Why an answer does not fit a JSON schema, or cannot be checked within the limits; nothing where it does fit.

    Raises TimeoutError when the machine is too busy to tell.
    """
    return _run({"check": schema, "answer": answer})


def _run(task: dict[str, Any]) -> str:
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(
            command, cwd=ROOT, input=json.dumps(task), capture_output=True, text=True, timeout=WAIT_SECONDS, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError("the machine is too busy to try the schema") from error
    except (subprocess.CalledProcessError, OSError):
        return "it takes too long or too much memory"
    return done.stdout


def compiled(schemas: Sequence[str]) -> str:
    """Compiles JSON schemas as a grammar of one of them; what is wrong with them, or nothing."""
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


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    limit(MAX_BYTES, PROCESSOR_SECONDS)
    print(compiled(asked["compile"]) if "compile" in asked else checked(asked["check"], asked["answer"]), end="")
