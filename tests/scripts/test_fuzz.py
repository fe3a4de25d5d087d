"""The parsers of strangers' bytes as functions: each takes its seeds, and what the fuzzer has found."""

import json
import random

import pytest

from scripts import parsers
from scripts.fuzz import changed, seeds
from scripts.parsers import TARGETS, tried

JSON = ("schemas", "calls", "commands")  # whose seeds are changed as such
PART = b"--b\r\nContent-Disposition: form-data; name=files%s\r\n\r\nx\r\n--b--\r\n"
# What a parser once raised at, or took long over: a name of scripts/parsers.py, and the bytes.
FOUND: list[tuple[str, bytes]] = [
    ("commands", b"[" * 5_000), ("panel", b"[" * 5_000), ("imports", b'[{"role":"user","content":' + b"[" * 5_000),
    ("stream", b"data: " + b"[" * 5_000 + b"\n\n"), ("schemas", b'[{"name":"a","parameters":' + b'{"x":' * 3_000),
    ("calls", b'{"expression":' + b"9" * 5_000 + b"}"), ("links", b"seed=" + b"9" * 5_000),
    ("multipart", PART % b""), ("multipart", PART % b"; filename*=utf-8''%e2%82.png"),
    ("requests", b"GET\n/?q=\xff\nhost: a\n\n"),
    ("requests", b"GET\n/gradio_api/file=@/a.png\nhost: a\nrange: bytes=0-1,3-4\n\n"),
]  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
def test_good_bytes_and_the_same_with_something_odd_in_them_end_as_documented(name: str) -> None:
    rng = random.Random(5)
    for seed in seeds(name):
        tried(name, seed)
        tried(name, seed[: len(seed) // 2])
        for _ in range(2):
            is_json = name in JSON
            tried(name, json.dumps(changed(json.loads(seed), rng)).encode() if is_json else b"\xff" + seed)


@pytest.mark.parametrize(("name", "data"), FOUND, ids=lambda value: value if isinstance(value, str) else "")
def test_what_was_found_ends_as_documented(name: str, data: bytes) -> None:
    tried(name, data)


def test_what_a_parser_does_not_document_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(data: bytes) -> None:
        raise KeyError(data)

    monkeypatch.setitem(parsers.TARGETS, "panel", faulty)
    with pytest.raises(KeyError):
        tried("panel", b"x")
