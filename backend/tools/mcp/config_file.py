"""The file that names MCP servers, in the form that other hosts read too: {"mcpServers": {"time": {"command": …}}}."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from backend.chat.errors import ServersInvalid
from backend.tools.schemas import strict_json

TIMEOUT, MAX_TIMEOUT = 60.0, 3600.0  # seconds of one call
MAX_SERVERS, MAX_FILE = 64, 1_000_000  # bytes
# What hosts call the ways of speaking to a server.
STDIO, HTTP, SSE = ("stdio",), ("http", "streamable-http", "streamableHttp", "streamable_http"), ("sse",)
# ${NAME}, ${env:NAME} as VS Code has it, and ${NAME:-what holds where it is not set}.
_VARIABLE = re.compile(r"\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


@dataclass(frozen=True)
class Server:
    """One server: a command with its arguments, or an address. `timeout` is in seconds, of one call.

    `is_trusted`: its tools run without asking, also those that may change something. What may hold keys is not printed.
    """

    name: str
    command: str = ""
    args: tuple[str, ...] = field(default=(), repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str = ""
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_sse: bool = False
    timeout: float = TIMEOUT
    is_trusted: bool = False


def read_servers(path: Path, environ: Mapping[str, str] = os.environ) -> tuple[Server, ...]:
    """The servers in a file, without those that it has disabled. Raises ServersInvalid."""
    try:
        data = path.expanduser().read_bytes()
    except OSError as error:
        raise ServersInvalid(f"--mcp {path}: {error.strerror or 'it cannot be read'}.") from error
    try:
        text = data[:MAX_FILE].decode("utf-8-sig")
        content = strict_json(text)
    except ValueError as error:  # UnicodeDecodeError is one
        raise ServersInvalid(f"--mcp {path}: this is not valid JSON: {error}.") from error
    named = content.get("mcpServers") if isinstance(content, dict) else None
    if not isinstance(named, dict):
        raise ServersInvalid(f"--mcp {path}: it needs an object called “mcpServers”.")
    if len(named) > MAX_SERVERS:
        raise ServersInvalid(f"--mcp {path}: there are {len(named)} servers; the limit is {MAX_SERVERS}.")
    found = []
    for name, about in named.items():
        try:
            if not (isinstance(about, dict) and about.get("disabled") is True):
                found.append(_server(name, about, environ))
        except ValueError as error:
            raise ServersInvalid(f"--mcp {path}, server “{name}”: {error}.") from error
    return tuple(found)


def checked_url(url: str) -> str:
    """The address of a server. Raises ValueError."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or len(url) > 2_000 or any(sign.isspace() for sign in url):
        raise ValueError("“url” must be an address that begins with http:// or https://")
    return url


def _server(name: str, about: object, environ: Mapping[str, str]) -> Server:
    """Raises ValueError, without a full stop."""
    if not name.strip() or len(name) > 64:
        raise ValueError("its name must have 1 to 64 characters")
    if not isinstance(about, dict):
        raise ValueError("it must be an object with “command” or “url”")
    kind = about.get("type", about.get("transport"))
    if kind not in (None, *STDIO, *HTTP, *SSE):
        raise ValueError("“type” must be stdio, http or sse")
    if ("command" in about) == ("url" in about) or (kind in STDIO and "url" in about):
        raise ValueError("give either “command” or “url”")
    timeout, approve = about.get("timeout", TIMEOUT), about.get("approve", "ask")
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 1 <= timeout <= MAX_TIMEOUT:
        raise ValueError(f"“timeout” must be a number of seconds from 1 to {MAX_TIMEOUT:.0f}")
    if approve not in ("ask", "always"):
        raise ValueError("“approve” must be “ask” or “always”")
    common = {"timeout": float(timeout), "is_trusted": approve == "always"}
    if "url" in about:
        url = checked_url(_text(about["url"], "url", environ))
        headers = _texts(about.get("headers", {}), "headers", environ)
        if not all(each.isascii() and each.isprintable() for pair in headers.items() for each in pair):
            raise ValueError("“headers” may hold printable ASCII only")
        return Server(name, url=url, headers=headers, is_sse=kind in SSE, **common)
    args = about.get("args", [])
    if not isinstance(args, list):
        raise ValueError("“args” must be a list of texts")
    return Server(
        name, _text(about["command"], "command", environ), tuple(_text(each, "args", environ) for each in args),
        _texts(about.get("env", {}), "env", environ), _text(about.get("cwd", " "), "cwd", environ).strip(), **common,
    )  # fmt: skip


def _texts(value: object, name: str, environ: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"“{name}” must be an object of texts")
    return {key: _text(each, name, environ, may_be_empty=True) for key, each in value.items()}


def _text(value: object, name: str, environ: Mapping[str, str], may_be_empty: bool = False) -> str:
    """The text with its variables filled in."""
    if not isinstance(value, str) or "\0" in value or not (value or may_be_empty or name == "args"):
        raise ValueError(f"“{name}” must hold text")

    def filled(found: re.Match[str]) -> str:
        variable, default = found.groups()
        if variable not in environ and default is None:
            raise ValueError(f"“{name}” names the environment variable {variable}, which is not set")
        return environ.get(variable, default or "")

    return _VARIABLE.sub(filled, value)
