"""The files about to be sent, as HTML. Pure."""

import html
import zlib
from collections.abc import Sequence

from ui.attachments.box_files import WrongFile
from ui.attachments.cards import Card, DocumentCard, PictureCard, Price, WrittenCard
from ui.attachments.choice import Choice
from ui.render.addresses import picture_address
from ui.render.buttons import button
from ui.render.composer.documents import document
from ui.render.composer.parts import badge, size_buttons
from ui.render.composer.regions import caption, part_button
from ui.render.icons import icon
from ui.render.token_meter import amount
from ui.texts import texts

WORDS = texts.composer


def marks(paths: Sequence[str]) -> list[int]:
    """What the page calls each of these files: a number of its own, wherever it stands, since places change.

    So a click means the file that was shown, and not the one that has its place by now. A file may be there twice.
    """
    return [zlib.crc32(f"{paths[:at].count(path)} {path}".encode()) % 10**9 for at, path in enumerate(paths)]


def render_strip(cards: Sequence[Card], most: int, page: str = "", told: str = "") -> str:
    """What is wrong, a sentence each; then the files in the order in which the model will see them.

    `most` images go with a message. `page` is what the page's script remembers to find them by after a reload, and what
    comes of a text that is sent without any; empty where it is to remember nothing. `told` is said before all else.
    The files have the same place whatever is said, so that they stay as they are on the page.
    """
    named = f' data-page="{html.escape(page)}"' if page else ""
    if not cards:
        return told + (f'<span class="drafts"{named} hidden></span>' if page else "")
    numbered = list(zip(cards, marks([card.path for card in cards]), strict=True))
    wrong = "".join(_refused(card, name) for card, name in numbered if isinstance(card, WrongFile))
    excess = _excess(sum(isinstance(card, PictureCard) for card in cards), most)
    good = [(card, name) for card, name in numbered if not isinstance(card, WrongFile)]
    last = len(good) - 1
    documents = sum(isinstance(card, DocumentCard) for card in cards)
    shown = "".join(_item(card, name, at, at == last, documents) for at, (card, name) in enumerate(good))
    said = f'<div class="told">{told}{wrong}{excess}</div>'
    return f'{said}<ol class="drafts" aria-label="{WORDS.images}"{named}>{shown}</ol>'


def _excess(count: int, most: int) -> str:
    if count <= most:
        return ""
    return f'<p class="refused excess" role="alert">{WORDS.too_many.format(most=most, excess=count - most)}</p>'


def _refused(card: WrongFile, name: int) -> str:
    """Why this file is not sent, and the way to be rid of it."""
    kind = "waits" if card.waits else "refused"
    remove = button("", f"remove {name}", WORDS.remove_file, shown="close")
    return (
        f'<p class="{kind}" role="alert" data-path="{html.escape(card.path)}"><span>{html.escape(card.problem)}</span>'
        f"{remove}</p>"
    )


def _item(card: Card, name: int, at: int, is_last: bool, documents: int) -> str:
    """A file, with what the page's script is to know of it: its place, and what was chosen of it."""
    moves = (
        "" if at == 0 else button(WORDS.earlier, f"move {name} -1"),
        "" if is_last else button(WORDS.later, f"move {name} 1"),
    )
    match card:
        case PictureCard(detail=detail, image=image):
            kind, choice, shown = "image", Choice(detail, label=image.label), _thumbnail(card, name, "".join(moves))
        case WrittenCard():
            kind, choice, shown = "written", Choice(), _written(card, name)
        case DocumentCard():
            kind, choice, shown = "document", card.choice, document(card, name, documents)
        case _:
            return ""
    about = f'data-mark="{name}" data-path="{html.escape(card.path)}" data-choice="{html.escape(choice.written)}"'
    draggable = "false" if kind == "document" else "true"
    return f'<li class="{kind}" draggable="{draggable}" {about}>{shown}</li>'


def _thumbnail(card: PictureCard, name: int, moves: str) -> str:
    """The image, which opens a menu of what can be done with it."""
    image = card.image
    label = WORDS.image.format(number=card.number)
    about = " · ".join(filter(None, (image.label, f"{image.width} × {image.height}{_tokens(card.price)}")))
    about = html.escape(about)
    sizes = size_buttons(name, card.detail)
    return (
        f'<button type="button" class="thumbnail" popovertarget="image-{name}" aria-label="{label}: {about}" '
        f'title="{about}"><img src="{picture_address(image)}" alt="" draggable="false">{caption(image)}</button>'
        f"{badge(card.number)}"
        f'<div popover id="image-{name}" class="image-menu"><p>{about}</p>{sizes}{part_button()}{moves}</div>'
        f"{button('', f'remove {name}', f'{WORDS.remove} {label.lower()}', shown='close')}"
    )


def _written(card: WrittenCard, name: int) -> str:
    """A file of text: its name and what it costs; a click opens it."""
    title = html.escape(card.name)
    about = f"{texts.documents.characters.format(count=f'{card.length:,}')}{_tokens(card.price)}"
    told = f'<p class="over" role="status">{texts.documents.too_long}</p>' if card.is_too_long else ""
    return (
        f'<button type="button" class="do card" value="read {name}" title="{texts.documents.open}">{icon("file")}'
        f'<span><b dir="auto">{title}</b><small>{about}</small></span></button>{told}'
        f"{button('', f'remove {name}', f'{WORDS.remove} {card.name}', shown='close')}"
    )


def _tokens(price: Price) -> str:
    return f" · {amount(price.tokens, price.is_exact)} tokens" if price.tokens else ""
