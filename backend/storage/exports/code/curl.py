"""A question to an OpenAI-compatible API as a command for bash, with curl."""

import secrets
import shlex
from itertools import chain

from backend.chat.parts import Image
from backend.storage.exports.code.literals import json_lines
from backend.storage.exports.code.question import Question, Script
from backend.storage.exports.openai_request import to_openai_request

NAME = "chat.sh"
END = "JSON"  # no line of JSON is this word


def curl_script(question: Question) -> Script:
    """The command. Pictures are read from files beside it, in whose place in the JSON it puts them itself."""
    mark = secrets.token_hex(16)  # which no text can hold

    def address(image: Image) -> str:
        return f"data:image/png;base64,{mark}{question.name_of(image)}{mark}"

    body = json_lines(to_openai_request(question.request, question.model, address))
    return Script(NAME, _with_pictures(question, body.split(mark)) if mark in body else _plain(question, body))


def _plain(question: Question, body: str) -> str:
    return f"{_curl(question)} <<'{END}'\n{body}\n{END}\n"


def _with_pictures(question: Question, pieces: list[str]) -> str:
    """`pieces` are JSON and names of files in turns. Line breaks in the JSON are between its texts, so all may go."""
    texts = [f"cat <<'{END}'\n{piece}\n{END}" for piece in pieces[::2]]
    files = [f"base64 < {name}" for name in pieces[1::2]]
    told = chain.from_iterable(zip(texts, [*files, ""], strict=True))
    lines = ["#!/usr/bin/env bash", 'cd "$(dirname "$0")"', "{", *filter(None, told), "} | tr -d '\\r\\n' |"]
    return "\n".join([*lines, _curl(question)]) + "\n"


def _curl(question: Question) -> str:
    return (
        f"curl -sS {shlex.quote(f'{question.address}/chat/completions')} \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -H "Authorization: Bearer ${OPENAI_API_KEY:-none}" \\\n'
        "  --data-binary @-"
    )
