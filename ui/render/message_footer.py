"""The line under an answer: what the app says of it, what it took, its alternatives, and what can be done with it."""

import html

from backend.chat.messages import AssistantMessage, Conversation, Finished, UserMessage
from backend.chat.tree import ConversationTree
from ui.render.buttons import button

REASONS = {
    "stop": "ended by itself", "length": "cut off at the limit", "tool_calls": "called tools", "cancelled": "stopped",
    "loop": "ended, since it repeated itself", "time": "ended at the time limit",
}  # fmt: skip


def message_footer(conversation: Conversation, history: ConversationTree, index: int) -> str:
    """HTML for the answer at this index; empty where there is nothing to say."""
    message = conversation.messages[index]
    assert isinstance(message, AssistantMessage)
    parts = [f'<span class="note">{html.escape(message.note)}</span>'] if message.note else []
    if message.stats and (line := stats_line(message.stats, message.note)):
        parts.append(f'<span class="stats">{line}</span>')
    parts += _pagers(conversation, history, index)
    if message.stats:
        parts.append(button("Inspect", f"inspect {index}", "Show the prompt that this answer came from"))
        if index and isinstance(conversation.messages[index - 1], UserMessage):
            parts.append(button("Edit question", f"edit {index - 1}", "Put the question and its pictures into the box"))
    if index == len(conversation.messages) - 1 and _can_go_on(message):
        parts.append(button("Continue", f"continue {index}", "Let the model go on with this answer"))
    return f'<div class="foot">{"".join(parts)}</div>' if parts else ""


def _can_go_on(message: AssistantMessage) -> bool:
    """Whether it is a text that was cut off. One that failed on its way has a note, and no stats."""
    was_cut = message.stats.reason in ("length", "cancelled", "time") if message.stats else bool(message.note)
    return was_cut and bool(message.text) and not message.tool_calls


def stats_line(stats: Finished, note: str = "") -> str:
    """What an answer took, in one line. That it was stopped is left to a note, where there is one."""
    facts = [] if note and stats.reason == "cancelled" else [REASONS[stats.reason]]
    if usage := stats.usage:
        of_these = [f"{usage.image_tokens:,} pictures"] if usage.image_tokens else []
        of_these += [f"{usage.reused_tokens:,} reused"] if usage.reused_tokens else []
        detail = f" ({', '.join(of_these)})" if of_these else ""
        facts += [f"{usage.prompt_tokens:,} tokens read{detail}", f"{usage.new_tokens:,} written"]
        if usage.seconds_to_first_token is not None:
            facts.append(f"first token {usage.seconds_to_first_token:.2f} s")
        if usage.tokens_per_second is not None:
            facts.append(f"{usage.tokens_per_second:.1f} tokens/s")
    return " · ".join(facts)


def _pagers(conversation: Conversation, history: ConversationTree, index: int) -> list[str]:
    """One for the question before this answer, one for the answer, each only where there are alternatives."""
    path = history.path
    found = []
    for name, at in (("question", index - 1), ("answer", index)):
        if not 0 <= at < len(path) or history.nodes[path[at]].message != conversation.messages[at]:
            continue
        if name == "question" and not isinstance(conversation.messages[at], UserMessage):
            continue
        place, count = history.alternatives(at)
        if count > 1:
            found.append(
                f'<span class="pager">{button("‹", f"turn {at} -1", f"Earlier {name}")} {name} {place}/{count} '
                f"{button('›', f'turn {at} 1', f'Later {name}')}</span>"
            )
    return found
