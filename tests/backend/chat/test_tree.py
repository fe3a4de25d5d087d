"""The tree of a conversation: what is shown, and that nothing that was ever said is lost."""

import random

import pytest

from backend.chat.messages import AssistantMessage, Conversation, Image, Message, Text, ToolCall, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree, Node


def user(text: str) -> UserMessage:
    return UserMessage((Text(text),))


def said(*texts: str) -> Conversation:
    """A conversation of these texts, the user's first."""
    return Conversation(tuple(AssistantMessage(t) if i % 2 else user(t) for i, t in enumerate(texts)))


def tree(*branches: Conversation) -> ConversationTree:
    """The tree after these conversations were shown one after another."""
    history = ConversationTree()
    for branch in branches:
        history = history.with_branch(branch)
    return history


def lines(history: ConversationTree) -> set[tuple[Message, ...]]:
    """The messages of each line from the beginning to an end."""
    inner = {node.parent for node in history.nodes}
    ends = [index for index in range(len(history.nodes)) if index not in inner]
    return {ConversationTree(history.nodes, end).conversation.messages for end in ends}


def test_what_was_shown_last_is_the_conversation() -> None:
    one, two = said("Q", "A"), said("Q", "B", "R")
    assert tree(one, two).conversation == two
    assert tree(two, one).conversation == one
    assert tree(one, Conversation()).conversation == Conversation()


def test_branches_share_their_common_beginning() -> None:
    history = tree(said("Q", "A", "R", "C"), said("Q", "A", "S"), said("Q", "B"))
    assert len(history.nodes) == 6
    assert lines(history) == {said(*texts).messages for texts in (("Q", "A", "R", "C"), ("Q", "A", "S"), ("Q", "B"))}


def test_a_branch_that_is_shown_again_adds_nothing() -> None:
    history = tree(said("Q", "A", "R", "C"), said("Q", "B"))
    again = history.with_branch(said("Q", "A", "R", "C"))
    assert again.nodes == history.nodes
    assert again.conversation == said("Q", "A", "R", "C")


def test_the_same_words_later_in_the_conversation_are_another_message() -> None:
    assert tree(said("Yes?", "No.", "Yes?", "No.")).conversation == said("Yes?", "No.", "Yes?", "No.")
    assert len(tree(said("Yes?", "No.", "Yes?", "No.")).nodes) == 4


def test_nothing_is_lost_whatever_is_shown_or_turned_to() -> None:
    dice = random.Random(7)
    history, shown = ConversationTree(), set()
    for _ in range(300):
        start = history.conversation.messages[: dice.randint(0, 6)]
        added = tuple(dice.choice([user("a"), user("b"), AssistantMessage("a")]) for _ in range(dice.randint(0, 3)))
        history = history.with_branch(Conversation(start + added))
        shown.add(history.conversation.messages)
        if history.path:
            history = history.switch_branch(dice.randrange(len(history.path)), dice.choice([-1, 1]))
    kept = lines(history)
    assert all(any(line[: len(messages)] == messages for line in kept) for messages in shown)
    assert len({(node.parent, node.message) for node in history.nodes}) == len(history.nodes)


def test_alternatives_are_counted_in_the_order_in_which_they_came() -> None:
    history = tree(said("Q", "A"), said("Q", "B"), said("Q", "C"), said("Q", "B", "R"))
    assert [history.alternatives(index) for index in range(3)] == [(1, 1), (2, 3), (1, 1)]


def test_an_answer_is_no_alternative_to_a_question() -> None:
    two_questions = Conversation((user("Q"), user("R")))
    history = tree(said("Q", "A"), two_questions, said("Q", "B"))
    assert history.alternatives(1) == (2, 2)
    assert history.switch_branch(1, 1).conversation == said("Q", "A")
    assert history.with_branch(two_questions).alternatives(1) == (1, 1)


def test_turning_goes_round_and_to_the_newest_end_of_the_other_branch() -> None:
    history = tree(said("Q", "A", "R", "C"), said("Q", "A", "R", "D"), said("Q", "B"))
    assert history.switch_branch(1, 1).conversation == said("Q", "A", "R", "D")
    assert history.switch_branch(1, -1).conversation == said("Q", "A", "R", "D")
    assert history.switch_branch(1, 1).switch_branch(1, 1).conversation == said("Q", "B")
    assert history.switch_branch(1, 2).conversation == said("Q", "B")
    assert history.switch_branch(1, 1).nodes == history.nodes


def test_turning_where_there_is_no_message_is_an_error() -> None:
    with pytest.raises(IndexError):
        tree(said("Q", "A")).switch_branch(2, 1)


def test_only_new_answers_keep_the_request_that_they_came_from() -> None:
    first, second = ChatRequest("First."), ChatRequest("Second.")
    history = ConversationTree().with_branch(said("Q", "A"), first).with_branch(said("Q", "A", "R", "C"), second)
    assert [node.asked for node in history.nodes] == [None, first, None, second]


def test_each_picture_of_every_branch_is_named_once_and_can_be_replaced() -> None:
    cat, dog = Image("cat.png", 4, 3), Image("dog.png", 3, 4)
    call = AssistantMessage("", (ToolCall("aaaaaaaaa", "look", "{}"),))
    history = tree(
        Conversation((UserMessage((cat, Text("Q"), dog)), call)),
        Conversation((UserMessage((dog,)),)),
    )
    assert history.images == (cat, dog)
    moved = history.with_images(lambda image: Image(f"new/{image.path}", image.width, image.height))
    assert moved.images == (Image("new/cat.png", 4, 3), Image("new/dog.png", 3, 4))
    assert moved.conversation == Conversation((UserMessage((Image("new/dog.png", 3, 4),)),))
    assert [node.parent for node in moved.nodes] == [node.parent for node in history.nodes]
    assert moved.nodes[1] == history.nodes[1]


@pytest.mark.parametrize(
    ("parents", "leaf"), [([0], 0), ([None, 1], 1), ([None, 2, 0], 2), ([None, -1], 1), ([None], 1), ([None], -1)]
)
def test_a_tree_that_hangs_in_the_air_is_refused(parents: list[int | None], leaf: int) -> None:
    with pytest.raises(ValueError, match=r"parent|branch"):
        ConversationTree(tuple(Node(parent, user("Q")) for parent in parents), leaf)
