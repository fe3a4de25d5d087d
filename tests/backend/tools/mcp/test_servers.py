"""Real servers, made with the SDK: one as a process of ours, one behind an address. See tests/support/mcp_server.py."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from backend.chat.errors import UserError
from backend.chat.messages import ToolCall, ToolResult
from backend.storage.images import ImageStore
from backend.tools.mcp.config_file import Server
from backend.tools.mcp.servers import McpServers
from backend.tools.sources import ToolGroup
from backend.tools.toolbox import Toolbox

SCRIPT = str(Path(__file__).parents[3] / "support/mcp_server.py")


class Used:
    """Servers, of which the first is used."""

    def __init__(self, servers: McpServers, folder: Path) -> None:
        self.servers, self.store, self.mark = servers, ImageStore(folder), folder / "mark"

    @property
    def group(self) -> ToolGroup:
        """Its tools, once it has answered or failed."""
        until(lambda: not self.servers.groups()[0].is_connecting)
        return self.servers.groups()[0]

    def steps(self, name: str, **arguments: Any) -> Any:
        call = ToolCall("a" * 9, name, json.dumps(arguments))
        return Toolbox(self.group.tools, self.store.take_bytes).running(call)

    def call(self, name: str, **arguments: Any) -> ToolResult:
        """What comes of a call; `said` has what the tool said meanwhile."""
        self.said: list[str] = []
        steps = self.steps(name, **arguments)
        while True:
            try:
                self.said.append(next(steps))
            except StopIteration as ended:
                result: ToolResult = ended.value
                return result


def until(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def stdio(**given: Any) -> Server:
    return Server("test", command=sys.executable, args=(SCRIPT,), **given)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    servers = McpServers([stdio()])
    yield Used(servers, tmp_path_factory.mktemp("process"))
    servers.close()


class Addressed:
    """A server behind an address, which can end and come back."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self) -> str:
        self.end()
        self.process = subprocess.Popen([sys.executable, SCRIPT, str(self.port)])
        until(self.answers)
        return f"http://127.0.0.1:{self.port}/mcp"

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def addressed() -> Iterator[Addressed]:
    server = Addressed()
    yield server
    server.end()


