"""The functions of a file as tools: what the model is told of them, calls, results, and what is wrong with a file."""

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image as Pictures

from backend.chat.messages import ToolCall, ToolResult
from backend.chat.parts import Image
from backend.tools.ask import ASK_PERSON
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.functions.docstrings import read
from backend.tools.functions.file import FileBroken
from backend.tools.functions.tools import FunctionTools, function_tools
from backend.tools.toolbox import Toolbox

FILE = '''
import asyncio, dataclasses, datetime, enum, functools, io, os, subprocess, time
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import beside
from PIL import Image
from pydantic import BaseModel, Field

class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"

class Item(BaseModel):
    title: str = Field(description="Its name.")
    count: int = 1

@dataclasses.dataclass
class Point:
    x: float
    when: datetime.date

def weather(
    city: str, days: int = 3, unit: Literal["C", "F"] = "C", when: Optional[datetime.date] = None,
    title: Annotated[str, "What to call it."] = "",
) -> dict[str, Any]:
    """The weather in a city.

    As it was guessed.

    Args:
        city: Which city,
            in any language.
        days (int): For how many days.

    Returns:
        A guess.
    """
    return {"city": city, "days": days, "when": when, "unit": unit}

async def order(items: list[Item], colour: Colour = Colour.RED) -> str:
    """Orders items."""
    await asyncio.sleep(0.01)
    return f"{items[0].title} x {items[0].count} in {colour.name}"

def picture(form: str) -> Any:
    """Draws."""
    image = Image.new("CMYK" if form == "cmyk" else "RGB", (30, 20), 0)
    data = io.BytesIO()
    image.convert("RGB").save(data, "PNG")
    beside.FILE.write_bytes(data.getvalue())
    return {
        "bytes": data.getvalue(), "several": ["One:", image, "two:", image], "path": beside.FILE, "broken": b"no",
        "many": [image] * 9,
    }.get(form, image)

def value(form: str) -> Any:
    """Returns something."""
    return {
        "nothing": None, "number": 0.5, "text": "caf\\u00e9", "list": [1, None, True],
        "point": Point(1.5, datetime.date(2026, 1, 2)),
        "item": Item(title="a"), "path": Path("a/b"), "object": object(),
    }[form]

def fails(how: str) -> str:
    """Fails."""
    match how:
        case "own":
            class Odd(Exception):
                pass
            raise Odd("Try\\nanother.")
        case "file":
            open("/nowhere/secret")
        case "exit":
            raise SystemExit("bye")
        case "dies":
            os._exit(1)
        case "prints":
            print("among the results")
    return os.environ.get("WEATHER_KEY", "")

def sleeps(file: str) -> str:
    """Takes long."""
    program = subprocess.Popen(["sleep", "600"])
    Path(file).write_text(f"{os.getpid()} {program.pid}")
    time.sleep(600)
    return "awake"

def _decorated(function):
    return functools.wraps(function)(lambda **given: function(**given))

@functools.cache
@_decorated
def remembers(number: int) -> str:
    """Remembers."""
    return f"{number}: {remembers.cache_info().misses} misses"
'''


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionTools]:
    folder = tmp_path_factory.mktemp("own")
    (folder / "beside.py").write_text(f"from pathlib import Path\nFILE = Path({str(folder / 'made.png')!r})\n")
    (folder / "mine.py").write_text(FILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEATHER_KEY", "a key")
        made = function_tools(folder / "mine.py")
        yield made
        made.sandbox.close()


def keep(data: bytes, _: str) -> Image:
    width, height = Pictures.open(io.BytesIO(data)).size
    return Image("/kept.png", width, height)


def called(made: FunctionTools, name: str, **arguments: Any) -> ToolResult:
    return Toolbox(made.tools, keep).run(ToolCall("abcdefghi", name, json.dumps(arguments)))


def test_the_public_functions_of_the_file_itself_are_tools_in_their_order(made: FunctionTools) -> None:
    assert [tool.name for tool in made.tools] == [
        "weather",
        "order",
        "picture",
        "value",
        "fails",
        "sleeps",
        "remembers",
    ]
    assert {tool.source for tool in made.tools} == {"mine.py"}


def test_the_model_is_told_what_type_hints_and_the_docstring_say(made: FunctionTools) -> None:
    weather, order = (tool.spec for tool in made.tools[:2])
    assert weather.description == "The weather in a city.\n\nAs it was guessed."
    told = json.loads(weather.parameters)
    assert told["required"] == ["city"]
    assert told["properties"] == {
        "city": {"type": "string", "description": "Which city, in any language."},
        "days": {"type": "integer", "default": 3, "description": "For how many days."},
        "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
        "when": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
        "title": {"type": "string", "default": "", "description": "What to call it."},
    }
    assert "$ref" not in order.parameters
    assert json.loads(order.parameters)["properties"]["items"]["items"]["properties"]["title"] == {
        "type": "string", "description": "Its name.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        ({"city": "Paris"}, '{"city":"Paris","days":3,"when":null,"unit":"C"}'),
        ({"city": "Paris", "when": "2026-01-02"}, '{"city":"Paris","days":3,"when":"2026-01-02","unit":"C"}'),
        ({"city": "Paris", "unit": "K"}, "Error: the arguments of weather do not fit its schema: unit: 'K' is not"),
        ({"city": "Paris", "when": "soon"}, "Error: when: Input should be a valid date"),
        ({"town": "Paris"}, "Error: the arguments of weather do not fit its schema"),
    ],
)
def test_arguments_become_what_the_hints_say_or_the_model_is_told(
    made: FunctionTools, arguments: dict[str, Any], output: str
) -> None:
    assert called(made, "weather", **arguments).output.startswith(output)


