"""What the values of options may be: each function reads one from its text, or raises ArgumentTypeError."""

import argparse
import os
import re
from collections.abc import Callable
from urllib.parse import urlsplit

# What the app itself has at its root.
ROUTES = (
    "page", "assets", "static", "svelte", "gradio_api", "config", "login", "logout", "user", "health", "metrics",
    "document-page", "v1",
)  # fmt: skip


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number within these limits."""

    def parse(text: str) -> int:
        if not text.strip().isascii() or not text.strip().isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


def host(text: str) -> str:
    """A name or an address, which may be in brackets, as in an URL."""
    return text.strip().removeprefix("[").removesuffix("]")


def host_names(text: str) -> tuple[str, ...]:
    """Names of hosts in lower case, without ports, and without the brackets that addresses of IPv6 may have."""
    names = tuple(name.strip().strip("[]").rstrip(".").lower() for name in text.split(",") if name.strip())
    for name in names:
        if not re.fullmatch(r"\*|(\*\.)?[\w-]+(\.[\w-]+)*|[0-9a-f:.]*::?[0-9a-f:.]*:[0-9a-f:.]*", name, re.ASCII):
            raise argparse.ArgumentTypeError(f"{name!r} is no name of a host, such as chat.example, without a port")
    return names


def path(text: str) -> str:
    """Of a path or an address the path, as in "/chat"; "" where that is the root."""
    path = urlsplit(text).path.strip("/")
    if not re.fullmatch(r"[\w./~-]*", path, re.ASCII) or path.split("/")[0] in ROUTES:
        raise argparse.ArgumentTypeError(f"{text!r} is no path such as /chat, or one that the app itself has")
    return f"/{path}" if path else ""


def set_variable(name: str) -> str:
    """The name of an environment variable that is set."""
    if not os.environ.get(name):
        raise argparse.ArgumentTypeError(f"the environment variable {name} is not set")
    return name


def auth(text: str) -> tuple[str, str]:
    """A name and a password, with a colon between them."""
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise argparse.ArgumentTypeError("write a name and a password, as in ada:secret")  # never repeats the value
    return user, password


def flag(text: str) -> bool:
    """True or false, as a variable says it. Raises ValueError."""
    if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() in ("1", "true", "yes")
