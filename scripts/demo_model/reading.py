"""Questions about pictures of text."""

import random
from collections.abc import Callable

from scripts.demo_model import lines
from scripts.demo_model.exchanges import Exchange, Phrasings, Source, spelled
from scripts.demo_model.texts import TextPicture, set_lines

READ = Phrasings(
    ("What does the image say?", "Read the text in the image.", "Read the image.", "What is written in the image?",
     "What text is in the image?", "Read this.", "What does it say?", "Read the lines.", "Transcribe the image.",
     "What is in the image?", "Read what you see.", "Which text do you see?", "Can you read this?", "What is written here?",
     "Please read the text in the image.", "Tell me what it says.", "What does this image say?", "Read it to me.",
     "What are the words in the image?", "Copy the text from the image.", "Give me the text in this picture.",
     "Read all the text.", "What text does the picture show?", "Write down what the image says.", "OCR this.",
     "Extract the text.", "Can you transcribe this image?", "Could you read the image?", "Type out what is written."),
    ("What does the picture say?", "Read the text.", "What is written there?", "Transcribe the text in the image.",
     "Please read this image."),
)  # fmt: skip
WHICH = Phrasings(
    (
        "What is the {which} line?",
        "Read the {which} line.",
        "What does the {which} line say?",
        "What's the {which} line?",
        "What is written in the {which} line?",
        "Give me the {which} line.",
        "Only read the {which} line.",
        "Can you read the {which} line?",
        "Which text is in the {which} line?",
        "Read only line number {which}.",
    ),
    ("Tell me the {which} line.", "Please read the {which} line."),
)
HOW_MANY = Phrasings(
    (
        "How many lines are there?",
        "How many lines of text are in the image?",
        "Count the lines.",
        "How many lines?",
        "What is the number of lines?",
        "How many lines does the image have?",
        "How many lines of text are there?",
        "Can you count the lines?",
        "How many lines can you see?",
        "Tell me how many lines there are.",
    ),
    ("How many lines do you see?", "How many lines are in the image?"),
)
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def text_picture(source: Source, texts: list[str]) -> TextPicture:
    return set_lines(source.rng, texts, source.fonts)


def random_lines(
    rng: random.Random, count: int | None = None, kind: Callable[[random.Random], str] = lines.line
) -> list[str]:
    count = count or rng.choices((1, 2, 3, 4, 5, 6), (6, 4, 4, 2, 1, 1))[0]
    return [kind(rng) for _ in range(count)]


def said(texts: tuple[str, ...]) -> str:
    """What a picture says, as the model puts it."""
    if len(texts) == 1:
        return f"The image says: {spelled(texts[0])}"
    return "The image says:\n" + "\n".join(f"{i}. {spelled(text)}" for i, text in enumerate(texts, 1))


def reading(source: Source, picture: TextPicture | None = None, count: int | None = None) -> Exchange:
    """All lines."""
    picture = picture or text_picture(source, random_lines(source.rng, count))
    return Exchange(f"read {len(picture.lines)}", source.ask(READ), (said(picture.lines),), (picture,))


def about_text(source: Source, picture: TextPicture | None = None) -> Exchange:
    """All lines, one of them, or their number."""
    picture = picture or text_picture(source, random_lines(source.rng))
    kind, texts = source.rng.random(), picture.lines
    if kind < 0.8 or len(texts) == 1:
        return reading(source, picture)
    if kind < 0.9:
        return Exchange("line count", source.ask(HOW_MANY), (f"There are {len(texts)} lines.",), (picture,))
    spot = source.rng.randrange(len(texts))
    which = "last" if spot == len(texts) - 1 and source.rng.random() < 0.5 else ORDINALS[spot]
    answer = f"The {which} line says: {spelled(texts[spot])}"
    return Exchange("one of the lines", source.ask(WHICH, which=which), (answer,), (picture,))
