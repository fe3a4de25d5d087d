"""A page whose name was made to lead to this machine (DNS rebinding) gets nothing of the app; proxies do."""

import logging

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from backend.config import Config
from backend.options import read_config
from tests.trust.conftest import App
from web.incoming.hosts import MAX_TOLD, REFUSED
from web.limits import Limits
from web.middleware import Standing, guards

PORT = 7860
PASSED_ON = {"X-Forwarded-For": "203.0.113.5"}


async def _page(request: Request) -> Response:
    return PlainTextResponse("the page")


def status(host: str, standing: Standing, headers: dict[str, str] | None = None) -> int:
    """Of an app that listens at PORT."""
    app = Starlette(routes=[Route("/config", _page)], middleware=guards(Limits(), standing=standing))
    client = TestClient(app, base_url=f"http://127.0.0.1:{PORT}")
    return client.get("/config", headers={"Host": host} | (headers or {})).status_code


OWN = ["localhost", "LocalHost:1", "localhost.", "127.0.0.1", "127.9.9.9:80", f"[::1]:{PORT}"]
OTHERS = [
    f"evil.example:{PORT}", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0", "[::2]",
    "a b", "", "[:", "127.0.0.1:x", "localhost@evil.example", "192.168.0.7",
]  # fmt: skip
HERE = Standing(is_personal=True)
NAMED = Standing(is_personal=True, hosts=("chat.example", "*.lan", "fd00::7"))


@pytest.mark.parametrize("host", OWN)
@pytest.mark.parametrize("standing", [HERE, NAMED, Standing(), Standing(hosts=("chat.example",))])
def test_by_the_names_of_its_machine_it_is_always_reached(host: str, standing: Standing) -> None:
    assert status(host, standing) == 200


@pytest.mark.parametrize("host", OTHERS)
def test_on_its_own_machine_it_goes_by_no_other_name(host: str) -> None:
    assert status(host, HERE) == 403


@pytest.mark.parametrize("host", ["chat.example", "chat.example:443", "[fd00::7]", "chat.example:8443"])
def test_a_proxy_on_this_machine_passes_on_whatever_name_it_has(host: str) -> None:
    assert status(host, HERE, PASSED_ON) == 200


@pytest.mark.parametrize("mark", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP"])
def test_a_page_that_writes_a_proxys_headers_has_asked_for_the_apps_own_port(mark: str) -> None:
    assert status(f"evil.example:{PORT}", HERE, {mark: "localhost"}) == 403


@pytest.mark.parametrize("host", ["chat.example", "CHAT.example.:443", "ada.lan", f"a.b.lan:{PORT}", "[fd00::7]"])
def test_names_that_are_allowed_are(host: str) -> None:
    assert status(host, NAMED) == 200


@pytest.mark.parametrize("host", ["other.example", "lan", "evillan", "chat.example.evil.example", "fd00::7"])
def test_where_names_are_given_those_are_all_also_behind_a_proxy(host: str) -> None:
    assert status(host, NAMED, PASSED_ON) == 403
    assert status(host, Standing(hosts=NAMED.hosts)) == 403


@pytest.mark.parametrize("host", ["space.hf.space", "0.0.0.0:7860", "a1b2.gradio.live", "192.168.0.7:7860"])
def test_where_others_can_reach_it_anyway_or_all_are_allowed_any_name_will_do(host: str) -> None:
    assert status(host, Standing()) == status(host, Standing(is_personal=True, hosts=("*",))) == 200


def test_whoever_is_refused_reads_what_to_do_and_whoever_runs_the_app_which_name_it_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Starlette(routes=[Route("/config", _page)], middleware=guards(Limits(), standing=HERE))
    client = TestClient(app, base_url=f"http://127.0.0.1:{PORT}")
    with caplog.at_level(logging.WARNING):
        answers = [client.get("/config", headers={"Host": f"evil{n}.example:{PORT}"}) for n in [0, *range(100)]]
    assert answers[0].text == REFUSED
    assert "--allowed-hosts" in REFUSED
    lines = [record.getMessage() for record in caplog.records if record.name == "web.incoming.hosts"]
    assert len(lines) == MAX_TOLD
    assert f"'evil0.example:{PORT}'" in lines[0]


def test_the_running_app_keeps_a_page_out_that_was_led_to_it(open_app: App) -> None:
    port = httpx2.URL(open_app.url).port
    for method, path in (("GET", "/"), ("GET", "/config"), ("POST", "/gradio_api/queue/join")):
        led = httpx2.request(method, open_app.url + path, headers={"Host": f"evil.example:{port}"} | PASSED_ON)
        assert (led.status_code, led.text) == (403, REFUSED)
    passed_on = httpx2.get(f"{open_app.url}/config", headers={"Host": "chat.example"} | PASSED_ON)
    assert passed_on.status_code == 200
    probe = httpx2.get(f"{open_app.url}/health", headers={"Host": f"10.244.1.7:{port}"})  # as a cluster's names the pod
    assert probe.status_code == 200
    for path in ("/gradio_api/file=/tmp/health", "/static/health", "//health", "/config/health"):
        assert httpx2.get(open_app.url + path, headers={"Host": f"evil.example:{port}"}).status_code == 403


def test_hosts_are_given_by_name_and_without_ports() -> None:
    assert read_config(["--allowed-hosts", "Chat.Example, *.lan,[fd00::7],10.0.0.7"], {}).allowed_hosts == (
        "chat.example", "*.lan", "fd00::7", "10.0.0.7",
    )  # fmt: skip
    assert read_config([], {"MISTRAL_CHAT_ALLOWED_HOSTS": "*"}).allowed_hosts == ("*",)
    assert Config(host="127.0.0.2").is_personal


@pytest.mark.parametrize("text", ["https://chat.example", "chat.example:443", "chat.*", "a/b", "*lan", "ü.example"])
def test_what_is_no_name_of_a_host_is_refused_at_the_start(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_config(["--allowed-hosts", text], {})
    assert "no name of a host" in capsys.readouterr().err
