"""The models that a server lists, in the shapes that servers list them in, and the one of them that answers chats."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.engines.server.limits import read_json

# Of names and kinds: what embeds, ranks, hears, speaks, reads off or draws, and answers no chat.
_OTHER_WORK = re.compile(
    r"embed|rerank|moderation|whisper|transcri|speech|guard|feature-extraction|similarity|(?:^|[^a-z])"
    r"(?:bge|e5|gte|ocr|tts|stt|asr|clip|dall-e|image|flux|stable-diffusion)(?![a-z])",
    re.IGNORECASE,
)
_FAMILY = (re.compile(r"mistral-small.*(?:2506|3\.2)"), re.compile("mistral-small"),
           re.compile("mistral|ministral|magistral|pixtral"))  # fmt: skip
MAX_MODELS = 1000
MAX_NAME = 300  # characters


@dataclass(frozen=True)
class ServedModel:
    """A model of a server's list: its name, whom the server names as its owner, whether it answers chats."""

    id: str
    owner: str = ""
    chats: bool = True


def read_models(content: bytes) -> list[ServedModel]:
    """The models of a list. Raises ValueError where it is none.

    https://platform.openai.com/docs/api-reference/models/list; some send the list alone, or null for an empty one.
    """
    told = read_json(content)
    listed = told.get("data", told.get("models", 0)) if isinstance(told, dict) else told
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise ValueError("no list of models")
    return [model for entry in listed[:MAX_MODELS] if (model := _model(entry))]


def choose(models: Sequence[ServedModel], wanted: str = "") -> str:
    """The model that answers: the one that is wanted where it is there, else the one most like Small 3.2.

    Nothing where none answers chats.
    """
    if any(model.id == wanted for model in models):
        return wanted
    chats = [model.id for model in models if model.chats]
    return min(chats, key=_rank, default="")  # the first of those that rank alike


def short_name(name: str) -> str:
    """A model's name without the folders that it is in, which are nobody's business on the page."""
    return re.split(r"[/\\]", name)[-1]


def _rank(name: str) -> int:
    return next((rank for rank, family in enumerate(_FAMILY) if family.search(name.lower())), len(_FAMILY))


def _model(entry: object) -> ServedModel | None:
    if isinstance(entry, str):
        entry = {"id": entry}
    if not isinstance(entry, dict):
        return None
    name = next((entry[key] for key in ("id", "name", "model") if isinstance(entry.get(key), str)), "")
    if not name.isprintable() or len(name) > MAX_NAME:  # it goes to the terminal and to each page
        return None
    return ServedModel(name, str(entry.get("owned_by") or ""), _chats(name, entry)) if name else None


def _chats(name: str, entry: Mapping[str, Any]) -> bool:
    """By what the server says that a model can do, else by its kind and its name.

    https://docs.mistral.ai/api/endpoint/models has `capabilities` as an object, llama.cpp as a list;
    https://lmstudio.ai/docs/developer/rest/endpoints has `type`.
    """
    able = entry.get("capabilities")
    if isinstance(able, dict) and isinstance(able.get("completion_chat"), bool):
        return bool(able["completion_chat"])
    if isinstance(able, list) and any(_OTHER_WORK.search(str(one)) for one in able):
        return any(one in ("completion", "chat") for one in able)
    kinds = (entry.get("type"), entry.get("task"), entry.get("pipeline_tag"), short_name(name))
    return not any(isinstance(kind, str) and _OTHER_WORK.search(kind) for kind in kinds)
