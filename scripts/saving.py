"""What it costs to keep one turn of a short and of a long conversation in a history file.

python scripts/saving.py [--repetitions 200]

Two conversations, of 10 and of 2,000 messages, lie in one file. By turns a question and its answer are saved into each,
as ui/conversations/store.py does: what is new is found, and only that is handed over. Printed: the median, the middle
half, and the ratio of the medians, which is 1.5 at most. Each time another of several copies of the conversations is
gone on with, so that none grows much.
"""

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from backend.chat.messages import AssistantMessage, Conversation, Text, ToolSpec, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree, Node
from backend.storage.document import Document
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive

LENGTHS = (10, 2_000)  # messages
WORDS = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 12
TOOLS = tuple(ToolSpec(f"tool_{number}", WORDS, '{"type": "object"}') for number in range(5))


def turn(number: int) -> tuple[UserMessage, AssistantMessage]:
    """A question and its answer."""
    return UserMessage((Text(f"Question {number}: {WORDS}"),)), AssistantMessage(f"Answer {number}: {WORDS}")


def asked(number: int) -> ChatRequest:
    """What the answer of this number came from."""
    return ChatRequest("Be brief.", tools=TOOLS, settings=GenerationSettings(seed=number))


def conversation(messages: int) -> Document:
    """One of so many messages."""
    nodes: list[Node] = []
    for number in range(messages // 2):
        for message in turn(number):
            is_answer = isinstance(message, AssistantMessage)
            parent = nodes[-1].id if nodes else None
            nodes.append(Node(f"node-{len(nodes)}", parent, message, asked(number) if is_answer else None))
    return Document(updated="2026", history=ConversationTree.of(nodes, nodes[-1].id))


def seconds_to_save(archive: Archive, document: Document, number: int) -> tuple[float, Document]:
    """How long one more turn takes to save, and the document with it."""
    saved = frozenset(document.history.nodes)
    messages = (*document.history.conversation.messages, *turn(number))
    longer = replace(document, history=document.history.with_branch(Conversation(messages), asked(number)))
    start = time.perf_counter()
    new = tuple(node for node in longer.history.nodes.values() if node.id not in saved)
    archive.save(longer, new)
    return time.perf_counter() - start, longer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=200)
    repetitions = parser.parse_args().repetitions
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder) / "kept.db", ImageStore(Path(folder) / "store"))
        documents = {length: [conversation(length) for _ in range(5)] for length in LENGTHS}
        for each in documents.values():
            for document in each:
                archive.save(document)
        taken: dict[int, list[float]] = {length: [] for length in LENGTHS}
        for number in range(repetitions):
            for length in LENGTHS if number % 2 else reversed(LENGTHS):
                copy = documents[length][number % 5]
                seconds, documents[length][number % 5] = seconds_to_save(archive, copy, number)
                taken[length].append(seconds)
    medians = []
    for length in LENGTHS:
        low, middle, high = statistics.quantiles(taken[length], n=4)
        medians.append(middle)
        print(f"{length:5,} messages: {middle * 1e3:.2f} ms (the middle half {low * 1e3:.2f} to {high * 1e3:.2f})")
    print(f"ratio {medians[1] / medians[0]:.2f}, at most 1.5; {repetitions} turns each")


if __name__ == "__main__":
    main()
