"""Whether what still stands in a page's message box was sent: the page that was told so never read it. Pure."""

from backend.chat.marks import typed
from backend.chat.messages import UserMessage
from backend.chat.parts import Image, TextFile
from ui.place import Place
from ui.session import Chat


def sent_since(chat: Chat, place: Place) -> UserMessage | None:
    """What was sent first from a page that was at this place; None where the shown branch does not go on there.

    By its place and not by its words alone, since people say the same twice: what stood there before was not sent now.
    """
    nodes, shown = chat.history.nodes, chat.history.path
    is_known = place.leaf is None or place.leaf in nodes
    is_edited_yet = place.editing is not None and chat.editing is not None
    if not is_known or is_edited_yet or place.id not in ("", chat.id):
        return None
    before = chat.history.branch(place.leaf)[: place.editing]
    if shown[: len(before)] != before:
        return None
    new = (nodes[id].message for id in shown[len(before) :])
    return next((message for message in new if isinstance(message, UserMessage) and not message.example), None)


def asked_since(chat: Chat, place: Place) -> str:
    """What was typed of it; "" where there is none."""
    sent = sent_since(chat, place)
    return typed(sent.parts) if sent else ""


def was_sent(chat: Chat, place: Place, text: str, files: int) -> bool:
    """Whether a message of this text, with so many files, is what was sent from this place already.

    Of a document several pages may have been sent, or none.
    """
    sent = sent_since(chat, place)
    if sent is None or typed(sent.parts) != (text if text.strip() else ""):
        return False
    is_of_pages = any(isinstance(part, TextFile) or (isinstance(part, Image) and part.label) for part in sent.parts)
    return files > 0 if is_of_pages else files == len(sent.images)
