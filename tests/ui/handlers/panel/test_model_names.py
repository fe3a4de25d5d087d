"""Which of a server's models a page is told of, and that a name of theirs is no more than a name on it."""

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
