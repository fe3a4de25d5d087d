"""Serving the page, and its looks."""

import logging
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import gradio as gr
from fastapi import Depends
from starlette.middleware import Middleware

from backend.demo.values import NO_DEMO, Demo
from backend.engines.health_probe import HealthProbe
from backend.observability.prometheus import Metrics
from backend.sandbox.caller import CALLER
from backend.storage.quota import DiskQuota
from ui.attachments.thumbnails import Thumbnails
from ui.fairness.asking import note_who_asks
from ui.gradio_patches.addresses import name_no_host
from ui.gradio_patches.calls import REFUSALS, check_call
from ui.gradio_patches.contract import check
from ui.gradio_patches.files.upload_files import REFUSALS as UPLOAD_REFUSALS
from ui.gradio_patches.files.upload_files import keep_uploads
from ui.gradio_patches.files.upload_records import forget_what_is_gone
from ui.gradio_patches.http.cors import give_no_leave
from ui.gradio_patches.http.early_files import early_files, early_links, early_looks
from ui.gradio_patches.http.login import LoginFirst
from ui.gradio_patches.http.lost_streams import REFUSALS as LOST
from ui.gradio_patches.http.lost_streams import check_stream
from ui.gradio_patches.idle_streams import EndIdleStreams
from ui.gradio_patches.own_server import ask_directly, serve_by
from ui.gradio_patches.sessions.carrying_out import carry_out_in_turn
from ui.gradio_patches.sessions.unfinished import Places, count_unfinished, make_places
from ui.gradio_patches.share_link import share
from ui.gradio_patches.uploads import lies_in_uploads
from ui.handlers.imports import MAX_IMPORT
from ui.texts import texts
from ui.threads import THREADS
from web.bodies import SmallBodies
from web.connections import Connection, Patience
from web.crowd import Crowd
from web.document.front_page import FrontPage
from web.document.gradio_files import GradioFiles
from web.document.head import About, head
from web.document.page_files import Files, PageFiles
from web.document_page import DocumentPages
from web.health import Health
from web.limits import MAX_FILES, Limits
from web.liveness import Liveness, TrackLiveness
from web.metrics import MetricsPage
from web.middleware import Programs, Standing, guards
from web.sockets import Seldom, backlog, most_connections
from web.streams import StreamLimit

GRADIOS = "gradio.css"  # Gradio's looks as one file
MARKS = re.compile(r"[*_`#]")  # of Markdown, that are in words
MAX_PAGES = 2000  # whose state the server keeps, those used last: less than 50 kB each in scripts/soak.py


@dataclass(frozen=True)
class Serving:
    """Where and how the page is served. `auth` is (user, password); `pictures` is the folder of the image store.

    `root_path` is the path that visitors see, such as "/chat", whether or not a proxy has taken it away.
    """

    assets: Path
    pictures: Path
    quota: DiskQuota
    host: str = "127.0.0.1"
    port: int = 7860
    share: bool = False
    auth: tuple[str, str] | None = None
    max_upload_mb: int = 20
    metrics: Metrics | None = None
    root_path: str = ""
    max_streams: int = 64
    standing: Standing = field(default_factory=Standing)
    thumbnails: Thumbnails | None = None
    programs: Programs | None = None
    demo: Demo = NO_DEMO

    @property
    def about(self) -> str:
        """What is said of the app where somebody names its address."""
        said = " ".join(self.demo.introduction.split("\n\n")[0].split())
        return MARKS.sub("", said) or texts.header.about

    @property
    def site(self) -> str:
        """The app's address in public, where it has the one name; else ""."""
        names = [name for name in self.standing.hosts if "*" not in name]
        return f"https://{names[0]}{self.root_path}/" if len(names) == len(self.standing.hosts) == 1 else ""

    @property
    def upload_bytes(self) -> int:
        """Of one upload."""
        return upload_bytes(self.max_upload_mb)


def upload_bytes(max_upload_mb: int) -> int:
    """Of one upload, with pictures of so many MB; the image store refuses larger pictures, imports may be larger."""
    return max(MAX_FILES * max_upload_mb * 1_000_000, MAX_IMPORT) + 1_000_000


def launch(demo: gr.Blocks, probe: HealthProbe, liveness: Liveness, serving: Serving) -> str:
    """Serves the page and returns its address on this machine.

    Raises UserError where Gradio is not as needed, OSError where the port is taken.
    """
    check()
    _bound(demo, serving)
    demo.launch(
        server_name=f"[{serving.host}]" if ":" in serving.host else serving.host,  # as in an address
        server_port=serving.port,
        root_path=serving.root_path,
        share=False,  # see share_link.py
        auth=serving.auth,
        max_file_size=max(serving.max_upload_mb * 1_000_000, MAX_IMPORT),
        allowed_paths=[str(serving.pictures), str(serving.assets / "examples"), *serving.demo.pictures],
        theme=theme(),
        footer_links=[],
        max_threads=THREADS,
        num_workers=0,
        state_session_capacity=MAX_PAGES,
        ssr_mode=False,
        run_history=False,
        quiet=True,
        prevent_thread_lock=True,
        app_kwargs={
            "middleware": [
                *_in_front(probe, liveness, serving, demo),
                Middleware(EndIdleStreams, queue=lambda: demo._queue),
            ],
            "dependencies": [Depends(note_who_asks), Depends(check_call), Depends(Places()), Depends(check_stream)],
            "exception_handlers": REFUSALS | UPLOAD_REFUSALS | LOST,
            "redirect_slashes": False,  # to an address with the host that the request names, whoever's that is
        },
    )
    make_places(demo)
    if serving.share:
        share(demo)
    return (demo.local_url or "").replace("[::]", "[::1]")


