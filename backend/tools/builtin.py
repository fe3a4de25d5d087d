"""The tools that ship: a calculator, a clock, a bar chart (charts.py), a closer look (zoom.py). See toolbox.py."""

import ast
import datetime
import json
import math
import operator
import re
import zoneinfo
from collections.abc import Callable

from simpleeval import SimpleEval

from backend.chat.messages import ToolSpec
from backend.tools.charts import draw_chart
from backend.tools.taking import shortened
from backend.tools.toolbox import Tool
from backend.tools.zoom import ZOOM

MAX_EXPRESSION = 200  # characters
MAX_BITS = 3400  # of a whole number: about a thousand digits
MAX_FACTORIAL = 400

Number = int | float

# The signs that people and models write: multiplication sign, middle dot, dot operator, division sign, minus.
_SIGNS = str.maketrans("\u00d7\u00b7\u22c5\u00f7\u2212", "***/-") | {ord("^"): "**"}
_REASONS: dict[type[BaseException], str] = {
    ZeroDivisionError: "division by zero",
    OverflowError: "a number is too large",
    RecursionError: "the expression is nested too deeply",
    TypeError: "a function was given the wrong number or kind of arguments",
}
_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}")


def my_calculator(expression: str) -> str:
    """The value of an arithmetic expression. Whole numbers are exact, others have 12 significant digits.

    Raises ValueError, with the reason, for anything but finite arithmetic of bounded size.
    """
    if len(expression) > MAX_EXPRESSION:
        raise ValueError(f"the expression is longer than {MAX_EXPRESSION} characters")
    try:
        text = expression.strip().rstrip("=? ")  # "4 + 5 =" is how a picture has it
        tree = ast.parse(text.translate(_SIGNS), mode="eval").body
    except SyntaxError as error:
        raise ValueError("the expression is not complete or not arithmetic") from error
    _check(tree)
    evaluator = SimpleEval(operators=_OPERATORS, functions=_FUNCTIONS, names={"pi": math.pi, "e": math.e})
    try:
        return _formatted(evaluator.eval(expression, previously_parsed=tree))
    except tuple(_REASONS) as error:
        raise ValueError(_REASONS[type(error)]) from error


def current_time(timezone: str = "UTC") -> str:
    """The time now, such as 2026-11-24T09:30:00+01:00 (Tuesday). Raises ValueError for an unknown time zone."""
    name = timezone.strip() or "UTC"
    unknown = f"“{shortened(name, 64)}” is not a time zone; give an IANA name, such as Europe/Paris"
    if not _ZONE.fullmatch(name):  # keeps out whatever could lead to another file
        raise ValueError(unknown)
    try:
        now = datetime.datetime.now(zoneinfo.ZoneInfo(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(unknown) from error
    return f"{now.isoformat(timespec='seconds')} ({now:%A})"


def _check(tree: ast.AST) -> None:
    """Lets only arithmetic through: simpleeval would also take strings, attributes, comparisons and more."""
    for node in ast.walk(tree):
        match node:
            case ast.Tuple():
                raise ValueError("a comma can only separate the arguments of a function; write 1000, not 1,000")
            case ast.Call(func=ast.Name(id=name), keywords=[]) if name not in _FUNCTIONS:
                raise ValueError(f"there is no function “{name}”; there are {', '.join(_FUNCTIONS)}")
            case ast.Name(id=name) if name not in _FUNCTIONS and name not in ("pi", "e"):
                raise ValueError(f"“{name}” has no value; only pi and e do")
            case ast.Call(func=ast.Name(), keywords=[]) | ast.Name() | ast.Load() | ast.BinOp() | ast.UnaryOp():
                pass
            case ast.Constant(value=value) if type(value) in (int, float):
                pass
            case ast.operator() | ast.unaryop() if type(node) in _OPERATORS:
                pass
            case _:
                raise ValueError("only numbers, + - * / // % **, parentheses and functions are understood")


def _formatted(value: object) -> str:
    if not isinstance(value, int | float):
        raise ValueError("the result is not a real number")
    if isinstance(value, int):
        return str(_bounded(value))
    if not math.isfinite(value):
        raise ValueError("the result is not a finite number")
    # Below 2**53 a whole float is exact; otherwise the last digits are noise, as in 0.1 + 0.2.
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else f"{value:.12g}"


def _bounded(value: int) -> int:
    if value.bit_length() > MAX_BITS:
        raise ValueError("a number is too large")
    return value


def _divided(a: Number, b: Number) -> Number:
    exact = isinstance(a, int) and isinstance(b, int) and a % b == 0
    return a // b if exact else a / b


def _power(base: Number, exponent: Number) -> object:
    # The number of bits that the power has at least; twice as many at most.
    if isinstance(base, int) and isinstance(exponent, int) and (base.bit_length() - 1) * exponent > MAX_BITS:
        raise ValueError("a number is too large")
    return base**exponent


def _factorial(number: Number) -> int:
    if not isinstance(number, int) or not 0 <= number <= MAX_FACTORIAL:
        raise ValueError(f"factorial takes a whole number from 0 to {MAX_FACTORIAL}")
    return math.factorial(number)


def _round(number: Number, digits: int = 0) -> Number:
    if abs(digits) > 300:  # 10**digits is worked out for whole numbers
        raise ValueError("round takes at most 300 digits")
    return round(number, digits)


def _clean(function: Callable[[float], float]) -> Callable[[float], float]:
    """The function without the noise of an inexact pi, so that sin(pi) is 0."""
    return lambda angle: round(function(angle), 15)


_OPERATORS: dict[type, Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: dict[str, Callable[..., object]] = {
    "sqrt": math.sqrt,
    "abs": abs,
    "round": _round,
    "min": min,
    "max": max,
    "sin": _clean(math.sin),
    "cos": _clean(math.cos),
    "tan": _clean(math.tan),
    "exp": math.exp,
    "log": math.log,
    "ln": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "factorial": _factorial,
}


def _tool(
    function: Callable[..., str], description: str, arguments: dict[str, str], required: tuple[str, ...] = ()
) -> Tool:
    """A tool whose arguments, each with its description, are texts."""
    properties = {name: {"type": "string", "description": about} for name, about in arguments.items()}
    schema: dict[str, object] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return Tool(ToolSpec(function.__name__, description, json.dumps(schema)), function)


_CHART = {
    "type": "object",
    "properties": {
        "labels": {"type": "array", "items": {"type": "string"}, "description": "A short name for each bar."},
        "values": {"type": "array", "items": {"type": "number"}, "description": "The height of each bar."},
    },
    "required": ["labels", "values"],
}

BUILTIN_TOOLS = (
    _tool(
        my_calculator,
        "A calculator that can evaluate a mathematical expression.",
        {"expression": "The mathematical expression to evaluate."},
        required=("expression",),
    ),
    _tool(
        current_time,
        "The current date and time in a time zone.",
        {"timezone": "An IANA time zone name, such as Europe/Paris. Defaults to UTC."},
    ),
    Tool(ToolSpec("draw_chart", "Draws a bar chart of labelled numbers.", json.dumps(_CHART)), draw_chart),
    ZOOM,
)
