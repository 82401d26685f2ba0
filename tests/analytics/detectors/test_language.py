"""Answers in a language nobody asked for, and those that somebody did ask for."""

import pytest

from analytics.detectors.base import Exchange, Finding, Unjudged
from analytics.detectors.language import Language

GERMAN = "Ihre Sendung ist unterwegs und wird voraussichtlich am Montag zwischen neun und zwölf Uhr zugestellt."
FRENCH = "Votre colis est en route et sera livré lundi matin entre neuf heures et midi, sauf imprévu."
ENGLISH = "Your parcel is on its way and will be delivered on Monday morning between nine and noon."
CHINESE = "您的包裹已经在路上，预计星期一上午送达，请您保持电话畅通，谢谢您的耐心等待。"
ASKED = "Could you please tell me where my parcel is and when it will arrive?"


def judge(make_turn, output, **changes):
    """One verdict, held against the threshold."""
    detector = Language()
    return detector.held(detector.judge(make_turn(output, **changes)))


@pytest.mark.parametrize("answer", [GERMAN, FRENCH, CHINESE])
def test_another_language_is_flagged(make_turn, answer):
    """Within one script and across scripts."""
    assert isinstance(judge(make_turn, answer, input_text=ASKED), Finding)


@pytest.mark.parametrize("asked", [GERMAN, CHINESE])
def test_english_to_who_wrote_something_else_is_flagged(make_turn, asked):
    """English is a language like others."""
    assert isinstance(judge(make_turn, ENGLISH, input_text=asked), Finding)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (ASKED, ENGLISH),
        ("Wo ist meine Sendung und wann kommt sie bei mir zu Hause an?", GERMAN),
        ("How do I say in German that my parcel is on its way?", GERMAN),
        ("Translate: your parcel is on its way and arrives on Monday.", FRENCH),
        (f"{ASKED} {CHINESE}", CHINESE),
        (
            "Which plants grow in a dark hall?",
            "1. Sansevieria trifasciata\n2. Chlorophytum comosum\n3. Epipremnum aureum\n4. Aspidistra elatior",
        ),
        (
            "Fill the page with some text please",
            "Lorem ipsum dolor sit amet, consectetur adipiscing elit. Morbi ut lorem nec urna placerat gravida.",
        ),
        ("What does the following mean?\n" + GERMAN, GERMAN),
        (ASKED, "```python\nprint('hello')\n```\n" * 5 + ENGLISH),
        (ASKED, f'Your letter said: "{GERMAN}" We will look into it and answer you soon.'),
        ("Hi", GERMAN),
        (ASKED, "| Preis | Menge |\n|---|---|\n| zwei | drei |\nThe table above lists what you have ordered so far."),
    ],
)
def test_what_was_asked_for_is_not_flagged(make_turn, asked, answer):
    """A request for a language, a text in it, quotations, code and tables."""
    assert not isinstance(judge(make_turn, answer, input_text=asked), Finding)


def test_the_conversation_tells_the_language_of_a_short_question(make_turn):
    """'Ok' has none of its own."""
    talk = [Exchange(ASKED, ENGLISH)]
    assert isinstance(judge(make_turn, GERMAN, input_text="Ok", earlier=talk), Finding)


def test_a_system_prompt_may_set_the_language(make_turn):
    """It speaks for the product."""
    told = judge(make_turn, GERMAN, input_text=ASKED, system_text="Always answer in German.")
    assert not isinstance(told, Finding)


def test_short_answers_and_silent_users_are_not_judged(make_turn):
    """Nobody can tell."""
    assert isinstance(judge(make_turn, "Ja.", input_text=ASKED), Unjudged)
    assert isinstance(judge(make_turn, GERMAN, input_text=""), Unjudged)
