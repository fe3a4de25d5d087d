"""A tool that shows the model a part of an image at full size. It says which: who runs the call has the images."""

import json

from backend.chat.messages import ToolSpec
from backend.chat.regions import Region
from backend.tools.toolbox import PartOutput, Tool

_SIDE = "in thousandths of the image's {}, from 0 at its {} to 1000"
_SCHEMA = {
    "type": "object",
    "properties": {
        "image": {"type": "integer", "description": "Which image: 1 is the first of the conversation."},
        "left": {"type": "number", "description": f"Left side, {_SIDE.format('width', 'left')}."},
        "top": {"type": "number", "description": f"Upper side, {_SIDE.format('height', 'top')}."},
        "right": {"type": "number", "description": "Right side, as left."},
        "bottom": {"type": "number", "description": "Lower side, as top."},
    },
    "required": ["image", "left", "top", "right", "bottom"],
}


def zoom(image: int, left: float, top: float, right: float, bottom: float) -> PartOutput:
    """The part of an image with these sides, in thousandths of it."""
    return PartOutput(int(image), Region(left, top, right, bottom))


ZOOM = Tool(
    ToolSpec("zoom", "Shows a part of an image at full resolution, to read small text in it.", json.dumps(_SCHEMA)),
    zoom,
)
