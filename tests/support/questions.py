"""Requests of every kind of which code is made, to the demo model."""

import shutil
from pathlib import Path

from backend.chat.messages import AssistantMessage, Message, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Image, Text, TextFile
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.storage.exports.code.question import Question, Script
from backend.tools.builtin import BUILTIN_TOOLS

EXAMPLES = Path("assets/examples").resolve()
SHAPES = Image(str(EXAMPLES / "shapes.png"), 224, 84)
CALCULATOR = BUILTIN_TOOLS[0].spec
WEATHER = ToolSpec(
    "get_weather",
    'It\'s "sunny" in `$HOME` or not!\n',
    '{"type": "object", "properties": {"place": {"type": "string"}, "days": {"enum": [1, null, true]}}}',
)
GREEDY = GenerationSettings(temperature=0.0, max_tokens=60)
SCHEMA = '{"type": "object", "properties": {"shapes": {"type": "array", "items": {"type": "string"}}}}'
HOSTILE = '\'"""\\ $(touch pwned) `touch pwned` !! \nJSON\ntouch pwned\n\x00\x1b[31m \u202e \U0001f9ea\r\n'


def asking(*messages: Message, settings: GenerationSettings = GREEDY, tools: tuple[ToolSpec, ...] = (),
           choice: str = "auto", system: str = "") -> ChatRequest:  # fmt: skip
    """A request with these messages."""
    return ChatRequest(system, messages, tools, settings, choice)


def said(text: str, *images: Image) -> UserMessage:
    """What a person wrote, below these pictures."""
    return UserMessage((*images, Text(text)))


CALL = ToolCall("abcDEF123", CALCULATOR.name, '{"expression": "12 * 34"}')
CALLED = (said("What is 12 * 34?"), AssistantMessage("", (CALL,)), ToolMessage(ToolResult(CALL.id, "408")))
QUESTIONS = {
    "plain": asking(said("What can you do?")),
    "system": asking(said("Hello!"), system="You are a helpful assistant.\nToday is 2026-11-30."),
    "picture": asking(said("What is in this picture?", SHAPES)),
    "called": asking(*CALLED, tools=(CALCULATOR, WEATHER)),
    "required": asking(said("What is 7 * 8?"), tools=(CALCULATOR,), choice="required"),
    "named": asking(said("What is 7 * 8?"), tools=(CALCULATOR, WEATHER), choice=CALCULATOR.name),
    "schema": asking(said("Hello!"), settings=GenerationSettings(temperature=0.0, max_tokens=20, json_schema=SCHEMA)),
    "stop": asking(
        said("What is in this picture?", SHAPES),
        settings=GenerationSettings(temperature=0.0, max_tokens=60, stop=("and", "never this"), repetition_penalty=1.2),
    ),
    "placed": asking(
        UserMessage((Text("What is in "), Image(SHAPES.path, 224, 84, mark=1))),
        AssistantMessage("Three shapes."),
        UserMessage((TextFile("notes 'of' mine.txt", "A file.\n" + HOSTILE), Text("And now?"))),
    ),
    "several": asking(
        said("What is in these?", SHAPES, Image(str(EXAMPLES / "equations.png"), 0, 0)),
        AssistantMessage("Much."),
        said("And in the first again?", SHAPES),
    ),
    "sampled": asking(
        said("Tell me what you can do."),
        settings=GenerationSettings(0.9, 0.95, 20, 0.02, 1.1, 40, 7, ("\n\n\n",)),
    ),
    "hostile": asking(
        said(HOSTILE),
        AssistantMessage(HOSTILE, (ToolCall("abcDEF123", "get_weather", '{"place": "$(touch pwned)"}'),)),
        ToolMessage(ToolResult("abcDEF123", HOSTILE)), tools=(WEATHER,), system=HOSTILE,
    ),
}  # fmt: skip


def written(script: Script, question: Question, folder: Path) -> Path:
    """The script in this folder, with its pictures beside it."""
    for name, image in question.pictures.items():
        shutil.copy(image.path, folder / name)
    path = folder / script.name
    path.write_text(script.text, encoding="utf-8")
    return path
