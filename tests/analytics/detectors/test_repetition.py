"""Loops: exact, compressed, counted and noisy ones are found; tables, code and refrains are not."""

import random

import pytest

from analytics.detectors.base import Finding, Unjudged
from analytics.detectors.repetition import Repetition

OPENING = "You can return the lamp within thirty days if the box is unopened, and the refund takes a week. "
WORDS = ["kettle", "lamp", "refund", "parcel", "voucher", "courier", "invoice", "garden", "window", "repair"]


def noisy_loop():
    """A sentence said twenty times with every tenth word swapped."""
    dice = random.Random(5)
    unit = ["please", "keep", "the", "receipt", "of", "it", "because", "our", "shop", "will", "ask", "for", "it"]
    return " ".join(dice.choice(WORDS) if dice.random() < 0.1 else word for _ in range(20) for word in unit)


def product_table():
    """Forty rows of one form and different content."""
    dice = random.Random(6)
    rows = [f"| {' '.join(dice.sample(WORDS, 3))} | {dice.randint(10, 99)} € | in stock |" for _ in range(40)]
    return "\n".join(rows)


LOOPS = {
    "a phrase at the end": OPENING + "and then I checked the order " * 12,
    "a sentence at the end": OPENING + "We are sorry for the delay of your parcel. " * 8,
    "a long block three times": OPENING + (OPENING + "A courier will call you before. ") * 4,
    "one letter": OPENING + "a" * 300,
    "one exclamation mark": OPENING + "!" * 300,
    "a loop cut inside its unit": OPENING + ("the parcel is on its way to you now, " * 12)[:-9],
    "a counter": OPENING + "\n".join(f"{i}. Restart the kettle and wait." for i in range(1, 40)),
    "a short counter": OPENING + "\n".join(f"{i}. blue lamp" for i in range(1, 70)),
    "a loop with words swapped": OPENING + noisy_loop(),
    "a loop in Japanese": "申し訳ありませんが、" * 60,
}
ORDINARY = {
    "a short answer": "Yes.",
    "a phrase three times": OPENING + "Really, really, really sorry. " * 3,
    "a table": product_table(),
    "a ruler under a heading": "Your orders\n" + "-" * 100 + "\n" + OPENING,
    "a ruler at the end": OPENING + "\n" + "-" * 100,
    "a price list with counters": "\n".join(f"{i}. {WORDS[i]}: {i * 7} €, {WORDS[-i]} extra" for i in range(1, 10)),
    "code with a pattern": "\n".join(f'prices["{word}"] = {len(word) * 3}' for word in WORDS),
    "a refrain": "\n".join(
        f"{a}\nOh my parcel, where are you tonight?\n{b}\n"
        for a, b in [
            ("I ordered it on Monday with a smile", "The tracking page has told me for a while"),
            ("The courier rang the bell of number nine", "My neighbour swears that everything is fine"),
            ("And now the box arrives with half a lamp", "The label torn, the cardboard cold and damp"),
        ]
    ),
}


@pytest.mark.parametrize("text", LOOPS.values(), ids=LOOPS.keys())
def test_a_loop_is_flagged_with_the_repeated_words_quoted(make_turn, text):
    """Each kind of loop is found, and the quotes are different places of the same answer."""
    found = Repetition().judge(make_turn(text))
    assert isinstance(found, Finding)
    assert all(text[piece.start : piece.end] == piece.quote for piece in found.evidence)
    assert len({piece.start for piece in found.evidence}) == len(found.evidence)


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY.keys())
def test_ordinary_repetition_is_not_flagged(make_turn, text):
    """Form repeats in good answers; that is no loop."""
    assert not isinstance(Repetition().judge(make_turn(text)), Finding)


def test_the_end_of_a_very_long_answer_is_what_counts(make_turn):
    """A loop behind 30,000 ordinary characters is found and its offsets count from the very start."""
    dice = random.Random(8)
    text = " ".join(dice.choice(WORDS) for _ in range(5_000)) + " and then we wait again" * 900
    found = Repetition().judge(make_turn(text))
    assert isinstance(found, Finding)
    assert min(piece.start for piece in found.evidence) > 30_000


def test_an_empty_answer_is_not_judged(make_turn):
    """What is not there cannot loop; that is another detector's finding."""
    assert isinstance(Repetition().judge(make_turn(" ")), Unjudged)
