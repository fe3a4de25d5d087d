"""Which of a server's models a page is told of, and that a name of theirs is no more than a name on it."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from backend.runtime.model_info import ModelCapabilities, ModelInfo
from ui.components.header import header
from ui.components.model_tab import ModelTab
from ui.components.start import welcome
from ui.handlers.panel.model_switch import ModelSwitchHandlers

NAMES = ("/home/ada/tiny.gguf", "/home/ada/other.gguf")
INFO = ModelInfo("tiny.gguf", "", "", "")
HERE, PROXY = {"host": "localhost:7860"}, {"host": "chat.example"}


def choice(may_change: bool, headers: dict[str, str]) -> tuple[list[str], str]:
    """What the list to choose from holds, and what is chosen in it."""
    change = (lambda *_: iter(())) if may_change else None
    model: Any = ModelCapabilities(lambda: INFO, 100, change=change, choices=lambda: NAMES)
    components: list[Any] = [object() for _ in range(10)]
    panel: Any = SimpleNamespace(send_thoughts=object(), effort=object())
    handlers = ModelSwitchHandlers(model, False, ModelTab(*components[:7]), *components[7:], panel)
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    request: Any = SimpleNamespace(request=SimpleNamespace(scope={"type": "http", "headers": encoded}))
    shown = handlers.present(request)[handlers.tab.model]
    return shown["choices"], shown["value"]


def test_who_may_choose_is_told_of_the_servers_models() -> None:
    assert choice(True, HERE) == (list(NAMES), NAMES[0])


@pytest.mark.parametrize(("may_change", "headers"), [(False, HERE), (True, PROXY)], ids=["a public app", "a proxy"])
def test_who_may_not_is_told_of_no_folder(may_change: bool, headers: dict[str, str]) -> None:
    assert choice(may_change, headers) == ([], "tiny.gguf")


def test_a_name_that_is_marked_up_stands_as_it_is() -> None:
    """Servers give their models names like `models/<org>/x`."""
    info = ModelInfo("a <b> & **c**", "", "", "")
    assert "<h1>a &lt;b&gt; &amp; **c**</h1>" in header(info)
    assert "a &lt;b&gt; &amp; **c**" in welcome(ModelInfo("x", info.name, "", ""), in_archive=False)


def test_what_nobody_has_changed_follows_the_card_of_the_model_that_is_loaded() -> None:
    infos = [ModelInfo("Plain", "", "", ""), ModelInfo("Thinker", "", "", "", thinks=True, efforts=("none", "high"))]

    def change(*_: str) -> Iterator[str]:
        infos.pop(0)
        yield "Loading…"

    model: Any = ModelCapabilities(lambda: infos[0], 4096, change=change)
    names = ("system_prompt", "temperature", "top_p", "max_tokens", "send_thoughts", "effort")
    panel: Any = SimpleNamespace(**{name: name for name in names})
    components: list[Any] = [object() for _ in range(10)]
    handlers = ModelSwitchHandlers(model, False, ModelTab(*components[:7]), *components[7:], panel)
    scope = {"type": "http", "headers": [(b"host", b"localhost:7860")], "client": ("127.0.0.1", 1)}
    request: Any = SimpleNamespace(request=SimpleNamespace(scope=scope))
    *_, shown = handlers.load("thinker", "bf16", "", 0.15, 0.8, 1024, False, request)
    assert shown["temperature"]["value"] == 0.7
    assert "0.7" in shown["temperature"]["info"]
    assert "top_p" not in shown  # which a person chose
    assert shown["max_tokens"]["value"] == 4096
    assert (shown["send_thoughts"]["value"], shown["send_thoughts"]["visible"]) == (True, True)
    assert [value for _, value in shown["effort"]["choices"]] == ["", "none", "high"]


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_page_asks_again_while_more_of_the_model_may_be_known_soon(is_whole: bool) -> None:
    """How much it can be told to think is known with its tokenizer, which may come after the page."""
    model: Any = ModelCapabilities(lambda: replace(INFO, is_whole=is_whole), 100)
    components: list[Any] = [object() for _ in range(10)]
    panel: Any = SimpleNamespace(send_thoughts=object(), effort=object())
    handlers = ModelSwitchHandlers(model, False, ModelTab(*components[:7]), *components[7:], panel)
    assert handlers.present(SimpleNamespace(request=None))[handlers.tab.waiting].active is not is_whole  # type: ignore[arg-type]
