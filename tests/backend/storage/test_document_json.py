"""A kept conversation as JSON, and back."""

import io
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PILImage

from backend.chat.errors import ConversationInvalid, ImageRefused, ImageWaits
from backend.chat.marks import composed
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    ToolCall,
    ToolMessage,
    ToolResult,
    ToolSpec,
    Usage,
    UserMessage,
)
from backend.chat.parts import Image, Text, TextFile
from backend.chat.request import ChatRequest
from backend.chat.scores import TokenScore
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree, Node
from backend.storage.document import Document, ToolPanel, data_url, library_versions
from backend.storage.document_json import GONE_PICTURE, NEWER, from_json, parsed, to_json
from backend.storage.images import MAX_PICTURES, ImageStore

Json = dict[str, Any]
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
        "A cat.",
        (CALL,),
        Finished("tool_calls", Usage(7, 3, 5, 0.25, 12.5, 2, 4)),
        "A note.",
        thought="Well…",
        thought_seconds=12.5,
        thought_tokens=4,
        scores=(TokenScore(0, "A", 0.5, (("The", 0.25), ("", 0.125))), TokenScore(1, " cat", 0.75)),
    )
    result = ToolMessage(ToolResult(CALL.id, "Error: no.", is_error=True, seconds=0.5))
    history = ConversationTree()
    for rest in ((answer, result, AssistantMessage("Sorry.")), (AssistantMessage("A dog."),), (UserMessage(images),)):
        history = history.with_branch(Conversation((question, *rest)), ASKED)
    return Document(
        title="Cats", titled="2026-11-24T09:00:00.000+00:00",
        updated="2026-11-24T09:30:00.000+00:00", model="Mistral Demo", revision="abc",
        versions=library_versions(), prompt="Be {today}.", settings=SETTINGS, keep="no earlier pictures",
        tools=ToolPanel(("my_calculator",), "[]", "required", "ask", (("look", "A cat."),)), history=history,
    )  # fmt: skip


def never(address: str) -> Image:
    raise AssertionError(f"nothing was to be taken from {address}")


def through_text(kept: Document, store: ImageStore) -> Document:
    return from_json(json.dumps(to_json(kept, data_url)), store.take_data_url)


def test_everything_comes_back_from_the_text(store: ImageStore) -> None:
    kept = document(picture(store, "red"), picture(store, "blue"))
    back = through_text(kept, store)
    assert back == kept
    assert list(back.history.nodes) == list(kept.history.nodes)
    assert [node.asked for node in back.history.nodes.values()] == [None, ASKED, None, ASKED, ASKED, None]


def test_files_labels_and_the_places_of_images_come_back(store: ImageStore) -> None:
    page = replace(picture(store, "red"), label="page 3 of a.pdf")
    file = TextFile("a.pdf, page 3", "Total: <5>\u2028")
    question = UserMessage(composed("Is [2] like this?", (page, picture(store, "blue")), (file,)))
    example = (UserMessage((Text("And this?"),), "example-1"), AssistantMessage("No."))
    kept = Document(history=ConversationTree().with_branch(Conversation((*example, question))))
    assert kept.name == "Is [2] like this?"
    assert through_text(kept, store) == kept


@pytest.mark.parametrize(
    "part",
    [
        {"text": "a", "content": "b"}, {"name": "a"}, {"content": "a"}, {"name": 3, "content": "a"},
        {"name": "a" * 501, "content": ""}, {"path": "", "width": 1, "height": 1, "label": "a" * 501},
        {"path": "", "width": 1, "height": 1, "mark": 10**600},
    ],
)  # fmt: skip
def test_what_is_no_part_of_a_message_is_refused(part: Json) -> None:
    values = to_json(Document(history=ConversationTree().with_branch(Conversation((UserMessage(()),)))), never)
    values["nodes"][0]["message"]["parts"] = [part]
    with pytest.raises(ConversationInvalid):
        parsed(values)


def test_an_older_export_without_labels_and_marks_is_read(store: ImageStore) -> None:
    kept = document(picture(store, "red"), picture(store, "blue"))
    values = to_json(kept, data_url)
    for node in values["nodes"]:
        for part in node["message"].get("parts", ()):
            part.pop("label", None)
            part.pop("mark", None)
    assert from_json(values, store.take_data_url) == kept


