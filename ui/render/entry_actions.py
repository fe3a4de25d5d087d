"""The row under a message: what can be done with it, and what an answer took. Pure."""

import html
from collections.abc import Iterator

from backend.chat.messages import AssistantMessage, Conversation, Finished, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree
from ui.render.buttons import button
from ui.render.icons import icon
from ui.texts import texts

CUT = ("length", "cancelled", "time", "full")  # the ends of what may be gone on with
# Why an answer ended, where that is not as usual.
ENDINGS = {
    "length": texts.transcript.length, "cancelled": texts.transcript.stopped, "time": texts.transcript.time,
    "loop": texts.transcript.loop, "full": texts.transcript.full,
}  # fmt: skip


def question_actions(conversation: Conversation, history: ConversationTree, index: int) -> str:
    """HTML for the person's message at this index."""
    copy = _icon("copy", f"copy {index}", texts.transcript.copy)
    if example := getattr(conversation.messages[index], "example", ""):
        key = example.removeprefix("example-")
        remove = button(texts.examples.remove, f"forget example-{key}", texts.examples.remove_told)
        return f'<div class="actions">{copy}{remove}</div>'
    edit = _icon("edit", f"edit {index}", texts.transcript.edit)
    pager = _pager(conversation, history, index, texts.transcript.earlier_question, texts.transcript.later_question)
    return f'<div class="actions">{copy}{edit}{pager}</div>'


def answer_actions(conversation: Conversation, history: ConversationTree, index: int) -> str:
    """HTML for the answer at this index: a sentence where it did not end as usual, then the row.

    A turn of several rounds, with calls between them, has one row, at its end.
    """
    message, is_last = conversation.messages[index], not any(_after(conversation, index, UserMessage))
    assert isinstance(message, AssistantMessage)
    remedies = _remedies(conversation, history, index) if is_last else ""
    said = _ending(message, remedies)
    if any(_after(conversation, index, AssistantMessage, in_turn=True)):
        return said
    row = [_icon("copy", f"copy {index}", texts.transcript.copy)] if message.text else []
    if is_last:
        row.append(_icon("again", f"retry {index}", texts.transcript.again))
    earlier, later = texts.transcript.earlier_answer, texts.transcript.later_answer
    asked = _asked(conversation, index)
    row += [_pager(conversation, history, at, earlier, later) for at in range(asked + 1, index + 1)]
    has_prompt = asked_with(history, index) is not None
    row.append(_menu(message, index, asked, is_last, has_prompt))
    if message.stats:
        row.append(f'<span class="speed">{speed(message.stats)}</span>')
    return f'{said}<div class="actions">{"".join(row)}</div>'


def _after(
    conversation: Conversation, index: int, kind: type[UserMessage | AssistantMessage], in_turn: bool = False
) -> Iterator[bool]:
    """Whether each message after this one, or each of its turn, is of this kind."""
    for message in conversation.messages[index + 1 :]:
        if in_turn and isinstance(message, UserMessage):
            return
        yield isinstance(message, kind)


def _asked(conversation: Conversation, index: int) -> int:
    """Where the question stands to which this is an answer; -1 where there is none."""
    messages = conversation.messages
    return next((at for at in range(index, -1, -1) if isinstance(messages[at], UserMessage)), -1)


def ending(message: AssistantMessage) -> str:
    """Why an answer ended, where that is not as usual, as HTML; without what can be done."""
    return _ending(message, "")


def waiting(message: AssistantMessage) -> str:
    """What stands under an answer that is being written: what it is waited for."""
    return f'<p class="waiting">{html.escape(message.note)}</p>' if message.note and not message.stats else ""


def _ending(message: AssistantMessage, remedies: str) -> str:
    told = message.note or (ENDINGS.get(message.stats.reason, "") if message.stats else "")
    if not told:
        return ""
    has_failed = not message.stats or (message.stats.reason == "full" and not message.text)
    kind = "ending failed" if has_failed else "ending"
    return f'<p class="{kind}"><span>{html.escape(told)}</span>{remedies}</p>'


def _remedies(conversation: Conversation, history: ConversationTree, index: int) -> str:
    """What can be done about an end, as buttons."""
    message, remedies = conversation.messages[index], list[str]()
    assert isinstance(message, AssistantMessage)
    if message.stats and message.stats.reason == "full":
        remedies += _shorter(conversation, history, index)
        if remedies:
            return "".join(remedies)
        # With nothing to leave out it may be a server's own limit of an answer, which can go on after it.
    elif not message.stats or not (message.text or message.tool_calls):
        remedies.append(button(texts.transcript.try_again, f"retry {index}"))
    if _can_go_on(message):
        remedies.append(button(texts.transcript.go_on, f"continue {index}", texts.transcript.go_on_told))
    return "".join(remedies)


