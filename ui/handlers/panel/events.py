"""Which event of the settings calls which handler. Nothing is decided here."""

from typing import Any

import gradio as gr

from ui.components.sidebar import SidebarComponents
from ui.components.tools_dialog import ToolsDialog
from ui.events import event
from ui.handlers.panel import custom_tools
from ui.handlers.panel.presets import DELETABLE, Templates
from ui.handlers.panel.schemas import Schemas, replaced_note
from ui.requests.presenter import PanelPresenter
from ui.requests.values import names_of
from ui.values import today

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
# By itself a change that comes while the one before is being answered would be lost.
LAST: dict[str, Any] = QUIET | {"trigger_mode": "always_last"}
RESPONSE = (
    "temperature", "top_p", "max_tokens", "seed", "top_k", "min_p", "repetition_penalty", "stop", "json_schema", "keep",
)  # fmt: skip


class PanelEvents:
    """The settings' comments and buttons."""

    def __init__(
        self, demo: gr.Blocks, presenter: PanelPresenter, sidebar: SidebarComponents, dialog: ToolsDialog, newday: Any
    ) -> None:
        """`newday` is the event of a day that has begun where the visitor is."""
        self.demo, self.presenter, self.sidebar, self.dialog, self.newday = demo, presenter, sidebar, dialog, newday

    def wire(self) -> None:
        """All of them."""
        self._prompt()
        self._templates()
        self._response()
        self._schema()
        self._tools()

    def _prompt(self) -> None:
        prompt, zone, sidebar = self.presenter.panel.system_prompt, self.presenter.zone, self.sidebar

        def describe(text: str | None, replaced: str | None, zone: str | None) -> str:
            return self.presenter.prompt_note(text or "", replaced or "", today(zone or ""))

        told = [prompt, sidebar.replaced, zone]
        changes = [prompt.change, sidebar.replaced.change, zone.change, self.newday]
        gr.on(changes, event(describe), told, sidebar.prompt_note, **LAST)
        self.demo.load(event(describe), told, sidebar.prompt_note, **QUIET)
        prompt.input(None, None, sidebar.replaced, js="() => ''", **QUIET)  # who goes on writing needs no way back
        sidebar.prompt_note.select(None, sidebar.replaced, told[:2], js="(replaced) => [replaced, '']", **QUIET)

    def _templates(self) -> None:
        sidebar, prompt = self.sidebar, self.presenter.panel.system_prompt
        templates = Templates(self.presenter.terms.templates)
        own, preset, name, models = sidebar.own_presets, sidebar.preset, sidebar.preset_name, sidebar.own_prompt
        offered = self.demo.load(event(templates.choices), own, preset, **QUIET)
        for named in (prompt.change, models.change, offered.then):
            named(None, [prompt, models, own], preset, js=templates.named, **QUIET)
        preset.change(None, [preset, own], sidebar.forget_preset, js=DELETABLE, **QUIET)
        taken = [prompt, sidebar.replaced]
        preset.input(event(templates.chosen), [preset, own, models, prompt], taken, **QUIET)
        shown = [own, preset, sidebar.preset_note]
        for pressed in (sidebar.save_preset.click, name.submit):
            pressed(event(templates.saved), [name, prompt, own], shown, **QUIET)
        sidebar.forget_preset.click(event(templates.deleted), [preset, own], shown, **QUIET)

    def _response(self) -> None:
        presenter, sidebar = self.presenter, self.sidebar
        changes = [getattr(presenter.panel, name).change for name in RESPONSE]
        notes = [sidebar.changed, sidebar.seed_note, sidebar.stop_note, sidebar.schema.note]
        gr.on(changes, event(presenter.comments), presenter.inputs, notes, **LAST)
        sidebar.changed.select(event(presenter.reset), None, presenter.panel.outputs, **QUIET)

    def _schema(self) -> None:
        schema, fields = self.presenter.panel.json_schema, self.sidebar.schema
        offered = Schemas(self.presenter.terms.schemas, self.presenter.builder.run)
        schema.change(None, schema, fields.menu, js=offered.named, **QUIET)
        fields.menu.input(event(offered.chosen), [fields.menu, schema], [schema, fields.replaced], **QUIET)
        filled = [schema, fields.replaced, fields.example_note]
        fields.make.click(event(offered.made), [fields.example, schema], filled, **QUIET)
        fields.example.input(None, None, fields.example_note, js="() => ''", **QUIET)
        fields.replaced.change(event(replaced_note), fields.replaced, fields.replaced_note, **LAST)
        schema.input(None, None, fields.replaced, js="() => ''", **QUIET)  # who goes on writing needs no way back
        back = "(replaced) => [replaced, '']"
        fields.replaced_note.select(None, fields.replaced, [schema, fields.replaced], js=back, **QUIET)

    def _tools(self) -> None:
        presenter, sidebar, dialog, panel = self.presenter, self.sidebar, self.dialog, self.presenter.panel
        tools: list[Any] = [panel.tool_schemas, panel.builtin_tools, panel.served_tools]
        changes = [panel.tool_schemas.change, panel.builtin_tools.change, panel.served_tools.change]

        def tool_notes(schemas: str, chosen: list[str], served: str) -> tuple[str, str, Any]:
            told = presenter.tool_note(schemas, [*(chosen or []), *names_of(served)])
            return told, told, gr.update(interactive=not (schemas or "").strip())

        def choices(schemas: str, chosen: list[str], served: str, choice: str) -> Any:
            return presenter.choices(schemas, [*(chosen or []), *names_of(served)], choice)

        def choice_note(schemas: str, chosen: list[str], served: str, choice: str) -> str:
            return presenter.choice_note(schemas, [*(chosen or []), *names_of(served)], choice)

        chosen, told = [*tools, panel.tool_choice], [dialog.note, sidebar.tool_note, dialog.example]
        gr.on(changes, event(tool_notes), tools, told, **LAST)
        gr.on(changes, event(choices), chosen, panel.tool_choice, **LAST)
        changes = [*changes, panel.tool_choice.change]
        gr.on(changes, event(choice_note), chosen, sidebar.choice_note, **LAST)
        sidebar.choice_note.select(None, None, panel.tool_choice, js="() => 'auto'", **QUIET)
        dialog.example.click(event(custom_tools.example), None, panel.tool_schemas, **QUIET)
        dialog.format.click(event(custom_tools.formatted), panel.tool_schemas, panel.tool_schemas, **QUIET)
