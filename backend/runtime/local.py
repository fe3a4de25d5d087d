"""A model in this process. A wrong option is answered before torch is imported."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from backend.chat.system_prompts import prompt_for
from backend.chat.thoughts import shows_thoughts
from backend.config import Config
from backend.models.catalogue import Checkpoint, Wanted, look_up, names_of
from backend.models.memory import PRECISIONS, Precision, choose
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.runtime.runtime import Runtime, waiting_for

SERVED_INSTEAD = "The real Small 3.2 answers with --server hf (key in HF_TOKEN) or --server mistral (MISTRAL_API_KEY)."


def local(config: Config) -> Runtime:
    """The model in this process; a wrong option is answered before torch is imported."""
    asked = wanted(config)
    from backend.engines.local.switch import ModelSwitch

    switch = ModelSwitch(asked, config.cache_mb * 1_000_000, config.dtype, config.decode)

    def info() -> ModelInfo:
        entry, repository = switch.wanted.entry, switch.wanted.repository
        if checkpoint := switch.checkpoint:
            known = replace(about(checkpoint), repository=repository, weights=switch.weights)
            counter = switch.counter()  # its tokenizer knows of efforts
            return replace(known, efforts=counter.efforts) if counter else replace(known, is_whole=False)
        prompt = prompt_for(switch.wanted.folder or Path(), entry.prompt)
        thinks = entry.thinks or shows_thoughts(prompt)
        told, names = (entry.title, entry.introduction, "", prompt), names_of(entry.title, entry.source)
        return ModelInfo(*told, thinks=thinks, names=names, repository=repository, is_whole=False)

    def change(model: str, precision: str) -> Generator[str, None, None]:
        known: Precision = next((p for p in PRECISIONS if p == precision), "bf16")
        return switch.change(look_up(model, known, config.offload))

    model = ModelCapabilities(
        info, config.max_new_tokens, switch.counter, switch.inspect, change if config.is_personal else None
    )
    if not config.no_read_ahead:
        model = replace(model, read_ahead=switch.read_ahead)
    return Runtime(switch, model, waiting_for(switch.ready))


def about(checkpoint: Checkpoint) -> ModelInfo:
    """What the page is told of a checkpoint. One that thinks has a system prompt that shows it how."""
    prompt = prompt_for(checkpoint.folder, checkpoint.prompt)
    thinks = shows_thoughts(prompt)
    names = names_of(checkpoint.title)
    return ModelInfo(checkpoint.title, checkpoint.introduction, checkpoint.revision, prompt, thinks=thinks, names=names)


def wanted(config: Config) -> Wanted:
    """The model that is asked for, or the best that fits; says which, and why, before anything is downloaded."""
    if config.model != "auto":
        return look_up(config.model, config.quantize or "bf16", config.offload)
    from backend.engines.local.devices import machine

    choice = choose(machine())
    print(choice.why, flush=True)
    if choice.model == "demo":
        print(SERVED_INSTEAD, flush=True)
    return look_up(choice.model, config.quantize or choice.precision, config.offload)