def _shorter(conversation: Conversation, history: ConversationTree, index: int) -> Iterator[str]:
    """Where the model has no room for more: what was sent that need not be, with which it goes on or tries again."""
    before = conversation.messages[: max(0, _asked(conversation, index))]
    request = asked_with(history, index)
    keep = request.keep if request else "all"
    if keep == "all" and any(isinstance(message, UserMessage) and message.images for message in before):
        yield button(texts.transcript.without_images, f"shorten {index} pictures")
    if keep != "last turn" and before:
        yield button(texts.transcript.without_earlier, f"shorten {index} turns")


def _menu(message: AssistantMessage, index: int, asked: int, is_last: bool, has_prompt: bool) -> str:
    entries = [button(texts.transcript.edit, f"edit {index}")] if message.text else []
    if has_prompt:
        entries.append(button(texts.transcript.prompt, f"inspect {index}"))
    if message.text:
        entries.append(button(texts.sureness.open, f"sureness {index}"))
    if asked >= 0:
        entries.append(button(texts.transcript.compare, f"compare {index}"))
    if asked >= 0:
        entries.append(button(texts.code.open, f"code {index}"))
    if asked >= 0 and message.text:
        entries.append(button(texts.examples.keep, f"example {index}", texts.examples.keep_told))
    if is_last and asked >= 0:
        entries.append(button(texts.transcript.undo, f"undo {index}"))
    if message.stats:
        entries.append(f"<small>{details(message.stats)}</small>")
    more = texts.transcript.more
    summary = f'<summary aria-label="{more}" title="{more}">{icon("more")}</summary>'
    return f'<details class="menu">{summary}<div>{"".join(entries)}</div></details>'


def asked_with(history: ConversationTree, index: int) -> ChatRequest | None:
    """What the answer at this index came from; None where nobody knows: it was imported, or written by the person."""
    path = history.path
    return history.nodes[path[index]].asked if index < len(path) else None


def _icon(name: str, command: str, label: str) -> str:
    return button("", command, label, shown=name)


def _can_go_on(message: AssistantMessage) -> bool:
    """Whether it is a text that was cut off, or a thought. One that failed on its way has a note, and no stats."""
    was_cut = message.stats.reason in CUT if message.stats else bool(message.note)
    return was_cut and bool(message.text or message.thought) and not message.tool_calls


def speed(stats: Finished) -> str:
    """How much was written and how fast, in a few words."""
    return " · ".join(_speed(stats))


def _speed(stats: Finished) -> Iterator[str]:
    if usage := stats.usage:
        thinking = f" ({texts.transcript.of_thoughts.format(usage.thought_tokens)})" if usage.thought_tokens else ""
        yield texts.transcript.tokens.format(usage.new_tokens) + thinking
        if usage.tokens_per_second is not None:
            yield texts.transcript.speed.format(usage.tokens_per_second)


def details(stats: Finished) -> str:
    """What an answer took, in one line."""
    said = texts.transcript
    if not (usage := stats.usage):
        return said.no_figures
    of_these = [said.of_images.format(usage.image_tokens)] if usage.image_tokens else []
    of_these += [said.of_cached.format(usage.reused_tokens)] if usage.reused_tokens else []
    detail = f" ({', '.join(of_these)})" if of_these else ""
    thinking = f" ({said.of_thoughts.format(usage.thought_tokens)})" if usage.thought_tokens else ""
    facts = [
        said.prompt_tokens.format(usage.prompt_tokens) + detail,
        said.generated.format(usage.new_tokens) + thinking,
    ]
    if usage.seconds_to_first_token is not None:
        facts.append(said.first_token.format(usage.seconds_to_first_token))
    return " · ".join(facts)


def _pager(conversation: Conversation, history: ConversationTree, index: int, earlier: str, later: str) -> str:
    path = history.path
    if index >= len(path) or history.nodes[path[index]].message != conversation.messages[index]:
        return ""
    place, count = history.alternatives(index)
    if count < 2:
        return ""
    back, on = button("‹", f"turn {index} -1", earlier), button("›", f"turn {index} 1", later)
    return f'<span class="pager">{back} {place} / {count} {on}</span>'
