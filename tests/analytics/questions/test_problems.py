"""What went wrong: each conversation with each of its problems, users as clusters, and nothing silently left out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.questions.filters import Topics, compile_filter
from analytics.questions.grammar import parse
from analytics.questions.problems import Problems, problem, problems
from analytics.questions.scope import Range, Scope
from analytics.questions.topic_facets import FacetValue
from analytics.questions.traces import count_traces
from backend.errors import NotFound
from backend.topics.models import Topic, TopicFit
from tests.analytics.questions.planting import BEFORE, NOON, Planted


def value(found: Problems, key: str) -> FacetValue:
    """Of one problem."""
    return next(one for one in found.facet.values if one.key == key)


def test_a_conversation_counts_with_each_of_its_problems(planted: Planted) -> None:
    """By cause and by detector; most first, with share, users, and the topics it is in."""
    planted.add(6, 1, cause=("retrieval_failed", 0.9), flags=("off_topic", "repetition"))
    planted.add(2, 2, cause=("retrieval_failed", 0.85))
    planted.add(12, 2)
    found = problems(planted.stored())
    assert [(one.key, one.conversations, one.users) for one in found.facet.values] == [
        ("cause:retrieval_failed", 8, 8), ("flag:off_topic", 6, 6), ("flag:repetition", 6, 6),
    ]  # fmt: skip
    retrieval = value(found, "cause:retrieval_failed")
    assert (retrieval.share.value, retrieval.share.n) == (0.4, 20)
    assert retrieval.share.low < 0.4 < retrieval.share.high
    assert [(one.name, one.conversations, one.share.n) for one in retrieval.topics] == [
        ("Parcels", 6, 6), ("Refunds", 2, 14),
    ]  # fmt: skip
    assert sum(retrieval.trend) == 8
    assert len(retrieval.examples) == 3
    assert found.meanings["cause:retrieval_failed"].name == "Retrieval failed"
    assert found.meanings["flag:off_topic"].text


def test_hints_and_lack_of_evidence_stand_apart(planted: Planted) -> None:
    """A cause below 80 % is a hint; one that nothing tells of is said as such; what clients call a cause is none."""
    planted.add(3, 1, cause=("tool", 0.5))
    planted.add(4, 1, cause=("not_enough_evidence", 0.95))
    planted.add(5, 1, scores=[{"name": "cause", "label": "tool", "value": 1.0, "source": "client"}])
    found = problems(planted.stored())
    assert {one.key: one.conversations for one in found.facet.values} == {
        "cause:hint": 3, "cause:not_enough_evidence": 4,
    }  # fmt: skip
    assert {one.search for one in found.meanings.values()} == {""}


def test_what_users_write_is_no_problem_of_an_answer(planted: Planted) -> None:
    """Flags of the user's own words, or of what is only unusual, count nowhere here."""
    planted.add(3, 1, flags=("injection", "outlier"))
    found = problems(planted.stored())
    assert (found.facet.values, found.with_problem, found.clear) == ((), 0, 3)


def test_what_was_not_looked_at_is_told_with_its_count(planted: Planted) -> None:
    """The four states add up to all conversations."""
    planted.add(2, 1, flags=("refusal",), ledger="")
    planted.add(3, 1)
    planted.add(4, 1, ledger="")
    planted.add(5, 1, ledger="failed", turns=2)
    found = problems(planted.stored())
    assert (found.with_problem, found.clear, found.waiting, found.failed) == (2, 3, 4, 5)
    assert found.facet.conversations == 14


def test_conversations_without_a_topic_count_and_left_out_ones_do_not(planted: Planted) -> None:
    """In Other, and not placed yet, stand as such; what people left out counts nowhere."""
    planted.add(2, 0, flags=("refusal",))
    planted.add(3, None, flags=("refusal",))
    planted.add(7, 3, flags=("refusal",))
    Topic.objects.filter(number=3).update(is_ignored=True)
    found = problems(planted.stored())
    (refusal,) = found.facet.values
    assert [(one.number, one.name, one.conversations) for one in refusal.topics] == [
        (None, "Not in a topic yet", 3), (0, "Other", 2),
    ]  # fmt: skip
    assert (found.with_problem, found.facet.conversations) == (5, 5)


