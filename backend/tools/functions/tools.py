"""The app's side of a file of tools: the file is neither imported nor run in this process."""

import logging
import os
from collections.abc import Callable, Generator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.chat.messages import ToolSpec
from backend.sandbox.pool import Busy, LimitReached, Sandbox
from backend.tools.functions.calling import FunctionFailed, call
from backend.tools.functions.file import FileBroken
from backend.tools.functions.specs import describe
from backend.tools.toolbox import Steps, Tool, ToolOutput

SECONDS = 120.0  # on the clock, for one call: it may wait for others' servers
MEMORY = 8_000_000_000  # bytes of address space
AT_ONCE = 4  # calls
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FunctionTools:
    """The tools of a file, and the processes in which they run."""

    tools: tuple[Tool, ...]
    sandbox: Sandbox


def function_tools(path: Path, names: Set[str] = frozenset()) -> FunctionTools:
    """`names` are those of other tools. Raises FileBroken, which says what is wrong with the file, and where."""
    if not path.is_file():
        raise FileBroken(f"There is no file {path}: --tools takes a Python file with functions in it.")
    file = str(path.resolve())
    # Whatever runs at once in a call, it is the clock that counts.
    limits = SECONDS * (os.cpu_count() or 1), MEMORY
    sandbox = Sandbox(*limits, [describe.__module__], count=AT_ONCE, clock=SECONDS, is_trusted=True)
    try:
        specs = sandbox.run(describe, file, names)
    except (LimitReached, Busy) as error:
        sandbox.close()
        raise FileBroken(f"{path.name} can't be imported: {error}.") from error
    except FileBroken:
        sandbox.close()
        raise
    tools = (Tool(spec, _runs(sandbox, file, spec), source=path.name) for spec in specs)
    return FunctionTools(tuple(tools), sandbox)


def _runs(sandbox: Sandbox, file: str, spec: ToolSpec) -> Callable[..., Steps]:
    def run(**arguments: Any) -> Generator[str, None, ToolOutput]:
        try:
            return (yield from sandbox.steps(call, file, spec.name, arguments))
        except FunctionFailed as error:
            if error.log:
                log.error("the function %s failed:\n%s", spec.name, error.log)
            raise

    return run
