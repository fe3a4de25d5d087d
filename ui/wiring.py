"""Which event calls which handler."""

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.components.history_sidebar import HistorySidebar
from ui.components.sidebar import ChatComponents, PictureSources, SidebarComponents
from ui.handlers import presets
from ui.handlers.answer import Handlers
from ui.handlers.commands import Commands
from ui.handlers.compare import CompareHandlers
from ui.handlers.draft import DraftHandlers
from ui.handlers.files import Files
from ui.handlers.lost import is_lost, refused
from ui.handlers.model_switch import ModelSwitchHandlers
from ui.session import Values, today

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
# An open sidebar would cover a phone.
WIDE = f"() => ({{...{json.dumps(gr.update())}, open: innerWidth > 1100}})"
FULL_LINK = "(query) => query ? location.origin + location.pathname + '?' + query : ''"


def some(handler: Callable[..., Any], component: Any) -> Callable[..., Any]:
    """The handler such that "nothing changes", an empty dictionary, is an answer that Gradio takes."""

    @functools.wraps(handler)
    def call(*given: Any) -> Any:
        return handler(*given) or {component: gr.skip()}

    @functools.wraps(handler)
    async def call_async(*given: Any) -> Any:
        return await handler(*given) or {component: gr.skip()}

    return call_async if inspect.iscoroutinefunction(handler) else call


def on_conversation(handler: Callable[..., Any], talk: ChatComponents) -> Callable[..., Any]:
    """The handler, which takes the page's values first, for a conversation that the server has; else a refusal."""

    @functools.wraps(handler)
    def call(values: Values, *given: Any) -> Any:
        return refused(talk) if is_lost(talk, values) else handler(values, *given)

    @functools.wraps(handler)
    async def call_async(values: Values, *given: Any) -> Any:
        return refused(talk) if is_lost(talk, values) else await handler(values, *given)

    return call_async if inspect.iscoroutinefunction(handler) else call


