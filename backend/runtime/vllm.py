"""A model on a vLLM that this process starts. Imports no torch."""

import shutil
import subprocess
from pathlib import Path

from backend.chat.errors import ModelUnusable
from backend.chat.system_prompts import prompt_for
from backend.config import Config
from backend.models.catalogue import CATALOGUE, CatalogueEntry
from backend.models.download import is_repository
from backend.models.memory import SIZES, Machine, choose
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.runtime.runtime import Runtime

NOTHING_FITS = "No model fits the NVIDIA GPUs that are here: name with --model what vLLM shall run all the same."
NOT_FOR_VLLM = "--quantize, --dtype and --offload are for a model in this process: give vLLM its own options after --."
NO_FOLDER = (
    "{name} is no folder that vLLM can load: it needs params.json, tekken.json and consolidated*.safetensors, as "
    "Mistral publishes them."
)
FREE_MEMORY = ("nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits")  # in MiB, a line for each GPU


def vllm(config: Config) -> Runtime:
    """Starts vLLM, and returns at once. Raises ModelUnusable where it cannot be started as asked."""
    from backend.engines.server.engine import ServerEngine
    from backend.engines.server.vllm_engine import VllmEngine
    from backend.engines.server.vllm_process import VllmProcess, installed

    if config.quantize or config.offload or config.dtype != "auto":
        raise ModelUnusable(NOT_FOR_VLLM)
    program, entry = installed(), _wanted(config)
    folder = Path(entry.source).expanduser()
    model = str(folder.resolve()) if folder.is_dir() else entry.source
    process = VllmProcess(program, model, config.tensor_parallel_size, config.vllm_options)
    engine = VllmEngine(ServerEngine(process.url, process.key), process)
    info = ModelInfo(entry.title, entry.introduction, "", prompt_for(folder, entry.prompt))
    model_info = ModelCapabilities(lambda: info, config.max_new_tokens)
    return Runtime(engine, model_info, process.started.result, process.close)


def _wanted(config: Config) -> CatalogueEntry:
    """The model that is asked for, or the best that fits the GPUs as its files are. Raises ModelUnusable."""
    name = _best(config.tensor_parallel_size) if config.model == "auto" else config.model
    entry = next((e for short, e in CATALOGUE.items() if name in (short, e.source, e.title)), None)
    entry = entry or CatalogueEntry(title=Path(name).name, source=name)
    folder = Path(entry.source).expanduser()
    if folder.is_dir():
        _check(folder, name)
    elif not is_repository(entry.source):
        raise ModelUnusable(f"There is no folder {name}, and it is not the name of a repository (owner/name).")
    return entry


def _check(folder: Path, name: str) -> None:
    """Raises ModelUnusable where vLLM would but fail: it takes Mistral's own files, or the whole set of transformers'.

    For the latter it wants a tokenizer and a picture processor of transformers' too, which Mistral does not publish.
    """
    files = {file.name for file in folder.iterdir()}
    if "params.json" not in files and not files >= {"tokenizer.json", "preprocessor_config.json"}:
        raise ModelUnusable(NO_FOLDER.format(name=name))


def _best(gpus: int) -> str:
    """For so many of the GPUs. Raises ModelUnusable where nothing fits: vLLM could not read the demo model's files."""
    free = list[int]()
    if shutil.which(FREE_MEMORY[0]):
        answer = subprocess.run(FREE_MEMORY, capture_output=True, text=True, check=False)
        free = sorted(int(line) for line in answer.stdout.split() if line.isdigit())
    choice = choose(Machine("cuda", sum(free[-gpus:]) * 2**20), ["bf16"])
    if choice.model not in SIZES:
        raise ModelUnusable(NOTHING_FITS)
    print(choice.why, flush=True)
    return choice.model
