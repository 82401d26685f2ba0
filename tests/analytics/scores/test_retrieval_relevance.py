"""Retrieval relevance: the right document is told from its neighbour, and its rank is said."""

from analytics.detectors.turn import Document
from analytics.scores.retrieval_relevance import RetrievalRelevance, documents

QUESTION = "How long does a parcel to Norway take?"
RIGHT = "A parcel to Norway takes five working days from our warehouse."
CLOSE = "A parcel must not weigh more than twenty kilograms."
FAR = "Whisk the whites of four eggs until they are stiff."


def test_documents_are_graded_one_by_one():
    """The answer's document stands above one on the same thing, and that above one on another."""
    right, close, far = documents(QUESTION, [RIGHT, CLOSE, FAR])
    assert right.value > close.value > far.value
    assert far.even < 0.1
    assert far.value < RetrievalRelevance.low


def test_the_best_document_is_cited_and_a_bad_rank_is_said(make_turn):
    """The right document behind two others is found and named."""
    turn = make_turn("Five days.", input_text=QUESTION, documents=[Document(FAR), Document(CLOSE), Document(RIGHT)])
    measured = RetrievalRelevance().judge(turn)
    assert measured.evidence[0].index == 2
    assert "2 that are less relevant rank before it" in measured.explanation


def test_a_document_without_words_is_passed_over():
    """Blanks and marks are no document; the others keep their numbers."""
    assert [one.index for one in documents(QUESTION, ["", "...", RIGHT])] == [2]


def test_a_document_that_names_the_thing_in_other_words_is_not_low(make_turn):
    """A search that found what was asked for is not graded as a coin toss."""
    turn = make_turn("Five days.", input_text="When will my order arrive?", documents=[Document(RIGHT)])
    measured = RetrievalRelevance().judge(turn)
    assert measured.value >= RetrievalRelevance.low
    assert documents(turn.input_text, [RIGHT])[0].even < RetrievalRelevance.low
