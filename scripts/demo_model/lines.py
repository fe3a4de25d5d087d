"""What stands in text pictures: equations, numbers, words."""

import base64
import json
import random
import string
from functools import cache
from pathlib import Path

TOKENIZER = Path("assets/demo-model/tekken.json")
COMMON = (
    "apple bread chair door eagle fish garden hat ice jacket key lamp moon nest orange pen queen rain sun tree cup "
    "van water box year zebra bus cat dog egg fox goat hill ink jam king leaf milk nut oil park quiet river sea "
    "table under view wall young zero blue red green black white open closed stop go exit hello world yes no left "
    "right up down in out sale free new old big small hot cold fast slow good bad day night week month spring summer "
    "winter autumn east west north south one two three four five six seven eight nine ten paris london rome oslo "
    "house street bridge train plane ship bike car road gate park shop bank school music book page line word number "
    "coffee tea sugar salt rice soup cake fruit lemon grape pear plum corn wood stone iron gold silver paper glass "
    "cloud wind snow storm fire light dark star bird horse mouse tiger lion bear wolf duck frog snake bee ant love "
    "peace hope dream smile dance sing play work rest sleep walk run jump swim read write speak listen think learn "
    "Monday Tuesday Friday Sunday June July March April"
)
HELD_OUT = (
    "window basket candle island pocket ladder bottle hammer spoon tulip velvet magnet pencil rocket saddle tunnel "
    "anchor banner carpet dinner engine finger ginger hunter insect jungle kitten lizard market needle"
)
WORDS, UNSEEN_WORDS = tuple(COMMON.split()), tuple(HELD_OUT.split())


def number(rng: random.Random) -> str:
    """A whole number of one to three digits; small ones come more often."""
    return str(rng.randint(*rng.choice(((0, 9), (1, 9), (10, 99), (10, 99), (100, 999)))))


def equation(rng: random.Random, longest: int = 16, letters: str = "") -> str:
    """An expression with two to four numbers and spaced signs; one number may be a letter of `letters`."""
    while True:
        terms = [number(rng) for _ in range(rng.choice((2, 2, 2, 3, 3, 4)))]
        if letters:
            spot = rng.randrange(len(terms))
            terms[spot] = rng.choice((rng.choice(letters), rng.choice("23456789") + rng.choice(letters)))
        text = terms[0]
        for term in terms[1:]:
            text += f" {rng.choice('++--**/')} {term}"
        if len(terms) > 2 and rng.random() < 0.4:
            text = _bracket(rng, text)
        if len(text) <= longest:
            return text


def _bracket(rng: random.Random, text: str) -> str:
    """Brackets around two neighbouring terms of an expression of at least three."""
    parts = text.split(" ")
    spot = rng.choice(range(0, len(parts) - 2, 2))
    parts[spot], parts[spot + 2] = "(" + parts[spot], parts[spot + 2] + ")"
    return " ".join(parts)


@cache
def pieces() -> tuple[str, ...]:
    """Entries of the vocabulary that are two or more small letters, with or without a space before them."""
    entries = json.loads(TOKENIZER.read_text(encoding="utf-8"))["vocab"]
    texts = {base64.b64decode(entry["token_bytes"]).decode(errors="replace").strip(" ") for entry in entries}
    return tuple(sorted(t for t in texts if len(t) > 1 and t.isascii() and t.isalpha() and t.islower()))


def word(rng: random.Random, held_out: bool = False) -> str:
    """A common word or, as often, one made of pieces of the vocabulary, so that words are copied and not remembered."""
    if held_out:
        return rng.choice(UNSEEN_WORDS)
    while True:
        text = rng.choice(WORDS) if rng.random() < 0.5 else "".join(rng.choices(pieces(), k=rng.choice((1, 2, 2))))
        if len(text) <= 10 and text not in UNSEEN_WORDS:
            return text


def words(rng: random.Random, held_out: bool = False, longest: int = 14) -> str:
    """One or two words, in lower case, capitalised or upper case."""
    while True:
        text = " ".join(word(rng, held_out) for _ in range(rng.choice((1, 1, 2))))
        text = rng.choice((text, text, text.capitalize(), text.upper()))
        if len(text) <= longest:
            return text


def letters(rng: random.Random) -> str:
    """Letters in any order, of which none tells of the next."""
    text = "".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9)))
    return rng.choice((text, text, text.capitalize(), text.upper()))


def label(rng: random.Random) -> str:
    """A number as it stands on signs and bills: plain, with a point, a time, a code."""
    return rng.choice((
        number(rng), str(rng.randint(1000, 9999)), f"{rng.randint(0, 99)}.{rng.randint(0, 99):02d}",
        f"{rng.randint(0, 23)}:{rng.randint(0, 59):02d}", f"{rng.choice('ABCDEFGHKLMNPRSTX')}{rng.randint(1, 99)}",
        f"{rng.choice('ABCDEFGHKLMNPRSTX')}-{rng.randint(100, 999)}",
    ))  # fmt: skip


def numeric(line: str) -> str | None:
    """The expression in a line without its equals sign, or None where a line is something else."""
    expression = line.rstrip("=? ")
    signs = any(sign in expression for sign in "+-*/")
    return expression if signs and " " in expression and not any(c.isalpha() for c in expression) else None


def hard_line(rng: random.Random) -> str:
    """One line of a kind that is often misread: words most of the time."""
    kind = rng.random()
    if kind < 0.12:
        return letters(rng)
    if kind < 0.6:
        return words(rng)
    return label(rng) if kind < 0.8 else line(rng)


def line(rng: random.Random, longest: int = 16) -> str:
    """One line of any kind."""
    kind = rng.random()
    if kind < 0.45:
        return equation(rng, longest)
    if kind < 0.6:
        return words(rng, longest=min(longest, 14))
    if kind < 0.8:
        return label(rng)
    if kind < 0.9:
        return equation(rng, longest, letters="xyabn")
    return f"{equation(rng, longest - 4)} {rng.choice(('=', '= ?'))}"
