"""The tools of servers are listed for those who may turn them on, and for nobody else."""

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

    def groups(self) -> tuple[ToolGroup, ...]:
        return (ToolGroup("payroll", (Tool(ToolSpec("raise_pay", "Raises.", "{}"), lambda: "raised"),)),)


@pytest.mark.parametrize(
    ("demo", "is_listed"),
    [(NO_DEMO, True), (Demo(hidden=frozenset({"settings"})), False), (Demo(fixed=frozenset({"tools"})), False)],
    ids=["free", "hidden", "fixed"],
)
def test_whoever_may_change_nothing_of_the_tools_is_told_of_none(demo: Demo, is_listed: bool) -> None:
    builder = RequestBuilder((), lambda: ModelInfo("", "", "", ""), 100, sources=(Source(),), demo=demo)
    listed = ServedTools(builder).listed()
    assert ("payroll" in listed, "raise_pay" in listed) == (is_listed, is_listed)
