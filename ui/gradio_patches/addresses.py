"""What Gradio writes of the app's own address into the page: the path that it stands under, and no host.

Why: Gradio takes the host and the scheme from each request, as the last proxy has named them. The browser knows better
where it has the page from, and fills in what is missing.
Seen with: Gradio 6.31.0; its client puts a root that is no URL behind its own address. The name `get_root_url`.
Without it: behind a proxy that does not name the public host and scheme, the page asks another host, which its policy
forbids: no picture, no script, no answer. And whoever asks can have any host written into what a cache may keep.
Remove when: Gradio has a setting for it.
"""

from typing import Any
from urllib.parse import urlsplit

from gradio import route_utils

REDIRECTS = ("/login", "/logout")  # which lead to this address; none would lead to where they are
PAGES = ("/", "/config")  # whose client completes this address with its own, query included where there is none


def root(request: Any, route_path: str, root_path: str | None) -> str:
    """The path of `root_path`, which may be an address, with no slash at its end; "" or "." where the app has none."""
    path = urlsplit(root_path or "").path.rstrip("/")
    if route_path in REDIRECTS:
        return f"{path}/"
    return path or ("." if route_path in PAGES else "")


def name_no_host() -> None:
    """Has Gradio write addresses so from now on."""
    route_utils.get_root_url = root
