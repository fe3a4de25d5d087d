"""A file of another program's -> the chats in it: which entries it has, and which comes after which."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from backend.chat.parts import BETWEEN_TEXTS, Text
from backend.storage.foreign.chatgpt import chatgpt
from backend.storage.foreign.entries import is_entry, listed, parsed
from backend.storage.foreign.parts import content_pieces
from backend.storage.foreign.pieces import Json, first, named, text_of, unfolded

MAX_NESTED = 6
_LISTS = ("messages", "chat_messages", "conversations", "conversation", "entries", "input", "contents", "prompt")
_PROMPTS = (
    "system",
    "preprompt",
    "instructions",
    "systemPrompt",
    "system_prompt",
    "systemInstruction",
    "system_instruction",
)
_TOOLS = ("tools", "functions")
_INNER = ("chat", "body", "request", "params", "data", "items", "chats", "threads", "history", "response")


@dataclass(frozen=True)
class Link:
    """An entry, and the place of the one before it among the links; None at the beginning."""

    parent: int | None
    value: object


@dataclass(frozen=True)
class ForeignChat:
    """A conversation of another program's: each link after its parent; `last` is the one that was shown at the end."""

    links: tuple[Link, ...]
    last: int | None = None
    title: str = ""
    prompt: str = ""
    tools: tuple[object, ...] = ()


def chats(value: object, depth: int = 0) -> Iterator[ForeignChat]:
    """The chats in a JSON value."""
    if depth > MAX_NESTED:
        return
    if isinstance(value, list):
        if any(is_entry(each) for each in value[:3]):
            yield _linked(value)
        elif value and all(_is_pair(each) for each in value):
            yield _linked(list(_of_pairs(value)))
        else:
            for each in value:
                yield from chats(each, depth + 1) if isinstance(each, dict | list) else ()
    elif isinstance(value, dict):
        for chat in _in_dict(value, depth):
            yield _with_surroundings(chat, value)


def _in_dict(value: Json, depth: int) -> Iterator[ForeignChat]:
    history = value.get("history")
    if isinstance(value.get("mapping"), dict):
        yield _linked(*chatgpt(value))
    elif isinstance(history, dict) and isinstance(history.get("messages"), dict):  # open-webui
        yield _linked(list(history["messages"].values()), history.get("currentId"))
    elif isinstance(value.get("chunkedPrompt"), dict):  # Google's AI Studio
        yield _linked([_of_chunk(each) for each in listed(value["chunkedPrompt"].get("chunks"))])
    elif isinstance(value.get("messages"), list) and any(_versions(each) for each in value["messages"]):
        yield _linked(*_of_versions(value["messages"]))
    elif (entries := _entries(value)) is not None:
        if any(is_entry(each) for each in entries):
            conv = value.get("conv")
            current = conv.get("currNode") if isinstance(conv, dict) else first(value, *_CURRENT)
            yield _linked(entries, current)
        else:
            yield from chats(entries, depth + 1)
    else:
        for name in _INNER:
            if isinstance(value.get(name), dict | list):
                yield from chats(value[name], depth + 1)


def _entries(value: Json) -> list[object] | None:
    """The entries that a dictionary lists, and after them the answer that it holds."""
    asked = first(value, "request", "body") if "response" in value else value  # a log of requests, and what came back
    found = (
        next((asked[n] for n in _LISTS if isinstance(asked.get(n), list)), None) if isinstance(asked, dict) else None
    )
    if found is None and text_of(first(value, "input", "prompt", "instruction")):
        texts = [text_of(value.get(name)) for name in ("prompt", "instruction", "input")]
        found = [{"role": "user", "content": BETWEEN_TEXTS.join(filter(None, texts))}]
    answer = first(value, "output", "completion", "response")
    choices = value.get("choices")
    if isinstance(answer, dict):
        choices, answer = first(answer, "choices"), first(answer, "output")
    said: list[object] = []
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        said = [choices[0].get("message")]
    elif isinstance(answer, list):
        said = answer
    elif text_of(answer):
        said = [{"role": "assistant", "content": answer}]
    return [*found, *said] if isinstance(found, list) else said or None


