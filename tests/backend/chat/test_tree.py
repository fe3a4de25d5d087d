"""The tree of a conversation: what is shown, and that nothing that was ever said is lost."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Image,
    Message,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree, Node, new_id


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
    inner = {node.parent for node in history.nodes.values()}
    return {ConversationTree(history.nodes, end).conversation.messages for end in history.nodes.keys() - inner}


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
    assert len({(node.parent, node.message) for node in history.nodes.values()}) == len(history.nodes)


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
    assert [node.asked for node in history.nodes.values()] == [None, first, None, second]


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
    before = list(history.nodes.values())
    assert [(node.id, node.parent) for node in moved.nodes.values()] == [(node.id, node.parent) for node in before]
    assert moved.nodes[before[1].id] == before[1]


def test_a_picture_that_is_gone_is_a_text_in_its_place() -> None:
    cat = Image("cat.png", 4, 3)
    result = ToolMessage(ToolResult("aaaaaaaaa", "Drawn.", images=(cat,)))
    history = tree(Conversation((UserMessage((Text("Q"), cat, Text("R"))), result)))
    asked, drawn = history.with_images(lambda _: Text("(gone)")).conversation.messages
    assert asked == UserMessage((Text("Q"), Text("(gone)"), Text("R")))
    assert drawn == ToolMessage(ToolResult("aaaaaaaaa", "Drawn.\n\n(gone)"))


@pytest.mark.parametrize(
    ("parents", "leaf"),
    [
        ({"a": "a"}, "a"),
        ({"a": None, "b": "b"}, "b"),
        ({"a": None, "b": "c", "c": "a"}, "c"),
        ({"a": None, "b": "x"}, "b"),
        ({"a": None}, "b"),
        ({"a": None}, ""),
    ],
)
def test_a_tree_that_hangs_in_the_air_is_refused(parents: dict[str, str | None], leaf: str) -> None:
    with pytest.raises(ValueError, match=r"parent|branch"):
        ConversationTree.of([Node(id, parent, user("Q")) for id, parent in parents.items()], leaf)


def test_a_node_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        ConversationTree.of([Node("a", None, user("Q")), Node("a", None, user("R"))], "a")


def test_an_answer_that_is_being_written_is_one_node_until_it_is_done() -> None:
    asked, ids = ChatRequest("Be brief."), [new_id()]
    history = tree(said("Q"))
    question = history.leaf
    for text in ("A", "A cat", "A cat."):
        history = history.with_answer(question, [AssistantMessage(text)], ids, asked)
        assert len(history.nodes) == 2
    assert history.conversation == said("Q", "A cat.")
    assert history.nodes[ids[0]].asked == asked


def test_an_answer_takes_nobody_away_from_the_branch_that_they_went_on_to() -> None:
    history, ids = tree(said("Q")), [new_id(), new_id()]
    question = history.leaf
    history = history.with_answer(question, [AssistantMessage("A")], ids, None)
    gone_on = history.with_branch(said("Other?"))
    done = gone_on.with_answer(question, [AssistantMessage("A cat"), AssistantMessage("more")], ids, None)
    assert done.conversation == said("Other?")
    assert done.showing(ids[0]).conversation.messages == (
        user("Q"),
        AssistantMessage("A cat"),
        AssistantMessage("more"),
    )


def test_what_two_tabs_wrote_are_branches_of_one_tree() -> None:
    start = tree(said("Q", "A"))
    one, two = start.with_branch(said("Q", "A", "R", "C")), start.with_branch(said("Q", "A", "S", "D"))
    both = one.joined(two)
    assert lines(both) == {said("Q", "A", "R", "C").messages, said("Q", "A", "S", "D").messages}
    assert both.conversation == one.conversation
    assert ConversationTree().joined(two).conversation == two.conversation


MESSAGES = st.sampled_from([user("a"), user("b"), AssistantMessage("a"), AssistantMessage("b")])
SAID = st.lists(MESSAGES, max_size=3).map(tuple)
# Of the shown branch, how much stays, and what is written after it; where to turn, and how far; an answer's pieces.
BRANCH = st.tuples(st.just("branch"), st.integers(0, 6), SAID)
SWITCH = st.tuples(st.just("switch"), st.integers(0, 6), st.sampled_from([-1, 1, 2]))
ANSWER = st.tuples(st.just("answer"), st.integers(0, 6), st.integers(1, 3))
STEPS = st.lists(st.one_of(BRANCH, SWITCH, ANSWER), max_size=12)


def grown(history: ConversationTree, steps: list[tuple[str, int, Any]]) -> ConversationTree:
    """The tree after these steps, none of which may have lost anything."""
    for kind, place, how in steps:
        before = history
        if kind == "branch":
            shown = Conversation(history.conversation.messages[:place] + how)
            history = history.with_branch(shown)
            assert history.conversation == shown
        elif kind == "switch" and history.path:
            history = history.switch_branch(place % len(history.path), how)
        elif kind == "answer":
            at = history.path[place % len(history.path)] if history.path else None
            ids = [new_id() for _ in range(how)]
            for count in range(1, how + 1):
                answer = [AssistantMessage("answer" * (count - number)) for number in range(count)]
                history = history.with_answer(at, answer, ids, None)
        assert_holds(history, before)
    return history


def assert_holds(history: ConversationTree, *parts: ConversationTree) -> None:
    """A whole tree that has every node of these."""
    ConversationTree.of(history.nodes.values(), history.leaf)
    for part in parts:
        assert all(history.nodes[id] == node for id, node in part.nodes.items())


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_no_interleaving_loses_a_node(steps: list[tuple[str, int, Any]]) -> None:
    grown(ConversationTree(), steps)


@settings(max_examples=150, deadline=None)
@given(STEPS, STEPS, STEPS, STEPS)
def test_trees_that_grew_apart_join_to_all_that_is_in_them(
    start: list[Any], one: list[Any], two: list[Any], later: list[Any]
) -> None:
    common = grown(ConversationTree(), start)
    left, right = grown(common, one), grown(common, two)
    both = left.joined(right)
    assert_holds(both, left, right)
    assert both.nodes.keys() == left.nodes.keys() | right.nodes.keys()
    assert both.nodes == right.joined(left).nodes
    assert both.joined(right).nodes == both.joined(both).nodes == both.nodes
    assert both.leaf == (right.leaf if left.leaf is None else left.leaf)
    assert_holds(grown(both, later), left, right)
