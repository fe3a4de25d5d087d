"""The tree of a conversation: what is shown, and that nothing that was ever said is lost."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree, Node, new_id


@pytest.mark.parametrize("seed", range(20))
def test_what_is_shown_while_answers_are_written_is_the_branch_to_their_end(seed: int) -> None:
    chance = random.Random(seed)
    history = ConversationTree().with_branch(said("Q", "A", "Q", "A", "Q"))
    for step in range(60):
        at, ids, instead = history.leaf, [f"{step}{letter}" for letter in "abc"], None
        if chance.random() < 0.3 and at and isinstance(history.nodes[at].message, AssistantMessage):
            at, instead = history.nodes[at].parent, at
        for count in (1, 1, 2, 3)[: chance.randrange(5)]:
            messages = [AssistantMessage(f"{step} {count} {number}") for number in range(count)]
            history = history.with_answer(at, messages, ids, None, instead)
            assert history.path == history.branch(history.leaf)
            assert history.conversation == history.conversation_at(history.leaf)
        if chance.random() < 0.5:
            history = history.switch_branch(chance.randrange(len(history.path)), 1)
        history = history.with_branch(history.conversation.add(user(f"Q{step}")))


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
    assert moved.leaf == history.leaf
    assert [(n.id, n.parent) for n in moved.nodes.values()] == [(n.id, n.parent) for n in history.nodes.values()]
    assert list(moved.nodes.values())[1] == list(history.nodes.values())[1]


def test_a_picture_that_is_gone_leaves_its_mark_in_its_place() -> None:
    cat, dog = Image("cat.png", 4, 3), Image("dog.png", 3, 4)
    result = ToolResult("aaaaaaaaa", "Drawn.", images=(cat, dog))
    history = tree(Conversation((UserMessage((cat, Text("Q"), dog)), AssistantMessage("A"), ToolMessage(result))))
    marked = history.with_images(lambda image: Text("(gone)") if image == cat else image)
    question, _, drawn = marked.conversation.messages
    assert question == UserMessage((Text("(gone)"), Text("Q"), dog))
    assert drawn == ToolMessage(ToolResult("aaaaaaaaa", "Drawn.\n\n(gone)", images=(dog,)))


def nodes(*links: tuple[str, str | None]) -> list[Node]:
    return [Node(id, parent, user(f"I am {id}.")) for id, parent in links]


@pytest.mark.parametrize(
    ("links", "leaf"),
    [
        ([("a", "a")], "a"),
        ([("a", None), ("b", "b")], "b"),
        ([("a", None), ("b", "c"), ("c", "a")], "c"),
        ([("a", "b"), ("b", "a")], "a"),
        ([("a", None), ("b", "gone")], "b"),
        ([("a", None), ("a", None)], "a"),
        ([("a", None), ("b", "a"), ("a", "b")], "a"),
        ([("a", None)], "b"),
        ([("a", None)], ""),
        ([], "a"),
    ],
)
def test_a_tree_that_hangs_in_the_air_is_refused(links: list[tuple[str, str | None]], leaf: str) -> None:
    with pytest.raises(ValueError, match=r"parent|branch"):
        ConversationTree.of(nodes(*links), leaf)


def test_a_tree_of_nodes_has_them_in_their_order() -> None:
    links = [("b", None), ("c", "b"), ("a", "b")]
    history = ConversationTree.of(nodes(*links), "c")
    assert [(node.id, node.parent) for node in history.nodes.values()] == links
    assert history.path == ("b", "c")
    assert ConversationTree.of([], None) == ConversationTree()


def test_every_node_has_an_id_of_its_own() -> None:
    ids = [id for _ in range(100) for id in tree(said("Q", "A")).nodes]
    assert len(set(ids)) == 200
    assert all(len(id) == 16 and set(id) <= set("0123456789abcdef") for id in ids)


def test_an_answer_grows_in_its_place() -> None:
    history = tree(said("Q"))
    (at,) = history.path
    asked = ChatRequest("Be brief.")
    grown = history
    for text in ("", "One", "One."):
        grown = grown.with_answer(at, [AssistantMessage(text)], ["x", "y"], asked)
        assert grown.nodes["x"] == Node("x", at, AssistantMessage(text), asked)
        assert grown.path == (at, "x")
    result = ToolMessage(ToolResult("aaaaaaaaa", "2"))
    grown = grown.with_answer(at, [AssistantMessage("One."), result], ["x", "y"], asked)
    assert grown.nodes["y"] == Node("y", "x", result, None)
    assert grown.path == (at, "x", "y")
    assert history.path == (at,) == tuple(history.nodes)


def test_an_answer_that_grows_elsewhere_does_not_turn_the_page() -> None:
    history = tree(said("Q"), said("R"))
    first, second = history.nodes
    aside = history.with_answer(first, [AssistantMessage("A")], ["x"], None)
    assert aside.path == (second,)
    assert aside.showing(first).path == (first, "x")


def test_the_answer_to_nothing_is_the_beginning() -> None:
    history = ConversationTree().with_answer(None, [AssistantMessage("A")], ["x"], None)
    assert history == ConversationTree.of([Node("x", None, AssistantMessage("A"))], "x")


# What two pages may do to one conversation, in any order.
MESSAGES = st.sampled_from([user("a"), user("b"), AssistantMessage("a"), AssistantMessage("b")])
STEPS = st.one_of(
    st.tuples(st.just("branch"), st.integers(0, 6), st.lists(MESSAGES, max_size=3)),
    st.tuples(st.just("switch"), st.integers(0, 20), st.sampled_from([-1, 1, 2])),
    st.tuples(st.just("answer"), st.integers(0, 20), st.lists(MESSAGES, max_size=3)),
    st.tuples(st.just("grow"), st.integers(0, 20), st.text("xyz ", max_size=3)),
    st.tuples(st.just("join"), st.just(0), st.just(0)),
)
WALKS = st.lists(st.tuples(st.integers(0, 1), STEPS), max_size=25)


class Pages:
    """Two pages that show one conversation, each its own tree of it, and what either ever had."""

    def __init__(self) -> None:
        begun = ConversationTree().with_branch(said("Q", "A"))
        self.trees = [begun, begun]
        self.ever = set(begun.nodes)
        self.writing: list[tuple[str, str | None, str]] = []  # the id, the parent and the text so far

    def do(self, page: int, step: tuple[str, int, object]) -> None:
        """Raises AssertionError where the page loses a node, or one that is written changes."""
        before = self.trees[page]
        after = self.trees[page] = getattr(self, step[0])(before, self.trees[1 - page], *step[1:])
        growing = {id for id, _, _ in self.writing}
        assert before.nodes.keys() <= after.nodes.keys()
        assert all(after.nodes[id] == node for id, node in before.nodes.items() if id not in growing)
        assert ConversationTree.of(after.nodes.values(), after.leaf) == after  # each after its parent
        self.ever |= after.nodes.keys()

    def branch(self, mine: ConversationTree, _: ConversationTree, depth: int, added: list[Message]) -> ConversationTree:
        wanted = Conversation((*mine.conversation.messages[:depth], *added))
        shown = mine.with_branch(wanted)
        assert shown.conversation == wanted
        assert shown.with_branch(wanted) == shown
        return shown

    def switch(self, mine: ConversationTree, _: ConversationTree, place: int, step: int) -> ConversationTree:
        return mine.switch_branch(place % len(mine.path), step) if mine.path else mine

    def answer(self, mine: ConversationTree, _: ConversationTree, place: int, added: list[Message]) -> ConversationTree:
        at = list(mine.nodes)[place % len(mine.nodes)]
        ids = [new_id() for _ in added]
        shown = mine.with_answer(at, added, ids, None)
        assert [shown.nodes[id].message for id in ids] == added
        return shown

    def grow(self, mine: ConversationTree, _: ConversationTree, place: int, text: str) -> ConversationTree:
        known = [index for index, (id, _, _) in enumerate(self.writing) if id in mine.nodes]
        if not known:
            self.writing.append((new_id(), list(mine.nodes)[place % len(mine.nodes)], ""))
            known = [len(self.writing) - 1]
        index = known[place % len(known)]
        id, at, so_far = self.writing[index]
        self.writing[index] = (id, at, so_far + text)
        return mine.with_answer(at, [AssistantMessage(so_far + text)], [id], None)

    def join(self, mine: ConversationTree, other: ConversationTree, *_: int) -> ConversationTree:
        return mine.joined(other)


@settings(deadline=None)
@given(WALKS)
def test_no_order_of_changes_loses_a_node(walk: list[tuple[int, tuple[str, int, object]]]) -> None:
    pages = Pages()
    for page, step in walk:
        pages.do(page, step)
    one, two = pages.trees
    assert one.joined(two).nodes.keys() == two.joined(one).nodes.keys() == pages.ever


@settings(deadline=None)
@given(WALKS)
def test_joining_is_a_union_whichever_way_round(walk: list[tuple[int, tuple[str, int, object]]]) -> None:
    pages = Pages()
    for page, step in walk:
        if step[0] != "grow":  # an answer that grows is written by one page: the other's may be the older
            pages.do(page, step)
    one, two = pages.trees
    both = one.joined(two)
    assert both.nodes == two.joined(one).nodes == {**one.nodes, **two.nodes}
    assert both.leaf == (two.leaf if one.leaf is None else one.leaf)
    assert both.joined(two) == both.joined(one) == both.joined(both) == both
    assert one.joined(one) == one.joined(ConversationTree()) == one
    assert ConversationTree().joined(one) == one
    assert ConversationTree.of(both.nodes.values(), both.leaf) == both
