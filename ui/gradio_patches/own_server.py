"""Gradio's questions to its own server at the start go to it, and through no proxy.

Why: it asks for its own page as for any other, by httpx, which heeds http_proxy, all_proxy and no_proxy.
Seen with: Gradio 6.31.0, which has no setting for it; the names `blocks.httpx` and `networking.url_ok`.
Without it: no start where a proxy is named that cannot reach this machine, is a SOCKS proxy, or where no_proxy names
[::1], which httpx cannot read.
Remove when: Gradio asks its own server without proxies.
"""

from types import SimpleNamespace
from typing import Any

import httpx
from gradio import blocks, networking


def get(url: str, **options: Any) -> httpx.Response:
    """As httpx.get, straight to the server. Raises OSError where it is not reached."""
    try:
        return httpx.get(url, **options, trust_env=False)
    except httpx.TransportError as error:
        host = httpx.URL(url).netloc.decode()
        raise OSError(
            f"The app does not reach itself at {host}; look at /etc/hosts, or choose another --host."
        ) from error


def ask_directly() -> None:
    """Has Gradio ask so from now on. That its page can be opened is known by then: the first question has an answer."""
    vars(blocks)["httpx"] = SimpleNamespace(get=get, URL=httpx.URL)
    networking.url_ok = lambda url: True
