"""A small server that speaks as much of the hub's protocol as it takes to fill a Space, and keeps what it is given.

The paths and forms are those that huggingface_hub 2.4 sends and reads (hf_api.py, _commit_api.py, lfs.py). As the hub
does, it wants binary files as large ones, and refuses a commit that holds one in plain.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from huggingface_hub.utils import sha

COMMIT = "c0ffee" + "0" * 34
TOKEN, ASKING = "hf_stubstubstub", "hf_maywritenothing"  # one that may write, and one that may ask models and no more
STAGES = ["BUILDING", "APP_STARTING"]  # what a Space goes through before it is in its last one


class Space:
    """One Space as it lies on the hub."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {
            ".gitattributes": b"*.png filter=lfs\n",
            "README.md": b"---\nsdk: gradio\n---\n",
        }
        self.large: set[str] = set()  # those of them that were uploaded as large files
        self.variables: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        self.hardware = "cpu-basic"
        self.stages: list[str] = []

    def write_to(self, folder: Path) -> None:
        """Writes its files into a folder, as the builder does."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


class SpacesHub:
    """The Spaces of one owner, named `ada`."""

    def __init__(self) -> None:
        self.spaces: dict[str, Space] = {}
        self.commits = 0
        self.last_stage = "RUNNING"
        self.objects: dict[str, bytes] = {}  # large files by their sha256
        self.bearers: set[str] = set()  # the tokens that came with what its API was asked
        self.url = ""


class Refusal(Exception):
    """A status, what is said with it, and the address of what is there already."""


@contextmanager
def spaces_hub() -> Iterator[SpacesHub]:
    """A running one."""
    hub = SpacesHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    yield hub
    server.shutdown()
    server.server_close()


def _handler(hub: SpacesHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_PUT(self) -> None:
            self.answer()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            path = self.path.partition("?")[0]
            try:
                if self.command != "PUT":
                    _admit(hub, self.headers["Authorization"])
                status, said = 200, answer(hub, path, body)
            except Refusal as refusal:
                status, said = refusal.args[0], {"error": refusal.args[1], "url": refusal.args[2:] and refusal.args[2]}
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _admit(hub: SpacesHub, bearer: str | None) -> None:
    hub.bearers |= {bearer} if bearer else set()
    if bearer == f"Bearer {ASKING}":
        raise Refusal(403, "You don't have the rights to create a space under this namespace")
    if bearer != f"Bearer {TOKEN}":
        raise Refusal(401, "Invalid username or password.")


def answer(hub: SpacesHub, path: str, body: bytes) -> Any:
    """What the hub says. Raises Refusal."""
    if path.startswith("/objects/"):
        hub.objects[sha256(body).hexdigest()] = body
        return {}
    if path.endswith("/commit/main"):
        return _commit(hub, _space(hub, path), [json.loads(line) for line in body.splitlines()])
    told = json.loads(body) if body else {}
    if path == "/api/repos/create":
        return _create(hub, told)
    if path == "/api/validate-yaml":
        return {"errors": [], "warnings": []}
    if path.endswith("/info/lfs/objects/batch"):
        return {"transfer": "basic", "objects": [_upload(hub, each) for each in told["objects"]]}
    return _of_a_space(_space(hub, path), path.split("/")[5], told, hub)


def _upload(hub: SpacesHub, large: dict[str, Any]) -> dict[str, Any]:
    """Where a large file goes that is not there yet."""
    return large if large["oid"] in hub.objects else large | {"actions": {"upload": {"href": f"{hub.url}/objects/"}}}


def _of_a_space(space: Space, what: str, told: dict[str, Any], hub: SpacesHub) -> Any:
    if what == "tree":
        return [{"type": "file", "path": name, "size": 1, "oid": "0" * 40} for name in space.files]
    if what == "revision":
        return {"id": "ada/chat", "sha": COMMIT, "siblings": []}
    if what == "preupload":
        return {"files": [_how(space, each) for each in told["files"]]}
    if what == "variables":
        space.variables[told["key"]] = told["value"]
        return {name: {"value": value} for name, value in space.variables.items()}
    if what == "secrets":
        space.secrets[told["key"]] = told["value"]
        return {}
    if what == "hardware":
        if told["flavor"] == "none-such":
            raise Refusal(400, "Invalid hardware flavor")
        space.hardware = told["flavor"]
    stage = space.stages.pop(0) if space.stages else hub.last_stage
    return {"stage": stage, "hardware": {"current": space.hardware, "requested": space.hardware}}


def _create(hub: SpacesHub, told: dict[str, Any]) -> dict[str, str]:
    name = f"{told['organization']}/{told['name']}"
    if told["organization"] != "ada":
        raise Refusal(403, "You don't have the rights to create a space under this namespace")
    if told["type"] != "space" or told["sdk"] != "gradio":
        raise Refusal(400, "Invalid sdk")
    if name in hub.spaces:
        raise Refusal(409, "You already created this space repo", f"{hub.url}/spaces/{name}")
    hub.spaces[name] = Space()
    return {"url": f"{hub.url}/spaces/{name}"}


def _space(hub: SpacesHub, path: str) -> Space:
    name = "/".join(path.split("/")[3:5])
    if name not in hub.spaces:
        raise Refusal(404, "Repository not found")
    return hub.spaces[name]


def _how(space: Space, file: dict[str, str]) -> dict[str, Any]:
    """How a file is to be sent, and what is there under its name."""
    mode, there = _mode(base64.b64decode(file["sample"])), _oid(space, file["path"])
    return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": there}


def _mode(sample: bytes) -> str:
    try:
        sample[:-3].decode()  # a character may be cut at the end
    except UnicodeDecodeError:
        return "lfs"
    return "lfs" if b"\0" in sample else "regular"


def _oid(space: Space, name: str) -> str | None:
    """How huggingface_hub names the content that is there: large files by sha256, others as git does."""
    if name not in space.files:
        return None
    content = space.files[name]
    return sha256(content).hexdigest() if name in space.large else sha.git_hash(content)


def _commit(hub: SpacesHub, space: Space, lines: list[dict[str, Any]]) -> dict[str, str]:
    for line in lines:
        value = line["value"]
        if line["key"] == "file":
            content = base64.b64decode(value["content"])
            if _mode(content) == "lfs":
                raise Refusal(400, f"{value['path']} is binary and has to be a large file")
            space.files[value["path"]] = content
        elif line["key"] == "lfsFile":
            space.files[value["path"]] = hub.objects[value["oid"]]
            space.large.add(value["path"])
        elif line["key"] == "deletedFile":
            del space.files[value["path"]]
    hub.commits += 1
    space.stages = list(STAGES)
    return {"commitUrl": f"{hub.url}/spaces/ada/chat/commit/{COMMIT}", "commitOid": COMMIT}
