"""A kept conversation as JSON, and back."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PILImage

from backend.chat.errors import ConversationInvalid, ImageRefused, ImageWaits
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
from backend.storage.document_json import GONE_PICTURE, from_json, node_json, panel_json, to_json
from backend.storage.images import MAX_PICTURES, ImageStore

FIXTURES = Path(__file__).parent / "fixtures"
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
        title="Cats", titled="2026-11-24T09:29:00.000+00:00",
        updated="2026-11-24T09:30:00.000+00:00", model="Mistral Demo", revision="abc",
        versions=library_versions(), prompt="Be {today}.", settings=SETTINGS, keep="no earlier pictures",
        tools=ToolPanel(("my_calculator",), "[]", "required", "ask", (("look", "A cat."),)), history=history,
    )  # fmt: skip


def through_text(kept: Document, store: ImageStore) -> Document:
    return from_json(json.dumps(to_json(kept, data_url)), store.take_data_url)


def test_everything_comes_back_from_the_text(store: ImageStore) -> None:
    kept = document(picture(store, "red"), picture(store, "blue"))
    back = through_text(kept, store)
    assert back == kept
    assert [node.asked for node in back.history.nodes.values()] == [None, ASKED, None, ASKED, ASKED, None]


def test_an_answer_of_a_file_from_before_there_were_thoughts_has_none(store: ImageStore) -> None:
    values = to_json(kept := document(picture(store, "red")), data_url)
    assert values["nodes"][1]["message"].pop("thought") == "Well…"
    old, new = (list(made.history.nodes.values())[1].message for made in (from_json(values, store.take_data_url), kept))
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


def test_a_picture_that_lies_elsewhere_is_never_taken_and_marked_in_its_place(store: ImageStore) -> None:
    text = json.dumps(to_json(document(Image("/etc/passwd", 4, 3)), lambda image: image.path))
    history = from_json(text, store.take_data_url).history
    assert not history.images
    assert list(history.conversation.messages[0].parts) == [  # type: ignore[union-attr]
        Text(GONE_PICTURE),
        Text("Wer ist “das”?\u2028\0"),
    ]


def test_a_picture_that_waits_is_not_marked_as_gone() -> None:
    def busy(_: str) -> Image:
        raise ImageWaits("It has to wait: try again later.")

    text = json.dumps(to_json(document(Image("a.png", 4, 3)), lambda image: image.path))
    with pytest.raises(ImageWaits):
        from_json(text, busy)


def test_what_is_large_in_a_request_stands_once_for_all_answers() -> None:
    settings = GenerationSettings(json_schema='{"type": "object", "title": "' + "x" * 5_000 + '"}')
    asked = ChatRequest("Be brief. " * 1_000, tools=(ToolSpec("look", "Looks. " * 1_000, "{}"),), settings=settings)
    history = ConversationTree()
    for number in range(30):
        turn = (UserMessage((Text(f"{number}?"),)), AssistantMessage(f"{number}!"))
        history = history.with_branch(history.conversation.add(*turn), asked)
    text = json.dumps(to_json(Document(history=history), str))
    assert len(text) < 60_000
    back = from_json(text, lambda address: Image(address, 0, 0)).history
    assert back == history
    assert len({id(node.asked.tools) for node in back.nodes.values() if node.asked}) == 1  # in memory too


def test_a_node_and_its_setup_are_what_they_are_in_the_whole() -> None:
    kept = document(Image("a.png", 4, 3))
    whole = to_json(kept, lambda image: f"at/{image.path}")
    made = [node_json(node, lambda image: f"at/{image.path}") for node in kept.history.nodes.values()]
    assert whole["nodes"] == [values for values, _ in made]
    assert whole["setups"] == {name: setup for _, setups in made for name, setup in setups.items()}
    assert panel_json(kept).items() <= whole.items()
    assert set(panel_json(kept)) == {"model", "revision", "versions", "prompt", "settings", "tools", "example", "keep"}


def changed(**fields: Any) -> str:
    return json.dumps(to_json(document(), data_url) | fields)


NODE = {"id": "a", "parent": None, "message": {"parts": [{"text": "Q"}]}, "asked": None}
SETUP = {"system_prompt": "", "tools": []}
OLD_NODE = {"parent": None, "message": {"parts": [{"text": "Q"}]}}


def tree_of(*nodes: object, leaf: object = "a", **fields: Any) -> str:
    return changed(nodes=nodes, leaf=leaf, **fields)


def first(*nodes: object, leaf: object = 0) -> str:
    """A document of the first format."""
    return changed(format="mistral-chat/1", history={"nodes": nodes, "leaf": leaf})


def without(name: str) -> str:
    values = to_json(document(), data_url)
    del values[name]
    return json.dumps(values)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "7", '"text"', "[" * 100_000, '{"format": "mistral-chat/2"}',
        changed(format="mistral-chat"), changed(format=None), changed(format=2), changed(format=["mistral-chat/2"]),
        changed(id=7), changed(id=""), changed(id="../a"), changed(id="a" * 65),
        changed(keep="some"),
        changed(settings={"temperature": 9}),
        changed(settings={"temperature": "warm"}),
        changed(settings={"stop": [""]}),
        changed(tools={"approval": "always"}),
        *map(without, ("format", "id", "leaf", "nodes", "setups")),
        tree_of(NODE, leaf="b"), tree_of(NODE, leaf=0), tree_of(NODE, leaf=""),
        tree_of(NODE | {"parent": "a"}),
        tree_of(NODE | {"parent": "b"}, NODE | {"id": "b", "parent": "a"}),
        tree_of(NODE | {"id": "b", "parent": "a"}, NODE),
        tree_of(NODE, NODE),
        *(tree_of(NODE | {"id": id}, leaf=None) for id in ("", "a b", "ä", "a\n", "../a", "a" * 65, 7, None)),
        tree_of(NODE | {"parent": 0}), tree_of(NODE | {"parent": ""}),
        tree_of({"id": "a", "parent": None}), tree_of({"id": "a", "message": NODE["message"]}), tree_of("Q"),
        tree_of(NODE | {"message": "Q"}),
        tree_of(NODE | {"asked": {}}), tree_of(NODE | {"asked": "x"}), tree_of(NODE | {"asked": {"setup": "x"}}),
        tree_of(NODE | {"asked": {"setup": ["x"]}}), tree_of(NODE, setups=[]), tree_of(NODE, setups={"x": {}}),
        tree_of(NODE, setups={"x": {"system_prompt": 7, "tools": []}}),
        tree_of(NODE | {"asked": {"setup": "x", "settings": {"top_p": 7}}}, setups={"x": SETUP}),
        first(OLD_NODE, leaf=1), first(OLD_NODE, leaf=-1), first(OLD_NODE, leaf="a"),
        first(OLD_NODE | {"parent": 0}), first(OLD_NODE | {"parent": 1}, OLD_NODE), first(OLD_NODE | {"parent": -1}),
        first({"parent": None}),
        first(OLD_NODE | {"message": "Q"}),
        first(OLD_NODE | {"asked": {"settings": {"top_p": 7}}}),
        changed(format="mistral-chat/1"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_with_one_sentence(text: str, store: ImageStore) -> None:
    with pytest.raises(ConversationInvalid, match=r"^This is not a conversation that this app exported\.$"):
        from_json(text, store.take_data_url)


@pytest.mark.parametrize("form", ["mistral-chat/3", "mistral-chat/2.1", "mistral-chat/10"])
def test_a_newer_format_says_to_update_the_app(form: str, store: ImageStore) -> None:
    told = r"^This conversation was exported by a newer version of the app: update it to open this file\.$"
    with pytest.raises(ConversationInvalid, match=told):
        from_json(changed(format=form, nodes="of another form"), store.take_data_url)


def test_an_export_of_the_version_before_opens_whole(store: ImageStore) -> None:
    back = from_json((FIXTURES / "first_version.json").read_text(encoding="utf-8"), store.take_data_url)
    assert (back.title, back.prompt, back.keep, back.tools.approval) == (
        "Shapes of mine", "Be {today}.", "no earlier pictures", "ask",
    )  # fmt: skip
    nodes = list(back.history.nodes.values())
    assert [type(node.message).__name__[0] for node in nodes] == list("UATAAUA")
    assert [node.asked.system_prompt if node.asked else None for node in nodes] == [
        None, "Be brief.", None, "Be brief.", "Be brief.", None, "Be brief.",
    ]  # fmt: skip
    assert nodes[1].asked is not None
    assert (nodes[1].asked.tools[0].name, nodes[1].asked.settings.json_schema) == ("look", '{"type": "object"}')
    assert len(back.history.images) == 2
    texts = [getattr(message, "text", "") for message in back.history.conversation.messages]
    assert texts == ["What is this? Ein Würfel?", "Let me look.", "", "It is red.", "And the other one?", "Blue."]
    assert back.history.switch_branch(1, 1).conversation.messages[1] == AssistantMessage(
        "I cannot say.", stats=Finished("stop")
    )
    assert back.history.nodes.keys() == {id for id in back.history.nodes if re.fullmatch("[0-9a-f]{16}", id)}
    assert through_text(back, store) == back


@pytest.mark.parametrize("value", [{}, {"messages": [{"role": "user", "content": "Q"}]}])
def test_an_object_of_another_app_is_no_document(value: object, store: ImageStore) -> None:
    with pytest.raises(ConversationInvalid):
        from_json(value, store.take_data_url)


def test_half_a_character_is_refused(store: ImageStore) -> None:
    with pytest.raises(ConversationInvalid):
        from_json(changed(title="\ud800"), store.take_data_url)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"parts": [{"txt": "Q"}]},
        {"role": "user", "content": "Q"},
        {"result": 7},
        {"parts": 7},
        {"parts": [{"text": "Q", "path": "a"}]},
    ],
)
@pytest.mark.parametrize("text", [tree_of, first])
def test_a_message_that_is_none_of_ours_is_not_taken_for_an_empty_answer(
    message: object, text: Callable[..., str], store: ImageStore
) -> None:
    node = (NODE if text is tree_of else OLD_NODE) | {"message": message}
    with pytest.raises(ConversationInvalid):
        from_json(text(node), store.take_data_url)


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
