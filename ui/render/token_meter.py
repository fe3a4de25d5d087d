"""The meter of what the message will cost, as HTML. Pure."""

from backend.tokenization.count import TokenCount
from ui.render.buttons import button
from ui.texts import texts

FULL, FILLING = 90, 75  # percent
WORDS = texts.composer
PARTS = {
    "system_prompt": WORDS.part_system_prompt, "tools": WORDS.part_tools, "history": WORDS.part_history,
    "thoughts": WORDS.part_thoughts,
    "pictures": WORDS.part_pictures, "text": WORDS.part_text,
}  # fmt: skip


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


def render_token_meter(cost: TokenCount) -> str:
    """How much of the context the next request takes; with a pointer on it, or a tap, part by part."""
    exact = cost.is_exact
    total = amount(cost.total, exact)
    if cost.limit is None or cost.room is None:
        summary, told = WORDS.tokens.format(total=total), ""
    else:
        share = f'<span class="percent">{_percent(cost)}%</span>'
        summary = f"{_ring(cost.total, cost.limit)} {share}"
        told = WORDS.used.format(total=total, limit=f"{cost.limit:,}", room=_left(cost.room, exact))
    counts = ((label, getattr(cost, name)) for name, label in PARTS.items())
    rows = "".join(f"<tr><th>{label}</th><td>{amount(count, exact)}</td></tr>" for label, count in counts if count)
    return (
        f'<details class="menu meter {_state(cost)}"><summary>{summary}</summary>'
        f'<div class="parts"><p>{told}</p><table>{rows}</table></div></details>'
    )


def _percent(cost: TokenCount) -> int:
    return min(100, max(1, round(100 * cost.total / (cost.limit or 1))))


def _state(cost: TokenCount) -> str:
    if cost.limit is None:
        return ""
    return "full" if _percent(cost) >= FULL else "filling" if _percent(cost) >= FILLING else ""


def _ring(total: int, limit: int) -> str:
    """A circle of which so much is drawn; its circumference is 100."""
    share = min(100.0, 100 * total / limit)
    circle = '<circle cx="20" cy="20" r="15.9155"'
    return (
        f'<svg class="ring" viewBox="0 0 40 40" role="meter" aria-label="{WORDS.context}" aria-valuemin="0" '
        f'aria-valuemax="{limit}" aria-valuenow="{min(total, limit)}">{circle}/>{circle} stroke-dasharray="{share:.1f} 100"/></svg>'
    )


def render_tight(cost: TokenCount, max_new: int) -> str:
    """Where there is no room for an answer, or soon will be none: what can be left out."""
    if cost.limit is None or cost.room is None:
        return ""
    if cost.room < min(max_new, 64):
        told = WORDS.too_long if cost.is_exact else WORDS.may_be_too_long
    elif _percent(cost) >= FULL:
        told = WORDS.almost_full
    else:
        return ""
    if not cost.history:
        return f'<p class="tight" role="status">{told}</p>'
    remedies = f"{button(WORDS.earlier_images, 'keep pictures')} {button(WORDS.earlier_messages, 'keep turns')}"
    return f'<p class="tight" role="status">{told} {WORDS.leave_out} {remedies}</p>'