def test_what_many_answers_were_asked_with_stands_once_whatever_their_seeds() -> None:
    history, tools = ConversationTree(), ASKED.tools * 20
    for number in range(50):
        asked = replace(ASKED, tools=tools, settings=replace(SETTINGS, seed=number), seed_drawn=True)
        added = (UserMessage((Text(f"Q{number}"),)), AssistantMessage(f"A{number}"))
        history = history.with_branch(Conversation((*history.conversation.messages, *added)), asked)
    other = Conversation((*history.conversation.messages, AssistantMessage("B")))
    history = history.with_branch(other, replace(ASKED, system_prompt="Be long."))
    values = to_json(kept := Document(history=history), lambda image: image.path)
    prompts = {key: setup["system_prompt"] for key, setup in values["setups"].items()}
    assert sorted(prompts.values()) == ["Be brief.", "Be long."]
    assert [prompts[node["asked"]["setup"]] for node in values["nodes"] if node["asked"]][-2:] == [
        "Be brief.",
        "Be long.",
    ]
    assert from_json(json.dumps(values), never).history == kept.history


def test_the_messages_before_an_answer_are_not_kept_with_what_it_was_asked() -> None:
    asked = replace(ASKED, messages=(UserMessage((Image("/etc/passwd", 4, 3),)),))
    history = ConversationTree.of([Node("a", None, AssistantMessage("A"), asked)], "a")
    values = to_json(Document(history=history), lambda image: image.path)
    assert "/etc/passwd" not in json.dumps(values)
    assert from_json(values, never).history.nodes["a"].asked == replace(asked, messages=())
    values["nodes"][0]["asked"]["messages"] = [{"parts": [{"path": "/etc/passwd", "width": 4, "height": 3}]}]
    assert from_json(values, never).history.nodes["a"].asked == replace(asked, messages=())


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
    back = from_json(text, store.take_data_url)
    assert back.history.images == ()
    assert "/etc/passwd" not in json.dumps(to_json(back, data_url))


def test_one_bad_picture_is_marked_in_its_place_and_all_else_is_there(store: ImageStore) -> None:
    red = picture(store, "red")
    kept = document(red, Image("gone.png", 4, 3))
    values = to_json(kept, lambda image: image.path if image != red else data_url(image))
    back = from_json(values, store.take_data_url)
    assert [node.id for node in back.history.nodes.values()] == list(kept.history.nodes)
    first, *_, last = back.history.nodes.values()
    assert first.message == UserMessage((red, Text(GONE_PICTURE), Text("Wer ist “das”?\u2028\0")))
    assert last.message == UserMessage((red, Text(GONE_PICTURE)))


def test_a_picture_that_has_to_wait_is_not_taken_for_a_bad_one() -> None:
    def busy(address: str) -> Image:
        raise ImageWaits("Try again later.")

    with pytest.raises(ImageWaits):
        from_json(to_json(document(Image("red.png", 4, 3)), lambda image: image.path), busy)


def changed(**fields: Any) -> str:
    return json.dumps(to_json(document(), data_url) | fields)


def without(*fields: str) -> str:
    return json.dumps({name: part for name, part in to_json(document(), data_url).items() if name not in fields})


NODE: Json = {"id": "a", "parent": None, "message": {"parts": [{"text": "Q"}]}}
ANSWER: Json = {"id": "b", "parent": "a", "message": {"text": "A"}}
SETUP: Json = {"system_prompt": "", "tools": []}


def nodes(*found: Json, leaf: object = "a", **fields: Any) -> str:
    return changed(nodes=list(found), leaf=leaf, **fields)


def deep(levels: int) -> object:
    value: object = []
    for _ in range(levels):
        value = [value]
    return value


def deep_text(place: str) -> str:
    return nodes(NODE).replace(place, "[" * 100_000 + "]" * 100_000, 1)


def test_how_sure_a_model_was_is_kept_short_and_only_what_is_of_the_text_is_read() -> None:
    messages = [node["message"] for node in to_json(document(), str)["nodes"]]
    answer = next(message for message in messages if message.get("text") == "A cat.")
    assert answer["scores"] == [[0, "A", 0.5, [["The", 0.25], ["", 0.125]]], [1, " cat", 0.75, []]]
    forged = [[0, "A", 0.5, []], [0, "B", 0.5, []], [10**30, "A", 0.5, []], [0, "A", 7, []], [0, "A", 0.5, [["x", -1]]]]
    read = parsed(nodes(NODE, ANSWER | {"message": {"text": "A", "scores": forged}}))
    last = read.history.nodes["b"].message
    assert isinstance(last, AssistantMessage)
    assert last.scores == (TokenScore(0, "A", 0.5),)
    with pytest.raises(ConversationInvalid):
        parsed(nodes(NODE, ANSWER | {"message": {"text": "A", "scores": [["A"]]}}))


