"""A model on a vLLM that this process starts. Imports no torch."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from backend.chat.errors import ModelUnusable
from backend.chat.system_prompts import prompt_for
from backend.chat.thoughts import shows_thoughts
from backend.config import Config
from backend.models.catalogue import CATALOGUE, CatalogueEntry, look_up, names_of
from backend.models.download import is_repository
from backend.models.memory import SIZES, Machine, choose
from backend.models.mistral_format import write_mistral_format
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.runtime.runtime import Runtime, waiting_for

NOTHING_FITS = "No model fits the NVIDIA GPUs here. Name one with --model to run it anyway."
NOT_FOR_VLLM = "--quantize, --dtype and --offload don't apply to vLLM. Give vLLM its own options after --."
FREE_MEMORY = ("nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits")  # in MiB, a line for each GPU


def vllm(config: Config) -> Runtime:
    """Starts vLLM, and returns at once. Raises ModelUnusable where it cannot be started as asked."""
    from backend.engines.server.engine import ServerEngine
    from backend.engines.server.token_count import TokenServer
    from backend.engines.server.vllm.engine import VllmEngine
    from backend.engines.server.vllm.process import VllmProcess, installed
    from backend.runtime.server_tokenizer import ServedTokenizer

    if config.quantize or config.offload or config.dtype != "auto":
        raise ModelUnusable(NOT_FOR_VLLM)
    program, entry = installed(), _wanted(config)
    folder = Path(entry.source).expanduser()
    model, clean = _readable(folder) if folder.is_dir() else (entry.source, None)
    process = VllmProcess(program, model, config.tensor_parallel_size, config.vllm_options)
    server = ServerEngine(process.url, process.key, timeout=config.server_timeout)
    counting = TokenServer(process.url, process.key)
    given = config.tokenizer or (str(folder) if (folder / "tekken.json").is_file() else "")
    tokens = ServedTokenizer(counting, lambda: server.model if process.ready.is_set() else "", given)
    tokens.start()

    def info() -> ModelInfo:
        prompt = prompt_for(folder, entry.prompt) if folder.is_dir() else tokens.system_prompt
        repository, names = "" if folder.is_dir() else entry.source, names_of(entry.title, entry.source)
        told, thinks = (entry.title, entry.introduction, "", prompt), entry.thinks or shows_thoughts(prompt)
        return ModelInfo(*told, thinks=thinks, efforts=tokens.efforts, names=names, repository=repository)

    model_info = ModelCapabilities(info, config.max_new_tokens, tokens.counter, tokens.inspect)

    def close() -> None:
        tokens.close()
        process.close()
        if clean:
            clean()

    return Runtime(VllmEngine(server, process), model_info, waiting_for(process.started), close)


def _wanted(config: Config) -> CatalogueEntry:
    """The model that is asked for, or the best that fits the GPUs as its files are. Raises ModelUnusable."""
    name = _best(config.tensor_parallel_size) if config.model == "auto" else config.model
    entry = next((e for short, e in CATALOGUE.items() if name in (short, e.source, e.title)), None)
    entry = entry or CatalogueEntry(title=Path(name).name, source=name)
    if not Path(entry.source).expanduser().is_dir() and not is_repository(entry.source):
        raise ModelUnusable(f"There's no folder {name}, and it isn't a repository name (owner/name).")
    return entry


def _readable(folder: Path) -> tuple[str, Callable[[], None] | None]:
    """The folder where vLLM can load it, else one that it is translated to, and what removes that.

    vLLM takes Mistral's own files, or the whole set of transformers': a tokenizer and a picture processor among them,
    which Mistral does not publish in that form. Raises ModelUnusable where it has neither and cannot be translated.
    """
    files = {file.name for file in folder.iterdir()}
    if "params.json" in files or files >= {"tokenizer.json", "preprocessor_config.json"}:
        return str(folder.resolve()), None
    look_up(str(folder))
    print(f"Writing {folder.name} for vLLM in Mistral's own format…", flush=True)
    translated = TemporaryDirectory(prefix="mistral-chat-", ignore_cleanup_errors=True)
    try:
        write_mistral_format(folder, Path(translated.name))
    except (ModelUnusable, OSError):
        translated.cleanup()
        raise
    return translated.name, translated.cleanup


def _best(gpus: int) -> str:
    """For so many of the GPUs. Raises ModelUnusable where nothing fits, as the demo model is not what --vllm is for."""
    free = list[int]()
    if shutil.which(FREE_MEMORY[0]):
        answer = subprocess.run(FREE_MEMORY, capture_output=True, text=True, check=False)
        free = sorted(int(line) for line in answer.stdout.split() if line.isdigit())
    choice = choose(Machine("cuda", sum(free[-gpus:]) * 2**20), ["bf16"])
    if choice.model not in SIZES:
        raise ModelUnusable(NOTHING_FITS)
    print(choice.why, flush=True)
    return choice.model
