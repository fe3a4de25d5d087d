"""Compiles schemas in a process of its own, to see that it ends in time: a compilation cannot be stopped.

llguidance bounds most of its work, yet 200 fields with a `multipleOf` each took four minutes and 13 GB. The process is
a plain one, since those of `multiprocessing` may not be started within ZeroGPU's workers.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

import llguidance

from backend.limits import limit

PROCESSOR_SECONDS, MAX_BYTES = 1, 1_000_000_000  # the process's own, its start among them
WAIT_SECONDS = 5.0  # on a busy machine


def problem(schemas: Sequence[str]) -> str:
    """Why JSON schemas cannot be compiled within the limits; nothing where they can."""
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(
            command, input=json.dumps(schemas), capture_output=True, text=True, timeout=WAIT_SECONDS, check=True
        )
    except subprocess.TimeoutExpired:
        return "it took too long"
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


if __name__ == "__main__":
    limit(MAX_BYTES, PROCESSOR_SECONDS)
    print(compiled(json.load(sys.stdin)), end="")
