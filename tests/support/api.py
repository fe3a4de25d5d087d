"""The API in front of a scripted engine, as the app puts it there."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient

from backend.chat.parts import Image
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from tests.support.scripted_engine import Reply, ScriptedEngine
from web.api.door import Door
from web.api.services import ApiServices
from web.limits import Limits
from web.middleware import Standing, guards

HERE = "http://127.0.0.1:7860"
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
INFO = ModelInfo("Mistral Demo", "", "", "", names=("demo", "Mistral Demo"))


@dataclass
class FewPlaces:
    """So many answers for each visitor."""

    most: int = 8
    taken: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def reserved(self, page: str, visitor: str = "") -> Iterator["FewPlaces | None"]:
        """See web.api.services.Places."""
        if self.taken >= self.most:
            yield None
            return
        self.taken += 1
        try:
            yield self
        finally:
            self.taken -= 1


class NoImages:
    """Takes none in."""

    def take(self, data: bytes) -> Image:
        """See Images."""
        raise AssertionError

    def fetch(self, url: str) -> Image:
        """See Images."""
        raise AssertionError


def services(engine: Any, is_ready: Callable[[], bool] = lambda: True, **given: Any) -> ApiServices:
    """Of an engine that knows no tokenizer."""
    model = ModelCapabilities(lambda: INFO, 1024)
    return ApiServices(engine, model, NoImages(), given.pop("places", FewPlaces()), is_ready, **given)


def app(engine: Any, root_path: str = "", **given: Any) -> Starlette:
    """The API alone, of an app that only this machine reaches."""
    return Starlette(
        middleware=guards(Limits(), root_path, Standing(is_personal=True), Door(services(engine, **given)))
    )


def api(replies: Sequence[Reply] = (), **given: Any) -> TestClient:
    """A client of the API, whose engine answers with these replies in turn."""
    engine = given.pop("engine", None) or ScriptedEngine(replies)
    client = ("127.0.0.1", 50_000)
    return TestClient(app(engine, **given), base_url=HERE, raise_server_exceptions=False, client=client)
