"""A call of one of the file's functions: arguments are made what its type hints say, and the result an output."""

import asyncio
import inspect
import traceback
from collections.abc import Awaitable
from functools import lru_cache
from typing import Any

from pydantic import ValidationError, validate_call

from backend.tools.functions.file import FileBroken, functions
from backend.tools.functions.results import output
from backend.tools.toolbox import ToolOutput


class FunctionFailed(ValueError):
    """A function raised: the text is for the model. `log` is the trace within the file and the type, for the owner.

    It is empty where the function was not reached, as the arguments are not what its type hints say.
    """

    log: str = ""


def call(path: str, name: str, arguments: dict[str, Any]) -> ToolOutput:
    """What the function returns for arguments as JSON has them. Raises FunctionFailed."""
    try:
        value = validate_call(functions(path)[name])(**arguments)
        return output(_runner().run(_awaited(value)) if inspect.isawaitable(value) else value)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:  # the file's own errors mean nothing in the app's process
        failed = FunctionFailed(_said(error))
        frames = traceback.extract_tb(error.__traceback__)
        reached = next((at for at, frame in enumerate(frames) if frame.filename == path), None)
        if reached is not None:
            failed.log = "".join([*traceback.format_list(frames[reached:]), type(error).__name__])
        raise failed from None


@lru_cache(1)
def _runner() -> asyncio.Runner:
    """One loop for all calls: a client that the file keeps belongs to the one that it was made in."""
    return asyncio.Runner()


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def _said(error: BaseException) -> str:
    """For the model, and whoever reads along: without what belongs to this machine, such as the path of a file."""
    match error:
        case ValidationError():
            wrong = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}".removeprefix(": ") for each in error.errors())
            return "; ".join(wrong)
        case FileBroken():
            return "the tool can't be loaded at present"
        case OSError():
            return error.strerror or type(error).__name__
        case SystemExit():
            return "it ended itself"
    return str(error) or type(error).__name__
