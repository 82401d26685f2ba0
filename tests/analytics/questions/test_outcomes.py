"""How conversations ended: each in one way, by its last turn and the user's last word; the rest with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.questions.outcomes import OUTCOMES, Outcomes, outcome, outcomes
from analytics.questions.scope import nanoseconds
from backend.errors import NotFound
from backend.topics.models import Topic
from tests.analytics.questions.planting import BEFORE, NOON, Planted

THANKED = {"name": "satisfaction", "value": 0.95, "explanation": "After the answer the user thanked."}
WENT_ON = {"name": "satisfaction", "value": 0.7, "explanation": "The user went on."}
COMPLAINED = {"name": "satisfaction", "value": 0.2, "explanation": "After the answer the user complained."}
NOTHING_SAID = {"name": "satisfaction", "value": 0.2, "label": "no_reaction"}


def counts(found: Outcomes) -> dict[str, int]:
    """Outcomes that there are, by key."""
    return {one.key: one.conversations for one in found.facet.values if one.conversations}


def reasons(found: Outcomes) -> dict[str, int]:
    """Why conversations are not assessed."""
    return {one.key: one.conversations for one in found.reasons}


def feedback(name: str = "feedback", **fields: Any) -> dict[str, Any]:
    """A score that a client sent of a trace, two days later."""
    late = nanoseconds(NOON) + 2 * 86_400 * 10**9
    return {"name": name, "source": "client", "conversation_id": "", "turn_id": "", "time": late, **fields}


def test_each_conversation_ends_in_one_way(planted: Planted) -> None:
    """What broke comes before what was said of it; the values add up to all conversations."""
    planted.add(1, 1, status="error", flags=("refusal",), scores=[COMPLAINED])
    planted.add(2, 1, flags=("refusal", "truncated"), scores=[THANKED])
    planted.add(3, 2, flags=("truncated",), scores=[COMPLAINED])
    planted.add(4, 2, scores=[COMPLAINED])
    planted.add(5, 2, scores=[THANKED])
    planted.add(6, 2, scores=[WENT_ON])
    found = outcomes(planted.stored())
    assert counts(found) == {"failed": 1, "refused": 2, "cut_off": 3, "complained": 4, "well": 5, "not_assessed": 6}
    assert [one.key for one in found.facet.values] == [one.key for one in OUTCOMES]
    assert (found.facet.conversations, found.assessed, reasons(found)) == (21, 15, {"unclear": 6})
    well = found.facet.value("well")
    assert (well.share.n, well.users, [one.name for one in well.topics]) == (21, 5, ["Refunds"])
    assert well.share.low < 5 / 21 < well.share.high


def test_the_last_turn_decides(planted: Planted) -> None:
    """An error or a refusal that was got over is not how it ended; the user's last message counts."""
    for place, (early, late) in enumerate(((COMPLAINED, THANKED), (THANKED, COMPLAINED))):
        name = planted.add(1, 1, turns=2, scores=[late])[0]
        first = nanoseconds(NOON)
        ids = {"turn_id": f"{name}.0", "trace_id": f"{name}-0", "conversation_id": name}
        planted.put(
            "score", score_id=f"first{place}", label="", source="analyser", time=first, version=1, **ids, **early,
        )  # fmt: skip
        planted.put("flag", flag_id=f"f{place}", detector="refusal", explanation="", turn_time=first, version=1, **ids)
    assert counts(outcomes(planted.stored())) == {"well": 1, "complained": 1}


@pytest.mark.parametrize(
    ("scores", "ended"),
    [
        ([feedback(value=1.0, label="up")], "well"),
        ([feedback(value=0.0, label="down")], "complained"),
        ([feedback("user-thumbs", value=-1.0)], "complained"),
        ([feedback("Helpful", label="true")], "well"),
        ([feedback("resolved", value=0.0)], "complained"),
        ([feedback(value=0.0), THANKED], "complained"),  # what users say outright outweighs how they sounded
        ([feedback(value=4.0)], "not_assessed"),  # on a scale that is not known
        ([feedback("toxicity", value=0.0)], "not_assessed"),  # no word of a user
        ([NOTHING_SAID], "not_assessed"),
        ([{**COMPLAINED, "source": "client"}], "not_assessed"),  # not our score
    ],
)
def test_feedback_is_read_where_it_is_plain(planted: Planted, scores: list[dict[str, Any]], ended: str) -> None:
    """A thumb, a word, 0 and 1; of another scale it is only said that it is there."""
    planted.add(1, 1, scores=scores)
    assert counts(outcomes(planted.stored())) == {ended: 1}


def test_one_on_a_longer_scale_is_no_praise(planted: Planted) -> None:
    """One of five is the worst: a name whose values pass 1 is on a scale that is not known."""
    planted.add(1, 1, scores=[feedback(value=1.0)])
    planted.add(1, 1, scores=[feedback(value=5.0)])
    found = outcomes(planted.stored())
    assert (counts(found), reasons(found)) == ({"not_assessed": 2}, {"unread": 2})


def test_not_assessed_is_told_with_why(planted: Planted) -> None:
    """A turn that waits, a score that failed, silence: each with its count, and they add up."""
    planted.add(1, 1, scored="")
    planted.add(2, 1, scored="failed")
    planted.add(3, 1, scores=[NOTHING_SAID])
    planted.add(4, 1, scored="", scores=[feedback(value=1.0)])
    planted.add(5, 3, scored="")
    Topic.objects.filter(number=3).update(is_ignored=True)
    scope = planted.stored()
    found = outcomes(scope)
    assert reasons(found) == {"waiting": 1, "failed": 2, "silent": 3}
    assert counts(found) == {"not_assessed": 6, "well": 4}
    assert {one.why for one in outcome(scope, "not_assessed").told} == {
        "A turn is not scored yet", "The score failed on a turn",
        "The user said nothing after the answer and gave no feedback",
    }  # fmt: skip


def test_an_outcome_leads_to_its_conversations(planted: Planted) -> None:
    """Newest first, with what was told of the turn that decided; of one topic where it is named."""
    names = planted.add(2, 1, scores=[COMPLAINED])
    planted.add(1, 2, scores=[feedback(value=0.0, explanation="<b>no</b>")])
    planted.add(1, 2, status="error")
    scope = planted.stored()
    page = outcome(scope, "complained", 1)
    assert [one.conversation_id for one in page.told] == names[::-1]
    assert page.told[0].why == "After the answer the user complained."
    assert page.told[0].trace_id == f"{names[1]}-0"
    assert outcome(scope, "complained", 2).told[0].why == "Feedback: bad, “<b>no</b>”"
    assert outcome(scope, "failed").told[0].why.startswith("The last turn ended in an error")
    with pytest.raises(NotFound):
        outcome(scope, "luck")


def test_more_refusals_are_told_beyond_chance(planted: Planted) -> None:
    """Against the former period, where both were looked for alike."""
    planted.add(100, 1, BEFORE)
    planted.add(60, 1, flags=("refusal",))
    planted.add(40, 1)
    change = outcomes(planted.stored()).facet.value("refused").change
    assert change is not None
    assert (change.move, change.before.hits, change.now.hits) == ("more", 0, 60)


def test_without_conversations_there_is_nothing(planted: Planted) -> None:
    """Zeros in all outcomes, and no reason."""
    found = outcomes(planted.stored())
    assert (counts(found), found.reasons, found.assessed) == ({}, (), 0)
