"""Dialogues as the token ids that the app itself would send, and the ids that the model shall answer with."""

import json
import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mistral_common.protocol.instruct import messages as mistral
from mistral_common.protocol.instruct.chunk import ImageChunk, TextChunk
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import FunctionCall, Tool, ToolCall
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from PIL import Image

from scripts.demo_model.exchanges import COPIED, MARKED, SPELLED, Exchange, Picture, Reply, plain
from scripts.demo_model.mixture import Dialogue, pictures

END, TOOL_CALLS, ARGS = "</s>", "[TOOL_CALLS]", "[ARGS]"
Draw = Callable[[Picture], Image.Image]


@dataclass(frozen=True)
class Sample:
    """ids [length], of which those in `spans` (start, end) are learned; the pictures in the order of their ids."""

    skill: str
    ids: list[int]
    spans: list[tuple[int, int]]
    pictures: list[Picture]


def load(folder: Path) -> MistralTokenizer:
    """The demo model's tokenizer."""
    return MistralTokenizer.from_file(str(folder / "tekken.json"))


def blank(picture: Picture) -> Image.Image:
    """A picture of the same size, for when only the ids are wanted."""
    return Image.new("RGB", (picture.width, picture.height))


def request(dialogue: Dialogue, replies: int, rng: random.Random, draw: Draw) -> ChatCompletionRequest:
    """The conversation up to the given number of replies in its last exchange."""
    said: list[mistral.ChatMessage] = []
    if dialogue.system_prompt:
        said.append(mistral.SystemMessage(content=dialogue.system_prompt))
    for exchange in dialogue.exchanges:
        shown = exchange.replies[:replies] if exchange is dialogue.exchanges[-1] else exchange.replies
        said += _messages(exchange, shown, rng, draw)
    tools = [Tool.model_validate(tool) for tool in dialogue.tools] or None
    return ChatCompletionRequest(messages=said, tools=tools)


def _messages(
    exchange: Exchange, replies: tuple[Reply, ...], rng: random.Random, draw: Draw
) -> list[mistral.ChatMessage]:
    chunks = [ImageChunk(image=draw(picture)) for picture in exchange.pictures]
    text = TextChunk(text=exchange.question)
    content = [*chunks, text] if rng.random() < 0.8 else [text, *chunks]
    said: list[mistral.ChatMessage] = [mistral.UserMessage(content=content)]
    for reply in replies:
        if isinstance(reply, str):
            said.append(mistral.AssistantMessage(content=plain(reply)))
            continue
        ids = [_call_id(rng) for _ in reply]
        calls = [
            ToolCall(id=i, function=FunctionCall(name=call.name, arguments=plain(_arguments(call.arguments))))
            for i, call in zip(ids, reply, strict=True)
        ]
        said.append(mistral.AssistantMessage(content=None, tool_calls=calls))
        said += [mistral.ToolMessage(content=c.result, tool_call_id=i) for i, c in zip(ids, reply, strict=True)]
    return said


def _arguments(arguments: dict[str, object]) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def reply_ids(tokenizer: MistralTokenizer, reply: Reply) -> list[int]:
    """What the model shall put out for the reply, the end included. Calls carry no ids: the app gives them theirs."""
    tekken = tokenizer.instruct_tokenizer.tokenizer
    if isinstance(reply, str):
        return [*_text_ids(tekken, reply), tekken.get_special_token(END)]
    ids: list[int] = []
    for call in reply:
        ids += [tekken.get_special_token(TOOL_CALLS), *tekken.encode(call.name, bos=False, eos=False)]
        ids += [tekken.get_special_token(ARGS), *_text_ids(tekken, _arguments(call.arguments))]
    return [*ids, tekken.get_special_token(END)]


def _text_ids(tekken, text: str) -> list[int]:
    ids: list[int] = []
    for part in MARKED.split(text):
        for piece in _pieces(tekken, part):
            ids += tekken.encode(piece, bos=False, eos=False)
    return ids


def _pieces(tekken, part: str) -> Sequence[str]:
    """What is made into tokens by itself: each character of what is spelled, each token of what is copied."""
    text = plain(part)
    if part.startswith(SPELLED):
        return text
    if not part.startswith(COPIED):
        return [text] if text else []
    start, *rest = tekken.encode(f" {text}", bos=False, eos=False)
    return [tekken.decode([start]).removeprefix(" "), *[tekken.decode([token]) for token in rest]]


def sample(tokenizer: MistralTokenizer, dialogue: Dialogue, rng: random.Random, reply: int | None = None) -> Sample:
    """The dialogue with one of its last replies, any of them where none is named, to be learned."""
    last = dialogue.exchanges[-1]
    at = rng.randrange(len(last.replies)) if reply is None else range(len(last.replies))[reply]
    ids = list(tokenizer.encode_chat_completion(request(dialogue, at, rng, blank)).tokens)
    skill = "answers from results" if at else last.skill
    learned = reply_ids(tokenizer, last.replies[at])
    return Sample(skill, ids + learned, [(len(ids), len(ids) + len(learned))], pictures(dialogue))


def lesson(tokenizer: MistralTokenizer, dialogue: Dialogue, rng: random.Random) -> Sample:
    """The dialogue with all replies of all exchanges to be learned: more to learn from for the same work.

    The tools stand before the first question here, and calls have no ids, as the model puts them out; earlier replies
    have the tokens that they were learned in, where the app would cut their text anew.
    """
    tekken = tokenizer.instruct_tokenizer.tokenizer
    first = replace(dialogue, exchanges=dialogue.exchanges[:1])
    ids = list(tokenizer.encode_chat_completion(request(first, 0, rng, blank)).tokens)
    spans = []
    for number, exchange in enumerate(dialogue.exchanges):
        if exchange.pictures and number:  # as the app sends it, without the start of the whole
            alone = request(Dialogue("", (), (exchange,)), 0, rng, blank)
            ids += tokenizer.encode_chat_completion(alone).tokens[1:]
        elif number:
            ids += _enclosed(tekken, "[INST]", exchange.question, "[/INST]")
        for reply in exchange.replies:
            learned = reply_ids(tokenizer, reply)
            spans.append((len(ids), len(ids) + len(learned)))
            ids += learned
            for call in reply if not isinstance(reply, str) else ():
                ids += _enclosed(tekken, "[TOOL_RESULTS]", _call_id(rng), "[TOOL_CONTENT]")
                ids += _enclosed(tekken, "", call.result, "[/TOOL_RESULTS]")
    return Sample(dialogue.exchanges[0].skill, ids, spans, pictures(dialogue))


def _enclosed(tekken, begin: str, text: str, end: str) -> list[int]:
    """Text between two control tokens, the first of which may be missing."""
    start = [tekken.get_special_token(begin)] if begin else []
    return [*start, *tekken.encode(text, bos=False, eos=False), tekken.get_special_token(end)]


def _call_id(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits, k=9))
