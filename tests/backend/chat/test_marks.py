"""Images within what is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.chat.marks import composed, numbers, written
from backend.chat.messages import Conversation, UserMessage
from backend.chat.parts import Image, Part, Text, TextFile

CAT, DOG, OWL = (Image(f"{name}.png", 4, 3, f"a {name}") for name in ("cat", "dog", "owl"))
CSV = TextFile("report.csv", "a,b\n1,2\n")


def placed(image: Image, mark: int) -> Image:
    return Image(image.path, image.width, image.height, image.label, mark)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("What?", (CAT, DOG, CSV, Text("What?"))),
        (" \n", (CAT, DOG, CSV)),
        ("Is [2] like [1]?", (CSV, Text("Is "), placed(DOG, 2), Text(" like "), placed(CAT, 1), Text("?"))),
        ("[2]", (CAT, CSV, placed(DOG, 2))),
        ("See [1].\n[1] again", (DOG, CSV, Text("See "), placed(CAT, 1), Text(".\n[1] again"))),
        ("[3] [0] [01] [x] [1 ] [-1]", (CAT, DOG, CSV, Text("[3] [0] [01] [x] [1 ] [-1]"))),
    ],
)
def test_the_first_mark_of_an_image_says_where_it_stands(text: str, parts: tuple[Part, ...]) -> None:
    assert composed(text, (CAT, DOG), (CSV,)) == parts


def test_where_there_are_no_images_a_number_in_brackets_is_a_text() -> None:
    assert composed("As in [1].") == (Text("As in [1]."),)


MARKED = st.lists(st.one_of(st.sampled_from(["[1]", "[2]", "[3]", "[4]", "[12]", "[", "]", "\n\n", " "]), st.text()))


@given(MARKED.map("".join), st.integers(0, 5), st.integers(0, 2))
def test_what_was_typed_comes_back_and_makes_the_same_message(text: str, images: int, files: int) -> None:
    pictures = tuple(Image(f"{n}.png", n, n) for n in range(1, images + 1))
    message = UserMessage(composed(text, pictures, (CSV,) * files))
    assert message.text == written(message) == (text if text.strip() else "")
    assert tuple(image.path for image in message.numbered_images) == tuple(image.path for image in pictures)
    assert Conversation((message,)).edited(0, written(message)).messages == (message,)


def test_an_edited_message_keeps_its_files_and_the_numbers_of_its_images() -> None:
    message = UserMessage(composed("Is [2] like [1]?", (CAT, DOG, OWL), (CSV,)))
    (edited,) = Conversation((message,)).edited(0, "Is [1] like [3]?").messages
    assert edited == UserMessage(composed("Is [1] like [3]?", (CAT, DOG, OWL), (CSV,)))


def test_what_another_program_had_between_texts_stays_there_when_it_is_edited() -> None:
    message = UserMessage((OWL, Text("One"), CAT, Text("two"), Text("three"), DOG))
    assert message.text == "One\n\ntwo\n\nthree"
    assert written(message) == "One\n\n[2]\n\ntwo\n\nthree\n\n[3]"
    (edited,) = Conversation((message,)).edited(0, written(message)).messages
    assert isinstance(edited, UserMessage)
    assert [image.path for image in edited.images] == [OWL.path, CAT.path, DOG.path]
    assert written(edited) == written(message)


@pytest.mark.parametrize(
    ("marks", "expected"), [((2, 1), (2, 1)), ((0, 1, 0), (2, 1, 3)), ((7, 0), (1, 2)), ((2, 2, 0), (2, 1, 3))]
)
def test_a_mark_that_cannot_be_is_replaced_by_a_number_that_is_left(
    marks: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert numbers([placed(CAT, mark) for mark in marks]) == expected
