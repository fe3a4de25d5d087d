"""What the model was sent for one answer, as HTML: control tokens told apart, ids on demand, pictures, figures. Pure."""

import html
from dataclasses import replace
from typing import TYPE_CHECKING

from backend.chat.messages import AssistantMessage, Image, Message, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree
from backend.turn import messages_sent
from ui.render.addresses import picture_address
from ui.render.buttons import button
from ui.render.entry_actions import details

if TYPE_CHECKING:
    from backend.tokenization.inspect import Inspection, Piece  # at run time it would bring the tokenizer

LONG = 40_000  # characters of one piece that are shown


def request_of(history: ConversationTree, index: int) -> ChatRequest | None:
    """The request that the answer at this index of the shown branch came from; None where it was not kept."""
    path = history.path
    if index >= len(path):  # it is being written
        return None
    node = history.nodes[path[index]]
    if node.asked is None or not isinstance(node.message, AssistantMessage):
        return None
    before = history.conversation.messages[:index]
    first = bool(before) and isinstance(before[-1], UserMessage)
    return replace(
        node.asked,
        messages=messages_sent(before, node.asked),
        tools=() if node.message.without_tools else node.asked.tools,
        tool_choice=node.asked.tool_choice if first else "auto",
        continues=False,
    )


def inspector(found: "Inspection", asked: ChatRequest, answer: Message) -> str:
    """The whole view."""
    pictures = [image for m in asked.messages if isinstance(m, UserMessage) for image in m.images]
    settings = asked.settings
    figures = [
        f"{found.tokens:,} tokens in the prompt",
        f"temperature {settings.temperature:g}",
        f"seed {settings.seed}",
    ]
    if isinstance(answer, AssistantMessage) and answer.stats:
        figures.append(details(answer.stats))
    note = f"<p>{html.escape(found.note)}</p>" if found.note else ""
    return (
        '<div class="inspector" role="dialog" aria-label="What the model was sent"><header><h2>What the model was sent</h2>'
        f"{button('✕', 'close', 'Close')}</header>"
        f"<p>{html.escape(' · '.join(figures))}</p>{note}"
        f'<label class="ids"><input type="checkbox"> Show token ids</label>'
        f'<div class="prompt">{"".join(_piece(piece, pictures, found.images) for piece in found.pieces)}</div></div>'
    )


def _piece(piece: "Piece", pictures: list[Image], sizes: tuple[tuple[int, int], ...]) -> str:
    ids = f'<span class="token-ids">{" ".join(map(str, piece.ids))}</span>'
    if piece.image is not None:
        width, height = sizes[piece.image]
        url = picture_address(pictures[piece.image])
        about = f"picture {piece.image + 1}, as the model received it: {width} × {height}, {len(piece.ids):,} tokens"
        return f'<figure><img src="{url}" alt="{about}" width="{width}" height="{height}"><figcaption>{about}</figcaption>{ids}</figure>'
    kind = "control" if piece.is_control else "text"
    text = piece.text if len(piece.text) <= LONG else f"{piece.text[:LONG]}… ({len(piece.text):,} characters)"
    return f'<span class="{kind}">{html.escape(text)}</span>{ids}'
