"""What each kind of server takes of OpenAI's chat completions, and how a server is known to be of a kind.

Each entry names the page that says so. A kind that is not known is asked as vLLM is: what it refuses, it names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

EXTRAS = frozenset({"top_k", "min_p", "repetition_penalty"})  # which OpenAI's protocol does not have
PROBABILITIES = frozenset({"logprobs", "top_logprobs"})
CONTINUATION = ("continue_final_message", "add_generation_prompt")  # vLLM's words for going on with an answer


@dataclass(frozen=True)
class Kind:
    """What a kind takes.

    `unknown` are the fields that it refuses or passes over, by vLLM's names; `renamed` those that it has another name
    for. `required` is its word for a call that has to be made. Where it does not take the name of a tool for a choice,
    that one tool is offered alone. `continues` is how it is told to go on with the last answer: by vLLM's fields, by
    Mistral's mark at the message, by the message alone, or not at all. `thoughts` is how it is told what the model
    thought before: by fields of the message, as parts of its content, or not at all.
    """

    name: str = ""
    unknown: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    required: str = "required"
    names_tools: bool = True
    continues: Literal["fields", "prefix", "message", "never"] = "fields"
    thoughts: Literal["fields", "parts", "never"] = "fields"


TABLE = {
    kind.name: kind
    for kind in (
        Kind(),
        # https://docs.vllm.ai/en/latest/serving/openai_compatible_server/
        Kind("vllm"),
        # https://docs.mistral.ai/api/endpoint/chat, and https://docs.mistral.ai/capabilities/reasoning/
        Kind(
            "mistral", EXTRAS | PROBABILITIES | {"stream_options"}, {"seed": "random_seed"}, required="any",
            continues="prefix", thoughts="parts",
        ),
        # https://platform.openai.com/docs/api-reference/chat/create
        Kind("openai", EXTRAS, {"max_tokens": "max_completion_tokens"}, continues="never", thoughts="never"),
        # https://huggingface.co/docs/inference-providers/tasks/chat-completion: what all providers take
        Kind("hf", EXTRAS, continues="never", thoughts="never"),
        # https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, and its pull request 23089; a tool
        # choice that is no text counts as "auto" (common/chat.cpp, common_chat_tool_choice_parse_oaicompat)
        Kind("llama.cpp", renamed={"repetition_penalty": "repeat_penalty"}, names_tools=False),
        # https://docs.ollama.com/api/openai-compatibility, and its issue 6778 for going on
        Kind("ollama", EXTRAS | {"tool_choice"}, names_tools=False, continues="message"),
        # https://lmstudio.ai/docs/developer/openai-compat/chat-completions, and issue 670 of its bug tracker
        Kind(
            "lmstudio", frozenset({"min_p"}), {"repetition_penalty": "repeat_penalty"}, names_tools=False,
            continues="never",
        ),
        # https://docs.sglang.io/basic_usage/openai_api_completions.html
        Kind("sglang"),
        # https://huggingface.github.io/text-generation-inference/, and router/src/infer/chat_template.rs
        Kind("tgi", EXTRAS, continues="message", thoughts="never"),
        # https://huggingface.co/docs/transformers/serving, and UNUSED_CHAT_COMPLETION_FIELDS of transformers 5.23
        Kind(
            "transformers",
            EXTRAS | PROBABILITIES | {"response_format", "stream_options", "tool_choice", "reasoning_effort"},
            names_tools=False, continues="never", thoughts="never",
        ),
    )
}  # fmt: skip

HOSTS = {"api.mistral.ai": "mistral", "api.openai.com": "openai", "router.huggingface.co": "hf"}
_OWNERS = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama.cpp", "library": "ollama", "mistralai": "mistral",
           "organization_owner": "lmstudio"}  # fmt: skip


def by_host(host: str) -> Kind:
    """The kind of a service that has a host of its own."""
    return TABLE[HOSTS.get(host.lower(), "")]


def by_listing(headers: Mapping[str, str], owners: Iterable[tuple[str, str]]) -> Kind:
    """The kind that a list of models is of, by its headers and its models' (id, owner).

    TGI names the model as its own owner. On the hub "mistralai" owns its models too, but with a slash in their names.
    """
    if headers.get("server", "").lower().startswith("llama.cpp"):
        return TABLE["llama.cpp"]
    for model, owner in owners:
        if model and model == owner:
            return TABLE["tgi"]
        if owner in _OWNERS and not (owner == "mistralai" and "/" in model):
            return TABLE[_OWNERS[owner]]
    return TABLE[""]
