"""A question to an OpenAI-compatible API as a Python script, with the openai package.

https://github.com/openai/openai-python
"""

from collections.abc import Iterator
from typing import Any

from backend.chat.parts import Image
from backend.storage.exports.code.literals import Code, python_value
from backend.storage.exports.code.question import Question, Script, installs, of_parts
from backend.storage.exports.openai_request import to_openai_request

NAME = "chat_openai.py"
REQUIREMENTS = ("openai>=1.50",)
# What the client's method takes by name, of what a request may hold; it sends the rest as it is.
NAMED = {
    "model", "messages", "temperature", "top_p", "max_tokens", "seed", "response_format", "stop", "tools",
    "tool_choice", "reasoning_effort",
}  # fmt: skip
PICTURE = '''def picture(name):
    """A file beside this script as a data URL."""
    data = (Path(__file__).parent / name).read_bytes()
    return "data:image/png;base64," + base64.b64encode(data).decode()
'''
CLIENT = """client = OpenAI(
    base_url={address},
    api_key=os.environ.get("OPENAI_API_KEY", "none"),
)"""
PRINTS = """message = completion.choices[0].message
if message.content:
    print(message.content)
for call in message.tool_calls or []:
    print(call.function.name, call.function.arguments)"""


def openai_script(question: Question) -> Script:
    """The script, which reads pictures from files beside it."""
    fields = to_openai_request(question.request, question.model, lambda image: _picture(question, image))
    has_pictures = bool(question.pictures)
    text = of_parts(
        installs(REQUIREMENTS),
        "import base64\nimport os\nfrom pathlib import Path" if has_pictures else "import os",
        "from openai import OpenAI",
        PICTURE if has_pictures else "",
        CLIENT.format(address=python_value(question.address)),
        *_asked(fields),
        PRINTS,
    )
    return Script(NAME, text, REQUIREMENTS)


def _picture(question: Question, image: Image) -> str:
    return Code(f'picture("{question.name_of(image)}")')


def _asked(fields: dict[str, Any]) -> Iterator[str]:
    """What is asked, and asking it."""
    for name in ("messages", "tools"):
        if name in fields:
            yield f"{name} = {python_value(fields[name])}"
            fields[name] = Code(name)
    extra = {name: value for name, value in fields.items() if name not in NAMED}
    named = {name: value for name, value in fields.items() if name in NAMED}
    given = (named | ({"extra_body": extra} if extra else {})).items()
    lines = "".join(f"    {name}={python_value(value, 1)},\n" for name, value in given)
    yield f"completion = client.chat.completions.create(\n{lines})"
