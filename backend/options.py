"""The options, from the command line and from MISTRAL_CHAT_* variables, and only here."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from backend.config import KINDS, Config
from backend.models.memory import DTYPES

PREFIX = "MISTRAL_CHAT_"
ROUTES = {"page", "assets", "static", "svelte", "gradio_api", "config", "login", "logout", "user", "health", "metrics"}
ROUTES |= {"document-page"}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage, and exits with code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{Path(self.prog).name}: {message}. See --help.\n")


def read_config(argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration: an option on the command line, else its environment variable, else the default.

    Exits with code 2 and one sentence where a value is wrong.
    """
    parser = _parser()
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
    config = Config(**vars(options), vllm_options=tuple(words[end + 1 :]))
    if config.history and not (config.is_personal or config.auth):
        parser.error("--history is for one person: where others can reach the app, it needs --auth USER:PASSWORD")
    if config.vllm_options and not config.vllm:
        parser.error("what follows -- is for vLLM: it needs --vllm")
    if config.vllm and config.server:
        parser.error("--vllm starts its own server: leave out --server")
    if config.dtype != "auto" and (config.server or config.zero_gpu or config.quantize not in ("", "bf16")):
        parser.error("--dtype is for whole weights in this process: leave it out with --quantize, --server and ZeroGPU")
    return config


# A Space sets these for Gradio; they count where ours are not set.
_GRADIO = {
    "host": "GRADIO_SERVER_NAME",
    "port": "GRADIO_SERVER_PORT",
    "share": "GRADIO_SHARE",
    "root_path": "GRADIO_ROOT_PATH",
}


def _from_text(parser: argparse.ArgumentParser, action: argparse.Action, variable: str, text: str) -> object:
    kind = _flag if action.const is True else action.type or str
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
    _add_model_options(parser.add_argument, default)
    _add_server_options(parser.add_argument, default)
    _add_address_options(parser.add_argument, default)
    _add_page_options(parser.add_argument, default)
    return parser


def _add_model_options(add: Callable[..., argparse.Action], default: Config) -> None:
    """What answers: a model here, or a server."""
    add(
        "--model", default=default.model, help="auto, demo, small-3.2, small-3.1, ministral-14b, ministral-8b, "
        "ministral-3b, a folder, or a repository of the hub",
    )  # fmt: skip
    add("--quantize", choices=["", "bf16", "8bit", "4bit"], default=default.quantize, help="precision of the weights")
    add(
        "--dtype",
        choices=DTYPES,
        default=default.dtype,
        help="type of weights that are not quantized; auto: bfloat16, but float32 for a tiny model without a GPU",
    )
    add("--offload", action="store_true", help="keep in main memory what finds no room on the GPUs (slow)")
    add("--plan", action="store_true", help="print what each model needs and what this machine has, and end")
    add(
        "--cache-mb", type=_whole(0, 1_000_000), default=default.cache_mb,
        help="memory for earlier turns and images, so that they are not read again, in MB; 0: a tenth of what is free",
    )  # fmt: skip
    decodings = ["auto", "graph", "eager"]
    add("--decode", choices=decodings, default=default.decode, help="tokens by a CUDA graph or not; auto: the faster")
    add("--no-read-ahead", action="store_true", help="read images and the chat only when they are sent")
    add("--max-new-tokens", type=_whole(1, 131_072), default=default.max_new_tokens, help="longest answer, in tokens")


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
    add("--server-key-env", type=_set, metavar="NAME", help="environment variable that holds its key")
    add("--server-kind", choices=["", *KINDS], default=default.server_kind, help="what serves; else it is found out")
    add(
        "--server-timeout", type=_whole(1, 86_400), default=default.server_timeout, metavar="SECONDS",
        help="how long to wait for the first word of an answer",
    )  # fmt: skip
    add("--server-proxy", action="store_true", help="reach the server through the proxy that the environment names")
    add("--tokenizer", default=default.tokenizer, metavar="PATH", help="the served model's tekken.json, or its folder")
    add("--vllm", action="store_true", help="start vLLM with the model, and ask it (make vllm installs it)")
    add(
        "--tensor-parallel-size", type=_whole(1, 64), default=default.tensor_parallel_size,
        help="over how many GPUs --vllm spreads the model; what follows -- is passed on to vLLM",
    )  # fmt: skip


