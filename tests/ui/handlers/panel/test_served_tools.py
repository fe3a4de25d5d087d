"""The tools of servers are listed for those who may turn them on, and for nobody else."""

from types import SimpleNamespace
from typing import Any

import pytest

from backend.chat.messages import ToolSpec
from backend.demo.values import NO_DEMO, Demo
from backend.runtime.model_info import ModelInfo
from backend.tools.sources import ToolGroup
from backend.tools.toolbox import Tool
from ui.handlers.panel.served_tools import ServedTools
from ui.requests.builder import RequestBuilder


class Source:
    """A server that has one tool."""

    is_looked_at = False

    def groups(self) -> tuple[ToolGroup, ...]:
        self.is_looked_at = True
        return (ToolGroup("payroll", (Tool(ToolSpec("raise_pay", "Raises.", "{}"), lambda: "raised"),)),)


@pytest.mark.parametrize(
    ("demo", "is_listed"),
    [(NO_DEMO, True), (Demo(hidden=frozenset({"settings"})), False), (Demo(fixed=frozenset({"tools"})), False)],
    ids=["free", "hidden", "fixed"],
)
def test_whoever_may_change_nothing_of_the_tools_is_told_of_none(demo: Demo, is_listed: bool) -> None:
    source = Source()
    builder = RequestBuilder((), lambda: ModelInfo("", "", "", ""), 100, sources=(source,), demo=demo)
    listed = ServedTools(builder).listed()
    assert ("payroll" in listed, "raise_pay" in listed) == (is_listed, is_listed)
    assert source.is_looked_at  # which has it connect before the first question


@pytest.mark.parametrize(
    ("headers", "is_here"),
    [
        ({"host": "localhost:7860"}, True),
        ({"host": "chat.example"}, False),
        ({"host": "localhost:7860", "x-forwarded-for": "192.0.2.7"}, False),
    ],
    ids=["here", "elsewhere", "a proxy"],
)
def test_whoever_comes_through_a_proxy_adds_no_server(headers: dict[str, str], is_here: bool) -> None:
    """An app on 127.0.0.1 may be public by it, and a server is connected to from the app's machine."""
    added: list[str] = []
    builder = RequestBuilder((), lambda: ModelInfo("", "", "", ""), 100, sources=(Source(),))
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    request: Any = SimpleNamespace(request=SimpleNamespace(scope={"type": "http", "headers": encoded}))
    field, told, listed = ServedTools(builder, added.append).added("http://10.0.0.1/mcp", request)
    assert (added, field == "", "whoever runs" not in told) == (["http://10.0.0.1/mcp"] * is_here, is_here, is_here)
    assert "payroll" in listed
