"""The file that names MCP servers: what other hosts write is read, and what is wrong is one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.chat.errors import ServersInvalid
from backend.tools.mcp.config_file import Server, read_servers


def written(folder: Path, content: Any) -> Path:
    path = folder / "mcp.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_what_other_hosts_write_is_read(tmp_path: Path) -> None:
    servers = {
        "time": {"command": "time-server", "args": ["--zone", "UTC"], "env": {"A": "x-${TOKEN}", "B": ""}},
        "docs": {
            "type": "streamable-http", "url": "https://docs.example/mcp", "timeout": 5, "approve": "always",
            "headers": {"Authorization": "Bearer ${env:TOKEN}", "X-Team": "${TEAM:-none}"}, "alwaysAllow": [],
        },
        "old": {"type": "sse", "url": "http://127.0.0.1:9/sse"},
        "off": {"command": "x", "disabled": True},
    }  # fmt: skip
    path = written(tmp_path, "\ufeff" + json.dumps({"mcpServers": servers}))
    assert read_servers(path, {"TOKEN": "s3cret"}) == (
        Server("time", command="time-server", args=("--zone", "UTC"), env={"A": "x-s3cret", "B": ""}),
        Server(
            "docs", url="https://docs.example/mcp", headers={"Authorization": "Bearer s3cret", "X-Team": "none"},
            timeout=5, is_trusted=True,
        ),
        Server("old", url="http://127.0.0.1:9/sse", is_sse=True),
    )  # fmt: skip


def test_no_key_is_printed(tmp_path: Path) -> None:
    about = {"url": "https://u:s3cret@a.example/s3cret", "headers": {"K": "s3cret"}}
    (server,) = read_servers(written(tmp_path, {"mcpServers": {"a": about}}), {})
    assert "s3cret" not in repr(server)


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({}, "give either “command” or “url”"),
        ({"command": "a", "url": "http://b.example"}, "give either “command” or “url”"),
        ({"type": "stdio", "url": "http://b.example"}, "give either “command” or “url”"),
        ([], "it must be an object with “command” or “url”"),
        ({"command": 7}, "“command” must hold text"),
        ({"command": "a", "args": "b"}, "“args” must be a list of texts"),
        ({"command": "a", "args": [1]}, "“args” must hold text"),
        ({"command": "a", "env": {"A": 1}}, "“env” must hold text"),
        ({"command": "a", "env": {"A": "${NONE}"}}, "“env” names the environment variable NONE, which is not set"),
        ({"url": "file:///etc/passwd"}, "“url” must be an address that begins with http:// or https://"),
        ({"url": "http://a b"}, "“url” must be an address that begins with http:// or https://"),
        ({"url": "http://a.example:99999999"}, "“url” must be an address that begins with http:// or https://"),
        ({"url": "http://a.example", "headers": {"A": "a\nb"}}, "“headers” may hold printable ASCII only"),
        ({"url": "http://a.example", "type": "carrier pigeon"}, "“type” must be stdio, http or sse"),
        ({"command": "a", "timeout": 0}, "“timeout” must be a number of seconds from 1 to 3600"),
        ({"command": "a", "timeout": True}, "“timeout” must be a number of seconds from 1 to 3600"),
        ({"command": "a", "approve": "never"}, "“approve” must be “ask” or “always”"),
    ],
)
def test_what_is_wrong_with_a_server_is_one_sentence(tmp_path: Path, about: Any, sentence: str) -> None:
    path = written(tmp_path, {"mcpServers": {"a": about}})
    with pytest.raises(ServersInvalid) as raised:
        read_servers(path, {})
    assert str(raised.value) == f"--mcp {path}, server “a”: {sentence}."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "this is not valid JSON: "),
        ("[]", "it needs an object called “mcpServers”."),
        ("{}", "it needs an object called “mcpServers”."),
        (json.dumps({"mcpServers": {str(n): {} for n in range(65)}}), "there are 65 servers; the limit is 64."),
    ],
)
def test_what_is_wrong_with_the_file_is_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ServersInvalid) as raised:
        read_servers(path, {})
    assert str(raised.value).startswith(f"--mcp {path}: {sentence}")


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ServersInvalid, match="No such file"):
        read_servers(tmp_path / "none.json")
