"""Encrypted files."""

from collections.abc import Callable
from functools import partial

import pikepdf

from tests.support.odd_pdfs.raw import simple
from tests.support.pdfs import add_page, saved, written


def locked(revision: int, user: str) -> bytes:
    """With an owner's password; revision 2 is RC4 of 40 bits, 3 of 128, 4 AES-128 and 6 AES-256."""
    document = pikepdf.Pdf.new()
    add_page(document, written("Hello"))
    is_aes = revision > 3
    lock = pikepdf.Encryption(owner="owner", user=user, R=revision, aes=is_aes, metadata=is_aes)  # type: ignore[arg-type]
    return saved(document, encryption=lock)


KINDS = {"RC4-40": 2, "RC4-128": 3, "AES-128": 4, "AES-256": 6}
FILES: dict[str, Callable[[], bytes]] = {
    **{f"{kind}, with a password to open it": partial(locked, number, "user") for kind, number in KINDS.items()},
    **{f"{kind}, with a password to change it": partial(locked, number, "") for kind, number in KINDS.items()},
    "encrypted in a way that nobody knows": lambda: simple(
        changes={10: b"<< /Filter /Own /V 9 >>"}, trailer=b"/Root 1 0 R /Encrypt 10 0 R"
    ),
}