def test_a_decorated_function_is_called_as_it_is_decorated(made: FunctionTools) -> None:
    for _ in range(2):
        assert called(made, "remembers", number=3).output == "3: 1 misses"


def test_async_functions_run_and_get_models_and_enums(made: FunctionTools) -> None:
    for _ in range(2):
        assert called(made, "order", items=[{"title": "tea"}], colour="blue").output == "tea x 1 in BLUE"


@pytest.mark.parametrize(
    ("form", "output"),
    [
        ("nothing", "done"),
        ("number", "0.5"),
        ("text", "café"),
        ("list", "[1,null,true]"),
        ("point", '{"x":1.5,"when":"2026-01-02"}'),
        ("item", '{"title":"a","count":1}'),
        ("path", '"a/b"'),
        ("object", "Error: it returned a value of type object, which has no form in JSON."),
    ],
)
def test_a_result_is_text_or_json(made: FunctionTools, form: str, output: str) -> None:
    assert called(made, "value", form=form).output == output


@pytest.mark.parametrize(
    ("form", "output", "count"),
    [
        ("pillow", "An image was made; it is shown to the user.", 1),
        ("cmyk", "An image was made; it is shown to the user.", 1),
        ("bytes", "An image was made; it is shown to the user.", 1),
        ("path", "An image was made; it is shown to the user.", 1),
        ("several", "One:\ntwo:", 2),
        ("many", "Error: it made more than 8 images, or more than 20 MB of them.", 0),
        ("broken", "Error: cannot identify image file", 0),
    ],
)
def test_pictures_are_results(made: FunctionTools, form: str, output: str, count: int) -> None:
    result = called(made, "picture", form=form)
    assert result.output.startswith(output)
    assert [(image.width, image.height) for image in result.images] == [(30, 20)] * count


