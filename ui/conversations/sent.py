"""Whether what still stands in a page's message box was sent: the page that was told so never read it. Pure."""

from backend.chat.messages import UserMessage
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
    """Its text; "" where there is none."""
    sent = sent_since(chat, place)
    return sent.text if sent else ""


def was_sent(chat: Chat, place: Place, text: str, pictures: int) -> bool:
    """Whether a message of this text, with so many pictures, is what was sent from this place already."""
    sent = sent_since(chat, place)
    return sent is not None and (sent.text, len(sent.images)) == (text if text.strip() else "", pictures)
