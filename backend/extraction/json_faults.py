"""Why a text that a person writes is no JSON: one sentence with its line."""

from json import JSONDecodeError, loads

from backend.extraction.json_reader import NotJson, read_json

_SUPERFLUOUS = "there's a comma too many"


def json_fault(text: str) -> str:
    """The first fault, as `Line 3: a comma is missing.`; nothing where the text is JSON."""
    try:
        loads(text)
        read_json(text)
    except JSONDecodeError as error:
        why = _syntax(text, error)
        # After a comma too many the next line's bracket is what Python before 3.13 names.
        at = text.rfind(",", 0, error.pos + 1) if why == _SUPERFLUOUS else error.pos
        return f"Line {line_of(text, at)}: {why}."
    except NotJson as error:  # as NaN, which the standard library takes
        return f"Line {line_of(text, error.position)}: {error}."
    except RecursionError:
        return "This is nested too deeply."
    except ValueError:
        return "This holds a number with too many digits."
    return ""


def line_of(text: str, position: int) -> int:
    """The line of a character, from 1."""
    return text.count("\n", 0, position) + 1


def _syntax(text: str, error: JSONDecodeError) -> str:
    """What is wrong at a place, in words; the standard library's own where it is none of the usual things."""
    found = text[error.pos : error.pos + 1]
    if not text[error.pos :].strip():
        return "the JSON ends too early; a bracket or a quote isn't closed"
    if error.msg.startswith("Extra data"):
        return "there's more after its end"
    if error.msg.startswith("Expecting ','"):
        return "a comma is missing"
    if error.msg.startswith("Expecting ':'"):
        return "a colon is missing after a name"
    if error.msg.startswith(("Expecting property name", "Illegal trailing comma")) or found in "]},":
        return _SUPERFLUOUS if _follows_comma(text, error.pos) else "a name in double quotes is expected"
    if error.msg.startswith("Expecting value"):
        return "a value is expected"
    if error.msg.startswith("Unterminated string"):
        return "a double quote is missing at a text's end"
    return f"this isn't valid JSON ({error.msg.partition(':')[0].lower()})"


def _follows_comma(text: str, at: int) -> bool:
    return text[at] == "," or text[:at].rstrip().endswith(",")
