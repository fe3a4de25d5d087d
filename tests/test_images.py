"""The container images hold what the app is made of, as far as that is known without building them."""

import ast
import json
import re
from pathlib import Path

import pytest

IMAGES = [Path("Dockerfile"), Path("Dockerfile.server")]


@pytest.mark.parametrize("image", IMAGES, ids=str)
def test_an_image_holds_every_room_and_is_sent_nothing_else(image: Path) -> None:
    copied = re.findall(r"^COPY (\S+)", image.read_text(encoding="utf-8"), re.MULTILINE)
    sent = re.findall(r"^!(\S+)", Path(".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"app.py", "assets", "backend", "ui", "web"} < set(copied)
    assert set(copied) <= set(sent)


@pytest.mark.parametrize("image", IMAGES, ids=str)
def test_signals_reach_the_app_itself_and_a_probe_is_a_program(image: Path) -> None:
    text = image.read_text(encoding="utf-8").replace("\\\n", "")
    (probe,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", text, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["python", "app.py"\]$', text, re.MULTILINE)
    assert ast.parse(json.loads(probe)[2])
    assert re.search(r"^USER 1000$", text, re.MULTILINE)


def test_the_image_has_the_torch_that_the_app_was_tested_with() -> None:
    pins = [re.findall(r"torch==[\d.]+", Path(name).read_text(encoding="utf-8")) for name in ("Dockerfile", "Makefile")]
    assert pins[0] == pins[1] != []
