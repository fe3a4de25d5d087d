"""Conversations that come in as files: many in one, zips, what is refused, and what is said of what was left out."""

import contextlib
import copy
import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from backend.chat.errors import ConversationInvalid, ImageRefused, ImageWaits
from backend.chat.messages import AssistantMessage, Conversation, ToolCall, ToolMessage, UserMessage
from backend.chat.parts import Image, Text
from backend.sandbox.pool import directly
from backend.storage.document import Document, data_url
from backend.storage.exports.openai_format import to_openai
from backend.storage.foreign import reading
from backend.storage.images import MAX_PICTURES, ImageStore
from backend.storage.imports import Imported, import_file

FILES = sorted((Path(__file__).parent / "imports").glob("*.json"))
HI = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]


def refused(address: str) -> Image:
    raise ImageRefused(f"No {address[:20]}.")


def imported(folder: Path, value: object) -> Imported:
    """What comes of a JSON value in a file; no picture is taken."""
    file = folder / "file.json"
    file.write_text(json.dumps(value))
    return import_file(file, refused, directly)


def conversation(folder: Path, value: object) -> Conversation:
    (document,) = imported(folder, value).documents
    return document.history.conversation


def test_our_own_messages_come_back(tmp_path: Path) -> None:
    store, file = ImageStore(tmp_path / "store"), tmp_path / "export.json"
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    red, call = store.take_bytes(buffer.getvalue(), "red.png"), ToolCall("aaaaaaaaa", "look", '{"at": "Zoë"}')
    said = Conversation(
        (
            UserMessage((red, Text("Who?"))),
            AssistantMessage("I look.", (call,)),
            AssistantMessage("A.", thought="A dog? A cat."),
        )
    )
    file.write_text(json.dumps(to_openai("Be brief.\n", said, data_url)))
    back = import_file(file, store.take_data_url, directly)
    user, answer, result, last = back.documents[0].history.conversation.messages
    assert (back.prompt, back.left_out, back.notice) == ("Be brief.\n", (), "")
    assert (user, last) == (said.messages[0], said.messages[2])
    assert isinstance(answer, AssistantMessage)
    assert isinstance(result, ToolMessage)
    assert (answer.text, answer.tool_calls[0].name, answer.tool_calls[0].arguments) == (
        "I look.",
        "look",
        call.arguments,
    )
    assert result.result.call_id == answer.tool_calls[0].id


@pytest.mark.parametrize(
    "value",
    [None, 7, "text", {}, [], {"messages": None}, {"messages": "text"}, ["text"], [[]], [{"a": 1}], {"role": "owner"},
     [{"type": "object"}], "", {"mapping": {}}, {"messages": [{}]}, [{"role": "owner", "content": "Hi"}]],
)  # fmt: skip
def test_a_file_without_messages_is_refused(value: object, tmp_path: Path) -> None:
    with pytest.raises(ConversationInvalid, match=r"^This file has no messages\.$"):
        imported(tmp_path, value)


@pytest.mark.parametrize("text", ["Hello", "{", '{"messages": [}', "\x80"])
def test_what_is_no_json_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "file.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConversationInvalid, match=r"^This (isn't a chat export|file couldn't be read)"):
        import_file(tmp_path / "file.json", refused, directly)


