"""Tools whose list may change: each has a name of its own, whoever else has the same."""

from dataclasses import dataclass

import pytest

from backend.chat.messages import ToolSpec
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.sources import Names, ToolGroup, fitting_name, offered
from backend.tools.toolbox import Tool


@dataclass(frozen=True)
class Source:
    """One that has these."""

    has: tuple[ToolGroup, ...]

    def groups(self) -> tuple[ToolGroup, ...]:
        return self.has


def tool(name: str, source: str = "") -> Tool:
    return Tool(ToolSpec(name, "", "{}"), lambda: name, source=source)


def test_tools_stand_under_where_they_come_from() -> None:
    own, group = tool("mine", "mine.py"), ToolGroup("files", (tool("read"),))
    groups = offered((*BUILTIN_TOOLS, own), [Source((group, ToolGroup("down", problem="It is down.")))])
    assert groups == (
        ToolGroup("", BUILTIN_TOOLS), ToolGroup("mine.py", (own,)), group, ToolGroup("down", problem="It is down."),
    )  # fmt: skip


def test_of_tools_that_have_one_name_the_later_is_called_by_its_group_too() -> None:
    one, other = ToolGroup("one", (tool("zoom"), tool("find"))), ToolGroup("o t/her", (tool("find"),))
    groups = offered(BUILTIN_TOOLS, [Source((one, other)), Source((other,))])
    names = [[tool.name for tool in group.tools] for group in groups[1:]]
    assert names == [["one_zoom", "find"], ["o_t_her_find"], ["o_t_her_find_2"]]
    assert [groups[1].tools[0].function(), groups[3].tools[0].function()] == ["zoom", "find"]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "name"), [("a.b/c", "a_b_c"), ("é", "_"), ("", "_"), ("x" * 99, "x" * 64), ("get-it_2", "get-it_2")]
)
def test_a_name_fits_the_protocol(text: str, name: str) -> None:
    assert fitting_name(text) == name


def test_long_names_that_are_the_same_at_their_beginning_are_told_apart() -> None:
    long = ToolGroup("g" * 64, (tool("a" * 64),))
    names = [each.name for group in offered((), [Source((long, long, long))]) for each in group.tools]
    assert len(set(names)) == 3
    assert max(map(len, names)) == 64


def test_a_tool_keeps_its_name_while_others_come_and_while_it_is_gone() -> None:
    """What was turned on or allowed by a name would else be another server's tool all at once."""
    one, other = ToolGroup("one", (tool("find"),)), ToolGroup("other", (tool("find"),))
    gone, names = ToolGroup("other", problem="It is down."), Names()

    def called(*groups: ToolGroup) -> list[list[str]]:
        return [[each.name for each in group.tools] for group in offered((), [Source(groups)], names)]

    assert called(ToolGroup("one", is_connecting=True), other) == [[], ["find"]]
    assert called(one, other) == [["one_find"], ["find"]]
    assert called(one, gone) == [["one_find"], []]
    assert called(one, other) == [["one_find"], ["find"]]