COUNTS = {"prompt_tokens": 1, "image_tokens": 1, "new_tokens": 1, "reused_tokens": 1}
FORGED = [
    "", "{", "null", "[]", "7", '"text"', "[" * 100_000, '{"format": "mistral-chat/2"}', "{}",
    '{"messages": [{"role": "user", "content": "Q"}]}',
    without("format"), without("nodes"), without("leaf"),
    changed(format=None),
    changed(format=2),
    changed(format="another/2"),
    changed(id=7),
    changed(id="\ud800"),
    changed(title="\ud800"),
    changed(title=["Cats"]),
    changed(keep="some"),
    changed(settings={"temperature": 9}),
    changed(settings={"temperature": "warm"}),
    changed(settings={"stop": [""]}),
    changed(tools={"approval": "always"}),
    changed(example={"before": {}}),
    changed(versions={"torch": 2}),
    changed(setups=[]),
    changed(setups=None),
    nodes(NODE, ANSWER | {"message": {"text": "A", "thought": "B", "thought_seconds": -1.0}}),
    nodes(NODE, ANSWER | {"message": {"text": "A", "thought": "B", "thought_tokens": 10**13}}),
    nodes(leaf="a"),
    nodes(NODE, leaf="b"),
    nodes(NODE, leaf=""),
    nodes(NODE, leaf=0),
    nodes(NODE, leaf=["a"]),
    nodes(NODE, NODE),
    nodes(NODE | {"parent": "a"}),
    nodes(NODE | {"parent": "b"}, ANSWER),
    nodes(ANSWER, NODE),
    nodes(NODE, ANSWER | {"parent": "gone"}),
    nodes(NODE, ANSWER | {"parent": 0}),
    nodes(NODE, ANSWER | {"parent": False}),
    nodes({name: part for name, part in NODE.items() if name != "id"}),
    nodes({name: part for name, part in NODE.items() if name != "parent"}),
    *(nodes(NODE, ANSWER | {"id": id}) for id in ("", " b", "b\n", "b/../c", "b" * 65, "é", "<b>", 7, None, ["b"])),
    nodes({"id": "a", "parent": None}),
    *(
        nodes(NODE | {"message": message})
        for message in (
            "Q", None, 7, [], {}, {"parts": [{"txt": "Q"}]}, {"parts": ["Q"]}, {"parts": 7}, {"parts": None},
            {"parts": {"text": "Q"}}, {"parts": [{"text": 7}]}, {"parts": [{"path": "a.png"}]}, {"text": None},
            {"role": "user", "content": "Q"}, {"text": "A", "parts": []}, {"text": "A", "tool_calls": [{}]},
            {"text": "A", "tool_calls": 7}, {"result": {}}, {"result": "2"}, {"text": "\udfff"}, {"text": deep(300)},
            {"text": "A", "stats": {"reason": "bored"}}, *(
                {"text": "A", "stats": {"reason": "stop", "usage": COUNTS | {name: number}}}
                for name in COUNTS for number in (2**64, -1, 10**4000)
            ),
        )
    ),
    nodes(NODE, ANSWER | {"asked": {"setup": "unknown"}}, setups={"known": SETUP}),
    nodes(NODE, ANSWER | {"asked": {}}, setups={"known": SETUP}),
    nodes(NODE, ANSWER | {"asked": {"setup": ["known"]}}, setups={"known": SETUP}),
    nodes(NODE, ANSWER | {"asked": "known"}, setups={"known": SETUP}),
    nodes(NODE, ANSWER | {"asked": {"setup": "known", "settings": {"top_p": 7}}}, setups={"known": SETUP}),
    nodes(NODE, ANSWER | {"asked": {"setup": "known"}}, setups={"known": SETUP | {"tools": 7}}),
    nodes(NODE, ANSWER | {"asked": {"setup": "known"}}, setups={"known": "Be brief."}),
    deep_text('"Q"'), deep_text('"parts"'), deep_text('"Cats"'),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FORGED)))
def test_what_is_no_document_is_refused_with_one_sentence(number: int) -> None:
    with pytest.raises(ConversationInvalid, match=r"^This isn't a chat export this app can read\.$"):
        from_json(FORGED[number], never)


def test_values_are_refused_as_their_text_is() -> None:
    for text in FORGED:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        with pytest.raises(ConversationInvalid):
            from_json(value, never)


def test_a_file_of_a_newer_version_is_refused_with_what_helps() -> None:
    for text in (changed(format="mistral-chat/3"), '{"format": "mistral-chat/4", "trees": 7}'):
        with pytest.raises(ConversationInvalid) as refused:
            from_json(text, never)
        assert str(refused.value) == NEWER


def test_a_setup_that_nobody_names_and_a_word_that_nobody_knows_do_no_harm() -> None:
    kept = parsed(nodes(NODE | {"colour": "red"}, setups={"unused": SETUP}, mood="good"))
    assert kept.history == ConversationTree.of([Node("a", None, UserMessage((Text("Q"),)))], "a")


