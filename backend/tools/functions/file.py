"""The file itself: it is imported once in a process, under a name of its own, and its public functions are found."""

import functools
import inspect
import sys
import traceback
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from backend.chat.errors import UserError

MODULE = "tools_file"

Function = Callable[..., Any]


class FileBroken(UserError):
    """No tools can be made of a file: where, and why."""


def functions(path: str) -> dict[str, Function]:
    """The public functions that the file defines itself, by name, in their order. Raises FileBroken."""
    module = _loaded(path)
    public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    found = {name: _as_function(value) for name, value in public.items() if _is_own(value)}
    if not found:
        name = Path(path).name
        raise FileBroken(f"{name} defines no public function. Write one with type hints and a docstring: it is a tool.")
    return found


def line_of(function: Function) -> int:
    """Where a function of the file begins, its decorators among it."""
    return int(inspect.unwrap(function).__code__.co_firstlineno)


def _is_own(value: object) -> bool:
    return inspect.isfunction(inspect.unwrap(value) if callable(value) else value) and value.__module__ == MODULE


def _as_function(function: Function) -> Function:
    """What a decorator such as functools.cache has made is none, and pydantic takes nothing else."""
    if inspect.isfunction(function):
        return function
    return functools.wraps(function)(lambda *given, **named: function(*given, **named))


@functools.lru_cache(1)
def _loaded(path: str) -> ModuleType:
    """As `python FILE` would: modules beside the file can be imported. Raises FileBroken."""
    sys.path.insert(0, str(Path(path).parent))
    loader = SourceFileLoader(MODULE, path)
    spec = spec_from_loader(MODULE, loader)
    assert spec is not None  # it is None only for a loader that says nothing of packages
    module = sys.modules[MODULE] = module_from_spec(spec)
    try:
        loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a file may do anything, and its owner has to be told
        raise FileBroken(_why(path, error)) from error
    return module


def _why(path: str, error: BaseException) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        lines, said = [error.lineno], error.msg
    elif isinstance(error, SystemExit):
        said = "it ends the program while it is imported"
    else:
        said = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    where = f"{Path(path).name}, line {lines[-1]}" if lines else Path(path).name
    return f"{where}: {said.removesuffix('.')}."
