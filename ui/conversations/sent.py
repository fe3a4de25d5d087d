"""Whether what still stands in a page's message box was sent: the page that was told so never read it. Pure."""

from backend.chat.messages import UserMessage
from ui.place import Place
from ui.session import Chat


def asked_since(chat: Chat, place: Place) -> str:
    """The text that was sent first from a page that was at this place; "" where the shown branch does not go on there.

    By its place and not by the text alone, since people say the same twice: what stood there before was not sent now.
    """
    nodes, shown = chat.history.nodes, chat.history.path
    is_known = place.leaf is None or place.leaf in nodes
    is_edited_yet = place.editing is not None and chat.editing is not None
    if not is_known or is_edited_yet or place.id not in ("", chat.id):
        return ""
    before = chat.history.branch(place.leaf)[: place.editing]
    if shown[: len(before)] != before:
        return ""
    new = (nodes[id].message for id in shown[len(before) :])
    return next((message.text for message in new if isinstance(message, UserMessage)), "")