def test_a_conversation_of_many_messages_in_one_line_comes_back() -> None:
    line = [Node(f"n{i}", f"n{i - 1}" if i else None, UserMessage((Text(str(i)),))) for i in range(20_000)]
    kept = Document(history=ConversationTree.of(line, "n19999"))
    back = parsed(json.dumps(to_json(kept, lambda image: image.path)))
    assert back.history == kept.history
    assert back.history.conversation == kept.history.conversation


def first_version(kept: Document) -> Json:
    """The document as the version before wrote it: nodes without ids, with places, each with its whole request."""
    values = to_json(kept, data_url)
    places = {node["id"]: place for place, node in enumerate(values["nodes"])}
    old = []
    for node in values["nodes"]:
        asked = node["asked"] and node["asked"] | values["setups"][node["asked"]["setup"]] | {"messages": []}
        if asked:
            del asked["setup"]
        parent = None if node["parent"] is None else places[node["parent"]]
        old.append({"parent": parent, "message": node["message"], "asked": asked})
    leaf = None if kept.history.leaf is None else places[kept.history.leaf]
    head = {n: part for n, part in values.items() if n not in ("nodes", "leaf", "setups", "titled")}
    return head | {"format": "mistral-chat/1", "history": {"nodes": old, "leaf": leaf}}


def shape(found: Iterable[Node]) -> list[tuple[object, ...]]:
    """Nodes without their ids."""
    listed = list(found)
    places = {node.id: place for place, node in enumerate(listed)}
    return [(places.get(node.parent or ""), node.message, node.asked) for node in listed]


def test_a_file_of_the_first_version_is_read_whole(store: ImageStore) -> None:
    kept = document(picture(store, "red"), picture(store, "blue"))
    values = first_version(kept)
    back = from_json(json.dumps(values), store.take_data_url)
    assert shape(back.history.nodes.values()) == shape(kept.history.nodes.values())
    assert back.history.conversation == kept.history.conversation
    assert replace(back, history=kept.history, titled=kept.titled) == kept
    assert back.titled == ""
    again = from_json(json.dumps(values), store.take_data_url)
    assert not again.history.nodes.keys() & back.history.nodes.keys()  # they are new each time
    assert through_text(back, store) == back


def test_an_answer_of_a_file_from_before_there_were_thoughts_has_none(store: ImageStore) -> None:
    values = first_version(kept := document(picture(store, "red")))
    assert values["history"]["nodes"][1]["message"].pop("thought") == "Well…"
    _, old, *_ = from_json(values, store.take_data_url).history.nodes.values()
    _, new, *_ = kept.history.nodes.values()
    assert isinstance(new.message, AssistantMessage)
    assert old.message == replace(new.message, thought="")


OLD_NODE: Json = {"parent": None, "message": {"parts": [{"text": "Q"}]}}


@pytest.mark.parametrize(
    "history",
    [
        None, [], 7, {}, {"nodes": []}, {"leaf": None},
        {"nodes": [OLD_NODE], "leaf": 1},
        {"nodes": [OLD_NODE], "leaf": -1},
        {"nodes": [OLD_NODE], "leaf": "a"},
        {"nodes": [OLD_NODE | {"parent": 0}], "leaf": 0},
        {"nodes": [OLD_NODE | {"parent": 1}, OLD_NODE], "leaf": 0},
        {"nodes": [OLD_NODE, OLD_NODE | {"parent": -1}], "leaf": 0},
        {"nodes": [OLD_NODE, OLD_NODE | {"parent": "0"}], "leaf": 0},
        {"nodes": [{"parent": None}], "leaf": 0},
        {"nodes": [OLD_NODE | {"message": "Q"}], "leaf": 0},
        {"nodes": [OLD_NODE | {"message": {}}], "leaf": 0},
        {"nodes": [OLD_NODE | {"message": {"parts": [{"txt": "Q"}]}}], "leaf": 0},
        {"nodes": [OLD_NODE | {"asked": {"settings": {"top_k": -1}}}], "leaf": 0},
        {"nodes": 7, "leaf": 0},
    ],
)  # fmt: skip
def test_what_is_no_document_of_the_first_version_is_refused_with_one_sentence(history: object) -> None:
    values = first_version(document()) | {"history": history}
    for value in (values, json.dumps(values)):
        with pytest.raises(ConversationInvalid, match=r"^This isn't a chat export this app can read\.$"):
            from_json(value, never)


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
    with pytest.raises(ImageRefused, match=r"^This chat has more than 1,000 images, too many to open\.$"):
        opened(MAX_PICTURES + 1)
    assert len(taken) == MAX_PICTURES


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
