"""The meter of what the message will cost, as HTML. Pure."""

from backend.tokenization.count import TokenCount
from ui.render.buttons import button

PARTS = (
    ("system_prompt", "system prompt"), ("tools", "tools"), ("history", "history"), ("pictures", "pictures"),
    ("text", "message"),
)  # fmt: skip


def amount(tokens: int, is_exact: bool = True) -> str:
    """A count in words: what is only estimated is called so, with two digits that mean something."""
    if is_exact:
        return f"{tokens:,}"
    step = _step(tokens)
    return f"about {(tokens + step // 2) // step * step:,}"


def _left(room: int, is_exact: bool) -> str:
    """What remains, by an estimate never more than there is."""
    if room <= 0:
        return "0"
    step = 1 if is_exact else max(1, _step(room) // 10)
    return f"{'' if is_exact else 'about '}{room // step * step:,}"


def _step(tokens: int) -> int:
    """What the second digit of a number counts: 1 below 100, 10 below 1,000."""
    return int(10 ** max(0, len(str(tokens)) - 2))


def render_token_meter(cost: TokenCount, max_new: int) -> str:
    """How much of the context the next request takes, part by part, and what remains for the answer."""
    exact = cost.is_exact
    parts = " · ".join(f"{label} {amount(getattr(cost, name), exact)}" for name, label in PARTS if getattr(cost, name))
    total = amount(cost.total, exact)
    if cost.limit is None or cost.room is None:
        summary = f"{total} tokens"
    else:
        room = _left(cost.room, exact)
        summary = f"{_bar(cost, cost.limit)} {total} of {cost.limit:,} tokens · {room} left for the answer"
    return f'<details class="meter"><summary>{summary}</summary><p>{parts}</p></details>{_tight(cost, max_new)}'


def _bar(cost: TokenCount, limit: int) -> str:
    shares = "".join(
        f'<i class="{name}" style="width:{100 * getattr(cost, name) / limit:.2f}%"></i>' for name, _ in PARTS
    )
    return (
        f'<span class="bar" role="meter" aria-label="Context used" aria-valuemin="0" '
        f'aria-valuemax="{limit}" aria-valuenow="{min(cost.total, limit)}">{shares}</span>'
    )


def _tight(cost: TokenCount, max_new: int) -> str:
    """What to leave out where there is no room for an answer."""
    if cost.room is None or cost.room >= min(max_new, 64):
        return ""
    verdict = "This does not fit any more." if cost.is_exact else "This may not fit any more."
    return (
        f"<p class='warning'>{verdict} Leave out: "
        f"{button('earlier pictures', 'keep pictures')} {button('all earlier turns', 'keep turns')}</p>"
    )
