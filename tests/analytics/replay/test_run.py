"""Replays against a real server: both requests are sent, answers are judged, and the verdict says how sure it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.signals import post_save

from analytics.detection import asking
from analytics.replay import deeds, run
from analytics.replay.deeds import Wanted, begin
from analytics.replay.marks import mark_of
from backend.detection.choices import Author
from backend.detection.models import JudgeCost, JudgeEndpoint
from backend.env import Env, env
from backend.errors import BadRequest, NotFound
from backend.policies.models import ProjectPolicy
from backend.replays.models import Attempt, Replay
from backend.store.client import Store
from tests.analytics.detection.conftest import Model
from tests.analytics.replay.conftest import (
    GOOD,
    QUESTION,
    REFUSED,
    RIGHT,
    WRONG,
    answering,
    blamed,
    finished,
    record,
    sent_text,
)
from tests.conftest import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_waits")]
WHO = Author("owner@example.com")
SWAP = {"kind": "drop", "change": {"document": 0}}


def _wanted(turn_id: str, **fields: Any) -> Wanted:
    return Wanted(**{"turn_id": turn_id, **SWAP, **fields})


def test_a_change_that_heals_is_told_from_the_same_request_unchanged(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, store: Store, turn_id: str
) -> None:
    """Three of each; who fails alike unchanged and answers well without the document is healed, with its interval."""
    answering(model, lambda body: "Bicycles" not in sent_text(body))
    blamed(store, cast.project.pk, turn_id, "retrieval_failed")
    one = finished(begin(cast.project, _wanted(turn_id), WHO))
    assert (one.state, one.verdict, one.error) == ("done", "heals", "")
    counts = (one.control_healed, one.control_judged, one.changed_healed, one.changed_judged)
    assert counts == (0, 3, 3, 3)
    assert (one.difference, one.p_value) == (1.0, pytest.approx(1 / 64))
    assert 0.2 < one.low < one.high == 1.0
    assert any(text.startswith("refusal: ") for text in one.before)
    assert (one.cause, one.author_name) == ("retrieval_failed", "owner@example.com")
    mark = mark_of("retrieval_failed", [one])
    assert mark
    assert (mark.state, mark.replays) == ("confirmed", (one.pk,))
    said = {arm: {its.answer for its in one.attempts.filter(arm=arm)} for arm in ("control", "changed")}
    assert said == {"control": {REFUSED}, "changed": {GOOD}}


def test_the_request_is_the_recorded_one(endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str) -> None:
    """Messages, model, temperature and limit; the endpoint's key; costs are counted where judges' are."""
    answering(model, lambda body: "Bicycles" not in sent_text(body))
    one = finished(begin(cast.project, _wanted(turn_id), WHO))
    control = [body for body in model.seen if "Bicycles" in sent_text(body)]
    assert len(control) == 3
    assert len(model.seen) == 6
    body = control[0]
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("gpt-4o", 0.3, 600)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == QUESTION
    assert {WRONG in body["messages"][0]["content"], RIGHT in body["messages"][0]["content"]} == {True}
    assert set(model.keys) == {"Bearer sk-judge"}
    assert one.used() == {"input_tokens": 6000, "output_tokens": 300, "cost_usd": pytest.approx(0.015), "failed": 0}
    assert JudgeCost.objects.get().calls == 6


def test_a_change_that_does_not_heal_is_said_not_to(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str
) -> None:
    """Five of five that fail again leave less than a half; three of three would not."""
    answering(model, lambda body: False)
    one = finished(begin(cast.project, _wanted(turn_id, repeats=5), WHO))
    assert (one.verdict, one.changed_healed, one.changed_judged) == ("does_not_heal", 0, 5)
    mark = mark_of("retrieval_failed", [one])
    assert mark
    assert mark.state == "not_confirmed"
    JudgeCost.objects.all().delete()
    few = finished(begin(cast.project, _wanted(turn_id), WHO))
    assert few.verdict == "not_enough_evidence"


def test_a_fault_that_does_not_come_back_proves_nothing(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str
) -> None:
    """The unchanged request is answered well too."""
    answering(model, lambda body: True)
    one = finished(begin(cast.project, _wanted(turn_id, repeats=4), WHO))
    assert one.verdict == "not_enough_evidence"
    assert "did not come back" in one.reason


def test_another_model_is_asked_the_same(endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str) -> None:
    """Only its name differs."""
    answering(model, lambda body: body["model"] == "large-2")
    wanted = _wanted(turn_id, kind="model", change={"model": "large-2"}, model="small-1")
    one = finished(begin(cast.project, wanted, WHO))
    assert (one.verdict, one.model, one.changed_model) == ("heals", "small-1", "large-2")
    bodies = {
        name: [body | {"model": ""} for body in model.seen if body["model"] == name] for name in ("small-1", "large-2")
    }
    assert bodies["small-1"] == bodies["large-2"]
    assert mark_of("retrieval_failed", [one]).state == "open"
    assert mark_of("reasoning_error", [one]).state == "confirmed"


def test_words_that_must_be_said_count_too(endpoint: JudgeEndpoint, model: Model, cast: Cast, store: Store) -> None:
    """An answer in which nothing is found wrong can be replayed with them, and not without."""
    turn_id = record(store, cast.project.pk, "fine", answer=GOOD)
    model.says = lambda body: (200, model.completion(GOOD))
    one = finished(begin(cast.project, _wanted(turn_id), WHO))
    assert (one.state, one.error) == ("failed", run.NOTHING_WRONG)
    assert model.seen == []
    more = f"{GOOD} It is Tracked  Mail."
    model.says = lambda body: (200, model.completion(GOOD if "Bicycles" in sent_text(body) else more))
    one = finished(begin(cast.project, _wanted(turn_id, must_say=" tracked mail "), WHO))
    assert (one.verdict, one.before) == ("heals", ["it does not say “tracked mail”"])


def test_what_went_wrong_with_a_request_is_said_for_each(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str
) -> None:
    """Failed ones count in neither share, and too few answers prove nothing."""
    turns = iter(range(100))

    def says(body: dict[str, Any]) -> tuple[int, Any]:
        if "Bicycles" in sent_text(body):
            return 200, model.completion(REFUSED)
        return [(404, b"no"), (200, b"<html>"), (200, model.completion(GOOD))][next(turns) % 3]

    model.says = says
    one = finished(begin(cast.project, _wanted(turn_id), WHO))
    assert (one.state, one.verdict, one.changed_judged) == ("done", "not_enough_evidence", 1)
    assert "Fewer than 3" in one.reason
    errors = sorted(one.attempts.exclude(error="").values_list("error", flat=True))
    assert errors == [
        "the endpoint answered 404; does it know the model gpt-4o?",
        "the endpoint's answer is no chat completion",
    ]


def test_the_days_limit_is_said_before_and_during(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str
) -> None:
    """None begins that the day has no calls for; calls that tries used up are missing at the end, and it says so."""
    with pytest.raises(BadRequest, match="leave 10 calls, and this takes 12"):
        begin(cast.project, _wanted(turn_id, repeats=6), WHO)
    model.says = lambda body: (503, b"later")
    one = finished(begin(cast.project, _wanted(turn_id, repeats=5), WHO))
    errors = list(one.attempts.values_list("error", flat=True))
    assert len(model.seen) == 10
    assert errors.count(asking.OVER_LIMIT) == 10 - errors.count("the endpoint answered 503, 3 times")
    assert asking.OVER_LIMIT in errors
    assert (one.verdict, one.reason) == ("not_enough_evidence", "There are no answers of both requests to compare.")


def test_a_model_that_calls_a_tool_gave_no_answer(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str
) -> None:
    """Nothing is run; it is told by name."""
    call = {"id": "1", "type": "function", "function": {"name": "rm", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    model.says = lambda body: (200, {"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    one = finished(begin(cast.project, _wanted(turn_id), WHO))
    (error,) = set(one.attempts.values_list("error", flat=True))
    assert error == "it asked for the tool rm instead of answering, and a replay runs no tools"


def test_a_worker_that_takes_over_asks_only_what_is_missing(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str
) -> None:
    """What was kept before the other one died stays."""
    answering(model, lambda body: "Bicycles" not in sent_text(body))
    one = begin(cast.project, _wanted(turn_id), WHO)
    for arm, answer in (("control", REFUSED), ("changed", GOOD)):
        Attempt.objects.create(replay=one, arm=arm, number=1, answer=answer)
    assert run.due() == [cast.project.pk]
    assert run.advance(cast.project.pk, seconds=600) == 4
    one.refresh_from_db()
    assert (one.verdict, one.changed_healed, len(model.seen)) == ("heals", 3, 4)
    assert run.due() == []
    assert run.advance(cast.project.pk) == 0


def test_one_that_is_stopped_asks_no_more(endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str) -> None:
    """Its answers so far stay, without a verdict; it cannot be stopped twice."""
    one = begin(cast.project, _wanted(turn_id, repeats=5), WHO)
    model.says = lambda body: (200, model.completion(GOOD))

    def stop(**_: Any) -> None:
        Replay.objects.filter(pk=one.pk).update(state="stopped")

    post_save.connect(stop, Attempt)
    try:
        finished(one)
    finally:
        post_save.disconnect(stop, Attempt)
    assert (one.state, one.verdict, one.attempts.count()) == ("stopped", "", 4)
    with pytest.raises(BadRequest, match="ended already"):
        deeds.stop(one, WHO)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"repeats": 2}, "from 3 to 10"),
        ({"repeats": 11}, "from 3 to 10"),
        ({"kind": "swap", "change": {"document": 0}}, "text is missing"),
        ({"kind": "burn", "change": {}}, "must be one of"),
        ({"change": {"document": 7}}, "the turn has 2"),
        ({"change": {"shell": "x"}}, "cannot be read"),
        ({"kind": "model", "change": {"model": "gpt-4o"}}, "is the model that the unchanged request"),
        ({"kind": "model", "change": {"model": "m" * 81}}, "at most 80"),
        ({"kind": "system", "change": {"text": "x" * 100_001}}, "the limit is 100,000"),
        ({"must_say": "x" * 301}, "the limit is 300"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_words(
    endpoint: JudgeEndpoint, cast: Cast, turn_id: str, fields: dict[str, Any], why: str
) -> None:
    """Nothing is kept of it."""
    with pytest.raises(BadRequest, match=why):
        begin(cast.project, _wanted(turn_id, **fields), WHO)
    assert not Replay.objects.exists()


def test_without_an_endpoint_nothing_begins(endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str) -> None:
    """One that is switched off later ends what waits; an answer that is not there is not found."""
    with pytest.raises(NotFound):
        begin(cast.project, _wanted("gone.0"), WHO)
    one = begin(cast.project, _wanted(turn_id), WHO)
    JudgeEndpoint.objects.update(is_enabled=False)
    with pytest.raises(BadRequest, match="no endpoint is switched on"):
        begin(cast.project, _wanted(turn_id), WHO)
    finished(one)
    assert (one.state, one.error) == ("failed", "the project's endpoint is switched off")
    assert model.seen == []


def test_private_addresses_are_asked_only_where_that_is_set(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As judges are held."""
    monkeypatch.setattr(asking, "env", lambda: Env(home=env().home))
    one = finished(begin(cast.project, _wanted(turn_id), WHO))
    assert {its.error for its in one.attempts.all()} == {"the address must begin with https://"}
    assert model.seen == []


