"""/metrics of the running app: nothing where nobody asked for it, and behind the app's password where it has one."""

import asyncio
from typing import Any

import httpx2
import pytest

from scripts.visitors import Visitor
from tests.trust.conftest import NAME, PASSWORD, App


def numbers(app: App, **given: Any) -> httpx2.Response:
    return httpx2.get(f"{app.url}/metrics", timeout=30, **given)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_without_the_option_there_are_no_metrics(open_app: App, path: str) -> None:
    answer = httpx2.get(open_app.url + path)
    assert (answer.status_code, answer.text) == (404, "There is nothing here.")


@pytest.mark.parametrize("given", [None, (NAME, "wrong"), ("", "")])
def test_metrics_are_refused_without_the_password_of_the_app(closed_app: App, given: tuple[str, str] | None) -> None:
    answer = numbers(closed_app, auth=given)
    assert (answer.status_code, answer.text) == (401, "The metrics ask for the app's name and password.")


def test_an_answer_is_counted_and_probes_of_health_are_not(closed_app: App) -> None:
    async def talk() -> None:
        async with httpx2.AsyncClient(timeout=60) as client:
            await client.post(f"{closed_app.url}/login", data={"username": NAME, "password": PASSWORD})
            config = (await client.get(f"{closed_app.url}/config")).json()
            await Visitor(closed_app.url, config, client).say("Hello", **{"max-tokens": 4})

    asyncio.run(talk())
    answer = numbers(closed_app, auth=(NAME, PASSWORD))
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    counts = [line for line in lines if line.startswith("mistral_chat_requests_total")]
    assert sum(float(line.split()[1]) for line in counts) == 1
    assert "mistral_chat_time_to_first_token_seconds_count 1.0" in lines
