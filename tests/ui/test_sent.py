"""What a page sent is known by where it was when it sent it, since people say the same twice."""

from backend.chat.messages import AssistantMessage, Conversation, Finished, Message, UserMessage
from backend.chat.parts import Image, Text
from ui.conversations.sent import asked_since, was_sent
from ui.place import Place
from ui.session import Chat

ANSWER = AssistantMessage("Yes.", stats=Finished("stop"))


def says(chat: Chat, *messages: Message) -> Chat:
    return chat.append(Conversation((*chat.conversation.messages, *messages)))


def user(text: str) -> UserMessage:
    return UserMessage((Text(text),))


def at(chat: Chat, editing: int | None = None) -> Place:
    return Place(id=chat.id, leaf=chat.history.leaf, editing=editing)


BEFORE = says(Chat(), user("go on"), ANSWER)


def test_the_first_message_since_is_what_was_sent_also_in_a_new_chat() -> None:
    after = says(says(BEFORE, user("go on"), ANSWER), user("more"))
    assert asked_since(after, at(BEFORE)) == "go on"
    assert asked_since(after, Place()) == "go on"


def test_what_stood_there_before_was_not_sent_now() -> None:
    assert asked_since(BEFORE, at(BEFORE)) == ""
    undone = BEFORE.back_to(Chat())
    assert asked_since(undone, Place()) == ""
    assert asked_since(says(BEFORE, user("more")), Place(id="another", leaf=BEFORE.history.leaf)) == ""
    assert asked_since(says(BEFORE, user("more")), Place(id=BEFORE.id, leaf="gone")) == ""


def test_what_stands_on_another_branch_was_not_sent_from_this_one() -> None:
    """A send was refused, and then somebody looked at another version of an earlier message."""
    one = says(BEFORE, user("why?"), ANSWER)
    other = one.append(says(BEFORE, user("more"), ANSWER).conversation)
    assert asked_since(other, at(one)) == ""


def test_an_edited_message_was_sent_once_it_is_edited_no_more() -> None:
    edited = Chat(BEFORE.id, history=BEFORE.history).append(Conversation((user("stop"),)))
    assert asked_since(edited, at(BEFORE, editing=0)) == "stop"
    still = Chat(BEFORE.id, history=BEFORE.history, editing=0)
    assert asked_since(still, at(BEFORE, editing=0)) == ""


def test_the_same_message_has_the_same_text_and_as_many_pictures() -> None:
    picture = Image("a.png", 8, 8)
    after = says(BEFORE, UserMessage((picture, Text("go on"))), ANSWER)
    assert was_sent(after, at(BEFORE), "go on", 1)
    assert not was_sent(after, at(BEFORE), "go on", 0)
    assert not was_sent(after, at(BEFORE), "go on!", 1)
    assert not was_sent(after, at(after), "go on", 1)
    assert was_sent(says(BEFORE, UserMessage((picture,))), at(BEFORE), " ", 1)
    assert not was_sent(BEFORE, at(BEFORE), "", 0)
