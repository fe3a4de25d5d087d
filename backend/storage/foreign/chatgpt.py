"""ChatGPT's own export, conversations.json: a tree of messages, with calls as messages to a tool."""

from backend.storage.foreign.pieces import Json, first, text_of
from backend.storage.foreign.thoughts import thoughts


def chatgpt(conversation: Json) -> tuple[list[object], str]:
    """The messages of the tree as entries with ids and parents, and the id of the one that is shown last."""
    entries: list[object] = []
    for id, node in conversation["mapping"].items():
        if not isinstance(node, dict):
            continue
        message = node.get("message")
        entry = _entry(message) if isinstance(message, dict) else {"role": "system", "content": ""}
        entries.append(entry | {"id": id, "parent": node.get("parent")})
    return entries, text_of(conversation.get("current_node"))


def _entry(message: Json) -> Json:
    author, content = message.get("author"), message.get("content")
    role = text_of(author.get("role")) if isinstance(author, dict) else ""
    name = author.get("name") if isinstance(author, dict) else None
    content = content if isinstance(content, dict) else {}
    kind, recipient = text_of(content.get("content_type")), text_of(message.get("recipient")) or "all"
    text = content.get("parts") if "parts" in content else first(content, "text", "result", "content")
    if kind == "user_editable_context":  # what a person tells ChatGPT about themselves, once for all chats
        about = [text_of(content.get(part)) for part in ("user_profile", "user_instructions")]
        return {"role": "system", "content": [each for each in about if each]}
    if kind in ("reasoning_recap", "model_editable_context"):
        return {"role": "assistant", "content": ""}
    if kind == "thoughts":
        return {"role": "assistant", "content": "", "reasoning_content": thoughts(_of_thoughts(content))}
    if role == "tool":
        return {"role": "tool", "name": name, "content": text}
    if role == "assistant" and recipient != "all":
        told = "\n".join(each for each in text if isinstance(each, str)) if isinstance(text, list) else text_of(text)
        arguments = told if told.lstrip().startswith("{") else {"input": told}
        return {"role": "assistant", "content": "", "function_call": {"name": recipient, "arguments": arguments}}
    return {"role": role, "content": text}


def _of_thoughts(content: Json) -> list[str]:
    found = content.get("thoughts")
    parts = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [": ".join(filter(None, (text_of(p.get("summary")), text_of(p.get("content"))))) for p in parts]
