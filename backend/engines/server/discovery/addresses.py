"""Where a server is: what a person writes for it -> its address, and the HTTP client that keeps to its host."""

import re
from dataclasses import dataclass, field

import httpx2

from backend.chat.errors import ModelUnusable

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]*\w\.?|[0-9a-f:.]*:[0-9a-f:.]*(?:%\w+)?", re.IGNORECASE)
_WORD = re.compile(r"(?!localhost$)[a-z]+", re.IGNORECASE)  # neither an address nor, here, a short name
_VERSION = re.compile(r"/v\d+[a-z0-9]*$")
_ENDPOINT = re.compile(r"/(?:chat/completions|completions|models)$")
MAX_HOPS = 5  # to which a server may send on, one after the other
NO_ADDRESS = (
    "{shown} isn't a server address. Write it like http://localhost:8000, or give --server a short name: mistral, hf, "
    "ollama, llama.cpp or lmstudio."
)
NO_CERTIFICATES = "The certificates in SSL_CERT_FILE or SSL_CERT_DIR can't be read."
NO_PROXY = "The environment's proxy can't be used. Write it like http://host:port, or leave out --server-proxy."


@dataclass(frozen=True)
class Service:
    """A server that goes by a short name: its address, the variable that holds its key, the model to ask for."""

    url: str
    key_variable: str = ""
    model: str = ""


# https://docs.mistral.ai/getting-started/models/, https://huggingface.co/docs/inference-providers/index
# The others answer on this machine, at the port that each has by itself.
SERVICES = {
    "mistral": Service("https://api.mistral.ai/v1", "MISTRAL_API_KEY", "mistral-small-2506"),
    "hf": Service("https://router.huggingface.co/v1", "HF_TOKEN", "mistralai/Mistral-Small-3.2-24B-Instruct-2506"),
    "ollama": Service("http://localhost:11434/v1"),
    "llama.cpp": Service("http://localhost:8080/v1"),
    "lmstudio": Service("http://localhost:1234/v1"),
}


@dataclass(frozen=True)
class Address:
    """A server's: the bases that its protocol may be under, most likely first, and a name and password."""

    bases: tuple[httpx2.URL, ...]
    auth: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Its host, without the port."""
        return self.bases[0].host

    def __str__(self) -> str:
        """As it may be printed: without name, password and query."""
        return str(self.bases[0])


def address(written: str) -> Address:
    """The address that a person wrote. Raises ModelUnusable, which repeats no password."""
    text = written.strip()
    if _WORD.fullmatch(text):
        raise ModelUnusable(NO_ADDRESS.format(shown=repr(text)))
    text = text if _SCHEME.match(text) else f"http://{text}"
    shown = repr(re.sub(r"//[^/?#]*@", "//", text).partition("?")[0])
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise ModelUnusable(NO_ADDRESS.format(shown=shown)) from error
    is_web = url.scheme in ("http", "https") and (url.port or 0) <= 65_535
    if not (is_web and _HOST.fullmatch(url.host)):
        raise ModelUnusable(NO_ADDRESS.format(shown=shown))
    auth = (url.username, url.password) if url.userinfo else None
    path = _ENDPOINT.sub("", url.path.rstrip("/")).rstrip("/")
    # A path of its own may hold the protocol, as at Gemini, or what comes before /v1.
    paths = [path] if _VERSION.search(path) else [f"{path}/v1", path] if path else ["/v1"]
    plain = url.copy_with(username=None, password=None, query=None, fragment=None)
    return Address(tuple(plain.copy_with(path=one) for one in paths), auth)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    """https://www.rfc-editor.org/rfc/rfc6454#section-4"""
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def http_client(where: Address, key: str, proxy: bool, timeout: float) -> httpx2.Client:
    """A client for this server, for `sent`. What it is sent stays with this host and port, also where it sends on.

    `timeout` is in seconds, for each wait of a request that has none of its own. `proxy` says whether the environment's
    proxy is used; SSL_CERT_FILE and SSL_CERT_DIR count anyway. Raises ModelUnusable where either cannot be used.
    """

    def stay(request: httpx2.Request) -> None:
        home, there = _origin(where.bases[0]), _origin(request.url)
        if there not in (home, ("https", where.host, 443) if home == ("http", where.host, 80) else home):
            raise httpx2.UnsupportedProtocol("sent on to another host or port", request=request)

    try:
        return httpx2.Client(
            base_url=where.bases[0],
            auth=where.auth or httpx2.Auth(),  # else it would take one from an address that the server sends on to
            headers={} if where.auth else {"Authorization": f"Bearer {key or 'none'}"},
            timeout=timeout,
            trust_env=proxy,
            verify=httpx2.create_ssl_context(),  # which honours SSL_CERT_FILE and SSL_CERT_DIR
            event_hooks={"request": [stay]},
            # A connection for each request, since one that is taken up again is not told of, and could not be cut.
            limits=httpx2.Limits(max_connections=1_024, max_keepalive_connections=0),
        )
    except OSError as error:  # ssl.SSLError is one
        raise ModelUnusable(NO_CERTIFICATES) from error
    except (ImportError, ValueError) as error:
        raise ModelUnusable(NO_PROXY) from error


def sent(client: httpx2.Client, request: httpx2.Request) -> httpx2.Response:
    """What comes of it where the server sends on to, with a body that has not been read; the caller closes it.

    The client itself would read the whole body of each answer that sends on, however long it is. Raises
    httpx2.HTTPError: UnsupportedProtocol for another host or port, TooManyRedirects after MAX_HOPS.
    """
    for _ in range(1 + MAX_HOPS):
        response = client.send(request, stream=True)
        if response.next_request is None:
            return response
        response.close()
        request = response.next_request
    raise httpx2.TooManyRedirects("sent on again and again", request=request)
