"""Short instructions that are to be followed to the letter."""

from collections.abc import Callable

from scripts.demo_model.exchanges import Exchange, Phrasings, Source, copied, spelled
from scripts.demo_model.invented import sentences
from scripts.demo_model.lines import word

SKILL = "exact instructions"
COUNT = Phrasings(
    (
        "Count from {a} to {b}.",
        "Please count from {a} to {b}.",
        "Write the numbers from {a} to {b}.",
        "Count {a} to {b}.",
        "Can you count from {a} to {b}?",
        "Say the numbers from {a} to {b}.",
        "Count up from {a} to {b}.",
        "Give me the numbers from {a} to {b}.",
        "Write all numbers from {a} to {b}.",
        "Start at {a} and count to {b}.",
        "I want you to count from {a} to {b}.",
        "Numbers from {a} to {b}, please.",
    ),
    ("List the numbers from {a} to {b}.", "Could you count from {a} to {b}?"),
)
REPEAT = Phrasings(
    ("Repeat after me: {text}", "Say: {text}", "Repeat: {text}", "Repeat this exactly: {text}", "Write: {text}",
     "Answer with exactly this: {text}", "Please say: {text}", "Repeat what I say: {text}", "Repeat the following: {text}",
     "Can you say this? {text}", "Write exactly this: {text}", "Echo: {text}", "Please write: {text}", "Copy this text: "
     "{text}", "Say this word for word: {text}", "Type this: {text}", "Reply with: {text}", "Could you repeat this: {text}"),
    ("Please repeat: {text}", "Say exactly this: {text}"),
)  # fmt: skip
TIMES = Phrasings(
    (
        "Repeat the word {word} {n} times.",
        "Write {word} {n} times.",
        "Say {word} {n} times.",
        "Please say {word} {n} times.",
        "Can you write {word} {n} times?",
        "Write the word {word} {n} times.",
        "Say the word {word} {n} times.",
        "{n} times {word}, please.",
        "I want to read {word} {n} times.",
        "Please repeat {word} {n} times.",
        "Type {word} {n} times.",
    ),
    ("Please write the word {word} {n} times.", "Repeat {word} {n} times."),
)
UPPER = Phrasings(
    (
        "Write {text} in upper case.",
        "Put {text} in capital letters.",
        "Upper case: {text}",
        "Convert to upper case: {text}",
        "Write in capital letters: {text}",
        "Please write {text} in capital letters.",
        "Make this upper case: {text}",
        "Turn {text} into capital letters.",
        "In capital letters: {text}",
        "Can you write {text} in upper case?",
        "Put this in upper case: {text}",
        "Capital letters, please: {text}",
        "Change {text} to upper case.",
        "Use capital letters for this: {text}",
    ),
    ("Write this in capital letters: {text}", "Please put {text} in upper case."),
)
SPELL = Phrasings(
    (
        "Spell the word {word}.",
        "Spell {word}.",
        "How do you spell {word}?",
        "How is {word} spelled?",
        "Spell out {word}.",
        "Can you spell {word}?",
        "Give me the letters of {word}.",
        "Please spell out the word {word}.",
        "Spell this word: {word}",
        "What are the letters of {word}?",
        "Which letters does {word} have?",
    ),
    ("Please spell {word}.", "Can you spell the word {word}?"),
)
LIST = Phrasings(
    (
        "List {n} {things}.",
        "Name {n} {things}.",
        "Give me {n} {things}.",
        "Write a list of {n} {things}.",
        "Write {n} {things}.",
        "Can you name {n} {things}?",
        "I need {n} {things}.",
        "Please name {n} {things}.",
        "List any {n} {things}.",
        "Could you list {n} {things}?",
        "Say {n} {things}.",
        "{n} {things}, please.",
        "Make a list of {n} {things}.",
        "Think of {n} {things}.",
    ),
    ("Tell me {n} {things}.", "Please list {n} {things}."),
)
IN_WORDS = Phrasings(
    ("Describe yourself in {n} words.", "Who are you? Answer in {n} words.", "In {n} words, what are you?",
     "Answer in {n} words: what are you?", "Say who you are in {n} words.", "What are you, in {n} words?",
     "Use {n} words to describe yourself.", "Introduce yourself in {n} words.", "Who are you, in {n} words?",
     "Tell me what you are in {n} words.", "Describe what you are. Use {n} words.", "In {n} words, describe yourself.",
     "Please describe yourself in exactly {n} words.", "Who are you? Use exactly {n} words."),
    ("Tell me in {n} words who you are.", "What are you? Use {n} words."),
)  # fmt: skip
ALPHABET = Phrasings(
    ("Write me a sentence where every word starts with the next letter in the alphabet - start with 'a' and end with "
     "'z'.", "Write a sentence from a to z.", "Write a sentence in which each word starts with the next letter of the "
     "alphabet.", "Give me an alphabet sentence.", "Write a sentence with words from a to z.", "Can you write a sentence "
     "that goes from a to z?", "Make a sentence from a to z.", "Write a sentence whose words start with a, b, c and so on.",
     "Please write an alphabet sentence.", "I want a sentence with one word for each letter, from a to z.", "Write a "
     "sentence that follows the alphabet."),
    ("Please write a sentence whose words go from a to z.", "Write an a to z sentence."),
)  # fmt: skip
A_TO_Z = (
    "A brave cat dances every Friday, giving happy islanders joyful kisses, leaving many new open paths quietly "
    "running, so the umbrella vendors watch xylophones yield zest."
)
NUMBERS = "one two three four five six".split()
THINGS = {
    "colours": "red blue green yellow orange purple", "colors": "red blue green yellow orange purple",
    "shapes": "circle square triangle star diamond cross", "animals": "cat dog horse bear fox duck",
    "fruits": "apple pear plum orange lemon grape", "days": "Monday Tuesday Wednesday Thursday Friday Saturday",
    "months": "January February March April May June", "cities": "Paris London Rome Oslo Berlin Madrid",
}  # fmt: skip
SELVES = (
    "Small", "Small model", "Small demo model", "A small demo model", "A small demo model here",
    "I am a small demo model",
)  # fmt: skip