def test_one_user_says_less_than_many(planted: Planted) -> None:
    """The interval of forty conversations of one user is wider than that of forty users."""
    planted.add(40, 1, user="restless", flags=("refusal",))
    planted.add(40, 1, flags=("repetition",))
    planted.add(80, 1)
    found = problems(planted.stored())
    clumped, spread = value(found, "flag:refusal"), value(found, "flag:repetition")
    assert (clumped.users, spread.users) == (1, 40)
    assert clumped.share.value == spread.share.value == 0.25
    assert clumped.share.high - clumped.share.low > 2 * (spread.share.high - spread.share.low)


def test_more_than_before_is_told_beyond_chance_only(planted: Planted) -> None:
    """With both samples; what is gone is told too; what one analyser did not look for alike is not compared."""
    planted.add(100, 1, BEFORE, cause=("tool", 0.9))
    planted.add(100, 1, BEFORE)
    planted.add(2, 1, cause=("tool", 0.9))
    planted.add(60, 1, cause=("data", 0.9))
    planted.add(138, 1)
    found = problems(planted.stored())
    assert found.facet.sides is not None
    tool, data = value(found, "cause:tool").change, value(found, "cause:data").change
    assert tool is not None
    assert data is not None
    assert (tool.move, data.move, found.facet.looks) == ("fewer", "more", 2)
    assert (data.before.hits, data.now.hits, data.now.size) == (0, 60, 200)
    assert data.comparison is not None
    assert 0 < data.comparison.low < 0.3


def test_a_young_project_compares_its_last_weeks(planted: Planted) -> None:
    """The figures are of the whole range, the change of its last two weeks."""
    for day in range(30):
        planted.add(5, 1, NOON + timedelta(days=day, hours=1), cause=("tool", 0.9) if day >= 16 else ("data", 0.9))
    planted.stored()
    tool = value(problems(Scope(planted.project, Range(NOON, NOON + timedelta(days=30)))), "cause:tool")
    assert tool.change is not None
    assert (tool.conversations, tool.share.n, tool.change.now.hits, tool.change.now.size) == (70, 150, 70, 70)
    assert (tool.change.before.hits, tool.change.before.size, tool.change.move) == (0, 70, "more")


def test_another_version_is_not_compared(planted: Planted) -> None:
    """A cause that is looked for otherwise makes nothing worse."""
    planted.add(100, 1, BEFORE)
    planted.add(60, 1, cause=("tool", 0.9), version="2")
    planted.add(40, 1, version="2")
    change = value(problems(planted.stored()), "cause:tool").change
    assert change is not None
    assert (change.move, change.comparison) == ("not_compared", None)


def test_a_problem_leads_to_its_conversations_and_traces(planted: Planted) -> None:
    """Newest first with the reason; of one topic; the search finds just these traces."""
    first = planted.add(3, 1, cause=("tool", 0.9), turns=2)
    planted.add(2, 2, cause=("tool", 0.9))
    planted.add(4, 2)
    for name in first:
        planted.put("span", trace_id=f"{name}-1", span_id="s", start_time=int(NOON.timestamp()) * 10**9)
    scope = planted.stored()
    page = problem(scope, "cause:tool", 1)
    assert [one.conversation_id for one in page.told] == first[::-1]
    assert (page.told[0].trace_id, page.told[0].why, page.told[0].topic) == (
        f"{first[-1]}-1", "Because of tool.", "Parcels",
    )  # fmt: skip
    assert len(problem(scope, "cause:tool").told) == 5
    assert count_traces(scope, compile_filter(parse(page.meaning.search), Topics())) == 3


def test_an_unknown_problem_is_not_found(planted: Planted) -> None:
    """A cause that nothing has now is a page without rows; a word that means nothing is none."""
    scope = planted.stored()
    assert problem(scope, "cause:policy").told == ()
    assert problem(scope, "flag:refusal").meaning.name == "Refusal"
    for key in ("cause:luck", "flag:nothing", "refusal", "flag:injection", "'; DROP TABLE flag --"):
        with pytest.raises(NotFound):
            problem(scope, key)


def test_without_a_fit_problems_are_told_all_the_same(planted: Planted) -> None:
    """All conversations are in no topic yet; without any there is nothing."""
    TopicFit.objects.all().delete()
    scope = planted.stored()
    assert problems(scope).facet.values == ()
    planted.add(2, 1, flags=("refusal",))
    (refusal,) = problems(planted.stored()).facet.values
    assert [one.number for one in refusal.topics] == [None]
    assert refusal.change is None
