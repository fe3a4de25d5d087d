"""How the app is run: one frozen value, which options.py reads from the command line and the environment.

What the platform says of itself (SPACE_ID, GRADIO_TEMP_DIR, HF_HOME) is read where it matters.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backend.models.memory import DType, Precision

KINDS = ("vllm", "mistral", "openai", "hf", "llama.cpp", "ollama", "lmstudio", "sglang", "tgi", "transformers")


@dataclass(frozen=True)
class Config:
    """How to run the app.

    `auth` is (user, password); what ends in `mb` is in 10^6 bytes, `keep_answers` and `server_timeout` in seconds;
    `allowed_hosts` are names in lower case, *.example for all under one, or *;
    `server` is the name of a kind, or addresses with commas between them; `vllm_options` go to `vllm serve`.
    """

    model: str = "auto"
    quantize: Precision | Literal[""] = ""
    dtype: DType = "auto"
    offload: bool = False
    plan: bool = False
    server: str = ""
    server_model: str = ""
    server_key_env: str | None = None
    server_kind: str = ""
    server_timeout: int = 3600
    server_proxy: bool = False
    tokenizer: str = ""
    vllm: bool = False
    tensor_parallel_size: int = 1
    batch_parallel: int = 8
    vllm_options: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 7860
    root_path: str = ""
    allowed_hosts: tuple[str, ...] = ()
    share: bool = False
    auth: tuple[str, str] | None = None
    max_upload_mb: int = 20
    max_images: int = 10
    max_disk_mb: int = 4000
    max_new_tokens: int = 4096
    cache_mb: int = 0
    no_read_ahead: bool = False
    decode: Literal["auto", "graph", "eager"] = "auto"
    max_per_visitor: int = 8
    max_streams: int = 64
    keep_answers: int = 120
    history: Path | None = None
    metrics: bool = False
    log: Literal["text", "json"] = "text"
    api: bool = False
    api_key_env: str | None = None
    mcp: Path | None = None
    tools: Path | None = None
    demo: Path | None = None

    @property
    def is_personal(self) -> bool:
        """Whether only this machine can reach the page, unless a proxy on it lets others in."""
        is_here = self.host in ("localhost", "::1") or self.host.startswith("127.")
        return is_here and not self.share and "SPACE_ID" not in os.environ

    @property
    def lets_others_in(self) -> bool:
        """Whether it is meant to be reached by others, also where a proxy on this machine lets them in."""
        return bool(not self.is_personal or self.auth or self.root_path or self.allowed_hosts)

    @property
    def server_key(self) -> str:
        """The server's key, which is never kept or printed."""
        return os.environ.get(self.server_key_env, "") if self.server_key_env else ""

    @property
    def serves_api(self) -> bool:
        """Whether programs can ask the model at /v1."""
        return self.api or self.api_key_env is not None

    @property
    def api_key(self) -> str:
        """What programs have to know, which is never kept or printed; nothing where none is asked for."""
        return os.environ.get(self.api_key_env, "") if self.api_key_env else ""

    @property
    def zero_gpu(self) -> bool:
        """Whether this is a Space with ZeroGPU, which sets the variable."""
        return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")
