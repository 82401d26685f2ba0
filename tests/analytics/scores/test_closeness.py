"""Features of two texts: shared words, phrases, and what other scripts have instead."""

import numpy as np
import pytest

from analytics.scores.closeness import TAIL, WHOLE, english, is_english, nearest_of, other, parts

QUESTION = "How long does a parcel to Norway take?"


def test_shared_words_and_phrases_are_counted():
    """Rare words count more, neighbours twice, and nothing shared is the floor."""
    close = english(QUESTION, "A parcel to Norway takes five days.", 0.8, 0.9)
    far = english(QUESTION, "Whisk the whites of four eggs.", 0.1, 0.1)
    assert close["words"] > far["words"] == pytest.approx(np.log(0.05))
    assert close["phrases"] > far["phrases"] == 0
    assert close["rarest"] > far["rarest"] == 0
    assert (close["near"], close["nearest"]) == (0.8, 0.9)


def test_requests_for_free_text_are_told_apart():
    """A poem may be about anything; a lookup may not."""
    poem = english("Write a poem about the sea.", "Waves.", 0.1, 0.2)
    assert (poem["makes"], poem["free"], poem["free_nearest"]) == (1, 1, 0.2)
    asked = english(QUESTION, "Five days.", 0.1, 0.2)
    assert (asked["makes"], asked["free"]) == (0, 0)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (
            "请用中文介绍一下北京的历史和名胜古迹",
            "北京的历史悠久，名胜古迹包括故宫和长城。",
            "先把蛋清打发，再加入白糖和面粉。",
        ),
        ("Сколько идёт посылка в Норвегию?", "Посылка в Норвегию идёт пять дней.", "Взбейте белки четырёх яиц."),
        ("Combien de jours faut-il pour un colis ?", "Pour un colis il faut cinq jours.", "Battez les blancs d'œufs."),
    ],
)
def test_other_languages_are_compared_by_runs_of_letters(question, right, wrong):
    """Whether or not blanks part their words."""
    close, far = other(question, right, 0, 0), other(question, wrong, 0, 0)
    assert close["triples"] > far["triples"]
    assert close["beginnings_same"] > far["beginnings_same"]
    assert close["same_script"] == far["same_script"] == 1


def test_scripts_that_differ_are_told():
    """An answer in another script shares no letters, so the vectors alone speak."""
    found = other("Write in Russian where it is.", "Посылка уже в пути.", 0.3, 0.3)
    assert (found["same_script"], found["near_otherwise"], found["beginnings_same"]) == (0, 0.3, 0)
    assert is_english("Where is it?")
    assert not is_english("Где она?")
    assert is_english("")


def test_long_texts_get_vectors_for_their_parts():
    """The end of the question, and two more stretches of the answer."""
    assert parts("short", "a" * 500, 500) == ([], [])
    tail, later = parts("q" * (WHOLE + 1), "a" * 5_000, 500)
    assert [len(one) for one in (*tail, *later)] == [TAIL, WHOLE, WHOLE]
    assert parts("short", "a" * 500 + " " * 900, 500) == ([], [])
    rows = np.eye(3, dtype=np.float32)
    assert nearest_of(rows[:2], rows[1:]) == 1
