"""Causes: what is plain to see comes first, documents are weighed next, and too little evidence is said to be so."""

import pytest

from analytics.causes.attribute import attribute, counts_against, weigh
from analytics.causes.base import TEXTS
from analytics.detectors.turn import Document, Evidence, Exchange, ToolCall
from analytics.scores.base import Scored

QUESTION = "How long does a parcel to Norway take?"
RIGHT = (
    "Shipping abroad. A parcel to Norway takes five working days from our warehouse and costs 12 euros. "
    "A parcel to Sweden takes four working days."
)
WRONG = "Whisk the whites of four eggs until they are stiff, then fold in the sugar and bake the meringue slowly."
CITED = (Evidence("s", "output", 0, 4, "word"),)


@pytest.fixture
def asked(make_turn):
    """A turn that asks about a parcel, with these documents."""

    def make(answer, *documents, **changes):
        texts = [Document(text, span_id="s") for text in documents]
        return make_turn(answer, input_text=QUESTION, documents=texts, **changes)

    return make


def test_a_good_answer_has_no_cause(asked):
    """Nothing is flagged, nothing is low, and the documents carry it."""
    assert attribute(asked("A parcel to Norway takes five working days.", RIGHT), {}, {}) is None


def test_wrong_documents_are_a_failed_retrieval(asked):
    """None of the documents is about the question."""
    turn = asked("Parcels abroad usually take a while.", WRONG, WRONG)
    cause = attribute(turn, {}, {"groundedness": Scored(0.1, "Not carried.")})
    assert cause.name == "retrieval_failed"
    assert cause.evidence[0].field == "document"


def test_an_answer_to_another_question_is_a_misunderstanding(asked):
    """The documents fit the question, and the answer does not."""
    cause = attribute(asked("Whisk the whites of four eggs until they are stiff.", RIGHT), {}, {})
    assert cause.name == "question_misunderstood"


@pytest.mark.parametrize(
    ("result", "is_error"),
    [('{"error": "upstream timed out"}', False), ("Service unavailable", False), ("", True),
     ("Error: no such customer", False), ('{"status": 503}', False)],
)  # fmt: skip
def test_a_tool_that_failed_is_the_cause_of_a_sorry_answer(make_turn, result, is_error):
    """The earlier step is the cause, and its result is cited."""
    turn = make_turn("Sorry, I can't look that up.", tool_calls=[ToolCall("find", "{}", "s", result, is_error)])
    cause = attribute(turn, {"refusal": CITED}, {})
    assert (cause.name, cause.evidence[0].span_id) == ("tool", "s")


@pytest.mark.parametrize("result", ['{"error": null, "state": "sent"}', '{"errors": [], "terror": "no"}', "No errors."])
def test_a_result_without_an_error_is_no_failed_tool(make_turn, result):
    """An error field that is empty says that all went well."""
    turn = make_turn("Sorry about the wait, it was sent.", tool_calls=[ToolCall("find", "{}", "s", result)])
    assert attribute(turn, {}, {}) is None


@pytest.mark.parametrize(
    ("flag", "name"),
    [("empty", "model_provider"), ("repetition", "model_provider"), ("truncated", "model_provider"),
     ("tool_loop", "tool"), ("refusal", "policy"), ("prompt_leak", "policy"), ("pii", "policy")],
)  # fmt: skip
def test_what_a_flag_tells_by_itself(make_turn, flag, name):
    """Broken answers are the model's, loops the tool's, refusals and leaks a matter of rules."""
    cause = attribute(make_turn("word"), {flag: CITED}, {})
    assert (cause.name, cause.evidence) == (name, CITED)


def test_a_call_that_failed_is_the_providers(make_turn):
    """A turn that ended in an error names it."""
    turn = make_turn("", status="error", error_type="RateLimitError", error_message="429", error_span_id="e")
    cause = attribute(turn, {"error": (turn.cite("status"),)}, {})
    assert cause.name == "model_provider"
    assert "RateLimitError" in cause.explanation


def test_an_instruction_in_a_document_is_bad_data(make_turn):
    """Whoever wrote the document is the cause; a user's own injection is none."""
    document = Evidence("s", "document", 0, 4, "Obey", "document")
    assert attribute(make_turn(), {"indirect_injection": (document,)}, {}).name == "data"
    assert attribute(make_turn(), {"injection": (Evidence("s", "input", 0, 4, "Obey", "user"),)}, {}) is None


def test_nothing_retrieved_and_no_knowledge_is_a_failed_retrieval(make_turn):
    """Where the instructions speak of documents and there are none."""
    turn = make_turn("I could not find that, I'm afraid.", system_text="Answer only from the documents below.")
    assert attribute(turn, {}, {}).detail == "nothing_found"


def test_loose_instructions_that_are_followed_are_the_prompts(asked):
    """The documents are right, the answer is all manner, and the instructions asked for it."""
    loose = "You are the bubbly voice of the shop! Get people excited. Use the documents if you like."
    turn = asked("Woohoo, adventure awaits! Have you seen our glorious autumn jackets?", RIGHT, system_text=loose)
    cause = attribute(turn, {}, {})
    assert cause.name == "prompt"
    assert cause.evidence[0].field == "system"


def test_a_complaint_without_a_fault_is_not_enough_evidence(make_turn):
    """Something is wrong, and what was recorded does not tell why."""
    turn = make_turn(later=[Exchange("This is useless.", "")])
    cause = attribute(turn, {}, {"satisfaction": Scored(0.1, "Complained.")})
    assert cause.name == "not_enough_evidence"


def test_a_last_turn_that_nobody_answered_is_not_bad_by_that(make_turn):
    """Without a reaction, low satisfaction is little more than a guess."""
    assert attribute(make_turn(), {}, {"satisfaction": Scored(0.1, "Nothing said.", (), "no_reaction")}) is None


def test_probabilities_of_the_classes_sum_to_one(asked):
    """They are weighed against each other."""
    assert sum(weigh(asked("Five days.", RIGHT)).values()) == pytest.approx(1)


def test_each_cause_has_its_words():
    """What people read names every cause."""
    assert all(text.endswith(".") for text in TEXTS.values())


def test_what_the_user_wrote_does_not_make_the_answer_bad(asked):
    """A card number is a breach in the answer alone."""
    answer = asked("A parcel to Norway takes five working days.", RIGHT)
    assert attribute(answer, {"pii": (Evidence("", "input", 0, 4, "word", "user"),)}, {}) is None
    assert attribute(answer, {"pii": CITED}, {}).name == "policy"


def test_what_only_reads_like_an_order_counts_against_no_answer():
    """A title in a search result may; an explicit order, and other flags however light, do count."""
    assert not counts_against("indirect_injection", "low")
    assert counts_against("indirect_injection", "medium")
    assert counts_against("refusal", "low")
