"""The meter of what the message will cost, as HTML. Pure."""

from backend.tokenization.count import TokenCount
from ui.render.buttons import button

PARTS = (
    ("system_prompt", "system prompt"), ("tools", "tools"), ("history", "history"), ("pictures", "images"),
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
        summary, told = f"{total} tokens", parts
    else:
        room = _left(cost.room, exact)
        summary = f"{_ring(cost.total, cost.limit)} {_percent(cost.total, cost.limit)}"
        told = f"{total} of {cost.limit:,} tokens used, {room} left for the reply: {parts}"
    return f'<details class="meter"><summary title="{told}">{summary}</summary><p>{told}</p></details>{_tight(cost, max_new)}'


def _percent(total: int, limit: int) -> str:
    return f"{min(100, max(1, round(100 * total / limit)))} %"


def _ring(total: int, limit: int) -> str:
    """A circle of which so much is drawn; its circumference is 100."""
    share = min(100.0, 100 * total / limit)
    circle = '<circle cx="20" cy="20" r="15.9155"'
    return (
        f'<svg class="ring" viewBox="0 0 40 40" role="meter" aria-label="Context used" aria-valuemin="0" '
        f'aria-valuemax="{limit}" aria-valuenow="{min(total, limit)}">{circle}/>{circle} stroke-dasharray="{share:.1f} 100"/></svg>'
    )


def _tight(cost: TokenCount, max_new: int) -> str:
    """What to leave out where there is no room for an answer."""
    if cost.room is None or cost.room >= min(max_new, 64):
        return ""
    verdict = "is too long" if cost.is_exact else "may be too long"
    return (
        f"<p class='warning'>This {verdict} for the model's context. Leave out: "
        f"{button('earlier images', 'keep pictures')} {button('earlier messages', 'keep turns')}</p>"
    )