def test_what_comes_back_is_masked_where_telemetry_is(
    endpoint: JudgeEndpoint, model: Model, cast: Cast, turn_id: str
) -> None:
    """And so is what somebody puts in, before it is kept or sent."""
    ProjectPolicy.objects.create(project=cast.project, redaction="mask")
    model.says = lambda body: (200, model.completion(f"{GOOD} Write to ada.larkin@example.com."))
    put_in = "Write to ada.larkin@example.com or call."
    one = finished(begin(cast.project, _wanted(turn_id, kind="swap", change={"document": 0, "text": put_in}), WHO))
    assert one.state == "done"
    kept = [one.change["text"], *one.attempts.values_list("answer", flat=True)]
    tokens = {text.partition("[EMAIL_")[2][:5] for text in kept}
    assert len(kept) == 7
    assert tokens != {""}
    assert len(tokens) == 1
    assert not any("ada.larkin" in sent_text(body) for body in model.seen)


def test_a_project_that_stores_no_content_replays_none(endpoint: JudgeEndpoint, cast: Cast, turn_id: str) -> None:
    """Its answers could not be kept either."""
    ProjectPolicy.objects.create(project=cast.project, redaction="drop")
    with pytest.raises(BadRequest, match="so no answer could be kept"):
        begin(cast.project, _wanted(turn_id), WHO)
