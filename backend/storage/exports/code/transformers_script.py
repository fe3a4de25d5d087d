"""A question to a model in the same process as a Python script, with transformers and mistral-common.

It reads, samples and parses as the app does (backend/tokenization, backend/engines/local), and imports nothing of it.
"""

from collections.abc import Iterator

from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.storage.exports.code.literals import python_value
from backend.storage.exports.code.question import Question, Script, installs, of_parts
from backend.storage.exports.code.transformers_messages import is_placed, messages_of
from backend.storage.exports.openai_request import to_openai_request

NAME = "chat_transformers.py"
REQUIREMENTS = (
    "transformers>=5.23,<6", "mistral-common[image]>=1.13.1,<2", "torch>=2.8", "accelerate>=1", "pillow>=11",
)  # fmt: skip
BITSANDBYTES = "bitsandbytes>=0.48"
FOLDER = "path/to/model"  # what stands for a model that is no repository of the hub
SKIPPED = 'llm_int8_skip_modules=["model.vision_tower", "model.multi_modal_projector", "lm_head"]'
QUANTIZATION = {
    "8bit": f"quantization = BitsAndBytesConfig(load_in_8bit=True, {SKIPPED})",
    "4bit": f"""quantization = BitsAndBytesConfig(
    load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
    bnb_4bit_compute_dtype=torch.bfloat16, {SKIPPED},
)""",
}
PICTURE = '''def picture(name):
    """A file beside this script."""
    return Image.open(Path(__file__).parent / name).convert("RGB")
'''
SPLIT = '''def split(ids, name):
    """The ids before the first control token of this name, and those after it."""
    token = tekken.get_special_token(name) if tekken.is_special(name) else None
    at = ids.index(token) if token in ids else len(ids)
    return ids[:at], ids[at + 1 :]
'''
STOPPED = '''class Stopped(StoppingCriteria):
    """Ends the answer once it has one of the texts in STOP."""

    def __call__(self, ids, scores, **_):
        text = tekken.decode({ids})
        return torch.tensor([any(stop in text for stop in STOP)], device=ids.device)
'''
STAYS = """# It would put a message's only picture before its text. Here it stands where it was placed.
tokenizer.instruct_tokenizer._maybe_put_image_first = lambda content: content"""
LOADED = """folder = Path(MODEL)
if not folder.is_dir():
    folder = Path(snapshot_download(MODEL, ignore_patterns="consolidated*"))
tokenizer = MistralTokenizer.from_file(folder / "tekken.json")
tekken = tokenizer.instruct_tokenizer.tokenizer
model = Mistral3ForConditionalGeneration.from_pretrained(
    folder, {options}, device_map="auto"
)"""
REQUIRED = """# The answer has to be a tool call, so it begins as one.
prompt.tokens.append(tekken.get_special_token("[TOOL_CALLS]"))"""
# As backend/engines/local/output/tool_calls.py has it.
NAMED = """if tekken.version.value in ("v3", "v7"):  # as models before Mistral Small 3.2 write calls
    begun = tekken.encode({older}, bos=False, eos=False)
else:
    begun = [*tekken.encode({name}, bos=False, eos=False), tekken.get_special_token("[ARGS]")]
prompt.tokens.extend(begun)"""
PIXELS = """# As one array, in which each fills as much as its size says.
sizes = [pixels.shape[1:] for pixels in prompt.images]
height, width = (max(side) for side in zip(*sizes))
padded = [np.pad(p, ((0, 0), (0, height - p.shape[1]), (0, width - p.shape[2]))) for p in prompt.images]
images = torch.tensor(np.stack(padded), dtype=model.dtype, device=model.device)"""
THOUGHT = """thought, answer = split(new, "[/THINK]")
if answer:
    print("Thought:", tekken.decode(thought).strip())
    new = answer"""
UNENFORCED = "# The app kept the answer to a JSON Schema. Here nothing does, so check the answer."
CUT = """ends = [(text.find(stop) + len(stop), text.find(stop)) for stop in STOP if stop in text]
text = text[: min(ends)[1]] if ends else text"""
CALLS = """calls = [at for at, token in enumerate(new) if token == tekken.get_special_token("[TOOL_CALLS]")]
for start, end in zip(calls, [*calls[1:], len(new)]):
    name, arguments = split(new[start + 1 : end], "[ARGS]")
    print(tekken.decode(split(name, "[CALL_ID]")[0]), tekken.decode(arguments))"""


