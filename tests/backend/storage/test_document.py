"""A kept conversation: what it is called, and what its answers depended on."""

from dataclasses import replace
from importlib.metadata import distributions
from typing import Any

import pytest

from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from backend.chat.parts import Image, Text, TextFile
from backend.chat.tree import ConversationTree
from backend.storage.document import Document, library_versions


@pytest.mark.parametrize(
    ("title", "messages", "name"),
    [
        ("Cats", [UserMessage((Text("Dogs?"),))], "Cats"),
        ("", [UserMessage((Text(" Which\n\ncat? "),))], "Which cat?"),
        ("", [AssistantMessage("Hello."), UserMessage((Text("Hi"),))], "Hi"),
        ("", [UserMessage((Image("a.png", 4, 3),)), UserMessage((Text("Hi"),))], "Pictures"),
        ("", [UserMessage((Image("a.png", 4, 3), TextFile("a.csv", "1,2")))], "a.csv"),
        ("", [], "New chat"),
        ("", [UserMessage((Text("x" * 60),))], "x" * 60),
        ("", [UserMessage((Text("x" * 61),))], "x" * 59 + "…"),
    ],
)
def test_a_conversation_is_called_by_its_title_or_its_first_words(title: str, messages: list[Any], name: str) -> None:
    history = ConversationTree().with_branch(Conversation(tuple(messages)))
    assert replace(Document(history=history), title=title).name == name


def test_the_libraries_that_answers_depend_on_are_known() -> None:
    known = {"transformers", "torch", "mistral-common", "gradio"}
    assert {name for name in known if any(distributions(name=name))} == set(library_versions())