class Wiring:
    """The page's events. The inputs are the same set everywhere, so that every handler finds what it needs."""

    def __init__(self, demo: gr.Blocks, handlers: Handlers, shelf: HistorySidebar, comparing: CompareHandlers) -> None:
        self.demo, self.handlers, self.shelf, self.comparing = demo, handlers, shelf, comparing
        talk, panel, sides = handlers.talk, handlers.asking.panel, comparing.sides
        self.inputs = panel.inputs | {
            talk.chat, talk.token, talk.message, talk.details, talk.tool_result, talk.arguments, shelf.private,
            sides.prompt, sides.temperature, sides.top_p, sides.outcomes,
        }  # fmt: skip
        self.outputs = panel.inputs | {
            talk.chat, talk.token, talk.chatbot, talk.notice, talk.message, talk.details, talk.answering, talk.form,
            talk.form_text, talk.arguments, talk.run, talk.tool_result, talk.give, talk.fail, talk.channel,
            talk.reports, talk.inspector, talk.strip, talk.meter, sides.view, sides.outcomes,
        }  # fmt: skip

    def _some(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        return some(handler, self.handlers.talk.channel)

    def _on_conversation(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        return self._some(on_conversation(handler, self.handlers.talk))

    def talk(self) -> None:
        """Everything that leads to an answer."""
        talk, handlers = self.handlers.talk, self.handlers
        self._answered(talk.message.submit, self._some(handlers.send))
        for event, starter in (
            (talk.chatbot.edit, handlers.edit), (talk.retry.click, handlers.retry), (talk.run.click, handlers.run_call),
            (talk.give.click, handlers.give_result), (talk.tool_result.submit, handlers.give_result),
            (talk.fail.click, handlers.give_failure), (talk.channel.submit, handlers.go_on),
        ):  # fmt: skip
            self._answered(event, self._on_conversation(starter))
        panel = handlers.asking.panel.inputs
        chosen = talk.chatbot.example_select(self._some(handlers.example), panel, self.outputs, **QUIET)
        self._answered(chosen.then, self._some(handlers.send))
        talk.undo.click(self._on_conversation(handlers.undo), self.inputs, self.outputs, **QUIET)
        for button in (talk.clear, self.shelf.new):
            self._settled(button.click(self._some(handlers.clear), panel, self.outputs, **QUIET))
        talk.message.stop(handlers.stop, **QUIET)
        self.demo.unload(handlers.leave)

    def _answered(self, event: Callable[..., Any], starter: Callable[..., Any]) -> None:
        talk, handlers = self.handlers.talk, self.handlers
        begun = event(starter, self.inputs, self.outputs, trigger_mode="multiple", **QUIET)
        beside = self.inputs - {talk.message}  # for its value Gradio waits until every picture has arrived
        done = begun.then(handlers.answer, beside, [talk.chat, talk.chatbot, talk.reports], postprocess=False, **QUIET)
        done.then(self._some(handlers.finish), beside, self.outputs, **QUIET)

    def desk(self, desk: Commands) -> None:
        """The page's small buttons."""
        self._settled(
            self.handlers.talk.channel.select(
                self._some(desk.act), self.inputs, self.outputs, trigger_mode="multiple", **QUIET
            )
        )

    def _settled(self, event: Any) -> None:
        """What the event shows stays, also where it stops an answer."""
        talk = self.handlers.talk
        event.then(self._some(self.handlers.again), None, [talk.chatbot, talk.channel], **QUIET)

    def drafting(self, drafting: DraftHandlers) -> None:
        """The strip and the meter follow whatever they depend on."""
        talk, panel = self.handlers.talk, self.handlers.asking.panel
        watched = [
            talk.message, talk.chat, talk.details, panel.system_prompt, panel.builtin_tools, panel.tool_schemas,
            panel.tool_choice, panel.keep,
        ]  # fmt: skip
        gr.on(
            [component.change for component in watched], drafting.show, self.inputs, drafting.shown,
            trigger_mode="always_last", **QUIET,
        )  # fmt: skip
        self.demo.load(drafting.show, self.inputs, drafting.shown, **QUIET)

    def files(self, files: Files, drafting: DraftHandlers, extras: PictureSources) -> None:
        """Exports, imports, links, pictures from elsewhere."""
        shelf = self.shelf
        for button, export in (
            (shelf.export_json, files.export_json),
            (shelf.export_openai, files.export_openai),
            (shelf.export_markdown, files.export_markdown),
        ):
            button.click(self._on_conversation(export), self.inputs, self.outputs, **QUIET)
        self._settled(self._with(shelf.imported.upload, shelf.imported, files.import_file))
        linked = shelf.link.click(files.link, self.inputs, shelf.link_text, **QUIET)
        linked.then(None, shelf.link_text, shelf.link_text, js=FULL_LINK).then(
            lambda: gr.update(visible=True), None, shelf.link_text, **QUIET
        )
        self.demo.load(self._some(files.from_link), None, self.outputs, **QUIET)
        for event, given, add in (
            (extras.url.submit, extras.url, files.add_url),
            (extras.add.click, extras.url, files.add_url),
            (extras.camera.change, extras.camera, files.add_photo),
        ):  # the box reports no change where a handler put pictures, and no text, into it
            self._with(event, given, add).then(
                drafting.show, self.inputs, drafting.shown, trigger_mode="always_last", **QUIET
            )

    def _with(self, event: Callable[..., Any], given: Any, handler: Callable[..., Any]) -> Any:
        """A handler that takes one component's value before the values of all."""

        async def call(values: Values, request: gr.Request) -> Any:
            rest = {key: value for key, value in values.items() if key is not given}
            result = handler(values[given], rest, request)
            return await result if inspect.isawaitable(result) else result

        return event(self._some(call), self.inputs | {given}, self.outputs, **QUIET)

    def compare(self) -> None:
        """Two answers to one message."""
        comparing, sides, talk = self.comparing, self.comparing.sides, self.handlers.talk
        begun = sides.start.click(self._on_conversation(comparing.begin), self.inputs, self.outputs, **QUIET)
        done = begun.then(
            comparing.run, self.inputs, [sides.left, sides.right, sides.outcomes], postprocess=False, **QUIET
        )
        done.then(self._some(self.handlers.rested), None, [talk.answering, talk.channel], **QUIET)
        for button, take in ((sides.take_left, comparing.take_left), (sides.take_right, comparing.take_right)):
            button.click(self._on_conversation(take), self.inputs, self.outputs, **QUIET)
        sides.close.click(lambda: gr.update(visible=False), None, sides.view, **QUIET)

    def choosing(self, choosing: ModelSwitchHandlers) -> None:
        """Another model; a page that is opened later shows the one that answers then."""
        choice, prompt = choosing.choice, choosing.system_prompt
        changed = {choice.status, choice.load, choosing.header, choosing.talk.chatbot, prompt}
        choice.load.click(choosing.load, [choice.model, choice.precision, prompt], changed, **QUIET)
        self.demo.load(choosing.present, None, [choosing.header, choosing.talk.chatbot], **QUIET)

    def panel(self, around: SidebarComponents, left: gr.Sidebar, right: gr.Sidebar) -> None:
        """The sidebar's own comments and buttons."""
        asking = self.handlers.asking
        fields, demo = asking.panel, self.demo

        def describe(prompt: str | None) -> str:
            return asking.prompt_note(prompt or "", today())

        fields.system_prompt.change(
            describe, fields.system_prompt, around.prompt_note, trigger_mode="always_last", **QUIET
        )
        demo.load(describe, fields.system_prompt, around.prompt_note, **QUIET)
        tools = [fields.tool_schemas, fields.builtin_tools]
        for component in tools:
            # By itself a change that comes while the one before is being answered would be lost.
            component.change(asking.tool_note, tools, around.tool_note, trigger_mode="always_last", **QUIET)
            component.change(
                asking.choices, [*tools, fields.tool_choice], fields.tool_choice, trigger_mode="always_last", **QUIET
            )
        names = (
            "temperature",
            "top_p",
            "max_tokens",
            "seed",
            "top_k",
            "min_p",
            "repetition_penalty",
            "stop",
            "json_schema",
        )
        gr.on(
            [getattr(fields, name).change for name in names], asking.changed, fields.inputs, around.changed,
            trigger_mode="always_last", **QUIET,
        )  # fmt: skip
        around.reset.click(asking.reset, None, fields.inputs, **QUIET)
        own, preset, name = around.own_presets, around.preset, around.preset_name
        demo.load(presets.choices, own, preset, **QUIET)
        preset.input(presets.chosen, [preset, own], fields.system_prompt, **QUIET)
        around.save_preset.click(presets.saved, [name, fields.system_prompt, own], [own, preset], **QUIET)
        around.forget_preset.click(presets.forgotten, [name, own], [own, preset], **QUIET)
        for side in (left, right):
            demo.load(None, None, side, js=WIDE)
