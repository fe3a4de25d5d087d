"""Questions about pictures of shapes: what, which colour, how many, where, is there a ..., and comparisons."""

from collections.abc import Callable

from scripts.demo_model.cells import ALONE, COLOURS, HIGH, LOW, MIDDLE, SHAPES
from scripts.demo_model.exchanges import Exchange, Phrasings, Source, spelled
from scripts.demo_model.lines import line
from scripts.demo_model.scenes import Scene, Thing, random_scene
from scripts.demo_model.texts import set_lines

DESCRIBE = Phrasings(
    ("What is in the image?", "Describe the image.", "What do you see?", "What is in this picture?",
     "Describe this picture.", "What does the image show?", "What can you see in the image?", "Describe what you see.",
     "What shapes are in the image?", "Tell me what is in the picture.", "List the shapes in the image.",
     "What's in this image?", "Please describe the image.", "Which shapes do you see?", "Describe it.", "What is this?",
     "What is shown here?", "Can you tell me what is in this image?", "What are the shapes in this picture?",
     "Give me a description of the image.", "Name everything in the picture.", "What can be seen here?",
     "Tell me about this image.", "Say what you see in this picture.", "What does it show?", "Look at the image. What is "
     "there?", "Which shapes does the image contain?", "Could you describe what the picture shows?"),
    ("What does this picture show?", "Can you describe the image?", "Tell me what you see in the image.",
     "Which shapes are in this picture?", "Please describe this picture."),
)  # fmt: skip
HOW_MANY = Phrasings(
    ("How many {what} are there?", "How many {what} are in the image?", "Count the {what}.",
     "How many {what} do you see?", "What is the number of {what}?", "How many {what}?", "How many {what} does the image "
     "have?", "Tell me how many {what} there are.", "Give me the number of {what}.", "Can you count the {what}?",
     "How many {what} does the picture show?", "Count all {what} in the image.", "What number of {what} is there?",
     "How many {what} can be seen in the picture?", "In this image, how many {what} are there?"),
    ("How many {what} are in this picture?", "How many {what} can you see?", "Please count the {what}."),
)  # fmt: skip
IS_THERE = Phrasings(
    (
        "Is there {what}?",
        "Is there {what} in the image?",
        "Do you see {what}?",
        "Does the image show {what}?",
        "Does the picture have {what}?",
        "Does this image contain {what}?",
        "Is {what} in the image?",
        "Can {what} be seen?",
        "Tell me if there is {what}.",
        "Is there {what} anywhere?",
        "In the picture, is there {what}?",
        "Do you see {what} in this image?",
        "Could there be {what} in it?",
    ),
    ("Can you see {what}?", "Is there {what} in this picture?"),
)
COLOUR_OF = Phrasings(
    (
        "What colour is the {shape}?",
        "What color is the {shape}?",
        "Which colour does the {shape} have?",
        "What is the colour of the {shape}?",
        "What is the color of the {shape}?",
        "What's the colour of the {shape}?",
        "Which colour is the {shape}?",
        "The {shape} has what color?",
        "Say the color of the {shape}.",
        "In what colour is the {shape}?",
        "Do you know the color of the {shape}?",
    ),
    ("Which color is the {shape}?", "Tell me the colour of the {shape}."),
)
SHAPE_OF = Phrasings(
    (
        "What shape is {colour}?",
        "Which shape is {colour}?",
        "What is {colour} in the image?",
        "What is {colour}?",
        "Which one is {colour}?",
        "Which thing in the picture is {colour}?",
        "What's {colour} here?",
        "Name the shape that is {colour}.",
        "Tell me which shape is {colour}.",
        "The {colour} thing is what shape?",
        "What kind of shape is {colour}?",
    ),
    ("Which of the shapes is {colour}?", "What is the {colour} shape?"),
)
WHERE = Phrasings(
    (
        "Where is the {shape}?",
        "Where in the image is the {shape}?",
        "Where do you see the {shape}?",
        "Where's the {shape}?",
        "In which part of the image is the {shape}?",
        "Where is the {shape} in this picture?",
        "Where can I find the {shape}?",
        "Say where the {shape} is.",
        "What is the position of the {shape}?",
        "In what place is the {shape}?",
        "Can you tell me where the {shape} is?",
        "Find the {shape}.",
        "Where does the {shape} stand?",
    ),
    ("Where in the picture is the {shape}?", "Tell me where the {shape} is."),
)
BESIDE = Phrasings(
    (
        "What is {side} the {shape}?",
        "Which shape is {side} the {shape}?",
        "What do you see {side} the {shape}?",
        "What's {side} the {shape}?",
        "Is anything {side} the {shape}, and what?",
        "Which thing is {side} the {shape}?",
        "Name what is {side} the {shape}.",
        "Say what you see {side} the {shape}.",
        "What can be found {side} the {shape}?",
        "What is there {side} the {shape}?",
        "Can you tell me what is {side} the {shape}?",
    ),
    ("Tell me what is {side} the {shape}.", "What shape is {side} the {shape}?"),
)
IS_BESIDE = Phrasings(
    (
        "Is the {shape} {side} the {other}?",
        "Is the {shape} placed {side} the {other}?",
        "Is it true that the {shape} is {side} the {other}?",
        "Can you see if the {shape} is {side} the {other}?",
        "Does the {shape} lie {side} the {other}?",
        "Do you see the {shape} {side} the {other}?",
        "The {shape} is {side} the {other}, is it not?",
        "Is the {shape} found {side} the {other}?",
        "Could the {shape} be {side} the {other}?",
        "In the image, is the {shape} {side} the {other}?",
    ),
    ("Would you say the {shape} is {side} the {other}?", "Tell me, is the {shape} {side} the {other}?"),
)
COMPARE = Phrasings(
    ("Compare the images.", "What is in the images?", "Describe the images.", "What is the difference?",
     "What does each image show?", "Compare these pictures.", "Compare them.", "What do you see in each picture?",
     "Describe these pictures.", "What is in each of the images?", "Tell me what each image shows.", "How do the images "
     "differ?", "Describe all of them.", "What are these pictures of?", "Say what is in each image."),
    ("Describe each image.", "What do the images show?", "Compare these images."),
)  # fmt: skip
MORE = Phrasings(
    (
        "Which image has more shapes?",
        "Which picture shows more shapes?",
        "Where are more shapes?",
        "Which of the images has more shapes?",
        "Which one has more shapes?",
        "In which image are there more shapes?",
        "Where do you see more shapes?",
        "Tell me which picture has more shapes.",
        "Which one shows the most shapes?",
    ),
    ("Which image shows more shapes?", "Which picture has more shapes?"),
)
ORDINALS = ("first", "second", "third")
PLACES = {
    (LOW, ALONE): "on the left", (HIGH, ALONE): "on the right", (MIDDLE, ALONE): "in the middle",
    (ALONE, LOW): "at the top", (ALONE, HIGH): "at the bottom", (ALONE, MIDDLE): "in the middle",
    (LOW, LOW): "at the top left", (MIDDLE, LOW): "at the top in the middle", (HIGH, LOW): "at the top right",
    (LOW, HIGH): "at the bottom left", (MIDDLE, HIGH): "at the bottom in the middle",
    (HIGH, HIGH): "at the bottom right", (ALONE, ALONE): "alone in the image",
}  # fmt: skip


