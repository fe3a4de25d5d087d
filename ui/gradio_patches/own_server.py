"""Gradio's own server: its questions to it at the start go through no proxy, and its connections are ours.

Why: it asks for its own page as for any other, by httpx, which heeds http_proxy, all_proxy and no_proxy. It gives its
server no limits, and has no setting for any.
Seen with: Gradio 6.31.0; the names `blocks.httpx`, `networking.url_ok` and `http_server.Server`.
Without it: no start where a proxy is named that cannot reach this machine, is a SOCKS proxy, or where no_proxy names
[::1], which httpx cannot read. Anybody takes up all connections with requests that never end. Proxies now and then send
a request into a connection that ends at that moment, after 5 s without one: 502.
Remove when: Gradio asks its own server without proxies, and takes options for uvicorn.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import uvicorn
from gradio import blocks, http_server, networking


def get(url: str, **options: Any) -> httpx.Response:
    """As httpx.get, straight to the server. Raises OSError where it is not reached."""
    try:
        return httpx.get(url, **options, trust_env=False)
    except httpx.TransportError as error:
        host = httpx.URL(url).netloc.decode()
        raise OSError(f"The app can't reach itself at {host}. Check /etc/hosts, or choose another --host.") from error


def ask_directly() -> None:
    """Has Gradio ask so from now on. That its page can be opened is known by then: the first question has an answer."""
    vars(blocks)["httpx"] = SimpleNamespace(get=get, URL=httpx.URL)
    networking.url_ok = lambda url: True


def serve_by(connection: Callable[..., Any], backlog: int, keep_alive: int) -> None:
    """Has Gradio's server make its connections so from now on; `backlog` are those that it takes up at a time.

    Between two requests one may last for `keep_alive` seconds.
    """

    class Server(http_server.Server):
        def __init__(self, config: uvicorn.Config, *given: Any, **named: Any) -> None:
            config.http, config.backlog, config.timeout_keep_alive = connection, backlog, keep_alive  # type: ignore[assignment]
            super().__init__(config, *given, **named)

    http_server.Server = Server  # type: ignore[misc]