@pytest.fixture(scope="module")
def address(addressed: Addressed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    servers = McpServers([Server("test", url=addressed.begin())])
    yield Used(servers, tmp_path_factory.mktemp("address"))
    servers.close()


@pytest.fixture(params=["process", "address"])
def used(request: pytest.FixtureRequest) -> Used:
    found: Used = request.getfixturevalue(request.param)
    return found


def test_tools_are_called_by_names_that_the_protocol_takes(used: Used) -> None:
    assert used.call("add", a=2, b=3).output == "5"
    assert used.call("files_read_").output == "read"
    assert used.call("add", a="two").is_error  # it is checked before it is asked


def test_on_a_public_app_only_what_reads_runs_without_asking(used: Used) -> None:
    assert [tool.name for tool in used.group.tools if tool.approve != "ask"] == ["add"]
    assert {tool.source for tool in used.group.tools} == {"test"}


def test_a_picture_comes_through_the_store(used: Used) -> None:
    result = used.call("picture")
    assert (result.output, [(image.width, image.height) for image in result.images]) == ("Here.", [(80, 60)])


def test_what_is_no_text_and_no_picture_is_told_in_words_and_pictures_are_bounded(used: Used) -> None:
    result = used.call("mixed")
    assert len(result.images) == 4
    for told in ("Audio was left out", "from a file", "b · https://b.example/ · linked", "6 images were left out"):
        assert told in result.output


def test_an_error_is_a_result(used: Used) -> None:
    result = used.call("fail")
    assert (result.is_error, result.output) == (True, "Error executing tool fail: there is no such thing")


def test_it_says_how_far_it_is(used: Used) -> None:
    assert used.call("slow", steps=2, seconds=0.4).output == "slept"
    assert {"step 1 · 1/2", "step 2 · 2/2"} <= set(used.said)


def test_who_stops_a_call_has_the_server_told(used: Used) -> None:
    used.mark.unlink(missing_ok=True)
    steps = used.steps("slow", steps=100, mark=str(used.mark))
    until(lambda: next(steps) != "")
    steps.close()
    until(used.mark.exists)


def test_an_answer_of_50_mb_is_an_error_and_the_server_goes_on(used: Used) -> None:
    before = used.call("pid").output
    result = used.call("big")
    assert (result.is_error, result.output) == (True, "Error: the answer of “test” is too large.")
    assert used.call("pid").output == before
    long = used.call("big", megabytes=1)
    assert long.output.endswith("[Cut here: the output has 1,000,000 characters.]")


def test_an_answer_of_very_many_values_is_not_even_read(used: Used) -> None:
    assert used.call("rows").output == "Error: the answer of “test” is too large."
    assert used.call("rows", count=3).output == '{"rows": [[], [], []]}'


SAYS = r"""
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    told = {"initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                           "serverInfo": {"name": "a", "version": "1"}}}
    tool = {"description": "x" * 20_000, "inputSchema": {"type": "object"}}
    told["tools/list"] = {"tools": [{"name": f"t{number}"} | tool for number in range(200)]}
    told["tools/call"] = {"content": [{"type": "none"}]}
    if "id" in asked:
        line = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": told[asked["method"]]})
        if asked.get("params", {}).get("name") == "t1":
            line = line.replace('"none"', '"text", "text": "\\ud800"')
        print(line, flush=True)
"""


def test_what_is_none_of_the_protocol_is_told_in_a_sentence_and_lists_are_bounded(tmp_path: Path) -> None:
    servers = McpServers([Server("test", command=sys.executable, args=("-c", SAYS))])
    try:
        used = Used(servers, tmp_path)
        assert len(used.group.tools) == 49  # of a million characters
        for name in ("t0", "t1"):
            assert used.call(name).output == "Error: the answer of “test” is not as the protocol has it."
    finally:
        servers.close()


ODD = """
import json
told = {
    "initialize": {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "odd", "version": "1"}},
    "tools/list": {"tools": [{"name": "odd", "inputSchema": {"type": "object"}}]},
    "tools/call": {"content": [{"type": "smell", "of": "roses"}]},
}
while True:
    asked = json.loads(input())
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": told[asked["method"]]}), flush=True)
"""


def test_a_result_that_is_none_of_the_protocols_is_an_error_in_a_sentence(tmp_path: Path) -> None:
    servers = McpServers([Server("odd", command=sys.executable, args=("-c", ODD))])
    result = Used(servers, tmp_path).call("odd")
    assert (result.is_error, result.output) == (True, "Error: the answer of “odd” is not as the protocol has it.")
    servers.close()


def test_a_list_that_changes_is_asked_for_anew(used: Used) -> None:
    assert used.call("grow").output == "grown"
    until(lambda: "whisper" in [tool.name for tool in used.group.tools])
    assert used.call("whisper", text="hi").output == "HI"


def test_a_server_that_dies_in_a_call_is_an_error_and_comes_back(process: Used) -> None:
    before = process.call("pid").output
    result = process.call("die")
    assert (result.is_error, result.output) == (True, "Error: “test” ended while the tool was running.")
    after = process.call("pid")
    assert not after.is_error
    assert after.output != before


def test_a_server_behind_an_address_that_dies_is_an_error_and_comes_back(address: Used, addressed: Addressed) -> None:
    result = address.call("die")
    assert (result.is_error, result.output) == (True, "Error: “test” ended while the tool was running.")
    addressed.begin()
    assert address.call("add", a=1, b=1).output == "2"  # the session that it has lost is begun anew


def test_a_server_that_hangs_is_an_error_after_its_time(tmp_path: Path) -> None:
    servers = McpServers([stdio(timeout=1)])
    used = Used(servers, tmp_path)
    result = used.call("slow", steps=1, seconds=600, mark=str(used.mark))
    assert (result.is_error, result.output) == (True, "Error: “test” did not answer within 1 s.")
    until(used.mark.exists)
    servers.close()


def test_at_the_end_no_process_is_left(tmp_path: Path) -> None:
    servers = McpServers([stdio()])
    pid = int(Used(servers, tmp_path).call("pid").output)
    servers.close()
    until(lambda: not psutil.pid_exists(pid))


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        (Server("a", command="there-is-none"), "It cannot be started: install its command, or correct it."),
        (
            Server("a", command=sys.executable, args=("-c", "print('hello')")),
            "It ended, or does not speak the protocol.",
        ),
        (Server("a", url="http://127.0.0.1:9/mcp"), "It cannot be reached."),
    ],
    ids=["missing", "other", "unreachable"],
)
def test_why_a_server_cannot_be_had_is_a_sentence(server: Server, problem: str, tmp_path: Path) -> None:
    servers = McpServers([server])
    assert Used(servers, tmp_path).group.problem == problem
    servers.close()


def test_one_is_added_by_its_address_where_the_app_is_ones_own(
    address: Used, addressed: Addressed, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{addressed.port}/mcp"
    servers = McpServers(is_personal=True)
    servers.add(f" {url} ")
    used = Used(servers, tmp_path)
    assert used.call("shout", text="hi").output == "HI"
    assert used.group.name == f"127.0.0.1:{addressed.port}"
    assert {tool.approve for tool in used.group.tools} == {"panel"}
    for wrong in (url, "file:///etc/passwd", "", "ftp://a.example"):
        with pytest.raises(UserError):
            servers.add(wrong)
    servers.close()


def test_nobody_adds_one_to_a_public_app() -> None:
    with pytest.raises(UserError, match="whoever runs this app"):
        McpServers().add("http://127.0.0.1:9/mcp")


def test_without_a_server_the_sdk_is_not_loaded() -> None:
    code = (
        "import sys, app; from backend.tools.mcp.servers import McpServers; "
        "assert McpServers((), True).groups() == (); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "backend.tools.mcp.servers" in loaded
    assert not {"mcp", "mcp.types"} & set(loaded)
