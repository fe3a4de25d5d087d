"""The strip of pictures about to be sent and the meter of what the message will cost, as HTML. Pure."""

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.chat.messages import Image
from ui.components.sidebar import DETAILS
from ui.render.buttons import button

if TYPE_CHECKING:
    from backend.tokenization.count import TokenCount  # at run time it would bring the tokenizer

PARTS = (
    ("system_prompt", "system prompt"), ("tools", "tools"), ("history", "history"), ("pictures", "pictures"),
    ("text", "message"),
)  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """A picture in the box: its file, and what it will be once sent, or why it cannot be."""

    path: str
    detail: int
    image: Image | None
    tokens: int = 0
    problem: str = ""


EDITING = (
    '<p class="editing" role="status">You are editing an earlier message. '
    "Escape ends this, and so does emptying the box.</p>"
)


def render_attachments(drafts: list[Draft]) -> str:
    """Thumbnails in the order in which the model will see them, each with its size, tokens and controls."""
    if not drafts:
        return ""
    shown = (_draft(draft, number, len(drafts)) for number, draft in enumerate(drafts))
    return f'<ol class="drafts" aria-label="Pictures to be sent">{"".join(shown)}</ol>'


def _draft(draft: Draft, number: int, count: int) -> str:
    name = f"picture {number + 1}"
    if draft.image is None:
        about = f'<span class="warning">{html.escape(draft.problem)}</span>'
    else:
        about = f"<span>{draft.image.width} × {draft.image.height} · {draft.tokens:,} tokens</span>"
    options = "".join(
        f'<option value="{edge}"{" selected" if edge == draft.detail else ""}>{label}</option>'
        for label, edge in DETAILS
    )
    url = html.escape("/gradio_api/file=" + (draft.image.path if draft.image else ""))
    picture = f'<img src="{url}" alt="{name}">' if draft.image else ""
    return (
        f"<li>{picture}{about}<span class='controls'>"
        f'<select class="do" name="detail {number}" aria-label="Detail of {name}">{options}</select>'
        f"{button('←', f'move {number} -1', f'Move {name} forward', number > 0)}"
        f"{button('→', f'move {number} 1', f'Move {name} back', number < count - 1)}"
        f"{button('✕', f'remove {number}', f'Remove {name}')}</span></li>"
    )


def render_token_meter(cost: "TokenCount", max_new: int) -> str:
    """How much of the context the next request takes, part by part, and what remains for the answer."""
    shares = "".join(
        f'<i class="{name}" style="width:{100 * getattr(cost, name) / cost.limit:.2f}%"></i>' for name, _ in PARTS
    )
    parts = " · ".join(f"{label} {getattr(cost, name):,}" for name, label in PARTS if getattr(cost, name))
    room = max(0, cost.room)
    sentence = f"{cost.total:,} of {cost.limit:,} tokens · {room:,} left for the answer"
    tight = ""
    if cost.room < min(max_new, 64):
        tight = (
            f"<p class='warning'>This does not fit any more. Leave out: "
            f"{button('earlier pictures', 'keep pictures')} {button('all earlier turns', 'keep turns')}</p>"
        )
    return (
        f'<details class="meter"><summary><span class="bar" role="meter" aria-label="Context used" aria-valuemin="0" '
        f'aria-valuemax="{cost.limit}" aria-valuenow="{min(cost.total, cost.limit)}">{shares}</span> {sentence}</summary>'
        f"<p>{parts}</p></details>{tight}"
    )
