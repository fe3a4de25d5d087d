"""gr.Blocks: where everything stands, and what each handler gets. Which event calls which is in wiring.py."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import gradio as gr

from backend.demo.values import NO_DEMO, Demo
from backend.engines.engine import Engine
from backend.runtime.model_info import ModelCapabilities
from backend.sandbox.pool import Run, directly
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive
from backend.tools.sources import ToolSource
from backend.tools.toolbox import Tool
from ui.attachments.box_files import BoxFiles
from ui.attachments.readings import Readings
from ui.attachments.services import Attachments
from ui.batch.handlers import BatchHandlers
from ui.batch.items import BatchFiles
from ui.batch.opening import RowOpener
from ui.batch.runner import BatchRunner, Limits
from ui.bridge import Bridge
from ui.components.chat import ChatComponents, MessageLimits, chat_column
from ui.components.header import header, settings_head, shortcuts
from ui.components.history_sidebar import HistorySidebar, history_sidebar
from ui.components.html import own_html
from ui.components.model_tab import ModelTab, may_choose, model_tab
from ui.components.sidebar import SidebarComponents, panel
from ui.components.tools_dialog import ToolsDialog, tools_dialog
from ui.conversations.answering import AnswerRunner
from ui.conversations.restore import Restorer
from ui.conversations.starter import Starter
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.gradio_patches.validation import ValidatedBlocks
from ui.handlers.answer import AnswerHandlers
from ui.handlers.answers.code import CodeHandlers
from ui.handlers.answers.prompts import PromptHandlers
from ui.handlers.box import BoxHandlers
from ui.handlers.branches import BranchHandlers
from ui.handlers.commands import Commands
from ui.handlers.compare import CompareHandlers
from ui.handlers.composer.choosing import ChoosingHandlers
from ui.handlers.composer.message_box import Composer
from ui.handlers.composer.regions import RegionHandlers
from ui.handlers.conversations import ConversationHandlers
from ui.handlers.draft import DraftHandlers
from ui.handlers.examples import ExampleHandlers
from ui.handlers.exports import ExportHandlers, LinkHandlers
from ui.handlers.imports import ImportHandlers
from ui.handlers.panel.kept_examples import KeptExamples
from ui.handlers.panel.model_switch import ModelSwitchHandlers
from ui.handlers.panel.served_tools import ServedTools
from ui.handlers.panel.tool_bench import tool_bench
from ui.handlers.send import SendHandlers
from ui.handlers.tool_calls import ToolCallHandlers
from ui.render.icons import icon
from ui.requests.builder import RequestBuilder
from ui.requests.given_files import GivenFiles
from ui.requests.presenter import PanelPresenter
from ui.session_store import SessionStore
from ui.texts import texts
from ui.wiring import PageHandlers, Wiring

# The page's own script is assets/page/main.js, as web/document/page_files.py serves it: what is told before it is there
# waits.
SCRIPT = """
const page = import(new URL("page/main.js", document.baseURI)).then((main) =>
  main.start({ isArchive: props.mode === "archive", hasPrompts: props.prompts, trigger, upload }));
const hear = (by, said) => page.then((started) => started.hear(by, said));
watch("value", () => hear("channel", props.value));
addEventListener("report", (event) => hear("report", event.detail));
addEventListener("transcript", (event) => page.then((started) => started.draw(event.detail)));
addEventListener("strip", (event) => page.then((started) => started.strip(event.detail)));
addEventListener("tools", (event) => page.then((started) => started.tools(event.detail)));
page.catch(() => document.body.prepend(UNLOADED));
""".replace("UNLOADED", json.dumps(texts.errors.unloaded))
COMPARE = f"<button type='button' data-act='compare'>{icon('compare')} {texts.panel.compare}</button>"
REPORTS = 'watch("value", () => dispatchEvent(new CustomEvent("report", { detail: props.value })))'


@dataclass(frozen=True)
class Services:
    """What stands behind the page. `run` is how what visitors give is checked, `read` how their files are read: see
    Sandbox.run. `sources` offer tools that may come and go; `add_server` is there where a person may add one by its
    address."""

    engine: Engine
    model: ModelCapabilities
    images: ImageStore
    bridge: Bridge
    sessions: SessionStore = field(default_factory=SessionStore)
    archive: Archive | None = None
    run: Run = directly
    read: Run = directly
    max_upload_mb: int = 20
    batch: Limits = field(default_factory=Limits)
    attachments: Attachments | None = None
    sources: tuple[ToolSource, ...] = ()
    demo: Demo = NO_DEMO
    serves_api: bool = False
    add_server: Callable[[str], None] | None = None

    @property
    def attached(self) -> Attachments:
        """What stands behind the message box; where nothing was given, one that reads files in this process."""
        return self.attachments or Attachments(BoxFiles(Readings(self.images)))


@dataclass(frozen=True)
class Layout:
    """Everything that stands on the page."""

    header: gr.HTML
    chat: ChatComponents
    history: HistorySidebar
    sidebar: SidebarComponents
    tools_dialog: ToolsDialog
    model_tab: ModelTab


def page(services: Services, builtin: tuple[Tool, ...]) -> gr.Blocks:
    """The whole page, ready to launch."""
    services = replace(services, model=_with_prompt(services.model, services.demo))
    title = services.demo.title or services.model.info().name
    sweep = (3600, 86_400)  # Gradio's own files: once an hour those that are a day old
    demo = ValidatedBlocks(title=title, fill_height=True, analytics_enabled=False, delete_cache=sweep)
    with demo:
        layout, presenter = _layout(demo, services, builtin)
        wiring = Wiring(demo, layout.chat, layout.history, presenter, _handlers(services, layout, presenter))
        wiring.wire(layout.sidebar, layout.tools_dialog)
        served = ServedTools(presenter.builder, services.add_server)
        served.wire(demo, layout.sidebar, presenter.panel.served_tools)
    return demo


def _with_prompt(model: ModelCapabilities, demo: Demo) -> ModelCapabilities:
    """The model with the demo's system prompt as its own, where it has one."""
    if (prompt := demo.system_prompt) is None:
        return model
    return replace(model, info=lambda: replace(model.info(), system_prompt=prompt))


