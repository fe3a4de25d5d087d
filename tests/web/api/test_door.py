"""Who is let in at /v1, with and without a key, and in which form everything else is refused."""

from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from backend.chat.request import TextDelta
from tests.support.api import HELLO, HERE, api
from web.api.errors import ApiError
from web.api.failures import as_response, told

KEY = "sk-of-this-test"
RIGHT = {"Authorization": f"Bearer {KEY}"}


def asked(client: TestClient, **given: Any) -> httpx2.Response:
    response: Any = client.post("/v1/chat/completions", **({"json": HELLO} | given))
    return response  # type: ignore[no-any-return]


def error(response: Any, status: int) -> dict[str, Any]:
    """What a refusal says, which has OpenAI's form."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    told: dict[str, Any] = response.json()["error"]
    assert set(told) == {"message", "type", "param", "code"}
    assert told["message"]
    assert told["type"]
    return told


def test_with_a_key_who_has_it_is_answered_and_nobody_else() -> None:
    client = api([[TextDelta("Hi")]], key=KEY)
    for headers in (
        {},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer sk-other"},
        {"Authorization": KEY},
    ):
        refused = asked(client, headers=headers)
        assert error(refused, 401)["code"] == "invalid_api_key"
        assert refused.headers["www-authenticate"] == "Bearer"
    assert asked(client, headers=RIGHT).json()["choices"][0]["message"]["content"] == "Hi"
    assert client.get("/v1/models").status_code == 401


def test_wrong_keys_are_soon_not_even_looked_at() -> None:
    client = api(key=KEY)
    statuses = [client.get("/v1/models", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    late = client.get("/v1/models", headers=RIGHT)
    assert error(late, 429)["type"] == "rate_limit_error"
    assert 1 <= int(late.headers["retry-after"]) <= 60
    elsewhere = {"X-Forwarded-For": "203.0.113.7"} | RIGHT  # by a proxy, another visitor
    assert client.get("/v1/models", headers=elsewhere).status_code == 200


def test_a_key_of_other_letters_is_refused_like_any_wrong_one() -> None:
    headers = [(b"authorization", "Bearer schlüssel".encode("latin-1"))]
    error(api(key=KEY).get("/v1/models", headers=headers), 401)  # type: ignore[arg-type]


def test_with_a_key_another_sites_name_and_origin_are_no_matter() -> None:
    headers = RIGHT | {"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"}
    client = api([[TextDelta("Hi")]], key=KEY)
    answer = asked(client, headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers  # nor may such a page read it


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"},
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"Via": "1.1 proxy"},
        {"Host": "evil.example:7860"},
        {"Host": "evil.example:7860", "Origin": "http://evil.example:7860", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_without_a_key_only_programs_of_this_machine_are_answered(headers: dict[str, str]) -> None:
    told = error(asked(api(), headers=headers), 403)
    assert told["type"] == "invalid_request_error"


def test_without_a_key_any_key_will_do_and_so_will_the_page_itself() -> None:
    client = api([[TextDelta("a")], [TextDelta("b")]])
    assert asked(client, headers={"Authorization": "Bearer EMPTY"}).status_code == 200
    own = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
    assert asked(client, headers=own).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_what_a_form_of_another_site_could_send_is_not_read(kind: str) -> None:
    body = b'{"messages": [{"role": "user", "content": "Hello"}]}'
    error(asked(api(), json=None, content=body, headers={"Content-Type": kind}), 415)
    error(asked(api(), json=None, content=body), 415)


def test_a_page_that_asks_for_leave_gets_none() -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = api(key=KEY).options("/v1/chat/completions", headers=headers)
    error(answer, 401)
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/completions", "/v1/chat", "/v1/models/x/y"])
def test_what_is_not_there_is_told_in_the_same_form(path: str) -> None:
    assert error(api().get(path), 404)["type"] == "not_found_error"


def test_a_wrong_method_is_told_so() -> None:
    for refused, allowed in (
        (api().get("/v1/chat/completions"), {"POST"}),
        (api().post("/v1/models", json={}), {"GET", "HEAD"}),
    ):
        method = "POST" if "POST" in allowed else "GET"
        assert error(refused, 405)["message"] == f"Send a {method} request here."
        assert set(refused.headers["allow"].split(", ")) == allowed


def test_the_models_are_listed_and_one_is_told_by_each_of_its_names() -> None:
    client = api()
    (model,) = client.get("/v1/models").json()["data"]
    assert model["id"] == "demo"
    assert client.get("/v1/models/demo").json() == model
    assert client.get("/v1/models/Mistral%20Demo").json()["id"] == "Mistral Demo"
    assert error(client.get("/v1/models/gpt-4"), 404)["code"] == "model_not_found"


def test_under_a_path_it_answers_there_whether_a_proxy_took_the_path_away_or_not() -> None:
    client = api(root_path="/chat", key=KEY)
    for path in ("/chat/v1/models", "/v1/models"):
        assert client.get(path, headers=RIGHT).status_code == 200
        error(client.get(path), 401)
    error(client.get("/chat/v1/x", headers=RIGHT), 404)


def test_other_paths_are_the_pages() -> None:
    answer = api().get("/v2/models")
    assert (answer.status_code, answer.text) == (404, "There's nothing here.")


def test_a_kind_that_the_app_knows_nothing_of_is_refused_in_the_same_form() -> None:
    error(asked(api(), headers={"Content-Type": "application/json; charset=utf-7"}), 415)


def test_an_error_says_when_to_come_back() -> None:
    assert as_response(ApiError(503, "Later.", retry_after=7)).headers["retry-after"] == "7"


def test_what_stands_before_the_api_refuses_in_its_form_and_says_when_to_come_back() -> None:
    headers = {"Host": "127.0.0.1:7860", "X-Long": "x" * 17_000}
    assert error(asked(api(), headers=headers), 431)["type"] == "invalid_request_error"
    refusal = told(429, "Too many requests. Wait a minute.", {"Retry-After": "3"})
    assert refusal.headers["retry-after"] == "3"
    assert b'"type":"rate_limit_error"' in refusal.body
