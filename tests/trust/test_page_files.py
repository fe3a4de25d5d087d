"""The route of the page's own scripts gives out the modules of assets/page, and nothing else in any spelling."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.trust.conftest import App
from web.document.page_files import STYLES, Files, PageFiles
from web.middleware import Limits, guards

FOLDER = Path("assets/page")
MODULES = [path.relative_to(FOLDER).as_posix() for path in sorted(FOLDER.rglob("*.js"))]


async def _gradio(request: Request) -> Response:
    return PlainTextResponse("Gradio's own page")


def folder_of(assets: Path, **texts: str) -> Path:
    """A folder of assets with two modules, of which the texts are other ones, looks and an icon."""
    for folder in ("page/history", "styles", "icons"):
        (assets / folder).mkdir(parents=True)
    for name in ("main.js", "history/list.js"):
        (assets / "page" / name).write_text(texts.get(Path(name).stem, f"// {name}"))
    for part in STYLES:
        (assets / "styles" / f"{part}.css").write_text(f".{part} {{}}")
    (assets / "icons" / "icon.svg").write_text("<svg/>")
    return assets


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """In front of it what stands there in the app; beside the modules lies what nobody may read."""
    assets = folder_of(tmp_path_factory.mktemp("assets"))
    for name in ("notes.txt", "settings.json", "main.js.map", ".env", "../secret.js", "../icons/notes.txt"):
        (assets / "page" / name).write_text(f"// {name}")
    in_front = [*guards(Limits()), Middleware(PageFiles, files=Files(assets, "Chat"))]
    with TestClient(Starlette(routes=[Route("/{path:path}", _gradio)], middleware=in_front)) as client:
        yield client


def test_a_module_is_served_as_one_and_the_browser_asks_each_time_whether_it_is_the_newest(client: TestClient) -> None:
    answer = client.get("/page/history/list.js")
    assert (answer.status_code, answer.text) == (200, "// history/list.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("mark", ["{}", "W/{}", '"other", {}'])
def test_a_browser_that_has_the_newest_is_sent_nothing(mark: str, client: TestClient) -> None:
    tag = client.get("/page/main.js").headers["etag"]
    answer = client.get("/page/main.js", headers={"If-None-Match": mark.format(tag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert client.get("/page/history/list.js", headers={"If-None-Match": tag}).status_code == 200


def entry(browser: httpx2.Client) -> str:
    """The path of the script that the entry leads to."""
    return browser.get("/page/main.js").text.split('"')[1].replace("./", "/page/", 1)


def beside(browser: httpx2.Client, name: str) -> str:
    """The path of a file of the same version."""
    return entry(browser).replace("page.js", name)


def test_the_browser_asks_for_the_entry_anew_and_keeps_what_that_leads_to(client: TestClient) -> None:
    answer = client.get(entry(client))
    assert "// main.js" in answer.text
    assert client.get("/page/main.js").headers["cache-control"] == "no-cache"
    assert "immutable" in answer.headers["cache-control"]
    listed = client.get(beside(client, "history/list.js"))
    assert (listed.text, "immutable" in listed.headers["cache-control"]) == ("// history/list.js", True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("page.css", "text/css"), ("icon.svg", "image/svg+xml"), ("app.webmanifest", "application/manifest+json")],
)
def test_the_looks_the_icon_and_the_manifest_are_kept_as_well(name: str, kind: str, client: TestClient) -> None:
    answer = client.get(beside(client, name))
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert "immutable" in answer.headers["cache-control"]
    assert answer.text


def test_a_page_that_was_opened_before_an_update_gets_its_modules_but_does_not_keep_them(client: TestClient) -> None:
    answer = client.get("/page/0123456789abcdef/history/list.js")
    assert (answer.text, answer.headers["cache-control"]) == ("// history/list.js", "no-cache")


def test_every_part_of_the_looks_is_in_them() -> None:
    assert sorted(STYLES) == sorted(path.stem for path in Path("assets/styles").glob("*"))


def test_another_module_makes_another_version(tmp_path: Path) -> None:
    paths = set()
    for text in ("// 1", "// 2"):
        files = Files(folder_of(tmp_path / text[-1], list=text))
        app = Starlette(routes=[], middleware=[Middleware(PageFiles, files=files)])
        paths.add(entry(TestClient(app)))
    assert len(paths) == 2


HIDDEN = [
    "/page/notes.svg", "/page/secret.css", "/page/icons/icon.svg", "/page/app.json",
    "/page/", "/page/main", "/page/main.js/", "/page/other.js", "/page/history", "/page/history/", "/page//main.js",
    "/page/notes.txt", "/page/settings.json", "/page/main.js.map", "/page/.env", "/page/../secret.js",
    "/page/%2e%2e/secret.js", "/page/%252e%252e/secret.js", "/page/..%2fsecret.js", "/page/history/../../secret.js",
    "/page/history/..%5C..%5Csecret.js", "/page/%2Fetc/passwd", "/page//etc/passwd", "/page/main.js%00.txt",
    "/page/MAIN.js", "/page/0123456789abcdef/", "/page/0123456789abcdef/../../secret.js",
    "/page/0123456789abcdef/0123456789abcdef/main.js", "/page/0123456789abcdeg/main.js",
]  # fmt: skip


@pytest.mark.parametrize("path", HIDDEN)
def test_nothing_but_the_folders_modules_is_served_in_any_spelling(path: str, client: TestClient) -> None:
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())  # as it stands, where a client would tidy it up
    answer = client.send(request)
    assert answer.status_code == 404
    assert "//" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_module_can_only_be_read(method: str, client: TestClient) -> None:
    assert client.request(method, "/page/main.js").status_code == 404


def test_all_else_is_gradios_as_before(client: TestClient) -> None:
    assert client.get("/config").text == "Gradio's own page"


def test_the_app_serves_every_module_and_tells_no_page_where_it_lies(open_app: App) -> None:
    with httpx2.Client(base_url=open_app.url) as browser:
        for name in MODULES:
            served = browser.get(beside(browser, name))
            assert served.text == (FOLDER / name).read_text(encoding="utf-8")
        assert str(FOLDER.resolve()) not in browser.get("/config").text


def test_gradios_files_are_kept_by_the_browser_and_the_page_itself_is_not(open_app: App) -> None:
    with httpx2.Client(base_url=open_app.url) as browser:
        page = browser.get("/")
        (script,) = set(re.findall(r"assets/index-[\w-]+\.js", page.text))
        assert "immutable" in browser.get(f"/{script}").headers["cache-control"]
        assert "max-age" in browser.get("/static/fonts/IBMPlexSans/IBMPlexSans-Regular.woff2").headers["cache-control"]
        for answer in (
            page,
            browser.get("/config"),
            browser.get("/assets/index-00000000.js"),
            browser.get("/theme.css"),
        ):
            assert "max-age" not in answer.headers.get("cache-control", "")
