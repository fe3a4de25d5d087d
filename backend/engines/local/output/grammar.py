"""Answers with a guarantee: tool calls that parse and fit their schema, answers in a JSON schema.

mistral-common turns the request into a grammar, llguidance says at each step which tokens it allows, and a logits
processor leaves only those. Where no grammar can be made, the caller goes on without one and checks afterwards.
https://github.com/guidance-ai/llguidance
"""

import json
import logging
from functools import lru_cache, partial
from typing import Any

import llguidance
import numpy as np
import torch
from mistral_common.exceptions import MistralCommonException
from mistral_common.guidance.grammar_factory import GrammarFactory
from mistral_common.protocol.instruct.request import ChatCompletionRequest, ResponseFormat
from mistral_common.protocol.instruct.tool_calls import FunctionName, NamedToolChoice, ToolChoiceEnum
from mistral_common.tokens.tokenizers.base import SpecialTokens
from transformers import LogitsProcessor

from backend.chat.messages import AssistantMessage
from backend.chat.request import ChatRequest
from backend.chat.thoughts import is_unfinished
from backend.engines.local.output.schema_check import Plan, SchemaCheck, plan
from backend.sandbox.pool import Busy
from backend.tokenization.tokenizer import Tokenizer
from backend.tokenization.translation import tools as translated

# What mistral-common fills in, for a model that thinks: what is asked of an answer holds after its thought. The
# library's own asks it of the first token where there is a schema, up to v13, and lets text come before a call that is
# required.
THINKING = """\
start: thought? answer
thought: {{ begin_think_token }} text? {{ end_think_token }}
{% if json_only %}
answer: BLANKS? %json {{ json_schema_str }}
{% elif json_schema_str %}
answer: {{ fcall }} | BLANKS? %json {{ json_schema_str }}
{% elif mode == "required" %}
answer: {{ fcall }}
{% elif mode == "auto" %}
answer: text | text? {{ fcall }}
{% else %}
answer: text
{% endif %}
text: (/(.|\\n)+/)+
BLANKS: /[ \\t\\r\\n]{1,8}/
SAFE_WS: /[ \\t\\r\\n]{1,8}/
"""
log = logging.getLogger(__name__)


class GrammarUnavailable(Exception):
    """No grammar can be made for a request: an older tokenizer, or a schema that the grammar does not know."""


