"""Where visitors may send no files of their own: only the pictures of the demo's examples, whoever sends them."""

from collections.abc import Callable
from functools import cached_property

from backend.chat.errors import InputRefused
from backend.chat.messages import Conversation, UserMessage
from backend.chat.parts import Image, Text
from backend.demo.values import Demo
from ui.texts import texts


class GivenFiles:
    """Looks at what an answer is asked for, wherever it came from: the box, an import, a chat that the browser kept."""

    def __init__(self, demo: Demo, take: Callable[[str, str], Image]) -> None:
        """`take` keeps a picture file, see ImageStore.take: the same pixels are the same path."""
        self._demo, self._take = demo, take

    def check(self, conversation: Conversation) -> None:
        """Raises InputRefused where a message has another file."""
        if not self._demo.hides("uploads"):
            return
        parts = (part for each in conversation.messages if isinstance(each, UserMessage) for part in each.parts)
        if not all(isinstance(part, Text) or (isinstance(part, Image) and part.path in self._paths) for part in parts):
            raise InputRefused(texts.errors.no_files)

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(self._take(path, "").path for path in self._demo.pictures)
