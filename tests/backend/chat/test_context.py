"""What of a conversation is sent where a person wants less of it to be."""

import pytest

from backend.chat.context import REMOVED, ContextPolicy, apply_policy, file_text, joined_texts
from backend.chat.marks import composed
from backend.chat.messages import AssistantMessage, Conversation, ToolCall, ToolMessage, ToolResult, UserMessage
from backend.chat.parts import Image, Text, TextFile

CAT, DOG = Image("cat.png", 4, 3), Image("dog.png", 3, 4)
CALL = ToolCall("abcdefghi", "look", "{}")
FIRST = (UserMessage((CAT, Text("What?"), DOG)), AssistantMessage("A cat."))
PLAIN = (UserMessage((Text("Sure?"),)), AssistantMessage("Yes."))
LAST = (UserMessage((DOG,)), AssistantMessage("", (CALL,)), ToolMessage(ToolResult(CALL.id, "Seen.")))
ALL = Conversation(FIRST + PLAIN + LAST)
REPLACED = UserMessage((Text(REMOVED), Text("What?"), Text(REMOVED)))


@pytest.mark.parametrize(
    ("keep", "sent"),
    [
        ("all", ALL.messages),
        ("last turn", LAST),
        ("no earlier pictures", (REPLACED, FIRST[1], *PLAIN, *LAST)),
    ],
)
def test_only_what_the_person_keeps_is_sent(keep: ContextPolicy, sent: tuple[object, ...]) -> None:
    assert apply_policy(ALL, keep).messages == sent
    assert apply_policy(apply_policy(ALL, keep), keep).messages == sent


@pytest.mark.parametrize("keep", ["all", "last turn", "no earlier pictures"])
@pytest.mark.parametrize("messages", [(), (AssistantMessage("Hello."),), LAST])
def test_the_last_turn_is_never_touched(keep: ContextPolicy, messages: tuple[UserMessage, ...]) -> None:
    assert apply_policy(Conversation(messages), keep) == Conversation(messages)


def test_texts_that_stand_beside_each_other_are_one_for_a_model() -> None:
    message = UserMessage((Text("One"), Text(""), Text("Two"), CAT, Text("Three"), Text("Four")))
    assert joined_texts(message.parts) == (Text("One\n\nTwo"), CAT, Text("Three\n\nFour"))
    assert message.text == "One\n\nTwo\n\nThree\n\nFour"


def test_a_file_is_a_text_under_its_name_that_plainly_ends() -> None:
    notes = TextFile("my\nnotes.md", "```sh\nls\n```")
    assert file_text(notes) == "File: my notes.md\n````\n```sh\nls\n```\n````"
    assert joined_texts((CAT, notes, Text("Why?"))) == (CAT, Text(f"{file_text(notes)}\n\nWhy?"))


def test_where_a_mark_placed_an_earlier_picture_nothing_is_added_to_the_text() -> None:
    asked = UserMessage(composed("Is [1] like [2]?", (CAT, DOG)))
    sent = apply_policy(Conversation((asked, *LAST)), "no earlier pictures").messages[0]
    assert sent == UserMessage((Text(f"Is {REMOVED} like {REMOVED}?"),))


@pytest.mark.parametrize("keep", ["no earlier pictures", "last turn"])
def test_examples_are_sent_whole_whatever_is_kept_of_what_was_said(keep: ContextPolicy) -> None:
    examples = (UserMessage((CAT, Text("What?")), "example-1"), AssistantMessage("A cat."))
    sent = apply_policy(Conversation((*examples, *FIRST, *LAST)), keep).messages
    assert sent == (*examples, *((REPLACED, FIRST[1]) if keep == "no earlier pictures" else ()), *LAST)
