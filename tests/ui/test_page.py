"""What an open page relies on when the server behind it is started anew."""

import os
import subprocess
import sys

LAYOUT = """
import tempfile
from pathlib import Path
from backend.storage.images import ImageStore
from tests.support.scripted_engine import ScriptedEngine
from ui.bridge import Bridge
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from ui.page import Services, page
from ui.session_store import SessionStore
room = [object() for _ in range({})]  # so that what hashes by its address comes in another order
info = ModelInfo("Model", "", "", "")
def config(bridge):
    images = ImageStore(Path(tempfile.mkdtemp()))
    model = ModelCapabilities(lambda: info, 64)
    return page(Services(ScriptedEngine([]), model, images, bridge, SessionStore()), ()).config
print([(event["targets"], event["inputs"], event["outputs"]) for event in config(Bridge())["dependencies"]])
"""
HEARTBEAT = 'print([config(bridge)["connect_heartbeat"] for bridge in (Bridge(), Bridge(keep_seconds=0))])'


def test_every_event_has_its_inputs_and_outputs_in_the_same_order_at_each_start() -> None:
    starts = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", LAYOUT.format(seed * 50_000)],
            check=True, capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in range(3)
    ]  # fmt: skip
    assert len(starts[0]) > 1_000
    assert starts[0] == starts[1] == starts[2]


def test_a_page_holds_a_connection_open_only_where_its_answer_ends_with_it() -> None:
    code = LAYOUT.format(0).replace("print(", "str(") + HEARTBEAT
    command = [sys.executable, "-W", "ignore", "-c", code]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[False, True]\n"
