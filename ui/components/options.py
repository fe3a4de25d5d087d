"""What can be chosen in the panel and in the message box: what is shown, and its value."""

from ui.texts import texts

CHOICES = [
    (texts.panel.choice_auto, "auto"), (texts.panel.choice_none, "none"), (texts.panel.choice_required, "required"),
]  # fmt: skip
KEEP = [
    (texts.panel.keep_all, "all"),
    (texts.panel.keep_without_images, "no earlier pictures"),
    (texts.panel.keep_last, "last turn"),
]
APPROVALS = [(texts.panel.run_at_once, "at once"), (texts.panel.run_ask, "ask"), (texts.panel.run_never, "never")]
# The tools that ship: what each is called on the page, and what it does.
TOOLS = {
    "my_calculator": (texts.panel.calculator, texts.panel.about_calculator),
    "current_time": (texts.panel.clock, texts.panel.about_clock),
    "draw_chart": (texts.panel.chart, texts.panel.about_chart),
    "zoom": (texts.panel.zoom, texts.panel.about_zoom),
    "ask_person": (texts.panel.ask_person, texts.panel.about_ask_person),
}
# Pixels on a picture's longest edge.
DETAILS = [(texts.composer.original_size, 1540), ("1024 px", 1024), ("512 px", 512)]
FULL = DETAILS[0][1]


def tool_title(name: str) -> str:
    """What a tool is called on the page: one that a person has described, by the name that they gave it."""
    return TOOLS.get(name, (name, ""))[0]
