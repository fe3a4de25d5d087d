"""The page's modules as one: a browser that asks for fifty, each once it has read the one before, shows a page late.

Not a bundler for all that JavaScript allows: for the modules of assets/page, which import by name and export
functions, classes and constants. What it does not know it refuses, when the app starts.
"""

import posixpath
import re
from collections.abc import Mapping
from graphlib import TopologicalSorter

IMPORT = re.compile(r'^import (?:(\w+)|\{([^}]*)\}) from "([^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:(default )|(?=(?:async )?(?:function\*?|class|const) (\w+)))", re.MULTILINE)
DYNAMIC = re.compile(r'(?<=await import\(")[^"]+(?="\))')
LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(modules: Mapping[str, str], entry: str) -> str:
    """One module that exports what `entry` does, from texts by their paths. Raises ValueError where it cannot be.

    Each module becomes a function that is called once, after all that it imports. What is imported when it is needed
    stays a file beside the bundle.
    """
    imported: dict[str, list[str]] = {}
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path not in imported:
            imported[path] = [_beside(path, found[3]) for found in IMPORT.finditer(modules[path])]
            waiting += imported[path]
    order = list(TopologicalSorter(imported).static_order())  # CycleError is a ValueError
    names = {path: f"$module{number}" for number, path in enumerate(order)}
    parts = [_called(path, modules[path], names) for path in order]
    exported = ", ".join(_exports(modules[entry]))
    return "\n".join([*parts, f"export const {{ {exported} }} = {names[entry]};", ""])


def _called(path: str, text: str, names: Mapping[str, str]) -> str:
    def constants(found: re.Match[str]) -> str:
        module = names[_beside(path, found[3])]
        if found[1]:
            return f"const {found[1]} = {module}.$default;"
        return f"const {{ {found[2].strip().rstrip(',').replace(' as ', ': ')} }} = {module};"

    body = IMPORT.sub(constants, text)
    body = EXPORT.sub(lambda found: "const $default = " if found[1] else "", body)
    if left := LEFT.search(body):
        raise ValueError(f"{path} has what cannot be bundled: {left[0]}")
    body = DYNAMIC.sub(lambda found: f"./{_beside(path, found[0])}", body)
    return f"const {names[path]} = (() => {{\n{body}\nreturn {{ {', '.join(_exports(text))} }};\n}})();"


def _exports(text: str) -> list[str]:
    return [found[2] or "$default" for found in EXPORT.finditer(text)]


def _beside(path: str, named: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
