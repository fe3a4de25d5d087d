"""What stands in the head of the document: the icon, and how the page looks."""

from pathlib import Path

# In this order, since of two rules of the same weight the later one counts.
STYLES = (
    "base", "dialogs", "header", "transcript", "answer", "code", "tools", "start", "composer", "attachments", "meter",
    "chats", "panel", "inspector", "compare", "small",
)  # fmt: skip


def head(assets: Path) -> str:
    """As HTML. The looks stand here, since of css= Gradio alters the selectors, and passes over some @media rules."""
    styles = "".join((assets / "styles" / f"{name}.css").read_text("utf-8") for name in STYLES)
    # The icon beside the page: by itself a browser asks for the host's own.
    return f'<link rel="icon" href="favicon.ico"><style>{styles}</style>'
