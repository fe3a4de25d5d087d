"""The README's header, which the hub reads, and the length that people read."""

import re
from pathlib import Path

README = Path("README.md").read_text("utf-8")
HEADER = dict(re.findall(r"^(\w+): (.+)$", README.split("---")[1], re.MULTILINE))


def test_the_header_keeps_to_the_limits_of_the_hub() -> None:
    assert len(HEADER["short_description"]) <= 60
    assert HEADER["sdk"] == "gradio"
    assert f"gradio=={HEADER['sdk_version']}\n" in Path("requirements.txt").read_text("utf-8")
    assert Path(HEADER["app_file"]).is_file()
    assert HEADER["colorFrom"] in (colors := {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"})
    assert HEADER["colorTo"] in colors
    assert re.fullmatch(r'"3\.1[123](\.\d+)?"', HEADER["python_version"])


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len(README.splitlines()) <= 100
