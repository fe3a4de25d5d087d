"""Random weights in the layout of a published repository are taken as one."""

import subprocess
import sys
from pathlib import Path

from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.models.catalogue import ensure_downloaded, look_up


def test_it_loads_by_its_folder_and_answers_with_a_picture_from_the_files_that_are_needed(tmp_path: Path) -> None:
    folder = tmp_path / "published"
    subprocess.run([sys.executable, "scripts/checkpoint.py", str(folder), "--shape", "tiny"], check=True)
    assert {"consolidated.safetensors", "SYSTEM_PROMPT.txt", "tekken.json"} <= {path.name for path in folder.iterdir()}
    (folder / "consolidated.safetensors").chmod(0)
    wanted = look_up(str(folder), "bf16", False)
    assert wanted.folder == folder
    engine = LocalEngine(ensure_downloaded(wanted))
    shapes = Image(str(Path("assets/examples/shapes.png").resolve()), 224, 84)
    asked = ChatRequest("", (UserMessage((shapes, Text("What is this?"))),), settings=GenerationSettings(max_tokens=8))
    try:
        assert engine.loading.result().tokenizer.tekken.n_words == 131_072
        *_, last = engine.stream(asked)
    finally:
        engine.close()
    assert isinstance(last, Finished)
    assert last.usage
    assert last.usage.new_tokens == 8
