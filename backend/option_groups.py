"""The options in their groups, each with its default and what --help says of it."""

import argparse
from collections.abc import Callable
from pathlib import Path

from backend.config import KINDS, Config
from backend.models.memory import DTYPES
from backend.option_values import auth, host, host_names, path, set_variable, whole


def add_model_options(add: Callable[..., argparse.Action], default: Config) -> None:
    """What answers: a model here, or a server."""
    add(
        "--model",
        default=default.model,
        help="auto, demo, small-3.2, small-3.1, ministral-14b, ministral-8b, "
        "ministral-3b, these with -reasoning, a folder, or a repository of the hub",
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


def add_server_options(add: Callable[..., argparse.Action], default: Config) -> None:
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


def add_address_options(add: Callable[..., argparse.Action], default: Config) -> None:
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


def add_page_options(add: Callable[..., argparse.Action], default: Config) -> None:
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


def add_door_options(add: Callable[..., argparse.Action], default: Config) -> None:
    """What programs, tools and demos are let in."""
    add("--api", action="store_true", help="serve an OpenAI-compatible API at /v1; without a key on this machine only")
    add(
        "--api-key-env", type=set_variable, metavar="NAME",
        help="serve the API, to whoever has the key that this environment variable holds",
    )  # fmt: skip
    add("--mcp", type=Path, metavar="FILE", help="offer the tools of the MCP servers in this JSON file (mcpServers)")
    add("--tools", type=Path, metavar="FILE", help="offer the functions of this Python file as tools")
    add("--demo", type=Path, metavar="FILE", help="what the page shows and allows, in TOML")
