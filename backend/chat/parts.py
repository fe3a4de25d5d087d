"""What a message of a person is made of: text, pictures, files of text. Pure values; imports nothing of ours."""

from dataclasses import dataclass

BETWEEN_TEXTS = "\n\n"  # of one message, as mistral-common joins them; servers would each do so in their own way


@dataclass(frozen=True)
class Text:
    """A piece of a message that a person or a tool wrote."""

    text: str


@dataclass(frozen=True)
class Image:
    """A picture that the image store took in: the path of its file and its size in pixels.

    `label` says to people what it is where that is not plain: "page 3 of report.pdf", "part of image 1". No model
    reads it. `mark` is the image's number where its place in a message is that of the mark `[n]` in what was typed,
    and 0 where no mark names it.
    """

    path: str
    width: int
    height: int
    label: str = ""
    mark: int = 0


@dataclass(frozen=True)
class TextFile:
    """A file of text that a person attached, or the text of a document's page, under the name that they know it by."""

    name: str
    content: str


Part = Text | Image | TextFile
