"""A PDF in the strip: its pages, which of them go, and as what. Pure."""

import html
from urllib.parse import quote

from ui.attachments.box_files import AT_ONCE
from ui.attachments.cards import DocumentCard, PageCard
from ui.attachments.choice import FORMS, ranges
from ui.components.options import DETAILS
from ui.render.buttons import button
from ui.render.composer.parts import badge
from ui.render.icons import icon
from ui.render.token_meter import amount
from ui.texts import texts

WORDS = texts.documents
FORM_NAMES = {"picture": WORDS.form_picture, "text": WORDS.form_text, "both": WORDS.form_both}
# Pages that the strip has of a document, and of all together; beside those some that are chosen. Any other is typed.
SHOWN, OF_ALL, LEAST, CHOSEN = 200, 400, 4, 5


def document(card: DocumentCard, name: int, count: int = 1) -> str:
    """Its name, what goes of it, and its pages, as many as there is room for where it is one of so many documents."""
    pages = _pages(card, name, max(LEAST, min(SHOWN, OF_ALL // count)))
    title = html.escape(card.name)
    remove = button("", f"remove {name}", f"{texts.composer.remove} {card.name}", shown="close")
    return (
        f'<div class="head">{icon("file")}<b dir="auto" title="{title}">{title}</b><small>{_counted(card.count)}'
        f"{_going(card)}</small></div>{remove}{_controls(card, name)}{_told(card)}"
        f'<div class="pages" role="group" aria-label="{WORDS.pages.format(name=title)}">{pages}</div>'
    )


def thumbnail_address(path: str, number: int) -> str:
    """Where the page finds a small picture of a page, see web/document_page.py."""
    return f"document-page?file={quote(path)}&amp;page={number}"


def _counted(count: int) -> str:
    return WORDS.one_page if count == 1 else WORDS.counted.format(count=f"{count:,}")


def _going(card: DocumentCard) -> str:
    """What the pages that go cost together."""
    tokens, is_exact = card.texts.tokens, card.texts.is_exact
    if card.choice.form != "text":
        prices = [page.price for page in card.pages if page.image]
        tokens += sum(price.tokens for price in prices)
        is_exact = is_exact and all(price.is_exact for price in prices)
    return f" · {amount(tokens, is_exact)} tokens" if tokens else ""


def _controls(card: DocumentCard, name: int) -> str:
    """Which pages, as what, and how large."""
    field = (
        f'<label>{WORDS.pages_field}<input class="page-numbers" data-mark="{name}" value="{ranges(card.chosen)}" '
        f'inputmode="text" autocomplete="off" spellcheck="false" maxlength="2000" placeholder="3-7, 12"></label>'
    )
    last = card.chosen[-1] if card.chosen else 0
    following = min(AT_ONCE, len(card.pages) - last)
    more = button(WORDS.next_pages.format(count=following), f"next {name}") if following > 0 else ""
    forms = "".join(_option(form, FORM_NAMES[form], form == card.choice.form) for form in FORMS)
    sizes = "".join(_option(str(edge), text, edge == card.choice.detail) for text, edge in DETAILS)
    return (
        f'<div class="controls">{field}{more}{_select("form", name, WORDS.form, forms)}'
        f"{_select('detail', name, WORDS.detail, sizes) if card.choice.form != 'text' else ''}</div>"
    )


def _select(command: str, name: int, label: str, options: str) -> str:
    return f'<select class="document-{command}" data-mark="{name}" aria-label="{label}">{options}</select>'


def _option(value: str, text: str, is_chosen: bool) -> str:
    return f'<option value="{value}"{" selected" if is_chosen else ""}>{text}</option>'


def _told(card: DocumentCard) -> str:
    """That more was chosen than goes at once."""
    told = ""
    if len(card.chosen) > len(card.going):
        told = WORDS.some_later.format(going=len(card.going), chosen=f"{len(card.chosen):,}")
    return f'<p class="some-later" role="status">{told}</p>'  # there at all times, or what follows would be made anew


def _pages(card: DocumentCard, name: int, room: int) -> str:
    shown = [page for page in card.pages if page.number <= room or page.is_chosen][: CHOSEN * room]
    rest = "" if len(shown) == card.count else f"<small>{WORDS.more_pages.format(count=f'{card.count:,}')}</small>"
    stop = card.chosen[0] if card.chosen else 1  # the keyboard comes by here, and goes on by arrows
    return "".join(_page(page, card, name, page.number == stop) for page in shown) + rest


def _page(page: PageCard, card: DocumentCard, name: int, is_stop: bool) -> str:
    """A small picture, whose press chooses the page or leaves it out, and the number of the image that it will be."""
    number = f"{page.number:,}"
    price = amount(page.price.tokens, page.price.is_exact) if page.price.tokens else ""
    label = WORDS.page_tokens.format(number=number, tokens=price) if price else WORDS.page.format(number=number)
    later = " put-off" if page.is_chosen and page.number not in card.going else ""
    return (
        f'<div class="page{later}"><button type="button" class="do" value="page {name} {page.number}" '
        f'aria-pressed="{str(page.is_chosen).lower()}" aria-label="{label}" title="{label}"{_stop(is_stop)}>'
        f'<img src="{thumbnail_address(card.path, page.number)}" alt="" loading="lazy" draggable="false">'
        f"<small><b>{number}</b> {price}</small></button>{badge(page.image, -1) if page.image else ''}</div>"
    )


def _stop(is_stop: bool) -> str:
    return "" if is_stop else ' tabindex="-1"'