def _words(source: Source, most: int = 2) -> str:
    return " ".join(word(source.rng, source.unseen_phrasings) for _ in range(source.rng.randint(1, most)))


def count(source: Source) -> tuple[str, str]:
    a, steps = source.rng.randint(0, 30), source.rng.randint(2, 10)
    numbers = [a + i for i in range(steps)]
    if source.rng.random() < 0.25:
        numbers.reverse()
    return source.ask(COUNT, a=str(numbers[0]), b=str(numbers[-1])), ", ".join(map(str, numbers))


def repeat(source: Source) -> tuple[str, str]:
    text = source.rng.choice((_words(source, 5), sentences(source.rng, 1, source.unseen_phrasings)))
    return source.ask(REPEAT, text=text), copied(text)


def recite(source: Source) -> tuple[str, str]:
    """Many words that make no sense, to be said again: nothing else teaches copying as fast."""
    text = " ".join(word(source.rng) for _ in range(source.rng.randint(6, 24)))
    return source.ask(REPEAT, text=text), copied(text)


def times(source: Source) -> tuple[str, str]:
    word, n = _words(source, 1), source.rng.randint(2, 6)
    number = source.rng.choice((str(n), NUMBERS[n - 1]))
    return source.ask(TIMES, word=word, n=number), copied(" ".join([word] * n))


def upper(source: Source, words: int = 0) -> tuple[str, str]:
    """With many words, more is learned of what letters each token is made of, which is known by heart or not at all."""
    text = " ".join(word(source.rng) for _ in range(words)) or _words(source)
    return source.ask(UPPER, text=text), spelled(text.upper())


def spell(source: Source) -> tuple[str, str]:
    word = _words(source, 1)
    return source.ask(SPELL, word=word), spelled("-".join(word.upper()))


def things(source: Source) -> tuple[str, str]:
    n, kind = source.rng.randint(1, 6), source.rng.choice(list(THINGS))
    number = source.rng.choice((str(n), NUMBERS[n - 1]))
    items = THINGS[kind].split()[:n]
    if source.rng.random() < 0.3:
        ask = source.ask(LIST, n=number, things=kind).rstrip(".") + " as bullet points."
        return ask, "\n".join(f"- {item}" for item in items)
    return source.ask(LIST, n=number, things=kind), ", ".join(items)


def in_words(source: Source) -> tuple[str, str]:
    n = source.rng.randint(1, 6)
    number = source.rng.choice((str(n), NUMBERS[n - 1]))
    return source.ask(IN_WORDS, n=number).replace("1 words", "1 word").replace("one words", "one word"), SELVES[n - 1]


def alphabet(source: Source) -> tuple[str, str]:
    return source.ask(ALPHABET), A_TO_Z


KINDS: tuple[Callable[[Source], tuple[str, str]], ...] = (
    count,
    repeat,
    times,
    upper,
    spell,
    things,
    in_words,
    alphabet,
)


def instruction(source: Source) -> Exchange:
    """Any of these."""
    question, answer = source.rng.choices(KINDS, (4, 4, 2, 4, 4, 3, 2, 1))[0](source)
    return Exchange(SKILL, question, (answer,))
