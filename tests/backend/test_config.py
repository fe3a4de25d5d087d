"""The configuration: where a value comes from, and what a wrong one is answered with."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.config import Config
from backend.options import PREFIX, read_config

OPTIONS = {
    "model": ("small-3.2", "small-3.2"),
    "host": ("0.0.0.0", "0.0.0.0"),
    "port": ("8080", 8080),
    "share": ("true", True),
    "auth": ("ada:pass:word", ("ada", "pass:word")),
    "max_upload_mb": ("5", 5),
    "max_images": ("8", 8),
    "max_new_tokens": ("77", 77),
    "cache_mb": ("500", 500),
    "no_read_ahead": ("true", True),
    "decode": ("eager", "eager"),
    "max_per_visitor": ("3", 3),
    "batch_parallel": ("4", 4),
    "max_streams": ("3", 3),
    "max_disk_mb": ("500", 500),
    "keep_answers": ("30", 30),
    "history": ("kept.db", Path("kept.db")),
    "metrics": ("true", True),
    "log": ("json", "json"),
    "quantize": ("4bit", "4bit"),
    "dtype": ("float32", "float32"),
    "offload": ("yes", True),
    "plan": ("1", True),
    "server": ("http://gpu:8000", "http://gpu:8000"),
    "server_model": ("mistral", "mistral"),
    "server_key_env": ("PATH", "PATH"),
    "server_kind": ("llama.cpp", "llama.cpp"),
    "server_timeout": ("60", 60),
    "server_proxy": ("true", True),
    "tokenizer": ("tekken.json", "tekken.json"),
    "vllm": ("true", True),
    "tensor_parallel_size": ("2", 2),
    "root_path": ("/chat", "/chat"),
    "api": ("true", True),
    "api_key_env": ("PATH", "PATH"),
    "mcp": ("mcp.json", Path("mcp.json")),
    "tools": ("tools.py", Path("tools.py")),
    "demo": ("demo.toml", Path("demo.toml")),
    "allowed_hosts": ("Chat.example,*.lan", ("chat.example", "*.lan")),
}

Refusal = Callable[[list[str], dict[str, str]], str]


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Refusal:
    """What the app says on stderr as it refuses to start."""

    def refuse(argv: list[str], environ: dict[str, str]) -> str:
        with pytest.raises(SystemExit) as exit_:
            read_config(argv, environ)
        assert exit_.value.code == 2
        out, err = capsys.readouterr()
        assert out == ""
        return err

    return refuse


def test_without_any_setting_the_defaults_hold() -> None:
    assert read_config([], {}) == Config()


def test_the_command_line_counts_before_the_environment() -> None:
    assert read_config(["--port", "8001"], {PREFIX + "PORT": "8002"}).port == 8001


def test_the_environment_counts_before_the_default() -> None:
    assert read_config([], {PREFIX + "PORT": "8002"}).port == 8002


def test_an_empty_variable_counts_as_unset() -> None:
    assert read_config([], {PREFIX + "PORT": "", PREFIX + "AUTH": ""}) == Config()


def test_every_option_is_listed_here() -> None:
    assert set(OPTIONS) == set(Config.__dataclass_fields__) - {"vllm_options"}


def test_what_follows_two_dashes_is_for_vllm() -> None:
    config = read_config(["--vllm", "--model", "demo", "--", "--max-model-len", "8192", "--port", "1"], {})
    assert config.vllm_options == ("--max-model-len", "8192", "--port", "1")
    assert (config.model, config.port) == ("demo", Config().port)


def test_an_api_that_others_can_reach_needs_a_key(refusal: Refusal) -> None:
    for reached in (
        ["--host", "0.0.0.0"],
        ["--share"],
        ["--auth", "ada:secret"],
        ["--root-path", "/chat"],
        ["--allowed-hosts", "chat.example"],
    ):  # the last three behind a proxy, which may not say so
        assert "--api-key-env" in refusal(["--api", *reached], {})
    assert read_config(["--api"], {}).serves_api
    keyed = read_config(["--api-key-env", "PATH", "--host", "0.0.0.0"], {})
    assert keyed.serves_api


@pytest.mark.parametrize("argv", [["--", "--seed"], ["--vllm", "--server", "http://gpu:8000"]])
def test_options_of_vllm_need_a_vllm_of_ours(argv: list[str], refusal: Refusal) -> None:
    assert "--vllm" in refusal(argv, {})


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_has_its_variable(name: str) -> None:
    text, value = OPTIONS[name]
    assert getattr(read_config([], {PREFIX + name.upper(): text}), name) == value


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_can_be_given_on_the_command_line(name: str) -> None:
    text, value = OPTIONS[name]
    option = "--" + name.replace("_", "-")
    argv = [option] if value is True else [option, text]
    assert getattr(read_config(argv, {}), name) == value


@pytest.mark.parametrize("text", ["0", "false", "No"])
def test_a_variable_can_say_no_to_a_public_link(text: str) -> None:
    assert read_config([], {PREFIX + "SHARE": text}).share is False


def test_the_variables_that_a_space_sets_for_gradio_count() -> None:
    environ = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7000", "GRADIO_SHARE": "1"}
    config = read_config([], environ)
    assert (config.host, config.port, config.share) == ("0.0.0.0", 7000, True)


def test_our_variable_counts_before_gradios() -> None:
    assert read_config([], {PREFIX + "PORT": "7001", "GRADIO_SERVER_PORT": "7000"}).port == 7001


@pytest.mark.parametrize(
    "argv",
    [
        ["--port", "0"],
        ["--port", "65536"],
        ["--port", "abc"],
        ["--port", "-1"],
        ["--port", "²"],
        ["--port"],
        ["--max-upload-mb", "1.5"],
        ["--max-new-tokens", "0"],
        ["--auth", "ada"],
        ["--nothing"],
    ],
)
def test_a_wrong_option_is_refused_in_one_line(argv: list[str], refusal: Refusal) -> None:
    said = refusal(argv, {})
    assert said.count("\n") == 1
    assert said.startswith("app.py: ")
    assert argv[0] in said


@pytest.mark.parametrize(
    ("name", "text"), [("PORT", "abc"), ("SHARE", "perhaps"), ("MAX_UPLOAD_MB", "0"), ("AUTH", "ada"), ("LOG", "xml")]
)
def test_a_wrong_variable_is_refused_in_one_line_with_its_name(name: str, text: str, refusal: Refusal) -> None:
    said = refusal([], {PREFIX + name: text})
    assert said.count("\n") == 1
    assert PREFIX + name in said


@pytest.mark.parametrize(
    ("argv", "environ"),
    [
        (["--host", "0.0.0.0"], {}),
        (["--share"], {}),
        ([], {"GRADIO_SERVER_NAME": "0.0.0.0"}),
        ([], {"SPACE_ID": "ada/chat"}),
    ],
)
def test_one_persons_conversations_are_not_shown_to_all(
    argv: list[str], environ: dict[str, str], refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    said = refusal(["--history", "kept.db", *argv], environ)
    assert said.count("\n") == 1
    assert "--history" in said
    assert "--auth" in said
    assert read_config(["--history", "kept.db", "--auth", "ada:secret", *argv], environ).history == Path("kept.db")


@pytest.mark.parametrize("secret", ["hunter2", "hunter2:", ":hunter2"])
def test_a_wrong_password_is_never_repeated(secret: str, refusal: Refusal) -> None:
    assert "hunter2" not in refusal(["--auth", secret], {})
    assert "hunter2" not in refusal([], {PREFIX + "AUTH": secret})


def test_the_help_never_shows_the_password(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        read_config(["--help"], {PREFIX + "AUTH": "ada:hunter2"})
    assert exit_.value.code == 0
    out, err = capsys.readouterr()
    assert "--auth" in out
    assert "hunter2" not in out + err


def test_a_password_with_a_space_that_the_shell_split_is_not_repeated(refusal: Refusal) -> None:
    assert "hunter2" not in refusal(["--auth", "ada:my", "hunter2"], {})


def test_a_space_with_zero_gpu_is_known_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert read_config([], {}).zero_gpu
    monkeypatch.setenv("SPACES_ZERO_GPU", "")
    assert not read_config([], {}).zero_gpu


@pytest.mark.parametrize(
    "argv", [["--quantize", "4bit"], ["--quantize", "8bit"], ["--server", "http://gpu:8000"]], ids=" ".join
)
def test_a_type_of_weights_goes_with_whole_weights_in_this_process_alone(argv: list[str], refusal: Refusal) -> None:
    told = refusal([*argv, "--dtype", "float32"], {})
    assert re.fullmatch(r"[^\n]*leave it out with --quantize, --server and ZeroGPU\. See --help\.\n", told)
    assert read_config(["--quantize", "bf16", "--dtype", "float32"], {}).dtype == "float32"


def test_zero_gpu_takes_no_type_of_weights(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert "ZeroGPU" in refusal(["--dtype", "bfloat16"], {})


@pytest.mark.parametrize(
    "given", ["/chat", "chat", "/chat/", "https://chat.example/chat", "http://chat.example:81/chat/"]
)
def test_a_path_is_taken_with_and_without_slashes_and_from_a_whole_address(given: str) -> None:
    assert read_config(["--root-path", given], {}).root_path == "/chat"
    assert read_config([], {"GRADIO_ROOT_PATH": given}).root_path == "/chat"


@pytest.mark.parametrize("given", ["/", "https://chat.example", "https://chat.example/", ""])
def test_an_address_without_a_path_is_the_root(given: str) -> None:
    assert read_config(["--root-path", given], {}).root_path == ""


@pytest.mark.parametrize("given", ["/a b", "/page", "/gradio_api/chat"])
def test_a_path_that_no_address_has_or_that_the_app_has_is_refused(given: str, refusal: Refusal) -> None:
    assert f"{given!r} is no path such as /chat" in refusal(["--root-path", given], {})


@pytest.mark.parametrize(
    "given",
    [
        ["--host", "0.0.0.0"], ["--auth", "ada:secret"], ["--root-path", "/chat"], ["--allowed-hosts", "chat.example"],
    ],
    ids=["host", "auth", "path", "name"],
)  # fmt: skip
def test_what_is_for_what_others_reach_says_that_they_do(given: list[str]) -> None:
    """A proxy on this machine lets others in where the app is bound to this machine alone."""
    assert read_config(given, {}).lets_others_in
    assert not read_config([], {}).lets_others_in


@pytest.mark.parametrize("given", ["::1", "[::1]"])
def test_an_address_may_stand_in_brackets(given: str) -> None:
    config = read_config(["--host", given], {})
    assert (config.host, config.is_personal) == ("::1", True)