@pytest.mark.parametrize(
    "entry",
    [
        {}, 7, None, "Hi", [], {"role": "owner", "content": "Hi"}, {"role": ["user"], "content": "Hi"},
        {"role": "user", "content": 7}, {"role": "user", "content": [7]}, {"role": "user", "content": {"a": {}}},
        {"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, {"role": "assistant", "tool_calls": [7]},
        {"role": "assistant", "content": [{"type": 7}]}, {"role": "tool", "content": "A cat."},
        {"role": "tool", "tool_call_id": "never called", "content": "A cat."},
    ],
)  # fmt: skip
def test_a_message_that_no_chat_can_hold_is_marked_in_its_place_and_the_others_are_taken(
    entry: object, tmp_path: Path
) -> None:
    back = imported(tmp_path, [*HI, entry, {"role": "user", "content": "Bye"}])
    messages = back.documents[0].history.conversation.messages
    texts = [
        m.text + m.note if isinstance(m, AssistantMessage) else m.text
        for m in messages
        if not isinstance(m, ToolMessage)
    ]
    assert texts[0] == "Hi"
    assert texts[1].startswith("Hello.")
    assert texts[-1].endswith("Bye")
    assert any("not imported" in text.lower() or "that answers no call" in text for text in texts)
    assert back.left_out


def test_what_was_left_out_is_said_in_one_sentence(tmp_path: Path) -> None:
    there = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    sound = {"type": "input_audio", "input_audio": {}}
    back = imported(tmp_path, [{"role": "user", "content": [there, there, sound]}])
    assert back.left_out == ("2 images that aren’t in the file", "1 recording")
    assert back.notice == (
        "Some parts couldn't be imported and are marked in the chat: 2 images that aren’t in the file and 1 recording."
    )


def test_a_picture_that_has_to_wait_is_not_marked_as_damaged(tmp_path: Path) -> None:
    def busy(_: str) -> Image:
        raise ImageWaits("Try again later.")

    (tmp_path / "file.json").write_text(json.dumps([{"role": "user", "content": [PICTURE]}]))
    with pytest.raises(ImageWaits):
        import_file(tmp_path / "file.json", busy, directly)


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def test_more_pictures_than_can_be_opened_are_refused_and_one_that_is_named_often_is_taken_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def take(address: str) -> Image:
        asked.append(address)
        return Image(address, 4, 3)

    file = tmp_path / "file.json"
    file.write_text(json.dumps([{"role": "user", "content": [PICTURE] * 2_000}]))
    assert len(import_file(file, take, directly).documents[0].history.conversation.messages[0].images) == 2_000  # type: ignore[union-attr]
    assert asked == ["data:image/png;base64,AAAA"]
    many = [{"type": "image_url", "image_url": f"data:image/png;base64,{n}"} for n in range(MAX_PICTURES + 1)]
    file.write_text(json.dumps([{"role": "user", "content": many}]))
    with pytest.raises(ImageRefused, match="too many to open"):
        import_file(file, take, directly)


def test_a_zip_of_exports_is_opened_whole_and_says_which_of_it_was_none(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("conversations.json", json.dumps([{"title": "One", "messages": HI}, {"messages": HI}]))
        archive.writestr("chats/two.jsonl", "\n".join(map(json.dumps, HI)))
        archive.writestr("user.json", json.dumps({"id": "u"}))
        archive.writestr("broken.json", "{")
        archive.writestr("picture.png", b"x")
    back = import_file(tmp_path / "export.zip", refused, directly)
    assert [document.title for document in back.documents] == ["One", "", ""]
    assert back.left_out == ("1 chat that couldn’t be read",)


def test_a_conversation_that_is_too_long_keeps_no_other_from_being_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_MESSAGES", 5)
    monkeypatch.setattr(reading, "MAX_CONVERSATIONS", 3)
    back = imported(tmp_path, [{"messages": HI * 3}, *[{"messages": HI}] * 5])
    assert len(back.documents) == 3
    assert back.left_out == ("1 chat that couldn’t be read", "2 chats too many")
    with pytest.raises(ConversationInvalid, match="more than 5 messages"):
        imported(tmp_path, HI * 3)


def test_ids_that_come_again_in_each_turn_tell_calls_apart(tmp_path: Path) -> None:
    call = {"role": "assistant", "tool_calls": [{"id": "call_0", "function": {"name": "look", "arguments": "{}"}}]}
    result = {"role": "tool", "tool_call_id": "call_0", "content": "A cat."}
    messages = conversation(tmp_path, [HI[0], call, result, HI[0], call, result]).messages
    ids = [message.tool_calls[0].id for message in messages if isinstance(message, AssistantMessage)]
    assert ids == [message.result.call_id for message in messages if isinstance(message, ToolMessage)]
    assert len(set(ids)) == 2


def test_the_prompt_is_of_the_conversation_that_is_opened(tmp_path: Path) -> None:
    chats = [{"messages": [{"role": "system", "content": text}, *HI]} for text in ("One", "Two")]
    back = imported(tmp_path, chats)
    assert (back.prompt, [document.prompt for document in back.documents]) == ("One", ["One", "Two"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_whatever_stands_in_a_file_it_is_taken_or_refused_in_a_sentence(file: Path, tmp_path: Path) -> None:
    value, chance = json.loads(file.read_text(encoding="utf-8")), random.Random(file.name)
    for _ in range(60):
        changed = [copy.deepcopy(value)]
        for _ in range(chance.randint(1, 3)):
            _spoil(changed, chance)
        documents: tuple[Document, ...] = ()
        with contextlib.suppress(ConversationInvalid):
            documents = imported(tmp_path, changed[0]).documents
        for document in documents:
            repr(document).encode()


JUNK: list[Any] = [None, 7, 0.5, True, "", "text", [], {}, [None], [[]], {"role": "user"}, {"type": "text"}, ["a", "b"]]


def _spoil(value: list[Any], chance: random.Random) -> None:
    """Puts something else in a place of a JSON value, which is in a list."""
    at: Any = value
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = chance.choice(keys)
        if not (isinstance(at[key], dict | list) and at[key]) or chance.random() < 0.25:
            at[key] = copy.deepcopy(chance.choice(JUNK))
            return
        at = at[key]