def _bound(demo: gr.Blocks, serving: Serving) -> None:
    """Has Gradio name no host, and bound what visitors take of memory, of the disk and of connections."""
    from ui.gradio_patches.sessions.lean_sessions import keep_pages_lean  # which is made of what was checked
    from ui.gradio_patches.sessions.unread import bound_what_is_unread

    name_no_host()
    ask_directly()
    give_no_leave()
    keep_pages_lean()
    demo.queue(default_concurrency_limit=None, api_open=False)
    bound_what_is_unread(demo)
    count_unfinished(demo)
    carry_out_in_turn(demo)
    keep_uploads(demo, serving.quota)
    forget_what_is_gone(demo, serving.quota)
    most = most_connections()
    patience = Patience(refused_bytes=serving.upload_bytes)
    serve_by(partial(Connection, crowd=Crowd(most), patience=patience), backlog(most), round(patience.idle))
    logging.getLogger("asyncio").addFilter(Seldom())


def _in_front(probe: HealthProbe, liveness: Liveness, serving: Serving, demo: gr.Blocks) -> list[Middleware]:
    """What stands in front of Gradio, the outermost first."""
    title, early = str(demo.title), early_files(demo.config)
    files = Files(serving.assets, title, {GRADIOS: early_looks(early)})
    words = texts.composer
    about = About(
        title, serving.about, serving.site, words.placeholder.format(name=title), words.message, words.send,
        serving.demo.all_hidden,
    )  # fmt: skip
    written = head(serving.assets, files, about, early_links(early), (GRADIOS, "page.css"))
    return [
        *guards(Limits(upload_bytes=serving.upload_bytes), serving.root_path, serving.standing, serving.programs),
        Middleware(Health, probe=probe),
        Middleware(MetricsPage, metrics=serving.metrics, auth=serving.auth),
        Middleware(PageFiles, files=files),
        Middleware(GradioFiles),
        Middleware(FrontPage, head=written),
        *_of_documents(serving.thumbnails),
        Middleware(LoginFirst),
        Middleware(SmallBodies),
        Middleware(StreamLimit, most=serving.max_streams),
        Middleware(TrackLiveness, liveness=liveness),
    ]


def _of_documents(thumbnails: Thumbnails | None) -> list[Middleware]:
    if thumbnails is None:
        return []
    return [Middleware(DocumentPages, draw=partial(_drawn, thumbnails), is_upload=lies_in_uploads)]


def _drawn(thumbnails: Thumbnails, visitor: str, path: str, number: int) -> Path:
    """A small picture of a page of an upload, made as work of this visitor's. Raises UserError."""
    CALLER.set(visitor)
    return thumbnails.draw(path, number)


class _Centred(gr.themes.LocalFont):
    """Its letters stand in the middle of their line, as icons beside them do: its own metrics have them above it."""

    def stylesheet(self) -> dict[str, str | None]:
        """The rules by which the browser loads it."""
        css = super().stylesheet()["css"]
        metrics = "ascent-override: 94%; descent-override: 24%; line-gap-override: 0%;"
        return {"url": None, "css": css.replace("font-style: normal;", f"font-style: normal; {metrics}")}


def theme() -> gr.themes.Base:
    """Warm and calm, with fonts that come with Gradio: a GoogleFont would call out."""
    return gr.themes.Base(
        primary_hue="orange",
        neutral_hue="stone",
        font=[_Centred("IBM Plex Sans", weights=(400, 700)), "sans-serif"],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "monospace"],
        radius_size="lg",
    ).set(
        body_background_fill="#fffdf9",
        body_background_fill_dark="#171411",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1d1916",
        block_background_fill_dark="#1d1916",
        body_text_color_subdued="#665d55",
        body_text_color_subdued_dark="#b9afa5",
        block_info_text_color="#665d55",
        block_info_text_color_dark="#b9afa5",
        block_label_text_color="#4d453e",
        block_label_text_color_dark="#d6cdc4",
        input_placeholder_color="#706760",
        input_placeholder_color_dark="#a89e94",
        input_background_fill_dark="#26211d",
        block_border_width="1px",
        block_label_text_weight="400",
        button_primary_background_fill="#b94700",
        button_primary_background_fill_hover="#9a3b00",
        button_primary_background_fill_dark="#b94700",
        slider_color="#fb7a12",
    )
