"""The options, from the command line and from MISTRAL_CHAT_* variables, and only here."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from backend.config import KINDS, Config
from backend.models.memory import DTYPES
from backend.option_values import auth, flag, host, host_names, path, set_variable, whole

PREFIX = "MISTRAL_CHAT_"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage, and exits with code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{Path(self.prog).name}: {message}. See --help.\n")


def read_config(argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration: an option on the command line, else its environment variable, else the default.

    Exits with code 2 and one sentence where a value is wrong.
    """
    return configured(_parser(), argv, environ)[0]


def engine_parser(program: str, description: str) -> argparse.ArgumentParser:
    """A parser of what says which model answers, for a program beside the app, to which its own options are added."""
    parser = _Parser(prog=program, description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    _add_model_options(parser.add_argument, Config())
    _add_server_options(parser.add_argument, Config())
    return parser


def configured(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[Config, dict[str, Any]]:
    """What the parser reads: the configuration, and the values of the options that are not of it, by their names.

    Exits with code 2 and one sentence where a value is wrong.
    """
    values = {}
    for action in parser._actions:  # argparse offers no other way to ask it for its options
        if action.dest in Config.__dataclass_fields__:
            for variable in (PREFIX + action.dest.upper(), _GRADIO.get(action.dest, "")):
                if text := environ.get(variable):
                    values[action.dest] = _from_text(parser, action, variable, text)
                    break
    words = list(sys.argv[1:] if argv is None else argv)
    end = words.index("--") if "--" in words else len(words)
    # Given as a namespace and not as defaults, which --help would print, the password with them.
    options, rest = parser.parse_known_args(words[:end], argparse.Namespace(**values))
    if rest:
        unknown = next((word.partition("=")[0] for word in rest if word.startswith("-")), None)
        parser.error(f"unknown option {unknown}" if unknown else "a value has no option; quote values with spaces")
    own = {name: value for name, value in vars(options).items() if name in Config.__dataclass_fields__}
    config = Config(**own, vllm_options=tuple(words[end + 1 :]))
    if complaint := _complaint(config):
        parser.error(complaint)
    return config, {name: value for name, value in vars(options).items() if name not in own}


def _complaint(config: Config) -> str:
    """Which options don't go together, or nothing."""
    if config.history and not (config.is_personal or config.auth):
        return "--history is for one person: where others can reach the app, it needs --auth USER:PASSWORD"
    if config.vllm_options and not config.vllm:
        return "what follows -- is for vLLM: it needs --vllm"
    if config.vllm and config.server:
        return "--vllm starts its own server: leave out --server"
    if config.dtype != "auto" and (config.server or config.zero_gpu or config.quantize not in ("", "bf16")):
        return "--dtype is for whole weights in this process: leave it out with --quantize, --server and ZeroGPU"
    return ""


# A Space sets these for Gradio; they count where ours are not set.
_GRADIO = {
    "host": "GRADIO_SERVER_NAME",
    "port": "GRADIO_SERVER_PORT",
    "share": "GRADIO_SHARE",
    "root_path": "GRADIO_ROOT_PATH",
}


def _from_text(parser: argparse.ArgumentParser, action: argparse.Action, variable: str, text: str) -> object:
    kind = flag if action.const is True else action.type or str
    assert callable(kind)
    try:
        value: object = kind(text)
        if action.choices is not None and value not in action.choices:
            raise ValueError(f"{text!r} isn't one of {', '.join(map(repr, action.choices))}")
        return value
    except (ValueError, argparse.ArgumentTypeError) as error:
        parser.error(f"{variable}: {error}")


def _parser() -> argparse.ArgumentParser:
    default = Config()
    parser = _Parser(
        prog="app.py",
        description="Chat with Mistral Small 3.2 and its siblings in a browser.",
        epilog=f"Each option has an environment variable: {PREFIX} and its name, such as {PREFIX}MAX_NEW_TOKENS.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--plan", action="store_true", help="print what each model needs and what this machine has, and end"
    )
    _add_model_options(parser.add_argument, default)
    _add_server_options(parser.add_argument, default)
    _add_address_options(parser.add_argument, default)
    _add_page_options(parser.add_argument, default)
    return parser


def _add_model_options(add: Callable[..., argparse.Action], default: Config) -> None:
    """What answers: a model here, or a server."""
    add(
        "--model",
        default=default.model,
        help="auto, demo, small-3.2, small-3.1, ministral-14b, ministral-8b, "
        "ministral-3b, a folder, or a repository of the hub",
    )
    add("--quantize", choices=["", "bf16", "8bit", "4bit"], default=default.quantize, help="precision of the weights")
    add(
        "--dtype",
        choices=DTYPES,
        default=default.dtype,
        help="type of weights that are not quantized; auto: bfloat16, but float32 for a tiny model without a GPU",
    )
    add("--offload", action="store_true", help="keep in main memory what finds no room on the GPUs (slow)")
    add(
        "--cache-mb", type=whole(0, 1_000_000), default=default.cache_mb,
        help="memory for earlier turns and images, so that they are not read again, in MB; 0: a tenth of what is free",
    )  # fmt: skip
    decodings = ["auto", "graph", "eager"]
    add("--decode", choices=decodings, default=default.decode, help="tokens by a CUDA graph or not; auto: the faster")
    add("--max-new-tokens", type=whole(1, 131_072), default=default.max_new_tokens, help="longest answer, in tokens")


def _add_server_options(add: Callable[..., argparse.Action], default: Config) -> None:
    """The server that answers, where none is loaded here."""
    add(
        "--server",
        default=default.server,
        metavar="URL",
        help="ask an OpenAI-compatible server: its address (several, with commas, share the work), or mistral, hf, "
        "ollama, llama.cpp or lmstudio",
    )
    add("--server-model", default=default.server_model, help="the name that it serves under; else its first for chats")
    add("--server-key-env", type=set_variable, metavar="NAME", help="environment variable that holds its key")
    add("--server-kind", choices=["", *KINDS], default=default.server_kind, help="what serves; else it is found out")
    add(
        "--server-timeout",
        type=whole(1, 86_400),
        default=default.server_timeout,
        metavar="SECONDS",
        help="how long to wait for the first word of an answer",
    )
    add("--server-proxy", action="store_true", help="reach the server through the proxy that the environment names")
    add("--tokenizer", default=default.tokenizer, metavar="PATH", help="the served model's tekken.json, or its folder")
    add("--vllm", action="store_true", help="start vLLM with the model, and ask it (make vllm installs it)")
    add(
        "--tensor-parallel-size", type=whole(1, 64), default=default.tensor_parallel_size,
        help="over how many GPUs --vllm spreads the model; what follows -- is passed on to vLLM",
    )  # fmt: skip
    add(
        "--batch-parallel", type=whole(1, 256), default=default.batch_parallel,
        help="how many items of a batch a server is asked for at once",
    )  # fmt: skip


def _add_address_options(add: Callable[..., argparse.Action], default: Config) -> None:
    """Where the page is, and for whom."""
    add("--host", type=host, default=default.host, help="address to serve at; 0.0.0.0 for all")
    add("--port", type=whole(1, 65_535), default=default.port, help="port to serve at")
    add(
        "--root-path",
        type=path,
        default=default.root_path,
        metavar="PATH",
        help="the path that a proxy serves the app under",
    )
    add(
        "--allowed-hosts",
        type=host_names,
        default=default.allowed_hosts,
        metavar="NAMES",
        help="the names that the app goes by, with commas between them, such as chat.example,*.lan; else any, but on "
        "127.0.0.1 only those of this machine and what a proxy passes on",
    )
    add("--share", action="store_true", help="make a public link through Gradio's servers")
    add("--auth", type=auth, metavar="USER:PASSWORD", help="ask visitors for this name and password")


def _add_page_options(add: Callable[..., argparse.Action], default: Config) -> None:
    """How much one visitor, and all of them, may have, and what is kept and told."""
    add("--no-read-ahead", action="store_true", help="read images and the chat only when they are sent")
    add("--max-upload-mb", type=whole(1, 1000), default=default.max_upload_mb, help="largest file, in MB")
    add(
        "--max-images", type=whole(1, 100), default=default.max_images,
        help="most images and pages of documents in one message; of a server that takes less its own limit counts "
        "(vLLM: --limit-mm-per-prompt)",
    )  # fmt: skip
    add(
        "--max-disk-mb", type=whole(100, 100_000_000), default=default.max_disk_mb,
        help="most disk space for images and uploads, in MB, one address a quarter; then the oldest go",
    )  # fmt: skip
    add(
        "--max-streams", type=whole(1, 10_000), default=default.max_streams,
        help="most pages of one address that listen at once for what the server has to say",
    )  # fmt: skip
    add(
        "--max-per-visitor", type=whole(1, 10_000), default=default.max_per_visitor,
        help="most answers at once for one address, those that wait among them",
    )  # fmt: skip
    add(
        "--keep-answers", type=whole(0, 86_400), default=default.keep_answers, metavar="SECONDS",
        help="how long an answer goes on whose page is gone, for it to come back; 0 on ZeroGPU",
    )  # fmt: skip
    add(
        "--history", type=Path, metavar="FILE",
        help="keep chats in this file, for one user; else each browser keeps its own; needs --auth where "
        "others can reach the app",
    )  # fmt: skip
    add("--metrics", action="store_true", help="serve numbers for Prometheus at /metrics")
    add(
        "--log", choices=["text", "json"], default=default.log,
        help="json: a line for each finished request, without its words",
    )  # fmt: skip
