"""Tools: what they are, and running a call of one. Ships no tool itself, and no call's error leaves it."""

import json
import time
from collections.abc import Callable, Generator, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from backend.chat.messages import ToolCall, ToolResult, ToolSpec
from backend.chat.parts import Image
from backend.chat.regions import Region
from backend.json_schema import violations
from backend.sandbox.pool import Busy, LimitReached, Run, directly
from backend.tools.schemas import parse_specs, strict_json
from backend.tools.taking import place, shortened

MAX_OUTPUT, MAX_ARGUMENTS = 8_000, 50_000  # characters
PART = "part of image {number}"  # what people know it by
CHECKED = 16  # calls of one turn whose check is remembered


@dataclass(frozen=True)
class ToolOutput:
    """What a tool gives back beside a text: the bytes of picture files. `is_error` says that it failed."""

    text: str
    pictures: tuple[bytes, ...] = ()
    is_error: bool = False


@dataclass(frozen=True)
class PartOutput:
    """What a tool gives back that shows a part of an image: which of the conversation's, from 1, and which part."""

    number: int
    region: Region


Output = str | ToolOutput | PartOutput
Steps = Generator[str, None, Output]  # of a tool that takes long: what it is at, or "", every 0.2 s or sooner


@dataclass(frozen=True)
class Tool:
    """A tool that the model may call. Without a function it is only declared, and a person answers its calls.

    The function takes the arguments by name; what it raises becomes an error result. One that takes long is a generator
    that can be closed. `canned` says that it gives one fixed reply. With `approve` "ask" a person is asked before each
    call, whatever the panel says. `source` is what the page lists it under; those that ship have none.
    """

    spec: ToolSpec
    function: Callable[..., Output | Steps] | None = None
    canned: bool = False
    approve: Literal["panel", "ask"] = "panel"
    source: str = ""

    @property
    def name(self) -> str:
        """The name by which the model calls it."""
        return self.spec.name


class _BadCall(ValueError):
    """A call that cannot be run. Its text lets the model correct it."""


