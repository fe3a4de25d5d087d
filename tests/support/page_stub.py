"""The page's own script on a page without Gradio: what it asks of the server is noted, and a test says the answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "page"
PICTURE = (Path(__file__).resolve().parents[2] / "assets" / "examples" / "shapes.png").read_bytes()
BODY = """<!doctype html><meta charset="utf-8"><title>Stub</title>
<input id="shelf-search" type="search"><ul id="shelf-list"></ul><p id="shelf-empty"></p>
<button id="export-all">All</button><input type="file"><button id="import">Import</button>
<div id="message"><textarea></textarea></div>
"""
# As ui/page.py's SCRIPT starts it. `sent` and `uploads` are what the server would have got.
START = """<script type="module">
import { start } from "/page/main.js";
Object.assign(window, { sent: [], uploads: [] });
const upload = async (file) => {
  uploads.push([file.name, file.type.startsWith("image") ? "" : await file.text()]);
  return { path: `/tmp/gradio/${uploads.length}/${file.name}` };
};
const trigger = (event, data) => sent.push([event, JSON.parse(JSON.stringify(data))]);
window.started = start({ isArchive: location.search === "?archive", trigger, upload });
</script>"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        script = SCRIPTS / path.removeprefix("/page/")
        if path.startswith("/gradio_api/file="):
            self._answer(PICTURE, "image/png")
        elif path == "/gradio_api/app_id":
            self._answer(b"{}", "application/json")
        elif path.startswith("/page/") and script.is_file():
            self._answer(script.read_bytes(), "text/javascript")
        elif path == "/":
            self._answer((BODY + START).encode(), "text/html")
        else:  # the same origin without the script
            self._answer(BODY.encode(), "text/html")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


@contextmanager
def page_stub() -> Iterator[str]:
    """The address of such a page; each path but / is of the same origin and without the script."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
