"""A process that saves growing answers for ever: python -m tests.support.saving_child FILE FOLDER.

After each save it prints the conversation, the node and how much of it is kept; whoever started it kills it.
"""

import itertools
import sys
from dataclasses import replace
from pathlib import Path

from PIL import Image as PILImage

from backend.chat.messages import AssistantMessage, Conversation, Text, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.tree import new_id
from backend.storage.document import Document
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive

STEPS, WORDS = 4, "word " * 40


def main(path: Path, folder: Path) -> None:
    """Never ends."""
    store = ImageStore(folder)
    archive = Archive(path, store)
    print("ready", flush=True)
    for number in itertools.count():
        if number % 10 == 0:
            document, kept = Document(), set[str]()
        PILImage.effect_noise((60, 60), 90).save(folder / "noise.png")
        question = UserMessage((store.take(folder / "noise.png", "noise"), Text(f"Question {number}")))
        begun = document.history.with_branch(Conversation((*document.history.conversation.messages, question)))
        id, asked = new_id(), ChatRequest(f"Prompt {number % 3}.")
        for step in range(1, STEPS + 1):
            grown = begun.with_answer(begun.leaf, [AssistantMessage(WORDS * step)], [id], asked)
            document = replace(document, updated=f"{number:09} {step}", history=grown)
            new = [node for node in grown.nodes.values() if node.id not in kept]
            archive.save(document, new, growing=id if step < STEPS else None)
            kept |= {node.id for node in new} - {id}
            print(document.id, id, len(WORDS) * step, flush=True)
        kept.add(id)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
