"""What the model was sent for one answer, as HTML: control tokens told apart, ids on demand, pictures, figures. Pure.

However long it is, a bounded number of elements shows it: the page itself tells the tokens of a run apart where
somebody looks at it (assets/page/views/tokens.js).
"""

import html
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from backend.chat.messages import AssistantMessage, Message, UserMessage
from backend.chat.parts import Image
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree
from backend.turn import messages_sent
from ui.render.addresses import picture_address
from ui.render.buttons import button
from ui.render.entry_actions import details
from ui.render.icons import icon
from ui.render.texts import sendable
from ui.texts import texts

if TYPE_CHECKING:
    from backend.tokenization.inspect import Inspection, Piece  # at run time it would bring the tokenizer

TOKENS, PIECES, RUN = 40_000, 2_000, 100  # tokens of text that are shown, pieces at most, tokens of a run


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


def inspector(found: "Inspection", asked: ChatRequest, answer: Message, index: int) -> str:
    """The whole view of the prompt of the answer at this index."""
    told = texts.inspector
    settings = asked.settings
    figures = [
        told.in_prompt.format(count=f"{found.tokens:,}"),
        told.temperature.format(value=f"{settings.temperature:g}"),
        told.seed.format(value=settings.seed),
    ]
    if isinstance(answer, AssistantMessage) and answer.stats:
        figures.append(details(answer.stats))
        if answer.stats.usage and answer.stats.usage.prompt_tokens == found.tokens:
            del figures[0]  # it is told with what of it was read anew
    note = f"<p>{html.escape(found.note)}</p>" if found.note else ""
    close = (
        f'<button type="button" class="do" value="close" aria-label="{told.close}" title="{told.close}">'
        f"{icon('close')}</button>"
    )
    pictures = [image for m in asked.messages if isinstance(m, UserMessage) for image in m.images]
    return (
        f'<section class="inspector" role="dialog" aria-labelledby="inspector-title"><header>'
        f'<h2 id="inspector-title" tabindex="-1">{told.title}</h2>{close}</header>'
        f"<p>{html.escape(' · '.join(figures))}</p>{note}"
        f'<div class="choices"><label class="ids"><input type="checkbox"> {told.show_ids}</label>'
        f"{button(told.copy, f'prompt {index} text')}{button(told.copy_json, f'prompt {index} json')}</div>"
        f'<div class="prompt" tabindex="0" role="group" aria-labelledby="inspector-title">'
        f"{sendable(''.join(_prompt(found, pictures)))}</div></section>"
    )


def as_text(found: "Inspection") -> str:
    """The prompt as it reads, a picture by its number."""
    return "".join(piece.text if piece.image is None else f"[Image {piece.image + 1}]" for piece in found.pieces)


def as_json(found: "Inspection", asked: ChatRequest) -> str:
    """The prompt piece by piece with its ids, and how the answer to it was sampled, as JSON."""
    pieces = [
        {
            "kind": "image" if p.image is not None else "control" if p.is_control else "text",
            "text": p.text,
            "ids": p.ids,
        }
        for p in found.pieces
    ]
    return json.dumps(
        {"tokens": found.tokens, "settings": asdict(asked.settings), "prompt": pieces}, ensure_ascii=False
    )


def _prompt(found: "Inspection", pictures: list[Image]) -> Iterator[str]:
    left_out = 0
    for piece, count in zip(found.pieces, _shares(found.pieces), strict=True):
        if count and left_out:
            yield _gap(left_out)
            left_out = 0
        if count:
            yield from _piece(piece, count, pictures, found.images)
        if piece.image is None or not count:
            left_out += len(piece.ids) - count
    if left_out:
        yield _gap(left_out)


def _shares(pieces: Sequence["Piece"]) -> list[int]:
    """How many tokens of each piece are shown; of a picture it is all or nothing. What is left out is in the middle."""
    shares, left = [0] * len(pieces), TOKENS
    both_ends = chain.from_iterable(zip(range(len(pieces)), reversed(range(len(pieces))), strict=True))
    for at in islice(dict.fromkeys(both_ends), PIECES):
        shares[at] = min(left, 1 if pieces[at].image is not None else len(pieces[at].ids))
        left -= shares[at]
    return shares


def _gap(count: int) -> str:
    return f'<p class="gap">{texts.inspector.left_out.format(count=f"{count:,}")}</p>'


def _piece(piece: "Piece", count: int, pictures: list[Image], sizes: tuple[tuple[int, int], ...]) -> Iterator[str]:
    if piece.image is not None:
        width, height = sizes[piece.image]
        named = texts.inspector.image.format(number=piece.image + 1)
        about = f"{width} × {height}, {texts.inspector.tokens.format(count=f'{len(piece.ids):,}')}"
        yield (
            f'<figure><img src="{picture_address(pictures[piece.image])}" alt="{named}" width="{width}" '
            f'height="{height}" loading="lazy"><figcaption>{named}: {about}</figcaption></figure>'
        )
    elif piece.is_control:
        id_ = piece.ids[0]
        yield f'<span class="control" title="{id_}" data-id="{id_}">{html.escape(piece.text)}</span>'
    else:
        tokens = list(zip(piece.ids[:count], piece.parts, strict=False))
        yield from (_run(tokens[at : at + RUN]) for at in range(0, len(tokens), RUN))


def _run(tokens: Sequence[tuple[int, str]]) -> str:
    """Some tokens of a text: their ids, and how many characters each has."""
    ids, lengths = (" ".join(map(str, values)) for values in ((id_ for id_, _ in tokens), (len(p) for _, p in tokens)))
    text = html.escape("".join(part for _, part in tokens)).replace("\r", "&#13;")  # which HTML would make another of
    return f'<span class="run" data-ids="{ids}" data-lengths="{lengths}">{text}</span>'