def transformers_script(question: Question) -> Script:
    """The script, which reads pictures from files beside it. The model can be another: MODEL in the environment."""
    request = question.request
    requirements = (*REQUIREMENTS, BITSANDBYTES) if question.weights in QUANTIZATION else REQUIREMENTS
    model, messages = python_value(question.repository or FOLDER), messages_of(question)
    text = of_parts(
        installs(requirements),
        "import os\nfrom pathlib import Path",
        "\n".join(_imports(question)),
        f'MODEL = os.environ.get("MODEL", {model})  # a repository on the Hugging Face Hub, or a folder',
        PICTURE if question.pictures else "",
        f"MESSAGES = {python_value(messages)}",
        f"TOOLS = {python_value(to_openai_request(request, '', str)['tools'])}" if request.tools else "",
        f"STOP = {python_value(list(request.settings.stop))}" if request.settings.stop else "",
        SPLIT if request.tools or question.thinks else "",
        STOPPED.format(ids=_text_ids("ids[0, read:].tolist()", request)) if request.settings.stop else "",
        _loading(question),
        STAYS if any(is_placed(message["content"]) for message in messages if "content" in message) else "",
        "\n".join(_asking(question)),
        THOUGHT if question.thinks else "",
        "\n".join(_printing(request)),
    )
    return Script(NAME, text, requirements)


def _imports(question: Question) -> Iterator[str]:
    if question.pictures:
        yield "import numpy as np"
    yield "import torch"
    yield "from huggingface_hub import snapshot_download"
    yield "from mistral_common.protocol.instruct.request import ChatCompletionRequest"
    yield "from mistral_common.tokens.tokenizers.mistral import MistralTokenizer"
    if question.pictures:
        yield "from PIL import Image"
    names = ["BitsAndBytesConfig"] if question.weights in QUANTIZATION else []
    names += ["GenerationConfig", "Mistral3ForConditionalGeneration"]
    names += ["StoppingCriteria"] if question.request.settings.stop else []
    yield f"from transformers import {', '.join(names)}"


def _loading(question: Question) -> str:
    dtype = "dtype=torch.float32" if question.weights == "float32" else "dtype=torch.bfloat16"
    if quantization := QUANTIZATION.get(question.weights):
        return f"{quantization}\n{LOADED.format(options=f'{dtype}, quantization_config=quantization')}"
    return LOADED.format(options=dtype)


def _asking(question: Question) -> Iterator[str]:
    request, settings = question.request, question.request.settings
    options = ["messages=MESSAGES", *(["tools=TOOLS"] if request.tools else [])]
    if request.reasoning_effort in question.efforts:
        options.append(f"reasoning_effort={python_value(request.reasoning_effort)}")
    yield f"request = ChatCompletionRequest({', '.join(options)})"
    yield "prompt = tokenizer.encode_chat_completion(request)"
    yield "read = len(prompt.tokens)"
    yield from _forced(request)
    if question.pictures:
        yield PIXELS
    yield "ids = torch.tensor([prompt.tokens], device=model.device)"
    if settings.temperature > 0 and settings.seed is not None:
        yield f"torch.manual_seed({settings.seed})"
    if settings.json_schema:
        yield UNENFORCED
    yield "output = model.generate("
    yield "    ids,"
    yield "    attention_mask=torch.ones_like(ids),"
    if question.pictures:
        yield "    pixel_values=images,"
        yield "    image_sizes=torch.tensor(sizes, device=model.device),"
    if settings.stop:
        yield "    stopping_criteria=[Stopped()],"
    yield "    generation_config=GenerationConfig("
    yield from (f"        {line}," for line in _sampling(settings))
    yield "    ),"
    yield ")"
    yield "new = output[0, read:].tolist()"


def _forced(request: ChatRequest) -> Iterator[str]:
    """What an answer that has to be a call begins with."""
    if not request.tools or request.tool_choice == "auto":
        return
    yield REQUIRED
    if request.tool_choice != "required":
        older = f'[{{"name": "{request.tool_choice}", "arguments": {{'
        yield NAMED.format(name=python_value(request.tool_choice), older=python_value(older))


def _sampling(settings: GenerationSettings) -> Iterator[str]:
    """All that there is, since `generate` fills in what is not set."""
    samples = settings.temperature > 0
    yield f"do_sample={samples}, temperature={settings.temperature if samples else 1.0}"
    if samples:
        yield f"top_p={settings.top_p}, top_k={settings.top_k}, min_p={settings.min_p or None}"
    yield f"max_new_tokens={settings.max_tokens}, repetition_penalty={settings.repetition_penalty}"
    yield ", ".join(f"{name}_token_id=tekken.{name}_id" for name in ("bos", "eos", "pad"))


def _printing(request: ChatRequest) -> Iterator[str]:
    yield f"text = tekken.decode({_text_ids('new', request)})"
    if request.settings.stop:
        yield CUT
    yield "if text:"
    yield "    print(text)"
    if request.tools:
        yield CALLS


def _text_ids(ids: str, request: ChatRequest) -> str:
    """Those of these ids that are the answer's text, and no call."""
    return f'split({ids}, "[TOOL_CALLS]")[0]' if request.tools else ids
