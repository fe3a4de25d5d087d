"""The model on a Space with ZeroGPU."""

from collections.abc import Callable
from typing import Any

from backend.chat.errors import ModelUnusable
from backend.chat.system_prompts import prompt_for
from backend.config import Config
from backend.models.catalogue import ensure_downloaded, names_of
from backend.runtime.local import wanted
from backend.runtime.model_info import ModelCapabilities, ModelInfo
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
    prompt = prompt_for(checkpoint.folder, checkpoint.prompt)
    told = checkpoint.title, checkpoint.introduction, checkpoint.revision, prompt
    info = ModelInfo(*told, names=names_of(checkpoint.title), repository=asked.repository)
    model = ModelCapabilities(lambda: info, config.max_new_tokens, engine.counter, engine.inspect)
    return Runtime(engine, model, lambda _: True)
