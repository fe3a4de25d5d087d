"""The model on a Space with ZeroGPU."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from backend.chat.errors import ModelUnusable
from backend.config import Config
from backend.models.catalogue import ensure_downloaded
from backend.runtime.local import about, wanted
from backend.runtime.model_info import ModelCapabilities
from backend.runtime.runtime import Runtime


def zero_gpu(config: Config, lend: Callable[..., Any], error: type[Exception]) -> Runtime:
    """The model on a Space with ZeroGPU: loaded here and now, since CUDA is emulated in this thread alone."""
    if config.quantize not in ("", "bf16") or config.offload:
        raise ModelUnusable("On ZeroGPU the weights stay in bf16 and on the GPU. Leave out --quantize and --offload.")
    asked = wanted(config)
    checkpoint = ensure_downloaded(asked)
    from backend.engines.local.loading import load
    from backend.engines.local.zero_gpu import ZeroGpuEngine

    engine = ZeroGpuEngine(load(checkpoint, emulated=True), lend, error)
    info = replace(about(checkpoint), repository=asked.repository)
    model = ModelCapabilities(lambda: info, config.max_new_tokens, engine.counter, engine.inspect)
    return Runtime(engine, model, lambda _: True)
