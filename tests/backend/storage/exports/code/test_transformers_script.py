"""The script with transformers gives the answer that the app gives, without anything of the app."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from backend.chat.messages import AssistantMessage, ToolCall, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.engines.local.generation import generation_config
from backend.engines.local.output.tool_calls import forced_ids
from backend.storage.exports.code.question import Question
from backend.storage.exports.code.transformers_script import transformers_script
from backend.tokenization.tokenizer import Tokenizer
from tests.support.questions import QUESTIONS

if TYPE_CHECKING:
    from backend.engines.local.engine import LocalEngine

DEMO = Path("assets/demo-model").resolve()
# Runs scripts one after the other in one process, since each alone would take seconds to import torch.
RUNS = "import runpy, sys\nfor path in sys.argv[1:]: runpy.run_path(path, run_name='__main__'); print('\\0', end='')"
RUN = ("system", "called", "named", "stop", "sampled")  # that between them have all that a script can have


@dataclass
class Recorder:
    """In the place of a model: what it is asked, which it answers with these ids."""

    answer: list[int] = field(default_factory=lambda: [2])
    dtype, device = torch.float32, "cpu"
    asked: dict[str, Any] = field(default_factory=dict)

    def generate(self, ids: torch.Tensor, **given: Any) -> torch.Tensor:
        self.asked = {"ids": ids[0].tolist(), **given}
        return torch.cat([ids, torch.tensor([self.answer])], dim=1)


def answered(engine: "LocalEngine", request: ChatRequest) -> str:
    """The app's own answer, as a script prints it."""
    events = list(engine.stream(request))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    calls = [f"{event.name} {event.arguments}" for event in events if isinstance(event, ToolCall)]
    return "".join(f"{line}\n" for line in [*([text] if text else []), *calls])


