"""The meter of what the message will cost, as HTML. Pure."""

from typing import TYPE_CHECKING

from ui.render.buttons import button

if TYPE_CHECKING:
    from backend.tokenization.count import TokenCount  # at run time it would bring the tokenizer

PARTS = (
    ("system_prompt", "system prompt"), ("tools", "tools"), ("history", "history"), ("pictures", "pictures"),
    ("text", "message"),
)  # fmt: skip


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
