"""A kept conversation as JSON, and back."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PILImage

from backend.chat.errors import ConversationInvalid, ImageRefused
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    Image,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    ToolSpec,
    Usage,
    UserMessage,
)
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree
from backend.storage.document import Document, ToolPanel, data_url, library_versions
from backend.storage.document_json import from_json, to_json
from backend.storage.images import MAX_PICTURES, ImageStore

CALL = ToolCall("abcdefghi", "look", '{"at": "Zoë 🐈", ')
SETTINGS = GenerationSettings(0.7, 0.9, 40, 0.1, 1.1, 77, 2**32 - 1, ("END", "\n\n"))
ASKED = ChatRequest("Be brief.", (), (ToolSpec("look", "Looks.", '{"type": "object"}'),), SETTINGS, "look", "last turn")


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


def picture(store: ImageStore, colour: str) -> Image:
    buffer = io.BytesIO()
    PILImage.new("RGB", (40, 30), colour).save(buffer, "PNG")
    return store.take_bytes(buffer.getvalue(), colour)


def document(*images: Image) -> Document:
    """A document that has something in every field, and a tree of three branches."""
    question = UserMessage((*images, Text("Wer ist “das”?\u2028\0")))
    answer = AssistantMessage(
        "A cat.", (CALL,), Finished("tool_calls", Usage(7, 3, 5, 0.25, 12.5, 2)), "A note.", thought="Well…"
    )
    result = ToolMessage(ToolResult(CALL.id, "Error: no.", is_error=True, seconds=0.5))
    history = ConversationTree()
    for rest in ((answer, result, AssistantMessage("Sorry.")), (AssistantMessage("A dog."),), (UserMessage(images),)):
        history = history.with_branch(Conversation((question, *rest)), ASKED)
    return Document(
        title="Cats", updated="2026-11-24T09:30:00.000+00:00", model="Mistral Demo", revision="abc",
        versions=library_versions(), prompt="Be {today}.", settings=SETTINGS, keep="no earlier pictures",
        tools=ToolPanel(("my_calculator",), "[]", "required", "ask", (("look", "A cat."),)), history=history,
    )  # fmt: skip


def through_text(kept: Document, store: ImageStore) -> Document:
    return from_json(json.dumps(to_json(kept, data_url)), store.take_data_url)


def test_everything_comes_back_from_the_text(store: ImageStore) -> None:
    kept = document(picture(store, "red"), picture(store, "blue"))
    back = through_text(kept, store)
    assert back == kept
    assert [node.asked for node in back.history.nodes] == [None, ASKED, None, ASKED, ASKED, None]


def test_an_answer_of_a_file_from_before_there_were_thoughts_has_none(store: ImageStore) -> None:
    values = to_json(kept := document(picture(store, "red")), data_url)
    assert values["history"]["nodes"][1]["message"].pop("thought") == "Well…"
    old = from_json(values, store.take_data_url).history.nodes[1].message
    new = kept.history.nodes[1].message
    assert isinstance(new, AssistantMessage)
    assert old == replace(new, thought="")


def test_a_new_document_comes_back_too(store: ImageStore) -> None:
    assert through_text(kept := Document(), store) == kept


def test_the_pictures_are_in_the_text_and_not_on_the_disk(store: ImageStore, tmp_path: Path) -> None:
    kept = document(picture(store, "red"))
    text = json.dumps(to_json(kept, data_url))
    assert str(tmp_path) not in text
    elsewhere = ImageStore(tmp_path / "elsewhere")
    (image,) = from_json(text, elsewhere.take_data_url).history.images
    assert Path(image.path).is_file()
    with PILImage.open(image.path) as again:
        assert again.getpixel((0, 0)) == (255, 0, 0)


def test_a_picture_that_lies_elsewhere_is_never_taken(store: ImageStore) -> None:
    text = json.dumps(to_json(document(Image("/etc/passwd", 4, 3)), lambda image: image.path))
    with pytest.raises(ImageRefused):
        from_json(text, store.take_data_url)


def changed(**fields: Any) -> str:
    return json.dumps(to_json(document(), data_url) | fields)


NODE = {"parent": None, "message": {"parts": [{"text": "Q"}]}}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "7", '"text"', "[" * 100_000,
        changed(format="mistral-chat/2"),
        changed(format=None),
        changed(id=7),
        changed(keep="some"),
        changed(settings={"temperature": 9}),
        changed(settings={"temperature": "warm"}),
        changed(settings={"stop": [""]}),
        changed(tools={"approval": "always"}),
        changed(history={"nodes": [NODE], "leaf": 1}),
        changed(history={"nodes": [NODE | {"parent": 0}], "leaf": 0}),
        changed(history={"nodes": [{"parent": None}], "leaf": 0}),
        changed(history={"nodes": [NODE | {"message": "Q"}], "leaf": 0}),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_with_one_sentence(text: str, store: ImageStore) -> None:
    with pytest.raises(ConversationInvalid, match=r"^This is not a conversation that this app exported\.$"):
        from_json(text, store.take_data_url)


@pytest.mark.parametrize("value", [{}, {"messages": [{"role": "user", "content": "Q"}]}])
def test_an_object_of_another_app_is_no_document(value: object, store: ImageStore) -> None:
    with pytest.raises(ConversationInvalid):
        from_json(value, store.take_data_url)


def test_half_a_character_is_refused(store: ImageStore) -> None:
    with pytest.raises(ConversationInvalid):
        from_json(changed(title="\ud800"), store.take_data_url)


@pytest.mark.parametrize("message", [{}, {"parts": [{"txt": "Q"}]}, {"role": "user", "content": "Q"}])
def test_a_message_that_is_none_of_ours_is_not_taken_for_an_empty_answer(message: object, store: ImageStore) -> None:
    with pytest.raises(ConversationInvalid):
        from_json(changed(history={"nodes": [{"parent": None, "message": message}], "leaf": 0}), store.take_data_url)


@pytest.mark.parametrize(
    ("title", "messages", "name"),
    [
        ("Cats", [UserMessage((Text("Dogs?"),))], "Cats"),
        ("", [UserMessage((Text(" Which\n\ncat? "),))], "Which cat?"),
        ("", [AssistantMessage("Hello."), UserMessage((Text("Hi"),))], "Hi"),
        ("", [UserMessage((Image("a.png", 4, 3),)), UserMessage((Text("Hi"),))], "Pictures"),
        ("", [], "New chat"),
        ("", [UserMessage((Text("x" * 60),))], "x" * 60),
        ("", [UserMessage((Text("x" * 61),))], "x" * 59 + "…"),
    ],
)
def test_a_conversation_is_called_by_its_title_or_its_first_words(title: str, messages: list[Any], name: str) -> None:
    history = ConversationTree().with_branch(Conversation(tuple(messages)))
    assert replace(Document(history=history), title=title).name == name


def test_the_libraries_that_answers_depend_on_are_known() -> None:
    assert {"transformers", "torch", "mistral-common", "gradio"} == set(library_versions())


def test_a_picture_that_is_named_many_times_is_taken_once(store: ImageStore) -> None:
    red, blue = picture(store, "red"), picture(store, "blue")
    kept = Document(history=ConversationTree().with_branch(Conversation((UserMessage((red, blue) * 500),))))
    taken: list[str] = []

    def take(address: str) -> Image:
        taken.append(address)
        return Image(address, 40, 30)

    values = to_json(kept, lambda image: image.path)
    assert from_json(values, take).history == kept.history
    assert taken == [red.path, blue.path]


def test_more_pictures_than_any_conversation_has_are_refused_in_a_sentence() -> None:
    pictures = tuple(Image(str(number), 40, 30) for number in range(MAX_PICTURES + 1))
    taken: list[str] = []

    def take(address: str) -> Image:
        taken.append(address)
        return Image(address, 40, 30)

    def opened(count: int) -> Document:
        kept = Document(history=ConversationTree().with_branch(Conversation((UserMessage(pictures[:count]),))))
        return from_json(to_json(kept, lambda image: image.path), take)

    assert len(opened(MAX_PICTURES).history.images) == MAX_PICTURES
    taken.clear()
    with pytest.raises(ImageRefused, match=r"^This conversation has more than 1,000 pictures, too many to open\.$"):
        opened(MAX_PICTURES + 1)
    assert len(taken) == MAX_PICTURES
