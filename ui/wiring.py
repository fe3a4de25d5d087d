"""Which event calls which handler, with which components' values. Nothing is decided here."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.batch.handlers import BatchHandlers
from ui.components.chat import ChatComponents
from ui.components.history_sidebar import HistorySidebar
from ui.components.sidebar import SidebarComponents
from ui.components.tools_dialog import ToolsDialog
from ui.conversations.restore import Restorer
from ui.events import event, on_conversation, with_value
from ui.handlers.answer import AnswerHandlers
from ui.handlers.branches import BranchHandlers
from ui.handlers.commands import Commands
from ui.handlers.compare import CompareHandlers
from ui.handlers.draft import DraftHandlers
from ui.handlers.examples import ExampleHandlers
from ui.handlers.exports import ExportHandlers, LinkHandlers
from ui.handlers.imports import ImportHandlers
from ui.handlers.panel.events import LAST, QUIET, PanelEvents
from ui.handlers.panel.model_switch import ModelSwitchHandlers
from ui.handlers.send import SendHandlers
from ui.requests.presenter import PanelPresenter

# The page's script copies it, and says so.
FULL_LINK = """(query) => {
  const link = query ? location.origin + location.pathname + '?' + query : '';
  dispatchEvent(new CustomEvent("link", { detail: link }));
  return link;
}"""
# The box may be emptied for the next message: what is sent is at hand.
GATHERED = "(...values) => { dispatchEvent(new Event('gathered')); return values; }"
ZONE = "() => Intl.DateTimeFormat().resolvedOptions().timeZone"


@dataclass(frozen=True)
class PageHandlers:
    """What the events call."""

    restorer: Restorer
    send: SendHandlers
    answer: AnswerHandlers
    branches: BranchHandlers
    examples: ExampleHandlers
    commands: Commands
    draft: DraftHandlers
    exports: ExportHandlers
    links: LinkHandlers
    imports: ImportHandlers
    compare: CompareHandlers
    batch: BatchHandlers
    model_switch: ModelSwitchHandlers


class Wiring:
    """The page's events."""

    def __init__(
        self, demo: gr.Blocks, chat: ChatComponents, history: HistorySidebar, presenter: PanelPresenter,
        handlers: PageHandlers,
    ) -> None:  # fmt: skip
        self.demo, self.chat, self.history, self.presenter, self.handlers = demo, chat, history, presenter, handlers
        # The values that events bring along, by what they are for.
        self.panel: set[Any] = presenter.inputs
        self.conversation: set[Any] = {chat.place}
        self.composer: set[Any] = {chat.message}
        self.outputs: list[Any] = [
            *presenter.panel.outputs, presenter.private, chat.place, chat.transcript, chat.message, chat.answering,
            chat.channel, chat.reports, chat.inspector, chat.attachments, chat.token_meter, *chat.comparison.shown,
        ]  # fmt: skip

    def wire(self, sidebar: SidebarComponents, dialog: ToolsDialog) -> None:
        """All of them."""
        self._answers()
        self._conversations()
        self._commands()
        self._drafts()
        self._files()
        self._compare()
        self._batch()
        self._model()
        PanelEvents(self.demo, self.presenter, sidebar, dialog, self.chat.token_meter.tick).wire()

    def _on_conversation(self, handler: Callable[..., Any], **named: Any) -> Callable[..., Any]:
        return on_conversation(handler, self.handlers.restorer, **named)

    def _answers(self) -> None:
        """Everything that leads to an answer."""
        chat, branches, commands = self.chat, self.handlers.branches, self.handlers.commands
        acting = self.panel | self.conversation
        self._answered(chat.retry.click, self._on_conversation(branches.retry), acting)
        again = self._on_conversation(
            commands.run_answered, failed=commands.unanswered, needs=commands.acts_on_conversation
        )
        self._compared(self._answered(chat.channel.submit, again, acting | self.composer))
        sending = acting | self.composer
        sender = self.handlers.send
        send = self._on_conversation(sender.send, failed=sender.unsent, needs=sender.is_new)
        self._answered(functools.partial(chat.message.submit, js=GATHERED), send, sending)
        chosen = chat.examples.select(event(self.handlers.examples.fill), self.panel, self.outputs, **QUIET)
        self._answered(chosen.then, send, sending)
        chat.message.stop(self.handlers.answer.stop, **QUIET)
        if not self.handlers.answer.bridge.keep_seconds:  # else each heartbeat that ends would make a page, of any name
            self.demo.unload(self.handlers.answer.leave)

    def _answered(self, trigger: Callable[..., Any], starter: Callable[..., Any], inputs: set[Any]) -> Any:
        answer = self.handlers.answer
        done = trigger(answer.watched(starter), inputs, self.outputs, trigger_mode="multiple", **QUIET)
        return done.then(event(answer.finish), self.panel | self.conversation, self.outputs, **QUIET)

    def _compared(self, begun: Any) -> None:
        """The two answers of a comparison, as they come."""
        chat = self.chat
        streamed = [*chat.comparison.shown, chat.reports]
        done = begun.then(self.handlers.compare.watch, None, streamed, **QUIET)
        done.then(event(self.handlers.answer.rest), None, [chat.answering, chat.channel], **QUIET)

    def _conversations(self) -> None:
        """A turn taken back, and a new chat."""
        chat, branches, acting = self.chat, self.handlers.branches, self.panel | self.conversation
        self._settled(chat.undo.click(self._on_conversation(branches.undo), acting, self.outputs, **QUIET))
        for button in (chat.clear, self.history.new):
            self._settled(button.click(event(branches.begin), self.panel, self.outputs, **QUIET))

    def _settled(self, trigger: Any) -> None:
        """What the event shows stays, also where it stops an answer."""
        again = event(self.handlers.branches.show_again)
        shown = [self.chat.transcript, self.chat.place, self.chat.channel]
        trigger.then(again, self.conversation, shown, **QUIET)

    def _commands(self) -> None:
        """The page's small buttons."""
        commands, inputs = self.handlers.commands, self.panel | self.conversation | self.composer
        run = self._on_conversation(commands.run, failed=commands.undone, needs=commands.acts_on_conversation)
        self._settled(self.chat.channel.select(run, inputs, self.outputs, trigger_mode="multiple", **QUIET))

    def _drafts(self) -> None:
        """The attachments, the chips and the meter follow whatever they depend on."""
        chat, panel, draft = self.chat, self.presenter.panel, self.handlers.draft
        inputs = self.panel | self.conversation | self.composer
        # The page's script tells of what is written, here and in the panel, once it rests; and of another place in the
        # conversation once no answer comes, whose first word would wait for this.
        chosen = [
            panel.builtin_tools, panel.served_tools, panel.tool_schemas, panel.tool_choice, panel.keep,
            panel.json_schema, self.presenter.private,
        ]  # fmt: skip
        show = event(draft.show)
        rests = [chat.token_meter.input, *(component.change for component in chosen)]  # type: ignore[attr-defined] # each has it
        gr.on(rests, show, inputs, draft.shown, **LAST)
        self.demo.load(show, inputs, draft.shown, **QUIET)
        self.demo.load(None, None, chat.zone, js=ZONE, **QUIET)

    def _files(self) -> None:
        """Exports, imports, links."""
        history, exports, links = self.history, self.handlers.exports, self.handlers.links
        acting = self.panel | self.conversation
        for button, export in (
            (history.export_json, exports.export_json),
            (history.export_openai, exports.export_openai),
            (history.export_markdown, exports.export_markdown),
        ):
            button.click(self._on_conversation(export), acting, self.outputs, **QUIET)
        opened = event(with_value(history.imported, self.handlers.imports.import_file))
        self._settled(history.imported.upload(opened, acting | {history.imported}, self.outputs, **QUIET))
        link = self._on_conversation(links.link, failed=links.unlinked)
        shown = [history.link_text, self.chat.channel]
        linked = history.link.click(link, acting | {self.chat.message}, shown, **QUIET)
        linked.then(None, history.link_text, history.link_text, js=FULL_LINK)
        self.demo.load(event(links.from_link), None, self.outputs, **QUIET)

    def _compare(self) -> None:
        """Two answers to one message."""
        compare, sides = self.handlers.compare, self.chat.comparison
        acting = self.panel | self.conversation
        inputs = acting | self.composer
        sides.open.click(self._on_conversation(compare.open), inputs, self.outputs, **QUIET)
        begin = self._on_conversation(compare.begin_two)
        self._compared(sides.start.click(begin, inputs | sides.second, self.outputs, **QUIET))
        for button, take in ((sides.take_left, compare.take_left), (sides.take_right, compare.take_right)):
            taken = self._on_conversation(take)
            self._settled(button.click(taken, acting, self.outputs, **QUIET))
        sides.close.click(event(compare.close), None, self.outputs, **QUIET)

    def _batch(self) -> None:
        """One prompt over many files. What only looks brings nothing along, since the page asks often."""
        batch, told = self.handlers.batch, self.chat.batch.told
        told.select(event(batch.ask), None, [told], trigger_mode="multiple", **QUIET)
        inputs = self.panel | self.conversation
        told.submit(event(batch.act), inputs, [*self.outputs, told], trigger_mode="multiple", **QUIET)

    def _model(self) -> None:
        """Another model; a page that is opened later shows the one that answers then."""
        switch = self.handlers.model_switch
        tab = switch.tab
        prompt, thinking = switch.panel.system_prompt, [switch.panel.send_thoughts, switch.panel.effort]
        presented = [switch.header, switch.welcome, switch.own_prompt, tab.tab, tab.waiting, tab.model, *thinking]
        inputs = [tab.model, tab.precision, prompt, *switch.advised]
        loaded = [tab.status, tab.load, *presented, prompt, *switch.advised[:-1]]
        tab.load.click(switch.load, inputs, loaded, **QUIET)
        for changed in (tab.model.change, tab.precision.change):
            changed(event(switch.needs), [tab.model, tab.precision], tab.needs, **QUIET)
        told = gr.on([self.demo.load, tab.waiting.tick], event(switch.present), None, presented, **QUIET)
        # In the browser, where nothing can come between: the page may hold another prompt by now, of a link or its own.
        follow = f"(prompt, own) => prompt === {json.dumps(prompt.value)} ? own : prompt"
        told.then(None, [prompt, switch.own_prompt], prompt, js=follow, **QUIET)