def _layout(demo: gr.Blocks, services: Services, builtin: tuple[Tool, ...]) -> tuple[Layout, PanelPresenter]:
    model, info, given = services.model, services.model.info(), services.demo
    most = MessageLimits(services.attached.files.most, services.max_upload_mb)
    channel = gr.HTML(
        {}, html_template="<span></span>", js_on_load=SCRIPT, visible="hidden",
        elem_id="channel", mode="archive" if services.archive else "browser",
        prompts=model.inspect is not None and not given.hides("prompts"),
    )  # fmt: skip
    reports = gr.HTML({}, html_template="<span></span>", js_on_load=REPORTS, visible="hidden", elem_id="reports")
    history = history_sidebar(given)
    with gr.Column(elem_id="talk"):
        title = own_html(header(info, given, may_choose(model, given)), elem_id="header")
        own_html(elem_id="link-note")  # the page's script says there what a shared link has set
        chat = chat_column(info, channel, reports, services.archive is not None, most, services.batch.rows, given)
    dialog, images = tools_dialog(not given.fixes("tools")), services.images
    builder = RequestBuilder(
        builtin,
        model.info,
        model.max_new_tokens,
        images.take_bytes,
        services.run,
        images.cut,
        services.sources,
        given,
        GivenFiles(given, images.take),
    )
    with gr.Column(elem_id="panel", visible=not given.hides("settings")):
        own_html(settings_head(), elem_id="panel-head")
        about, takes_servers = {tool.name: tool.spec.description for tool in builtin}, services.add_server is not None
        fields, sidebar = panel(info.system_prompt, builder.terms, about, dialog, takes_servers)
    with sidebar.compare_tab:
        own_html(COMPARE, elem_classes="more")
    if not given.fixes("tools"):
        with dialog.bench:
            tool_bench(fields, builder, demo)
    models = model_tab(info.name, model, given)
    with gr.Column(elem_id="shortcuts", elem_classes="dialog"):
        own_html(shortcuts())
    layout = Layout(title, chat, history, sidebar, dialog, models)
    return layout, PanelPresenter(fields, history.private, chat.zone, builder)


def _handlers(services: Services, layout: Layout, presenter: PanelPresenter) -> PageHandlers:
    chat, bridge, images, builder = layout.chat, services.bridge, services.images, presenter.builder
    view = ChatView(chat, presenter, services.sessions)
    store = ConversationStore(presenter, images, services.archive, chat.channel, services.sessions, services.read)
    runner = AnswerRunner(services.engine, bridge, store, services.sessions)
    attached = services.attached
    starter, composer = Starter(builder, bridge, view, store, runner), Composer(chat, attached.files, attached.uploads)
    restorer, branches = Restorer(store, view), BranchHandlers(view, starter, store, bridge, composer)
    conversations = ConversationHandlers(view, composer, store, starter, restorer)
    sender, choosing = SendHandlers(composer, presenter, starter), ChoosingHandlers(view, composer, store)
    boxes = BoxHandlers(view, composer, store, choosing, images, RegionHandlers(view, composer, store, images))
    tool_calls = ToolCallHandlers(view, builder, starter)
    comparing = CompareHandlers(services.engine, bridge, view, composer, starter)
    prompts, kept = PromptHandlers(view, store, services.model.inspect), KeptExamples(view, store, services.model)
    code = CodeHandlers(view, store, services.serves_api)
    commands = Commands(
        view, composer, boxes, sender, store, starter, branches, conversations, tool_calls, comparing, prompts, kept,
        code,
    )  # fmt: skip
    files = BatchFiles(images, attached.files.readings.documents)
    batches = BatchRunner(services.engine, bridge, services.sessions, files, services.batch)
    return PageHandlers(
        restorer,
        sender,
        AnswerHandlers(bridge, view, store),
        branches,
        ExampleHandlers(view),
        commands,
        DraftHandlers(view, composer, builder, services.model, bridge),
        ExportHandlers(view, store, builder),
        LinkHandlers(view, composer, builder, layout.history.link_text),
        ImportHandlers(view, starter, store),
        comparing,
        BatchHandlers(view, builder, batches, RowOpener(view, starter, store, files), chat.batch),
        ModelSwitchHandlers(
            services.model,
            services.archive is not None,
            layout.model_tab,
            chat.welcome,
            layout.header,
            layout.sidebar.own_prompt,
            presenter.panel,
            services.demo,
        ),
    )
