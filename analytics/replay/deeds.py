"""Replays as people ask for them: what can be tried on an answer, begun, stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.utils import timezone

from analytics.questions.findings import ANALYSER, CAUSE, JudgementRow, scores_of
from analytics.replay.changes import Change, apply, read_change, stands_in
from analytics.replay.prompts import versions_for
from analytics.replay.recorded import Recorded, read
from backend.detection.choices import Author
from backend.detection.endpoint import calls_left
from backend.detection.models import JudgeEndpoint
from backend.errors import BadRequest
from backend.policies.models import policy_of
from backend.projects.models import Project
from backend.prompts.models import PromptVersion
from backend.replays.models import LEAST, MOST, USUAL, Replay
from ingest.redaction.redacting import value_as_allowed

MOST_OPEN: Final = 20
"""Replays of a project that may wait at once."""
NO_ENDPOINT: Final = "no endpoint is switched on; an owner sets one under Settings, Detectors, Judges' endpoint"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A replay as somebody asks for it.

    Attributes:
        kind: of ``Replay.Kind``.
        change: fields of ``analytics.replay.changes.Change``.
        model: that the unchanged request is sent to; empty for the recorded one.
        repeats: of each request.
        must_say: words that a healed answer has to hold; empty for none.
    """

    turn_id: str
    kind: str
    change: dict[str, Any]
    model: str = ""
    repeats: int = USUAL
    must_say: str = ""


@dataclass(frozen=True, slots=True)
class Possible:
    """What can be tried on an answer.

    Attributes:
        why_not: why nothing can; empty where something can.
        recorded: the request; None where it cannot be sent again.
        standing: for each document of the turn, whether it can be changed in the request.
        versions: of prompts that may take the place of the recorded one.
        endpoint: of the project; None where none is switched on.
        calls_left: that the day still has.
        cause: of the answer; None where it has none.
    """

    why_not: str
    recorded: Recorded | None
    standing: tuple[bool, ...]
    versions: tuple[PromptVersion, ...]
    endpoint: JudgeEndpoint | None
    calls_left: int
    cause: JudgementRow | None


def possible(project: Project, turn_id: str) -> Possible:
    """Look what can be tried on an answer.

    Raises:
        NotFound: there is no such turn.
    """
    endpoint = _endpoint(project)
    left = calls_left(endpoint) if endpoint else 0
    cause = cause_of(project.pk, turn_id)
    try:
        recorded = read(project.pk, turn_id)
    except BadRequest as fault:
        return Possible(str(fault), None, (), (), endpoint, left, cause)
    standing, versions = tuple(stands_in(recorded)), tuple(versions_for(project, recorded))
    return Possible("" if endpoint else NO_ENDPOINT, recorded, standing, versions, endpoint, left, cause)


def begin(project: Project, wanted: Wanted, author: Author) -> Replay:
    """Have an answer replayed; a worker does it.

    Raises:
        NotFound: there is no such turn, or no such version of the prompt.
        BadRequest: it cannot be done; the message says why, and what would help.
    """
    endpoint = _endpoint(project)
    if endpoint is None:
        raise BadRequest(NO_ENDPOINT)
    if not LEAST <= wanted.repeats <= MOST:
        raise BadRequest(f"repeats is {wanted.repeats}; it must be from {LEAST} to {MOST}")
    must_say = " ".join(wanted.must_say.replace("\x00", "").encode("utf-8", "replace").decode().split())
    if len(must_say) > 300:
        raise BadRequest(f"must_say has {len(must_say)} characters; the limit is 300")
    change = read_change(wanted.kind, wanted.change)
    recorded = read(project.pk, wanted.turn_id)
    change, must_say = _allowed(project, recorded, change, must_say)
    changed = apply(project, recorded, wanted.kind, change)
    model = _model(wanted.model.strip() or recorded.model or endpoint.model)
    changed_model = _model(changed.model if wanted.kind == Replay.Kind.MODEL else model)
    if wanted.kind == Replay.Kind.MODEL and changed_model == model:
        raise BadRequest(f"{model} is the model that the unchanged request is sent to")
    if (left := calls_left(endpoint)) < 2 * wanted.repeats:
        raise BadRequest(f"the day's limits leave {left} calls, and this takes {2 * wanted.repeats} at least")
    if Replay.objects.filter(project=project, state=Replay.State.RUNNING).count() >= MOST_OPEN:
        raise BadRequest(f"{MOST_OPEN} replays wait already; stop one, or come back when they are done")
    cause = cause_of(project.pk, wanted.turn_id)
    return Replay.objects.create(
        project=project, turn_id=wanted.turn_id, trace_id=recorded.turn.trace_id, kind=wanted.kind,
        change=msgspec.to_builtins(change), change_text=changed.words[:300], model=model, changed_model=changed_model,
        must_say=must_say, repeats=wanted.repeats, cause=cause.label if cause else "",
        cause_probability=cause.value if cause else None, author=author.user, author_name=author.name,
    )  # fmt: skip


def stop(replay: Replay, author: Author) -> None:
    """Ask nothing more; what came back stays.

    Raises:
        BadRequest: it has ended already.
    """
    open_ones = Replay.objects.filter(pk=replay.pk, state=Replay.State.RUNNING)
    if not open_ones.update(state=Replay.State.STOPPED, stopped_by=author.name, finished_at=timezone.now()):
        raise BadRequest(f"replay {replay.pk} has ended already")
    replay.refresh_from_db()


def cause_of(project_id: int, turn_id: str) -> JudgementRow | None:
    """The probable cause that is stored for a turn's answer."""
    found = scores_of(project_id, [turn_id.rpartition(".")[0]])
    return next((one for one in found if one.turn_id == turn_id and one.name == CAUSE and one.source == ANALYSER), None)


def _endpoint(project: Project) -> JudgeEndpoint | None:
    return JudgeEndpoint.objects.filter(project=project, is_enabled=True).first()


def _allowed(project: Project, recorded: Recorded, change: Change, must_say: str) -> tuple[Change, str]:
    """What somebody typed, masked where the project masks its telemetry: it is kept like that, and sent like that."""
    policy, within = policy_of(project.pk), recorded.turn.trace_id
    text, words = (value_as_allowed(one, policy, within) for one in (change.text, must_say))
    return msgspec.structs.replace(change, text=text), words[:300]


def _model(name: str) -> str:
    if len(name) > 80 or "\x00" in name:
        raise BadRequest("the model's name is longer than 80 characters; say which model is asked")
    return name