def an(words: str) -> str:
    """The words with their article."""
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def listed(items: list[str]) -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def named(thing: Thing) -> str:
    return an(f"{thing.colour} {thing.shape}")


def plural(word: str, count: int) -> str:
    if count == 1:
        return word
    return f"{word}es" if word.endswith("s") else f"{word}s"


def contents(scene: Scene) -> str:
    """The things in reading order."""
    return listed([named(thing) for thing in scene.things])


def description(source: Source, scene: Scene) -> Exchange:
    return Exchange("scene", source.ask(DESCRIBE), (f"The image shows {contents(scene)}.",), (scene,))


def counting(source: Source, scene: Scene) -> Exchange:
    rng = source.rng
    colour, shape = rng.choice(COLOURS), rng.choice(SHAPES)
    if rng.random() < 0.7:  # most often of what is there
        thing = rng.choice(scene.things)
        colour, shape = thing.colour, thing.shape
    kind = rng.randrange(4)
    if kind == 0:
        count, what = len(scene.things), "shape"
    elif kind == 1:
        count, what = sum(t.shape == shape for t in scene.things), shape
    else:
        count, what = sum(t.colour == colour for t in scene.things), f"{colour} shape"
    there = f"There is 1 {what}." if count == 1 else f"There are {count or 'no'} {plural(what, 2)}."
    return Exchange("count or yes/no", source.ask(HOW_MANY, what=plural(what, 2)), (there,), (scene,))


def presence(source: Source, scene: Scene) -> Exchange:
    rng = source.rng
    colour, shape = rng.choice(COLOURS), rng.choice(SHAPES)
    thing = rng.choice(scene.things)
    what, there = rng.choice((
        (an(thing.shape), True), (named(thing), True), (an(shape), any(t.shape == shape for t in scene.things)),
        (an(f"{colour} {shape}"), any((t.colour, t.shape) == (colour, shape) for t in scene.things)),
        (an(f"{thing.colour} {shape}"), any((t.colour, t.shape) == (thing.colour, shape) for t in scene.things)),
        (an(f"{colour} {thing.shape}"), any((t.colour, t.shape) == (colour, thing.shape) for t in scene.things)),
    ))  # fmt: skip
    answer = f"Yes, there is {what}." if there else f"No, there is no {what.split(None, 1)[1]}."
    return Exchange("count or yes/no", source.ask(IS_THERE, what=what), (answer,), (scene,))


def _only(scene: Scene) -> list[Thing]:
    """The things whose shape is in the picture once."""
    return [t for t in scene.things if sum(t.shape == u.shape for u in scene.things) == 1]


