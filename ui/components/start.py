"""What stands where there is no message yet: a word on the model and on the chat, and examples, each with everything
that it needs: one click runs it. No behaviour.
"""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from backend.demo.values import NO_DEMO, Demo
from backend.runtime.model_info import ModelInfo
from ui.components.html import own_html
from ui.render.addresses import file_address
from ui.render.answer.blocks import blocks
from ui.render.icons import icon
from ui.texts import texts

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"
CODE = re.compile(r"`([^`<]*)`")
CHOSEN = """element.addEventListener("click", (event) => {
  const chosen = event.target.closest("button.example");
  if (chosen) trigger("select", { index: Number(chosen.value) });
})"""


@dataclass(frozen=True)
class Example:
    """A question to begin with. `pictures` are file names in assets/examples, or whole paths; `replies` answer declared
    tools; `icon` stands for it where it has no picture.
    """

    title: str
    text: str
    pictures: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    schemas: str = ""
    replies: tuple[tuple[str, str], ...] = ()
    icon: str = ""

    @property
    def paths(self) -> list[str]:
        """The pictures' paths."""
        return [str(FOLDER / name) for name in self.pictures]


# The two tools of the model card's function-calling examples.
CARD_TOOLS = json.dumps(
    [
        {
            "type": "function",
            "function": {
                "name": "get_current_population",
                "description": "Get the up-to-date population of a given country.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "country": {"type": "string", "description": "The country to find the population of."},
                        "unit": {
                            "type": "string",
                            "description": "The unit for the population.",
                            "enum": ["millions", "thousands"],
                        },
                    },
                    "required": ["country", "unit"],
                },
            },
        },
        {
            "type": "function",
            "function": {
                "name": "rewrite",
                "description": "Rewrite a given text for improved clarity",
                "parameters": {
                    "type": "object",
                    "properties": {"text": {"type": "string", "description": "The input text to rewrite"}},
                },
            },
        },
    ],
    indent=2,
)

# What the model card shows the model to be good at: tools and images, reasoning on an image, tools, instructions.
EXAMPLES = (
    Example(
        texts.start.solve,
        "Can you calculate the results for all the equations displayed in the image? Only compute the ones that "
        "involve numbers.",
        ("equations.png",),
        ("my_calculator",),
    ),
    Example(
        texts.start.act,
        "What action do you think I should take in this situation? List all the possible actions and explain why you "
        "think they are good or bad.",
        ("crossing.png",),
    ),
    Example(
        texts.start.look_up,
        "What is the population of France in millions?",
        schemas=CARD_TOOLS,
        replies=(("get_current_population", "68"),),
        icon="tool",
    ),
    Example(
        texts.start.write,
        "Write me a sentence where every word starts with the next letter in the alphabet - start with 'a' and end "
        "with 'z'.",
        icon="edit",
    ),
)


def offered(demo: Demo) -> tuple[Example, ...]:
    """The questions to begin with: the demo's, where it has some."""
    if demo.examples is None:
        return EXAMPLES
    return tuple(Example(each.title, each.text, each.pictures, each.tools, icon="edit") for each in demo.examples)


def welcome_page(info: ModelInfo, in_archive: bool, demo: Demo) -> gr.HTML:
    """Builds what stands where there is no message yet."""
    return own_html(welcome(info, in_archive, demo), elem_id="welcome")


def welcome(info: ModelInfo, in_archive: bool, demo: Demo = NO_DEMO) -> str:
    """That as HTML: the model, or the demo, and where chats are kept (`in_archive`: by the app), or that this one is
    not."""
    kept = texts.start.kept_there if in_archive else texts.start.kept_here
    where = (
        f"<span class='kept'>{kept}</span>"
        f"<span class='temporary'>{icon('temporary')} {texts.start.temporary}</span></p>"
    )
    title = f"<h2>{html.escape(demo.title) or texts.start.title}</h2>"
    if demo.introduction:
        waiting = f"<p>{html.escape(info.waiting)}</p>" if info.waiting else ""
        return f"{title}<div class='introduction'>{''.join(blocks(demo.introduction))}</div>{waiting}<p>{where}"
    introduction = info.introduction or ("" if info.waiting else texts.start.introduction)
    told = CODE.sub(r"<code>\1</code>", html.escape(" ".join(filter(None, (info.waiting, introduction)))))
    return f"{title}<p>{told} {where}"


def examples(shown: Sequence[Example]) -> gr.HTML:
    """Builds the questions to begin with. Its event `select` names one by its index."""
    buttons = "".join(
        f'<button type="button" class="example" value="{index}">{_picture(example)}{html.escape(example.title)}'
        "</button>"
        for index, example in enumerate(shown)
    )
    return own_html(buttons, js_on_load=CHOSEN, elem_id="examples")


def _picture(example: Example) -> str:
    """A thumbnail of its pictures, or its icon."""
    pictures = "".join(f'<img src="{file_address(path)}" alt="">' for path in example.paths)
    return f"<i>{pictures or icon(example.icon)}</i>"