def _with_surroundings(chat: ForeignChat, value: Json) -> ForeignChat:
    """The chat with the title, the system prompt and the tools that stand beside it."""
    conv, params = value.get("conv"), value.get("params")
    title = chat.title or named(
        first(value, "title", "name") or (first(conv, "name") if isinstance(conv, dict) else "")
    )
    prompt = first(value, *_PROMPTS) or (first(params, *_PROMPTS) if isinstance(params, dict) else None)
    if isinstance(prompt, dict) and "parts" in prompt:  # Google's
        prompt = prompt["parts"]
    texts = [piece.text for piece in map(unfolded, content_pieces(prompt)) if isinstance(piece, Text)]
    tools = first(value, *_TOOLS)
    if isinstance(tools, str):  # as JSON text, in data sets
        tools = parsed(tools)
    found = tools if isinstance(tools, list) else [tools] if tools else []
    return replace(chat, title=title, prompt=chat.prompt or BETWEEN_TEXTS.join(texts), tools=chat.tools or tuple(found))


_IDS = ("id", "uuid", "messageId")
_PARENTS = ("parentId", "parent", "parentMessageId", "parent_message_uuid", "ancestors")
_CURRENT = ("currentId", "current_leaf_message_uuid", "currentNodeId", "current_node")


def _linked(entries: Sequence[object], current: object = None) -> ForeignChat:
    """The entries as a tree, where they name each other as such; else one after the other."""
    by_id = {id: value for value in entries if isinstance(value, dict) and (id := text_of(first(value, *_IDS)))}
    children: dict[str | None, list[str]] = {}
    for id, value in by_id.items():
        parent = _parent(value)
        children.setdefault(parent if parent in by_id else None, []).append(id)
    roots = children.get(None, [])
    if len(by_id) != len(entries) or len(roots) > len(by_id) / 2 or not roots:
        links = tuple(Link(place - 1 if place else None, value) for place, value in enumerate(entries))
        return ForeignChat(links, len(links) - 1 if links else None)
    places: dict[str, int] = {}
    links_found: list[Link] = []
    waiting: list[tuple[str, int | None]] = [(id, None) for id in reversed(roots)]
    while waiting:
        id, parent_place = waiting.pop()
        places[id] = len(links_found)
        links_found.append(Link(parent_place, by_id[id]))
        waiting += [(child, places[id]) for child in reversed(children.get(id, []))]
    last = places.get(text_of(current), places.get(next(reversed(by_id))))
    return ForeignChat(tuple(links_found), last)


def _parent(value: Json) -> str:
    found = first(value, *_PARENTS)
    return text_of(found[-1] if isinstance(found, list) else found)


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(each is None or isinstance(each, str) for each in value)


def _of_pairs(pairs: Sequence[Sequence[str | None]]) -> Iterator[Json]:
    """What was asked and answered, in turns, as Gradio's chatbot had it."""
    for asked, answered in pairs:
        for role, text in (("user", asked), ("assistant", answered)):
            if text is not None:
                yield {"role": role, "content": text}


def _of_chunk(chunk: object) -> object:
    if not isinstance(chunk, dict):
        return chunk
    part = {"thought": True, "text": chunk.get("text")} if chunk.get("isThought") else {}
    return {"role": chunk.get("role"), "parts": [part or {k: v for k, v in chunk.items() if k != "role"}]}


def _versions(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("versions"), list)


def _of_versions(messages: Sequence[object]) -> tuple[list[object], str]:
    """LM Studio's messages: of each the versions that there were, of which one was gone on from."""
    found: list[object] = []
    before = ""
    for place, message in enumerate(messages):
        versions = message["versions"] if isinstance(message, dict) and _versions(message) else [message]
        chosen = message.get("currentlySelected") if isinstance(message, dict) else 0
        for number, version in enumerate(versions):
            steps = version.get("steps") if isinstance(version, dict) else None
            entry = version if isinstance(version, dict) else {}
            found.append(entry | {"id": f"{place}.{number}", "parent": before} | _of_steps(steps))
        before = f"{place}.{chosen if isinstance(chosen, int) and 0 <= chosen < len(versions) else 0}"
    return found, before


def _of_steps(steps: object) -> Json:
    if not isinstance(steps, list):
        return {}
    content: list[object] = []
    for step in steps:
        if isinstance(step, dict) and isinstance(step.get("content"), list):
            style = step.get("style")
            thinks = isinstance(style, dict) and style.get("type") == "thinking"
            content += [{"type": "thinking", "thinking": step["content"]}] if thinks else step["content"]
    return {"content": content}
