"""The row under a message: what can be done with it, and what an answer took. Pure."""

import html
from collections.abc import Iterator

from backend.chat.messages import AssistantMessage, Conversation, Finished
from backend.chat.tree import ConversationTree
from ui.render.buttons import button
from ui.render.icons import icon
from ui.texts import texts

# Why an answer ended, where that is not as usual, and what can be done.
ENDINGS = {
    "length": "Reached the length limit.", "cancelled": "Stopped.", "time": "Reached the time limit.",
    "loop": "Stopped because the model was repeating itself.",
}  # fmt: skip


def question_actions(conversation: Conversation, history: ConversationTree, index: int) -> str:
    """HTML for the person's message at this index."""
    copy = _icon("copy", f"copy {index}", "Copy")
    edit = _icon("edit", f"edit {index}", "Edit")
    return f'<div class="actions">{copy}{edit}{_pager(conversation, history, index, "question")}</div>'


def answer_actions(conversation: Conversation, history: ConversationTree, index: int) -> str:
    """HTML for the answer at this index: a sentence where it did not end as usual, then the row."""
    message = conversation.messages[index]
    assert isinstance(message, AssistantMessage)
    is_last = index == len(conversation.messages) - 1
    row = [_icon("copy", f"copy {index}", "Copy")] if message.text else []
    if is_last:
        row.append(_icon("again", f"retry {index}", "Regenerate"))
    row.append(_pager(conversation, history, index, "answer"))
    if message.stats:
        row += [_menu(message, index, is_last), f'<span class="speed">{speed(message.stats)}</span>']
    said = _ending(message, index, is_last)
    is_settled = bool(message.stats or message.note)
    return said + (f'<div class="actions">{"".join(row)}</div>' if is_settled else "")


def round_actions(conversation: Conversation, history: ConversationTree, index: int) -> str:
    """HTML for an answer that was followed by results of tools: its turn goes on, and the buttons stand at its end."""
    pager = _pager(conversation, history, index, "answer")
    return f'<div class="actions">{pager}</div>' if pager else ""


def ending(message: AssistantMessage) -> str:
    """Why an answer ended, where that is not as usual, as HTML; without what can be done."""
    told = message.note or (ENDINGS.get(message.stats.reason, "") if message.stats else "")
    return f'<p class="ending"><span>{html.escape(told)}</span></p>' if told else ""


def waiting(message: AssistantMessage) -> str:
    """What stands under an answer that is being written: what it is waited for."""
    return f'<p class="waiting">{html.escape(message.note)}</p>' if message.note and not message.stats else ""


def _ending(message: AssistantMessage, index: int, is_last: bool) -> str:
    told = message.note or (ENDINGS.get(message.stats.reason, "") if message.stats else "")
    if not told:
        return ""
    remedies = []
    if is_last and not message.stats:  # it failed
        remedies.append(button("Try again", f"retry {index}"))
    if is_last and _can_go_on(message):
        remedies.append(button("Continue", f"continue {index}", "Let the model go on with this answer"))
    kind = "ending" if message.stats else "ending failed"
    return f'<p class="{kind}"><span>{html.escape(told)}</span>{"".join(remedies)}</p>'


def _menu(message: AssistantMessage, index: int, is_last: bool) -> str:
    entries = [button("Edit", f"edit {index}")] if message.text else []
    entries.append(button(texts.inspector.view, f"inspect {index}"))
    entries.append(button(texts.compare.open, f"compare {index}"))
    if is_last:
        entries.append(button("Undo last turn", f"undo {index}"))
    assert message.stats
    entries.append(f"<small>{details(message.stats)}</small>")
    summary = f'<summary aria-label="More" title="More">{icon("more")}</summary>'
    return f'<details class="menu">{summary}<div>{"".join(entries)}</div></details>'


def _icon(name: str, command: str, label: str) -> str:
    return button("", command, label, shown=name)


def _can_go_on(message: AssistantMessage) -> bool:
    """Whether it is a text that was cut off. One that failed on its way has a note, and no stats."""
    was_cut = message.stats.reason in ("length", "cancelled", "time") if message.stats else bool(message.note)
    return was_cut and bool(message.text) and not message.tool_calls


def speed(stats: Finished) -> str:
    """How much was written and how fast, in a few words."""
    return " · ".join(_speed(stats))


def _speed(stats: Finished) -> Iterator[str]:
    if usage := stats.usage:
        yield f"{usage.new_tokens:,} tokens"
        if usage.tokens_per_second is not None:
            yield f"{usage.tokens_per_second:.0f}/s"


def details(stats: Finished) -> str:
    """What an answer took, in one line."""
    if not (usage := stats.usage):
        return "The server gave no figures."
    of_these = [f"{usage.image_tokens:,} image"] if usage.image_tokens else []
    of_these += [f"{usage.reused_tokens:,} cached"] if usage.reused_tokens else []
    detail = f" ({', '.join(of_these)})" if of_these else ""
    facts = [f"{usage.prompt_tokens:,} prompt tokens{detail}", f"{usage.new_tokens:,} generated"]
    if usage.seconds_to_first_token is not None:
        facts.append(f"first token in {usage.seconds_to_first_token:.2f} s")
    return " · ".join(facts)


def _pager(conversation: Conversation, history: ConversationTree, index: int, name: str) -> str:
    path = history.path
    if index >= len(path) or history.nodes[path[index]].message != conversation.messages[index]:
        return ""
    place, count = history.alternatives(index)
    if count < 2:
        return ""
    earlier, later = (
        button(sign, f"turn {index} {step}", f"{word} {name}")
        for sign, step, word in (("‹", -1, "Earlier"), ("›", 1, "Later"))
    )
    return f'<span class="pager">{earlier} {place} / {count} {later}</span>'
