"""Putting the app into a Space, on a hub that runs here."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from backend.demo.reading import read_demo
from backend.options import read_config
from scripts import deploy_space
from tests.support.spaces_stub import ASKING, TOKEN, Space, SpacesHub, spaces_hub

WEIGHTS = "assets/demo-model/model-00001-of-00002.safetensors"


@pytest.fixture(scope="module")
def hub() -> Iterator[SpacesHub]:
    with spaces_hub() as hub:
        yield hub


def deploy(hub: SpacesHub, patch: pytest.MonkeyPatch, *arguments: str, endpoint: str = "", token: str = TOKEN) -> str:
    """Runs the script in this process, with this token; what it says where it fails."""
    patch.setattr(constants, "ENDPOINT", endpoint or hub.url)
    patch.setattr(constants, "HF_HUB_DISABLE_XET", False)  # for the script to set
    patch.setenv("HF_TOKEN", token)
    patch.setattr(deploy_space, "get_token", lambda: token)  # whoever runs the tests may be logged in
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        deploy_space.main(["--poll", "0.1", *arguments])
    assert said.getvalue().startswith("deploy_space.py: ") or not said.getvalue()
    return said.getvalue().removeprefix("deploy_space.py: ")


@pytest.fixture(scope="module")
def space(hub: SpacesHub, tmp_path_factory: pytest.TempPathFactory) -> Space:
    """One with a model, a GPU and a token to ask with, made by the script as a person runs it who is logged in."""
    options = ["--hardware", "t4-small", "--variable", "MISTRAL_CHAT_MODEL=ministral-8b"]
    options += ["--secret", "HF_TOKEN=INFERENCE_TOKEN"]
    said = run(hub, tmp_path_factory.mktemp("home"), "ada/chat", *options)
    assert said.endswith(f"It runs: {hub.url}/spaces/ada/chat\n")
    return hub.spaces["ada/chat"]


def run(hub: SpacesHub, home: Path, *arguments: str) -> str:
    """Runs the script as a person does who is logged in; what it says."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING", "MISTRAL_"))}
    (home / "token").write_text(TOKEN)  # as `hf auth login` leaves it
    environment = ours | {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "INFERENCE_TOKEN": ASKING}
    command = [sys.executable, "scripts/deploy_space.py", "--poll", "0.1", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not [token for token in (TOKEN, ASKING) if token in done.stdout + done.stderr]
    return done.stdout


def test_a_space_holds_what_the_app_needs_and_nothing_else(space: Space) -> None:
    assert {"app.py", "requirements.txt", "README.md", "assets/styles/base.css", "assets/page/main.js"} <= set(
        space.files
    )
    assert {name.split("/")[0] for name in space.files} == {
        "app.py", "backend", "web", "ui", "assets", "requirements.txt", "README.md", "LICENSE", ".gitattributes"
    }  # fmt: skip
    assert not [name for name in space.files if "__pycache__" in name]
    assert {WEIGHTS, "assets/screenshot.png", "assets/examples/shapes.png"} <= space.large
    assert all(content == Path(name).read_bytes() for name, content in space.files.items() if name[0] != ".")


def test_one_token_puts_it_there_and_another_is_its_secret(hub: SpacesHub, space: Space) -> None:
    assert hub.bearers == {f"Bearer {TOKEN}"}
    assert space.secrets == {"HF_TOKEN": ASKING}


def test_a_secret_is_read_from_the_variable_of_its_name_where_none_is_named(
    hub: SpacesHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_CHAT_AUTH", "ada:pass=word")
    assert not deploy(hub, monkeypatch, "ada/closed", "--secret", "MISTRAL_CHAT_AUTH", "--wait", "0")
    assert hub.spaces["ada/closed"].secrets == {"MISTRAL_CHAT_AUTH": "ada:pass=word"}


def test_it_has_the_hardware_and_the_variables_that_were_asked_for(space: Space) -> None:
    assert space.hardware == "t4-small"
    assert space.variables == {"MISTRAL_CHAT_MODEL": "ministral-8b"}


def test_a_second_run_brings_it_up_to_date(hub: SpacesHub, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = space.files["app.py"]
    space.files |= {"app.py": b"old", "backend/gone.py": b"", "ui/gone.png": b"\0"}
    assert not deploy(hub, monkeypatch, "ada/chat")
    assert space.files["app.py"] == changed
    assert not {"backend/gone.py", "ui/gone.png"} & set(space.files)
    assert ".gitattributes" in space.files
    commits = hub.commits
    assert not deploy(hub, monkeypatch, "ada/chat")
    assert hub.commits == commits  # nothing is new, so nothing is built


def test_a_dry_run_lists_the_files_and_asks_no_hub(
    hub: SpacesHub, space: Space, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not deploy(hub, monkeypatch, "ada/other", "--dry-run", endpoint="http://127.0.0.1:9", token="")
    assert set(capsys.readouterr().out.split()) == set(space.files) - {".gitattributes"}


def test_a_token_for_the_hubs_own_model_is_given_only_where_asked_for(
    hub: SpacesHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not deploy(hub, monkeypatch, "ada/served", "--variable", "MISTRAL_CHAT_SERVER=hf", "--wait", "0")
    assert f"give it the secret HF_TOKEN at {hub.url}/spaces/ada/served/settings" in capsys.readouterr().out
    assert hub.spaces["ada/served"].variables == {"MISTRAL_CHAT_SERVER": "hf"}
    assert not hub.spaces["ada/served"].secrets


def test_a_space_of_another_app_is_left_alone(hub: SpacesHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.spaces["ada/game"] = game = Space()
    game.files["game.py"] = b"print('mine')"
    said = deploy(hub, monkeypatch, "ada/game", "--variable", "A=1")
    assert said == "ada/game holds another app, which would be lost: choose another name.\n"
    assert "game.py" in game.files
    assert not game.variables


def test_a_build_that_fails_is_told(hub: SpacesHub, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "last_stage", "BUILD_ERROR")
    assert "The Space does not run (BUILD_ERROR)" in deploy(hub, monkeypatch, "ada/chat")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["bob/new"], "may not write to bob/new"),
        (["chat"], '"chat" names no Space: write owner/name'),
        (["https://huggingface.co/spaces/ada/chat"], "names no Space"),
        (["ada/new", "--hardware", "none-such"], "The hub refused: Invalid hardware flavor"),
        (["ada/new", "--secret", "NONE_SUCH"], "NONE_SUCH is not set here"),
        (["ada/new", "--secret", "HF_TOKEN=hf_abc"], "The variable for the secret HF_TOKEN is not set here"),
        (["ada/new", "--variable", "nothing"], '"nothing" is no variable'),
        (["ada/new", "--variable", "HF_TOKEN=hf_abc"], "Everybody can read a variable: give HF_TOKEN with --secret"),
        (["ada/new", "--variable", "MISTRAL_CHAT_AUTH=a:b"], "Everybody can read a variable"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    hub: SpacesHub, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    said = deploy(hub, monkeypatch, *arguments)
    assert sentence in said
    assert "hf_abc" not in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("token", "endpoint", "sentence"),
    [
        ("", "", "hf auth login"),
        ("hf_of_nobody", "", "does not take this token"),
        (TOKEN, "http://127.0.0.1:9", "The hub cannot be reached"),
    ],
)
def test_who_has_no_token_or_no_network_is_told_in_one_sentence(
    hub: SpacesHub, monkeypatch: pytest.MonkeyPatch, token: str, endpoint: str, sentence: str
) -> None:
    said = deploy(hub, monkeypatch, "ada/new", token=token, endpoint=endpoint)
    assert sentence in said
    assert said.count("\n") == 1


DEMO = "docs/demos/receipts/demo.toml"


def test_a_demo_goes_along_with_its_pictures_and_its_space_starts_with_it(
    hub: SpacesHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(hub, tmp_path, "ada/receipts", "--variable", f"MISTRAL_CHAT_DEMO={DEMO}", "--wait", "0")
    space = hub.spaces["ada/receipts"]
    assert {name for name in space.files if name.startswith("docs/")} == {
        DEMO, "docs/demos/receipts/cafe.png", "docs/demos/receipts/hardware.png",
    }  # fmt: skip
    for name, content in space.files.items():  # as the Space has it
        if name.startswith("docs/"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    config = read_config([], space.variables)
    assert config.demo
    assert len(read_demo(config.demo, ()).pictures) == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/etc/demo.toml", "/etc/demo.toml must be named from the repository on, in a folder of its own there."),
        ("../demo.toml", "../demo.toml must be named from the repository on, in a folder of its own there."),
        ("docs/gone.toml", "can't be read: No such file or directory."),
        ("docs/demos.md", "demos.md: Invalid statement"),
    ],
)
def test_a_demo_that_would_not_be_there_is_refused_before_anything_is_sent(
    hub: SpacesHub, monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    assert told in deploy(hub, monkeypatch, "ada/none", "--variable", f"MISTRAL_CHAT_DEMO={name}")
    assert "ada/none" not in hub.spaces