def colour(source: Source, scene: Scene) -> Exchange | None:
    things = _only(scene)
    if not things:
        return None
    thing = source.rng.choice(things)
    ask = source.ask(COLOUR_OF, shape=thing.shape)
    return Exchange("colour or shape", ask, (f"The {thing.shape} is {thing.colour}.",), (scene,))


def shape(source: Source, scene: Scene) -> Exchange | None:
    things = [t for t in scene.things if sum(t.colour == u.colour for u in scene.things) == 1]
    if not things:
        return None
    thing = source.rng.choice(things)
    ask = source.ask(SHAPE_OF, colour=thing.colour)
    return Exchange("colour or shape", ask, (f"The {thing.shape} is {thing.colour}.",), (scene,))


def place(source: Source, scene: Scene) -> Exchange | None:
    things = _only(scene)
    if not things:
        return None
    thing = source.rng.choice(things)
    answer = f"The {thing.shape} is {PLACES[thing.column, thing.row]}."
    return Exchange("where", source.ask(WHERE, shape=thing.shape), (answer,), (scene,))


def _sides(scene: Scene) -> list[tuple[Thing, str, Thing]]:
    """Neighbours: (thing, side, other) says that the thing is on that side of the other; each shape there once."""
    things, once = scene.things, _only(scene)
    columns = len({t.column for t in things})
    found = []
    for i, thing in enumerate(things):
        if i % columns and thing in once and things[i - 1] in once:
            found += [(thing, "to the right of", things[i - 1]), (things[i - 1], "to the left of", thing)]
        if i >= columns and thing in once and things[i - columns] in once:
            found += [(thing, "below", things[i - columns]), (things[i - columns], "above", thing)]
    return found


def beside(source: Source, scene: Scene) -> Exchange | None:
    sides = _sides(scene)
    if not sides:
        return None
    thing, side, other = source.rng.choice(sides)
    ask = source.ask(BESIDE, side=side, shape=other.shape)
    answer = f"{named(thing)} is {side} the {other.shape}."
    return Exchange("where", ask, (answer[0].upper() + answer[1:],), (scene,))


OPPOSITES = {
    "to the right of": "to the left of",
    "to the left of": "to the right of",
    "above": "below",
    "below": "above",
}


def is_beside(source: Source, scene: Scene) -> Exchange | None:
    sides = _sides(scene)
    if not sides:
        return None
    thing, side, other = source.rng.choice(sides)
    asked = source.rng.choice((side, OPPOSITES[side]))
    answer = f"{'Yes' if asked == side else 'No'}, the {thing.shape} is {side} the {other.shape}."
    return Exchange(
        "where", source.ask(IS_BESIDE, shape=thing.shape, side=asked, other=other.shape), (answer,), (scene,)
    )


def comparison(source: Source) -> Exchange:
    """Two or three pictures in one message: all of shapes, or one of them of text."""
    scenes = [_small_scene(source) for _ in range(source.rng.choice((2, 2, 3)))]
    if source.rng.random() < 0.25:
        return _mixed(source, scenes)
    counts = [len(scene.things) for scene in scenes]
    if source.rng.random() < 0.35:
        most = [i for i, count in enumerate(counts) if count == max(counts)]
        answer = f"The {ORDINALS[most[0]]} image has more shapes."
        if len(most) > 1:
            answer = "No image has more shapes than all the others."
        return Exchange("several pictures", source.ask(MORE), (answer,), tuple(scenes))
    answer = " ".join(f"The {o} image shows {contents(s)}." for o, s in zip(ORDINALS, scenes, strict=False))
    return Exchange("several pictures", source.ask(COMPARE), (answer,), tuple(scenes))


def _small_scene(source: Source) -> Scene:
    return random_scene(source.rng, source.rng.choice((1, 1, 2, 3)))


def _mixed(source: Source, scenes: list[Scene]) -> Exchange:
    """The scenes, one of which gives way to a line of text; a line each, so that it is seen where the text ends."""
    said = [f"The {o} image shows {contents(s)}." for o, s in zip(ORDINALS, scenes, strict=False)]
    spot, text = source.rng.randrange(len(scenes)), line(source.rng)
    said[spot] = f"The {ORDINALS[spot]} image says: {spelled(text)}"
    pictures = [*scenes[:spot], set_lines(source.rng, [text], source.fonts), *scenes[spot + 1 :]]
    return Exchange("several pictures", source.ask(COMPARE), ("\n".join(said),), tuple(pictures))


KINDS: tuple[Callable[[Source, Scene], Exchange | None], ...] = (
    description, description, description, counting, counting, presence, presence, colour, colour, shape, shape,
    place, place, beside, is_beside,
)  # fmt: skip


def about_scene(source: Source, scene: Scene | None = None) -> Exchange:
    """Any question about one scene."""
    while True:
        exchange = source.rng.choice(KINDS)(source, scene or random_scene(source.rng))
        if exchange:
            return exchange
