"""The panel's values -> a request and the tools that its calls may run. Knows no component."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from backend.chat.errors import InputRefused, ToolsInvalid
from backend.chat.messages import AssistantMessage, Conversation
from backend.chat.parts import Image
from backend.chat.regions import Region
from backend.chat.request import ChatRequest
from backend.chat.system_prompts import fill
from backend.demo.terms import Terms
from backend.demo.values import NO_DEMO, Demo
from backend.extraction.schema_check import SchemaChecker
from backend.runtime.model_info import ModelInfo
from backend.sandbox.pool import Run, directly
from backend.storage.document import ToolPanel
from backend.tools.ask import ASK_PERSON
from backend.tools.declared import DeclaredTools
from backend.tools.sources import Names, ToolGroup, ToolSource, offered
from backend.tools.toolbox import Output, Tool, Toolbox
from ui.components.options import tool_title
from ui.requests.given_files import GivenFiles
from ui.requests.held import held
from ui.requests.values import PanelValues, fitting
from ui.texts import texts

REFUSED_RUN = "the person does not let tools run"


@dataclass(frozen=True)
class PendingTurn:
    """What an answer is asked with, from the moment at which it was asked for: the panel may change after that.

    `begun` is the beginning of the answer where a person chose it: it is gone on with, and no message of the chat yet.
    """

    request: ChatRequest
    toolbox: Toolbox
    panel: PanelValues
    begun: AssistantMessage | None = None


@dataclass(frozen=True)
class RequestBuilder:
    """Makes requests. `run` is how schemas and calls are checked, see Sandbox.run; `sources` offer more tools."""

    builtin: tuple[Tool, ...]
    model: Callable[[], ModelInfo]
    max_new_tokens: int
    keep_picture: Callable[[bytes, str], Image] | None = None  # takes in the pictures that tools make
    run: Run = directly
    cut: Callable[[Image, Region, str], Image] | None = None  # gives parts of images, each known by a label
    sources: tuple[ToolSource, ...] = ()
    demo: Demo = NO_DEMO
    files: GivenFiles | None = None  # which may be sent
    declared: DeclaredTools = field(init=False)
    schemas: SchemaChecker = field(init=False)
    names: Names = field(init=False, default_factory=Names)

    def __post_init__(self) -> None:
        object.__setattr__(self, "declared", DeclaredTools(self.run))
        object.__setattr__(self, "schemas", SchemaChecker(self.run))

    @property
    def terms(self) -> Terms:
        """What a visitor may change, with the model that answers at present."""
        return Terms(self.demo, self.max_new_tokens, bool(self.model().thinks))

    def pending(
        self, panel: PanelValues, day: date, allowed: frozenset[str] = frozenset(), approved: str = ""
    ) -> PendingTurn:
        """The request, without messages, and its tools; `day` fills {today}. Raises InputRefused.

        The tools that are `allowed` run by themselves, although the panel says to ask, and so does the call of the
        `approved` id. Where no seed was given one is
        drawn, so that every answer can be had again.
        """
        panel = self.held(panel)
        tools = self.tools(panel.tools)
        choice = panel.tools.choice
        if why := uncallable(choice, [tool.name for tool in tools]):
            raise InputRefused(why)
        settings = panel.settings(self.max_new_tokens)
        seed_drawn = settings.seed is None
        if seed_drawn:
            settings = replace(settings, seed=secrets.randbits(32))
        asking = tuple(_approved(tool, panel.tools.approval, allowed) for tool in tools)
        toolbox = Toolbox(asking, self.keep_picture, self.run, self.cut, (approved, tools))
        request = ChatRequest(
            self.prompt(panel.system_prompt, day),
            tools=toolbox.specs if choice != "none" else (),
            settings=settings,
            tool_choice=choice if choice != "none" else "auto",
            keep=panel.context,
            seed_drawn=seed_drawn,
            scores=panel.scores,
            reasoning_effort=panel.effort if panel.effort in self.model().efforts else "",
            send_thoughts=panel.send_thoughts,
        )
        return PendingTurn(request, toolbox, panel)

    def check(self, conversation: Conversation) -> None:
        """Raises InputRefused where a message has files that a visitor may not send."""
        if self.files:
            self.files.check(conversation)

    def held(self, panel: PanelValues) -> PanelValues:
        """The panel as far as a visitor may have it so."""
        return held(panel, self.terms, self.model().system_prompt)

    def prompt(self, text: str, day: date) -> str:
        """A system prompt with its variables filled, as the model reads it. Raises InputRefused."""
        return fill(fitting(text, texts.panel.system_prompt), self.model().name, day)

    def tools(self, panel: ToolPanel) -> tuple[Tool, ...]:
        """The tools that are on, each declared one with its fixed reply if it has one. Raises InputRefused."""
        names = frozenset(panel.builtin)
        builtin = tuple(tool for group in self.groups() for tool in group.tools if tool.name in names)
        try:
            declared = self.declared.read(panel.schemas, {tool.name for tool in builtin})
        except ToolsInvalid as error:
            raise InputRefused(texts.panel.custom_tools_wrong.format(error=error)) from error
        replies = dict(panel.replies)
        return (*builtin, *(_replying(tool, replies.get(tool.name)) for tool in declared))

    def groups(self) -> tuple[ToolGroup, ...]:
        """The tools that can be turned on, as they are listed."""
        return offered(self.builtin, self.sources, self.names)

    def served(self) -> tuple[ToolGroup, ...]:
        """Those of them that may come and go."""
        return self.groups()[len({tool.source for tool in self.builtin}) :]

    def toolbox(self, tools: tuple[Tool, ...]) -> Toolbox:
        """What runs calls of these tools."""
        return Toolbox(tools, self.keep_picture, self.run, self.cut)

    def document_fields(self, panel: PanelValues) -> dict[str, Any]:
        """What of the panel is kept with a conversation, as fields of a Document; wrong settings as the usual ones."""
        try:
            settings = panel.settings(self.max_new_tokens)
        except InputRefused:
            settings = self.terms.usual
        return {"prompt": panel.system_prompt, "settings": settings, "tools": panel.tools, "keep": panel.context}


def uncallable(choice: str, names: Sequence[str]) -> str:
    """Why a call cannot be required as it is chosen, where only tools of these names are on; empty where it can."""
    if choice in ("auto", "none") or choice in names:
        return ""
    if choice == "required":
        return "" if names else texts.panel.no_tool_to_require
    return texts.panel.no_tool_to_call.format(name=tool_title(choice))


def _approved(tool: Tool, approval: str, allowed: frozenset[str]) -> Tool:
    """The tool as far as it may run by itself: with "ask" a person answers, with "never" every call fails.

    Who runs the app may have one asked about always; a person may allow it in a chat once they have seen a call. A
    question of the model's is for the person in any case.
    """
    if tool == ASK_PERSON:
        return tool
    if approval == "at once" and tool.approve == "ask":
        approval = "ask"
    if approval == "at once" or (approval == "ask" and (tool.function is None or tool.name in allowed)):
        return tool

    def refuse(**_: object) -> Output:
        raise PermissionError(REFUSED_RUN)

    return replace(tool, function=refuse if approval == "never" else None)


def _replying(tool: Tool, reply: str | None) -> Tool:
    return tool if not reply else Tool(tool.spec, lambda **_: reply, canned=True)
