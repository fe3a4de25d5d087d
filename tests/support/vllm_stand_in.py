#!/usr/bin/env python3
"""Does what the app needs of `vllm serve` in a moment: it is up after a while, streams, and dies when it is told to.

It writes its arguments and its key to what STAND_IN_NOTES names, a line for each start. A first word DIE as its model
ends it at once; the message "die" in the middle of an answer, as a killed one does.
"""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        if self.path == "/v1/models":
            self.wfile.write(b'{"data": [{"id": "stand-in"}]}')

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != f"Bearer {os.environ['VLLM_API_KEY']}":
            return self.send_error(401)
        self.send_response(200)
        self.end_headers()
        self._say({"content": "Hel"})
        if b'"die"' in asked:
            os._exit(1)
        self._say({"content": "lo"}, "stop")

    def _say(self, delta: dict[str, str], reason: str | None = None) -> None:
        self.wfile.write(f"data: {json.dumps({'choices': [{'delta': delta, 'finish_reason': reason}]})}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    helper = subprocess.Popen(["sleep", "600"])  # as vLLM's process that holds the weights
    with Path(os.environ["STAND_IN_NOTES"]).open("a") as notes:
        note = [os.getpid(), helper.pid, sys.argv[1:], os.environ["VLLM_API_KEY"], dict(os.environ)]
        print(json.dumps(note), file=notes)
    print("loading ✓", flush=True)
    if sys.argv[2] == "DIE":
        sys.exit(7)
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler)
    threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    main()
