"""The nouns: what a conversation does with its messages, and which settings are refused."""

import pytest

from backend.chat.messages import (
    CANCELLED,
    AssistantMessage,
    Conversation,
    Finished,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.parts import Image, Text
from backend.chat.settings import RANGES, GenerationSettings
from backend.chat.thoughts import marked, thoughts_as_sent

CAT = Image("cat.png", 4, 3)
DOG = Image("dog.png", 3, 4)
ASK = UserMessage((CAT, Text("What is this?"), DOG))
NEXT = UserMessage((Text("And now?"),))
SAID = AssistantMessage("A cat.")
EMPTY = AssistantMessage(" \n", stats=Finished("cancelled"), note="Stopped.")
A, B = ToolCall("aaaaaaaaa", "look", "{}"), ToolCall("bbbbbbbbb", "look", "[")
CALLS = AssistantMessage("", (A, B))
DONE_A, DONE_B = (ToolMessage(ToolResult(call.id, "Seen.")) for call in (A, B))
CANCEL_A, CANCEL_B = (ToolMessage(ToolResult(call.id, CANCELLED, is_error=True)) for call in (A, B))


@pytest.mark.parametrize(
    ("messages", "read"),
    [
        ([], []),
        ([ASK, SAID, NEXT], [ASK, SAID, NEXT]),
        ([ASK, EMPTY, NEXT], [ASK, NEXT]),
        ([ASK, CALLS, DONE_A, DONE_B, SAID], [ASK, CALLS, DONE_A, DONE_B, SAID]),
        ([ASK, CALLS, DONE_B, DONE_A], [ASK, CALLS, DONE_B, DONE_A]),
        ([ASK, CALLS], [ASK, CALLS, CANCEL_A, CANCEL_B]),
        ([ASK, CALLS, NEXT], [ASK, CALLS, CANCEL_A, CANCEL_B, NEXT]),
        ([ASK, CALLS, DONE_A, NEXT], [ASK, CALLS, DONE_A, CANCEL_B, NEXT]),
        ([ASK, CALLS, DONE_B, NEXT], [ASK, CALLS, DONE_B, CANCEL_A, NEXT]),
        ([ASK, CALLS, DONE_A, EMPTY, NEXT], [ASK, CALLS, DONE_A, CANCEL_B, NEXT]),
    ],
)
def test_a_model_reads_no_open_call_and_no_empty_answer(messages: list[Message], read: list[Message]) -> None:
    settled = Conversation(tuple(messages)).close_open_calls()
    assert settled == Conversation(tuple(read))
    assert settled.close_open_calls() == settled


ALONE, BESIDE = AssistantMessage(thought="Hm."), AssistantMessage("A cat.", thought="Hm.")


def test_a_thought_stays_with_its_answer_and_a_model_reads_it_where_it_is_to() -> None:
    talk = Conversation((ASK, ALONE, NEXT, BESIDE))
    assert talk.close_open_calls() == talk  # what a person saw goes on being shown

    def read(talk: Conversation, **how: bool) -> tuple[Message, ...]:
        return Conversation(thoughts_as_sent(talk.messages, **how)).close_open_calls().messages

    assert read(talk, send=False) == (ASK, NEXT, AssistantMessage("A cat."))
    assert read(talk, send=True) == (ASK, NEXT, BESIDE)  # a thought without an answer has led to nothing
    assert read(talk, send=False, continues=True) == (ASK, NEXT, BESIDE)
    assert read(Conversation((ASK, ALONE)), send=False, continues=True) == (ASK, ALONE)


@pytest.mark.parametrize(
    ("prompt", "pieces"),
    [
        ("Be kind.", [("Be kind.", False)]),
        ("So: [THINK]Your\nthoughts[/THINK]Answer.", [("So: ", False), ("Your\nthoughts", True), ("Answer.", False)]),
        ("[THINK]a[/THINK][THINK][/THINK][THINK]b", [("a", True), ("[THINK]b", False)]),
    ],
)
def test_a_system_prompt_shows_where_its_thoughts_are(prompt: str, pieces: list[tuple[str, bool]]) -> None:
    assert list(marked(prompt)) == pieces


@pytest.mark.parametrize(
    ("messages", "calls"),
    [
        ([], ()),
        ([ASK], ()),
        ([ASK, CALLS], (A, B)),
        ([ASK, CALLS, DONE_A], (B,)),
        ([ASK, CALLS, DONE_B, DONE_A], ()),
        ([ASK, CALLS, NEXT], ()),
        ([ASK, CALLS, DONE_A, DONE_B, SAID], ()),
    ],
)
def test_only_calls_of_the_last_answer_that_have_no_result_are_open(
    messages: list[Message], calls: tuple[ToolCall, ...]
) -> None:
    assert Conversation(tuple(messages)).open_calls == calls


@pytest.mark.parametrize(
    ("text", "parts"), [("Which breed?", (CAT, DOG, Text("Which breed?"))), ("", (CAT, DOG)), (" \n", (CAT, DOG))]
)
def test_an_edited_message_keeps_its_pictures_and_drops_what_followed(
    text: str, parts: tuple[Text | Image, ...]
) -> None:
    assert Conversation((NEXT, SAID, ASK, SAID)).edited(2, text) == Conversation((NEXT, SAID, UserMessage(parts)))


def test_an_edited_answer_keeps_its_calls_and_drops_what_followed() -> None:
    said = AssistantMessage("I look.", (A, B), Finished("tool_calls"), "A note.")
    edited = Conversation((ASK, said, DONE_A, DONE_B, SAID)).edited(1, "Let me see.")
    assert edited == Conversation((ASK, AssistantMessage("Let me see.", (A, B), Finished("tool_calls"), "A note.")))


@pytest.mark.parametrize(("index", "error"), [(2, TypeError), (9, IndexError)])
def test_a_result_and_a_message_that_is_not_there_cannot_be_edited(index: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        Conversation((ASK, CALLS, DONE_A)).edited(index, "Other")


def test_a_corrected_call_stands_in_the_place_of_the_old_one_and_nothing_else_changes() -> None:
    fixed = ToolCall(B.id, "look", '{"at": "the dog"}')
    corrected = Conversation((ASK, CALLS, DONE_A)).with_call(fixed)
    assert corrected == Conversation((ASK, AssistantMessage("", (A, fixed)), DONE_A))
    unknown = ToolCall("nonenonen", "look", "{}")
    assert corrected.with_call(unknown) == corrected


@pytest.mark.parametrize(
    ("messages", "undone", "to_retry"),
    [
        ([], [], []),
        ([ASK], [], [ASK]),
        ([ASK, SAID], [], [ASK]),
        ([ASK, SAID, NEXT, CALLS, DONE_A, DONE_B, SAID], [ASK, SAID], [ASK, SAID, NEXT]),
    ],
)
def test_undo_and_retry_take_away_everything_after_the_last_message_of_the_user(
    messages: list[Message], undone: list[Message], to_retry: list[Message]
) -> None:
    conversation = Conversation(tuple(messages))
    assert conversation.without_last_turn() == Conversation(tuple(undone))
    assert conversation.without_last_answer() == Conversation(tuple(to_retry))


@pytest.mark.parametrize(
    ("messages", "noted"),
    [
        ([ASK], [ASK, AssistantMessage(note="Stopped.")]),
        ([ASK, SAID], [ASK, AssistantMessage("A cat.", note="Stopped.")]),
        ([ASK, CALLS, DONE_A], [ASK, CALLS, DONE_A, AssistantMessage(note="Stopped.")]),
    ],
)
def test_a_note_goes_to_the_answer_at_the_end_or_to_a_new_one(messages: list[Message], noted: list[Message]) -> None:
    assert Conversation(tuple(messages)).with_note("Stopped.") == Conversation(tuple(noted))


def test_the_text_and_the_pictures_of_a_message_keep_their_order() -> None:
    message = UserMessage((DOG, Text("One"), CAT, Text("Two")))
    assert (message.text, message.images) == ("One\n\nTwo", (DOG, CAT))


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, low, high in RANGES for value in (low - 0.01, high + 1, float("nan"))],
)
def test_a_setting_out_of_its_range_is_refused_with_a_sentence(name: str, value: float) -> None:
    low, high = next((low, high) for other, low, high in RANGES if other == name)
    called = name.replace("_", " ").capitalize()
    with pytest.raises(ValueError, match=f"^{called} must be between {low} and {high}, not .+\\.$"):
        GenerationSettings(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("edge", [1, 2])
def test_the_ends_of_every_range_are_allowed(edge: int) -> None:
    values = {limits[0]: limits[edge] for limits in RANGES}
    assert GenerationSettings(**values) == GenerationSettings(**values)  # type: ignore[arg-type]
    assert GenerationSettings(seed=None) == GenerationSettings()


def test_equal_conversations_hash_alike_and_a_change_leaves_the_old_one_as_it_was() -> None:
    one, other = Conversation((ASK, CALLS, DONE_A)), Conversation((ASK, CALLS)).add(DONE_A)
    assert len({one, other, one.add(DONE_B)}) == 2
    assert one.messages == (ASK, CALLS, DONE_A)
    assert len({GenerationSettings(), GenerationSettings(seed=1), GenerationSettings(seed=1)}) == 2