def _add_address_options(add: Callable[..., argparse.Action], default: Config) -> None:
    """Where the page is, and for whom."""
    add("--host", type=_host, default=default.host, help="address to serve at; 0.0.0.0 for all")
    add("--port", type=_whole(1, 65_535), default=default.port, help="port to serve at")
    add(
        "--root-path", type=_path, default=default.root_path, metavar="PATH",
        help="the path that a proxy serves the app under",
    )  # fmt: skip
    add(
        "--allowed-hosts",
        type=_names,
        default=default.allowed_hosts,
        metavar="NAMES",
        help="the names that the app goes by, with commas between them, such as chat.example,*.lan; else any, but on "
        "127.0.0.1 only those of this machine and what a proxy passes on",
    )
    add("--share", action="store_true", help="make a public link through Gradio's servers")
    add("--auth", type=_auth, metavar="USER:PASSWORD", help="ask visitors for this name and password")


def _add_page_options(add: Callable[..., argparse.Action], default: Config) -> None:
    """How much one visitor, and all of them, may have, and what is kept and told."""
    add("--max-upload-mb", type=_whole(1, 1000), default=default.max_upload_mb, help="largest file, in MB")
    add(
        "--max-images", type=_whole(1, 100), default=default.max_images,
        help="most images and pages of documents in one message; of a server that takes less its own limit counts "
        "(vLLM: --limit-mm-per-prompt)",
    )  # fmt: skip
    add(
        "--max-disk-mb", type=_whole(100, 100_000_000), default=default.max_disk_mb,
        help="most disk space for images and uploads, in MB, one address a quarter; then the oldest go",
    )  # fmt: skip
    add(
        "--max-streams", type=_whole(1, 10_000), default=default.max_streams,
        help="most pages of one address that listen at once for what the server has to say",
    )  # fmt: skip
    add(
        "--max-per-visitor", type=_whole(1, 10_000), default=default.max_per_visitor,
        help="most answers at once for one address, those that wait among them",
    )  # fmt: skip
    add(
        "--keep-answers", type=_whole(0, 86_400), default=default.keep_answers, metavar="SECONDS",
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


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.strip().isascii() or not text.strip().isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


def _host(text: str) -> str:
    """A name or an address, which may be in brackets, as in an URL."""
    return text.strip().removeprefix("[").removesuffix("]")


def _names(text: str) -> tuple[str, ...]:
    """Names of hosts in lower case, without ports, and without the brackets that addresses of IPv6 may have."""
    names = tuple(name.strip().strip("[]").rstrip(".").lower() for name in text.split(",") if name.strip())
    for name in names:
        if not re.fullmatch(r"\*|(\*\.)?[\w-]+(\.[\w-]+)*|[0-9a-f:.]*::?[0-9a-f:.]*:[0-9a-f:.]*", name, re.ASCII):
            raise argparse.ArgumentTypeError(f"{name!r} is no name of a host, such as chat.example, without a port")
    return names


def _path(text: str) -> str:
    """Of a path or an address the path, as in "/chat"; "" where that is the root."""
    path = urlsplit(text).path.strip("/")
    if not re.fullmatch(r"[\w./~-]*", path, re.ASCII) or path.split("/")[0] in ROUTES:
        raise argparse.ArgumentTypeError(f"{text!r} is no path such as /chat, or one that the app itself has")
    return f"/{path}" if path else ""


def _set(name: str) -> str:
    if not os.environ.get(name):
        raise argparse.ArgumentTypeError(f"the environment variable {name} is not set")
    return name


def _auth(text: str) -> tuple[str, str]:
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise argparse.ArgumentTypeError("write a name and a password, as in ada:secret")  # never repeats the value
    return user, password


def _flag(text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() in ("1", "true", "yes")