class Grammars:
    """Makes grammars for one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, check: SchemaCheck) -> None:
        supported = GrammarFactory.is_supported(tokenizer.mistral)
        self._factory = GrammarFactory(tokenizer.mistral) if supported else None
        self._template = ""
        if self._factory:
            self._template = THINKING if tokenizer.thinks else self._factory.select_jinja_template()
        self._tokenizer = tokenizer
        self._plan = lru_cache(64)(partial(plan, check))

    def processor(self, request: ChatRequest) -> "GrammarProcessor | None":
        """What keeps an answer to the request within its grammar; None where the request needs none.

        Raises GrammarUnavailable.
        """
        if not request.tools and not request.settings.json_schema:
            return None
        if self._factory is None:
            raise GrammarUnavailable("this model's tokenizer is too old for it")
        try:
            made = self._plan(tuple(tool.parameters for tool in request.tools), request.settings.json_schema)
        except Busy as error:  # not remembered
            raise GrammarUnavailable(str(error)) from error
        if made.why:
            raise GrammarUnavailable(_first_line(made.why))
        try:
            grammar = self._factory.get_grammar_for_chat_request(_constraints(request, made), self._template)
        except (MistralCommonException, ValueError) as error:
            raise GrammarUnavailable(_first_line(str(error))) from error
        if grammar is None:
            return None
        matcher = llguidance.LLMatcher(self._factory.llg_tokenizer, grammar, log_level=0)
        if begun := _begun(request, self._tokenizer):
            matcher.consume_tokens(begun)
        if why := matcher.get_error():
            raise GrammarUnavailable(_first_line(why))
        left_out = made.left_out([tool.name for tool in request.tools])
        if left_out:
            log.warning("a part of %d schemas is left out of the grammar", len(left_out))
        return GrammarProcessor(matcher, self._factory.llg_tokenizer.eos_token, left_out)


class GrammarProcessor(LogitsProcessor):
    """Forbids, at each step, every token that the grammar does not allow there."""

    def __init__(self, matcher: Any, end: int, left_out: frozenset[str] = frozenset()) -> None:
        """`end` is the id that ends an answer; `left_out` names the tools whose schemas it holds a part of only, and
        is ANSWER for the answer's.
        """
        self.left_out = left_out
        self._matcher = matcher
        self._end = end
        self._seen: int | None = None
        self._left = False

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Scores of shape (1, vocabulary) with -inf for what is forbidden; `input_ids` is of shape (1, length)."""
        length = input_ids.shape[1]
        if self._seen is not None and length > self._seen and not self._matcher.is_stopped():
            self._matcher.consume_tokens(input_ids[0, self._seen :].tolist())
        self._seen = length
        if self._matcher.is_error():
            if not self._left:
                log.warning("the grammar was left")  # the reason may hold words of the schema or the answer
            self._left = True
            return scores
        if self._matcher.is_stopped():  # nothing can follow but the end
            ended = torch.full_like(scores, -torch.inf)
            ended[:, self._end] = 0.0
            return ended  # type: ignore[return-value]
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        allowed = torch.from_numpy(np.unpackbits(bits, bitorder="little")[: scores.shape[1]].astype(bool))
        masked: torch.FloatTensor = scores.masked_fill(~allowed.to(scores.device), -torch.inf)  # type: ignore[assignment]
        return masked


def _constraints(request: ChatRequest, made: Plan) -> ChatCompletionRequest[Any]:
    """The request's tools, tool choice and response format, as mistral-common's grammar reads them.

    Tools are strict here, so that arguments follow their schema; the prompt is made without that word.
    """
    tools = translated(request.tools)
    for tool, enforced in zip(tools, made.tools, strict=True):
        tool.function.strict = True
        tool.function.parameters = json.loads(enforced.schema)
    fields: dict[str, Any] = {"messages": [], "tools": tools or None, "tool_choice": _choice(request)}
    if made.answer:
        schema = {"name": "answer", "schema": json.loads(made.answer.schema), "strict": True}
        fields["response_format"] = ResponseFormat.model_validate({"type": "json_schema", "json_schema": schema})
    return ChatCompletionRequest(**fields)


def _begun(request: ChatRequest, tokenizer: Tokenizer) -> list[int]:
    """The ids that an answer begins with that is gone on with: they are in the prompt, and the grammar is to go on."""
    last = request.messages[-1] if request.messages else None
    if not request.continues or not isinstance(last, AssistantMessage):
        return []
    ids = list[int]()
    if tokenizer.thinks and last.thought:
        begin, end = map(tokenizer.special_id, (SpecialTokens.begin_think, SpecialTokens.end_think))
        marks = [mark for mark in (begin, end) if mark is not None]
        ids = [*marks[:1], *tokenizer.text_ids(last.thought), *([] if is_unfinished(last) else marks[1:])]
    return ids + (tokenizer.text_ids(last.text) if last.text and request.settings.json_schema else [])


def _first_line(problem: str) -> str:
    """Without the grammar and the answer so far, which follow: a visitor's words are not logged."""
    return problem.strip().partition("\n")[0][:200]


def _choice(request: ChatRequest) -> ToolChoiceEnum | NamedToolChoice:
    if not request.tools or request.tool_choice == "auto":
        return ToolChoiceEnum.auto
    if request.tool_choice == "required":
        return ToolChoiceEnum.required
    return NamedToolChoice(function=FunctionName(name=request.tool_choice))