@pytest.mark.parametrize(
    ("how", "output"),
    [
        ("own", "Error: Try another."),
        ("file", "Error: No such file or directory."),
        ("exit", "Error: it ended itself."),
        ("dies", "Error: it needed too much memory or ended by itself."),
        ("prints", "a key"),
    ],
)
def test_what_goes_wrong_is_told_to_the_model_and_with_its_place_to_the_owner(
    made: FunctionTools, how: str, output: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert called(made, "fails", how=how).output == output
    assert ('mine.py", line' in caplog.text) == (how in ("own", "file", "exit"))


def test_a_call_that_nobody_waits_for_ends_with_what_it_has_started(made: FunctionTools, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    steps = Toolbox(made.tools).running(ToolCall("abcdefghi", "sleeps", json.dumps({"file": str(file)})))
    while not (file.exists() and file.read_text()):
        next(steps)
    processes = [psutil.Process(int(number)) for number in file.read_text().split()]
    steps.close()
    until(lambda: not any(map(is_alive, processes)))
    assert called(made, "fails", how="").output == "a key"


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("not within half a minute")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n", "mine.py defines no public function."),
        ("def f(:\n", "mine.py, line 1: invalid syntax."),
        ("\nimport nowhere_at_all\n", "mine.py, line 2: ModuleNotFoundError: No module named 'nowhere_at_all'."),
        ("def f():\n    '''F.'''\n\nf(1)\n", "mine.py, line 4: TypeError: f() takes 0 positional arguments but 1"),
        ("import sys\nsys.exit()\n", "mine.py, line 2: it ends the program while it is imported."),
        ("import os\nos._exit(0)\n", "mine.py can't be imported: it needed too much memory or ended by itself."),
        ("\n\ndef f(a: int): return a\n", "mine.py, line 3: the function “f” has no docstring"),
        ("def f(a):\n    '''F.'''\n", "mine.py, line 1: the function “f” has no type hint for “a”, such as a: str. If"),
        (
            "def f(*a: int):\n    '''F.'''\n",
            "the function “f” takes “*a: int”, which has no name that",
        ),
        ("def f(a: int, /):\n    '''F.'''\n", "the function “f” takes “a: int”, which has no name"),
        ("def f(a: Nowhere):\n    '''F.'''\n", "mine.py, line 1: NameError"),
        (
            "def f(a: 'Nowhere'):\n    '''F.'''\n",
            "“f” has type hints that can't be read: name 'Nowhere' is not",
        ),
        ("def f(b: int, a: type(open)):\n    '''F.'''\n", "“f” has a type for “a” that can't be described: use str,"),
        ("def f(a: int):\n    '''F.'''\n    yield a\n", "the function “f” yields its results. Return them instead."),
        (
            "def zoom(a: int):\n    '''F.'''\n",
            "mine.py, line 1: the function “zoom” has the name of a tool",
        ),
        ("def é(a: int):\n    '''F.'''\n", "the function “é” needs a name of 1 to 64 characters"),
    ],
)
def test_a_broken_file_is_one_sentence_with_the_place(source: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(source, "utf-8")
    with pytest.raises(FileBroken) as caught:
        function_tools(tmp_path / "mine.py", {tool.name for tool in (*BUILTIN_TOOLS, ASK_PERSON)})
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")
    assert str(tmp_path) not in str(caught.value)


def test_the_example_of_the_documents_works(tmp_path: Path) -> None:
    source = Path("docs/tools.md").read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    (tmp_path / "mine.py").write_text(source, "utf-8")
    made = function_tools(tmp_path / "mine.py")
    assert called(made, "stock", fruit="apples").output == '{"store":"Lyon","fruit":"apples","left":12}'
    told = json.loads(made.tools[0].spec.parameters)["properties"]
    assert [told[name]["description"] for name in told] == ["Which one.", "The city that the store is in."]
    made.sandbox.close()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileBroken, match="There is no file"):
        function_tools(tmp_path / "mine.py")


@pytest.mark.parametrize(
    "docstring",
    [
        "Args:\n    city (str, optional): Which city,\n        in full.\n    days: How many.\n\nReturns:\n    x: y",
        "Parameters\n----------\ncity : str\n    Which city,\n    in full.\ndays : int\n    How many.\n\n"
        "Returns\n-------\nx : y\n    z",
        ":param str city: Which city,\n    in full.\n:param days: How many.\n:returns: x\n:rtype: y",
    ],
)
def test_docstrings_are_read_in_the_forms_that_are_in_use(docstring: str) -> None:
    found = read(f"Tells.\n\nMore.\n\n{docstring}")
    assert found.text == "Tells.\n\nMore."
    assert found.parameters == {"city": "Which city, in full.", "days": "How many."}


def test_a_docstring_without_sections_is_the_description() -> None:
    assert read(" Tells: all.\n\n Note: this.").text == "Tells: all.\n\nNote: this."
    assert read(None).text == ""