def written(request: ChatRequest, folder: Path, thinks: bool = False) -> Path:
    """The script in this folder, with its pictures beside it."""
    question = Question(request, "", "", "", "float32", thinks)  # as the demo model runs without a GPU
    folder.mkdir(exist_ok=True)
    for file, image in question.pictures.items():
        shutil.copy(image.path, folder / file)
    path = folder / "chat.py"
    path.write_text(transformers_script(question).text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_asks_what_the_app_asks(
    name: str, tmp_path: Path, demo_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, model = QUESTIONS[name], Recorder()
    monkeypatch.setattr("transformers.Mistral3ForConditionalGeneration.from_pretrained", lambda *_, **__: model)
    monkeypatch.setenv("MODEL", str(DEMO))
    runpy.run_path(str(written(request, tmp_path)))
    prompt, asked = demo_tokenizer.encode(request), model.asked

    assert asked["ids"] == [*prompt.tokens, *forced_ids(request.tool_choice, demo_tokenizer)]
    assert asked["generation_config"].to_dict() == generation_config(demo_tokenizer, request.settings).to_dict()
    assert [tuple(size) for size in asked.get("image_sizes", [])] == [(p.height, p.width) for p in prompt.images]
    for seen, picture in zip(asked.get("pixel_values", []), prompt.images, strict=True):
        assert np.array_equal(seen[:, : picture.height, : picture.width], picture.pixels())


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_model_that_thinks_reads_its_thoughts_as_the_app_has_it(
    is_shown: bool, tmp_path: Path, thinking_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, model = UserMessage((Text("2 + 2?"),)), Recorder()
    request = ChatRequest(
        "Think: [THINK]Your thoughts.[/THINK]Answer." if is_shown else "Answer.",
        (ask, AssistantMessage("Four.", thought="2, 2."), ask),
        send_thoughts=True,
    )
    monkeypatch.setattr("transformers.Mistral3ForConditionalGeneration.from_pretrained", lambda *_, **__: model)
    file = thinking_tokenizer.tekken.file_path
    monkeypatch.setenv("MODEL", str(file.parent))
    runpy.run_path(str(written(request, tmp_path, thinks=True)))

    assert model.asked["ids"] == thinking_tokenizer.encode(request).tokens


def test_the_model_before_begins_a_call_as_a_list(
    tmp_path: Path, tokenizer_file: Callable[[str], Path], tokenizer_of: Callable[[str], Tokenizer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    request, model = QUESTIONS["named"], Recorder()
    monkeypatch.setattr("transformers.Mistral3ForConditionalGeneration.from_pretrained", lambda *_, **__: model)
    monkeypatch.setenv("MODEL", str(tokenizer_file("v7").parent))
    runpy.run_path(str(written(request, tmp_path)))

    v7 = tokenizer_of("v7")
    assert model.asked["ids"] == [*v7.encode(request).tokens, *forced_ids(request.tool_choice, v7)]


def test_a_thought_is_told_apart_from_the_answer(
    tmp_path: Path, thinking_file: Path, thinking_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    thought, answer = thinking_tokenizer.text_ids("7 * 8 is 56."), thinking_tokenizer.text_ids("It is 56.")
    model = Recorder([34, *thought, 35, *answer, 2])
    monkeypatch.setattr("transformers.Mistral3ForConditionalGeneration.from_pretrained", lambda *_, **__: model)
    monkeypatch.setenv("MODEL", str(thinking_file.parent))
    runpy.run_path(str(written(QUESTIONS["plain"], tmp_path, thinks=True)))
    assert capsys.readouterr().out == "Thought: 7 * 8 is 56.\nIt is 56.\n"


def test_every_script_gives_the_app_s_answer(engine: "LocalEngine", tmp_path: Path) -> None:
    paths = [written(QUESTIONS[name], tmp_path / name) for name in RUN]
    environment = os.environ | {"MODEL": str(DEMO), "PYTHONPATH": "", "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run([sys.executable, "-c", RUNS, *paths], capture_output=True, cwd=tmp_path, env=environment)
    told = dict(zip(RUN, run.stdout.decode().split("\0"), strict=False))

    assert run.returncode == 0, run.stderr.decode()
    assert told == {name: answered(engine, QUESTIONS[name]) for name in RUN}
    assert "408" in told["called"]
    assert told["named"].startswith("my_calculator {")


def test_a_schema_is_said_not_to_be_enforced() -> None:
    assert "JSON Schema" in transformers_script(Question(QUESTIONS["schema"], "", "")).text
    assert "JSON Schema" not in transformers_script(Question(QUESTIONS["plain"], "", "")).text


def test_a_model_is_named_as_the_hub_has_it_or_not_at_all() -> None:
    of_hub = transformers_script(Question(QUESTIONS["plain"], "", "", "mistralai/Some-Model"))
    assert 'os.environ.get("MODEL", "mistralai/Some-Model")' in of_hub.text
    assert 'os.environ.get("MODEL", "path/to/model")' in transformers_script(Question(QUESTIONS["plain"], "", "")).text


def test_weights_are_as_the_app_has_them() -> None:
    for weights, told in (("float32", "torch.float32"), ("4bit", "load_in_4bit=True"), ("8bit", "load_in_8bit=True")):
        script = transformers_script(Question(QUESTIONS["plain"], "", "", "", weights))
        assert told in script.text
        assert ("bitsandbytes" in script.requirements[-1]) == weights.endswith("bit")
        compile(script.text, "script", "exec")


def test_it_is_short() -> None:
    """Beside what the chat holds."""
    for request in (*QUESTIONS.values(), replace(QUESTIONS["stop"], tools=QUESTIONS["named"].tools, tool_choice="x")):
        asked = replace(request, messages=request.messages[:1])
        text = transformers_script(Question(asked, "", "")).text
        without = re.sub(r"^(MESSAGES|TOOLS) = .*?^\]$", "", text, flags=re.MULTILINE | re.DOTALL)
        assert len([line for line in without.split("\n") if line]) <= 80