class Toolbox:
    """The tools of one turn."""

    def __init__(
        self,
        tools: tuple[Tool, ...] = (),
        keep: Callable[[bytes, str], Image] | None = None,
        run: Run = directly,
        cut: Callable[[Image, Region, str], Image] | None = None,
        approved: tuple[str, tuple[Tool, ...]] = ("", ()),
    ) -> None:
        """`keep` takes in the pictures that tools make, and `cut` gives parts of images, known by a label; `run` is how
        arguments are checked, see Sandbox.run. The first call of the `approved` id is one of these tools', which run
        it.

        Raises ValueError where two tools have the same name.
        """
        self._keep = keep
        self._cut = cut
        self._run = run
        self._violation = lru_cache(CHECKED)(self._violation_of)  # a call is checked before it is run, and then again
        self._tools = {tool.name: tool for tool in tools}
        self._approved, self._unasked = approved[0], {tool.name: tool for tool in approved[1]}
        if len(self._tools) < len(tools):
            raise ValueError("Two tools have the same name.")

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is told."""
        return tuple(tool.spec for tool in self._tools.values())

    def is_declared(self, call: ToolCall) -> bool:
        """Whether only a person can answer this call: it is valid, and the tool has no function."""
        tool = self._tool(call)
        if tool is None or tool.function is not None:
            return False
        try:
            self._checked(call)
        except _BadCall:
            return False
        return True

    def run(self, call: ToolCall, seen: tuple[Image, ...] = ()) -> ToolResult:
        """The result of a call, however long that takes; see `running`."""
        steps = self.running(call, seen)
        while True:
            try:
                next(steps)
            except StopIteration as ended:
                result: ToolResult = ended.value
                return result

    def running(self, call: ToolCall, seen: tuple[Image, ...] = ()) -> Generator[str, None, ToolResult]:
        """Yields what a tool that takes long says of its progress, and returns the result. Closing it ends the tool.

        Raises nothing: what is wrong with the call, or raised by the tool, is an error result. A valid call of a
        declared tool is an error too: those are a person's to answer. `seen` are the images that the model sees, in
        their order.
        """
        start = time.perf_counter()
        try:
            try:
                tool, arguments = self._checked(call)
            finally:
                self._approved = "" if call.id == self._approved else self._approved  # it was for this call alone
            if tool.function is None:
                raise _BadCall(f"{tool.name} can be answered by a person only")
            made = tool.function(**arguments)
            if isinstance(made, Generator):
                made = yield from made
            text, images = self._output(tool, made, seen)
            failed = isinstance(made, ToolOutput) and made.is_error
            return ToolResult(call.id, _shortened(text), failed, time.perf_counter() - start, images, tool.canned)
        except Exception as error:  # a tool may raise anything, and the model has to be told
            reason = " ".join(str(error).split()) or type(error).__name__
            output = f"Error: {reason.removesuffix('.')}."
            return ToolResult(call.id, _shortened(output), True, time.perf_counter() - start)

    def _tool(self, call: ToolCall) -> Tool | None:
        tools = self._unasked if self._approved and call.id == self._approved else self._tools
        return tools.get(call.name)

    def _output(self, tool: Tool, made: Output, seen: tuple[Image, ...]) -> tuple[str, tuple[Image, ...]]:
        """What a tool gave back, as a text and images. Raises _BadCall, and ImageRefused for what is no part."""
        match made:
            case ToolOutput(text, pictures):
                return text, (tuple(self._keep(data, tool.name) for data in pictures) if self._keep else ())
            case PartOutput(number, region):
                if not (seen and self._cut):
                    raise _BadCall("there is no image in this conversation")
                if not 1 <= number <= len(seen):
                    raise _BadCall(f"there is no image {number}; give a number from 1 to {len(seen)}")
                part = self._cut(seen[number - 1], region, PART.format(number=number))
                return f"This part of image {number} follows, {part.width} × {part.height} pixels.", (part,)
        return made, ()

    def _checked(self, call: ToolCall) -> tuple[Tool, dict[str, object]]:
        """The tool and the arguments of a call. Raises _BadCall."""
        tool = self._tool(call)
        if tool is None:
            available = ", ".join(self._tools) or "none"
            raise _BadCall(f"there is no tool called “{shortened(call.name, 64)}”. Available: {available}")
        if len(call.arguments) > MAX_ARGUMENTS:
            raise _BadCall(f"the arguments of {tool.name} are longer than {MAX_ARGUMENTS:,} characters")
        try:
            arguments = strict_json(call.arguments.strip() or "{}")  # some servers send nothing for no arguments
        except ValueError as error:
            raise _BadCall(f"the arguments of {tool.name} are not valid JSON: {error}") from error
        if not isinstance(arguments, dict):
            raise _BadCall(f"the arguments of {tool.name} must be a JSON object")
        try:
            reason = self._violation(tool.spec.parameters, call.arguments.strip() or "{}")
        except Busy as error:
            raise _BadCall(f"the arguments of {tool.name} could not be checked: {error}") from error
        if reason:
            raise _BadCall(f"the arguments of {tool.name} {reason}")
        return tool, arguments

    def _violation_of(self, parameters: str, arguments: str) -> str:
        """Raises Busy."""
        try:
            reason = self._violation_in_time(parameters, arguments)
        except LimitReached:
            return "take too long to check against its schema: make them smaller"
        return f"do not fit its schema: {reason}" if reason else ""

    def _violation_in_time(self, parameters: str, arguments: str) -> str:
        """A regular expression may take for ever, and then counts for nothing. Raises Busy and LimitReached."""
        try:
            return str(self._run(violation, parameters, arguments))
        except LimitReached:
            if '"pattern' not in parameters:
                raise
            return str(self._run(violation, parameters, arguments, False))


def parse_tools(text: str, taken: Set[str] = frozenset()) -> tuple[Tool, ...]:
    """The declared tools in what a person pasted that can be used; see parse_specs. Raises ToolsInvalid."""
    return tuple(Tool(spec) for spec in parse_specs(text, taken))


def violation(parameters: str, arguments: str, patterns: bool = True) -> str:
    """The field and the reason where arguments, as JSON, break the schema, else nothing. May take minutes and GBs."""
    broken = violations.violation(json.loads(parameters), json.loads(arguments), patterns)
    if broken is None:
        return ""
    field, reason = place(broken[0]), shortened(broken[1])
    return f"{field}: {reason}" if field else reason


def _shortened(output: str) -> str:
    """The output as it can be sent on: whole characters, and not too many."""
    output = output.encode(errors="replace").decode()
    if len(output) <= MAX_OUTPUT:
        return output
    return f"{output[:MAX_OUTPUT]}\n[Cut here: the output has {len(output):,} characters.]"
