"""The document says what the app is, is packed, and is as Gradio has made it otherwise."""

import gzip
import re
from pathlib import Path

import brotli
import gradio
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from web.document.front_page import FrontPage
from web.document.gradio_files import GradioFiles
from web.document.head import About, head
from web.document.page_files import Files

ASSETS = Path("assets")
GRADIOS = (Path(gradio.__file__).parent / "templates/frontend/index.html").read_text()
MADE = "x" * 3_000


class Gradio:
    """Stands for Gradio: its document, one of its files, and how often that was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def page(self, request: Request) -> Response:
        return HTMLResponse(GRADIOS)

    def file(self, request: Request) -> Response:
        self.asked += 1
        name = request.path_params["name"]
        if name.startswith("absent"):
            return Response("There is nothing here.", 404)
        return Response(MADE, headers={"ETag": '"1"'}, media_type="text/javascript")


@pytest.fixture
def behind() -> Gradio:
    return Gradio()


@pytest.fixture
def client(behind: Gradio) -> TestClient:
    about = About(
        "Mistral <Small>", "Chat with text & images.", "https://chat.example/", 'Message "Small"…', "Message", "Send"
    )
    written = head(ASSETS, Files(ASSETS, "Mistral"), about)
    routes = [Route("/", behind.page), Route("/assets/{name}", behind.file), Route("/login", behind.page)]
    in_front = [Middleware(GradioFiles), Middleware(FrontPage, head=written)]
    return TestClient(Starlette(routes=routes, middleware=in_front))


def test_a_link_to_the_app_shows_what_it_is_and_nothing_of_gradio(client: TestClient) -> None:
    page = client.get("/").text
    told = dict(re.findall(r'<meta\s+(?:property|name)="((?:og|twitter):\w+)"\s+content="([^"]*)"', page))
    assert told["og:title"] == "Mistral &lt;Small&gt;"
    assert told["og:description"] == "Chat with text &amp; images."
    assert re.fullmatch(r"https://chat\.example/page/[0-9a-f]{16}/preview\.png", told["og:image"])
    assert len(re.findall('property="og:title"', page)) == 1
    assert not re.findall(r"<meta[^>]*(?:@|\b)[gG]radio\b[^>]*>", page)
    assert "<title>Mistral &lt;Small&gt;</title>" in page
    assert len(re.findall('rel="manifest"', page)) == len(re.findall('name="viewport"', page)) == 1


def test_what_the_page_is_made_of_stays_as_it_was(client: TestClient) -> None:
    page = client.get("/").text
    ours, theirs = (text.partition("<script>window")[2] for text in (page, GRADIOS))
    looks = re.search(r'<link rel="stylesheet" href="page/[0-9a-f]{16}/page.css"></head>', ours)
    box = re.search(r'<div id="early".*</button></div><script>.*?</script>', ours, re.DOTALL)
    assert looks
    assert box
    assert ours.replace(looks[0], "</head>").replace(box[0], "") == theirs.replace(
        '<link rel="manifest" href="/manifest.json" />', ""
    )
    assert page.index("<base") < page.index("<link")


def test_the_document_is_packed_as_the_browser_takes_it(client: TestClient) -> None:
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for asked, way in (("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")):
        answer = client.get("/", headers={"Accept-Encoding": asked})
        assert (answer.headers["content-encoding"], answer.text) == (way, plain.text)
        assert int(answer.headers["content-length"]) < len(plain.content) / 2
        assert answer.headers["vary"] == "Accept-Encoding"


def test_gradios_files_are_packed_once_whoever_asks(client: TestClient, behind: Gradio) -> None:
    for _ in range(3):
        for asked, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)):
            with client.stream("GET", "/assets/Index-DphvyggB.js", headers={"Accept-Encoding": asked}) as answer:
                assert unpack(b"".join(answer.iter_raw())).decode() == MADE
            assert "immutable" in answer.headers["cache-control"]
    assert behind.asked == 1


def test_a_file_that_is_not_there_is_no_file_the_next_time_either(client: TestClient, behind: Gradio) -> None:
    for _ in range(2):
        answer = client.get("/assets/absent-DphvyggB.js")
        assert (answer.status_code, "max-age" in answer.headers.get("cache-control", "")) == (404, False)
    assert behind.asked == 2


def test_all_else_is_handed_on(client: TestClient) -> None:
    assert client.get("/login").text == GRADIOS
    assert client.head("/").headers.get("content-encoding") is None


def test_a_box_stands_first_in_the_body_with_its_words(client: TestClient) -> None:
    found = re.search(
        r"<body\b[^>]*><div id=\"early\" hidden>(<textarea[^>]*>).*?(<button[^>]*>)", client.get("/").text
    )
    assert found
    words = 'placeholder="Message &quot;Small&quot;…" aria-label="Message"'
    assert found[1] == f'<textarea rows="1" autocomplete="off" {words}>'
    assert found[2] == '<button type="button" aria-label="Send">'
