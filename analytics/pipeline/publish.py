"""A found model to published topics: which are the old ones, what they are called, and the one moment they change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analytics.pipeline.conversations import Conversation
from analytics.pipeline.predecessors import Predecessors
from analytics.questions.marks import published_fit
from analytics.topics.model import TopicModel
from analytics.topics.names import TopicName, name_topics
from backend.env import env
from backend.jobs.models import Stage
from backend.store.connection import store
from backend.topics import deeds
from backend.topics.deeds import next_number
from backend.topics.models import Topic, TopicDeed, TopicFit

if TYPE_CHECKING:
    from analytics.embedding import Embedder

KEPT_FITS: Final = 3
"""Fits whose assignments stay in ClickHouse: the published one and two to look back at."""


@dataclass(frozen=True, slots=True)
class Named:
    """A topic or a group of topics as it will be published.

    Attributes:
        number: its own from now on; one that was there before keeps its number.
        index: its place in the model.
        level: 1 a topic, 0 a group.
        group: number of the group it stands in; 0 where topics stand by themselves.
        steady: whether it is so much the old one that its name stays.
        came_from: numbers of other topics that much of it was in.
    """

    number: int
    index: int
    level: int
    group: int
    name: TopicName
    subtitle: str
    steady: bool
    came_from: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fit will publish.

    Attributes:
        topics: groups first.
        became: for each old topic that is gone, the numbers most of it is in now.
    """

    topics: tuple[Named, ...]
    became: dict[int, tuple[int, ...]]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Number of the topic at each index of the model."""
        fine = sorted((one for one in self.topics if one.level == 1), key=lambda one: one.index)
        return tuple(one.number for one in fine)


def plan(
    project_id: int,
    model: TopicModel,
    there: Sequence[Conversation],
    vectors: Any,
    topic: Any,
    before: Predecessors,
    embedder: Embedder,
) -> Plan:
    """Name the topics of a model and give them their numbers.

    Args:
        project_id: of the project.
        model: the fitted topics.
        there: the conversations they were found in.
        vectors: of these, shape (n, d).
        topic: index of each one's topic, -1 for none.
        before: which of the topics were there before.
        embedder: that made the vectors.
    """
    texts = [one.first_text for one in there]
    users = [one.user_id or one.conversation_id for one in there]
    names = name_topics(texts, topic, vectors, embedder, parents=model.parents, users=users)
    groups = len(names.parents) if len(names.parents) < len(model) else 0
    fresh = iter(range(next_number(project_id), 2**31))
    fine = [number or next(fresh) for number in before.numbers]
    broad = before.groups(model.parents) if groups else []
    above = [number or next(fresh) for number in broad]
    published = [
        *(_named(above[i], i, 0, 0, names.parents[i], texts, before, broad[i] > 0) for i in range(groups)),
        *(
            _named(fine[i], i, 1, above[parent] if groups else 0, names.topics[i], texts, before, before.steady[i])
            for i, parent in enumerate(model.parents)
        ),
    ]
    became = {old: tuple(fine[index] for index in into) for old, into in before.merged_into.items()}
    return Plan(tuple(published), became)


def publish(fit: TopicFit, made: Plan, since: datetime) -> None:
    """Let pages see the fit, in one moment; what came while it was made is assigned after it.

    Args:
        fit: with its model, its assignments stored.
        made: its topics.
        since: conversations that changed after this moment are assigned once more.
    """
    with transaction.atomic():
        old = published_fit(fit.project_id)
        topics = {one.number: one for one in Topic.objects.filter(project_id=fit.project_id)}
        rows: dict[int, Topic] = {}
        merged = {deed.number for deed in deeds.active(fit.project_id, (TopicDeed.Kind.MERGE,))}
        for one in made.topics:
            rows[one.number] = _write(fit, one, topics.get(one.number), rows.get(one.group), merged)
        parts = _parts(fit, rows)
        _retire(fit, made, [topic for number, topic in topics.items() if number not in {*rows, *parts}])
        TopicFit.objects.filter(project_id=fit.project_id, state=TopicFit.State.PUBLISHED).update(
            state=TopicFit.State.RETIRED
        )
        fit.state = TopicFit.State.PUBLISHED
        fit.published_at = timezone.now()
        fit.measures = {**fit.measures, "previous_fit": old.pk if old else None}
        fit.save()
        meanwhile = TopicDeed.objects.filter(project_id=fit.project_id).exclude(kind=TopicDeed.Kind.RENAME)
        meanwhile.filter(Q(at__gte=since) | Q(undone_at__gte=since)).update(is_applied=False)
        assigning = Stage.objects.filter(project_id=fit.project_id, name="assign", position__gt=since)
        assigning.update(position=since, cursor="", head=None)


def clear_old(project_id: int) -> None:
    """Drop what fits of long ago assigned; their topics and measures stay."""
    fits = TopicFit.objects.filter(project_id=project_id).exclude(state=TopicFit.State.FITTING)
    kept = list(fits.values_list("pk", flat=True)[:KEPT_FITS])
    old = fits.exclude(pk__in=kept).exclude(model=b"").exclude(state=TopicFit.State.PUBLISHED)
    for fit_id in list(old.values_list("pk", flat=True)):
        cluster = env().clickhouse_cluster
        table = "topic_assignment_local ON CLUSTER {cluster:Identifier}" if cluster else "topic_assignment"
        store().command(
            f"DELETE FROM {table} WHERE project_id = {{project_id:UInt32}} AND fit_id = {{fit_id:UInt32}}",  # noqa: S608
            {"project_id": project_id, "fit_id": fit_id, **({"cluster": cluster} if cluster else {})},
        )
        TopicFit.objects.filter(pk=fit_id).update(model=b"")


def _named(
    number: int,
    index: int,
    level: int,
    group: int,
    name: TopicName,
    texts: Sequence[str],
    before: Predecessors,
    steady: bool,
) -> Named:
    subtitle = texts[name.representatives[0]] if name.representatives else ""
    came_from = before.came_from[index] if level == 1 else ()
    return Named(number, index, level, group, name, " ".join(subtitle.split())[:500], steady, came_from)


def _parts(fit: TopicFit, rows: dict[int, Topic]) -> set[int]:
    """Take the parts that people split topics into along; the model knows only the whole."""
    found: set[int] = set()
    for deed in deeds.active(fit.project_id, (TopicDeed.Kind.SPLIT,)):
        parts = deed.details["parts"][1:]
        whole = rows.get(deed.number) or Topic.objects.filter(project_id=fit.project_id, number=deed.number).first()
        parent = whole.parent if whole else None
        Topic.objects.filter(project_id=fit.project_id, number__in=parts).update(fit=fit, parent=parent)
        found |= set(parts)
    return found


def _write(fit: TopicFit, one: Named, topic: Topic | None, group: Topic | None, merged: Collection[int]) -> Topic:
    if topic is None:
        event = "split from" if one.came_from else "found"
        topic = Topic(project_id=fit.project_id, number=one.number, lineage=[_event(event, one.came_from)])
    elif topic.state != Topic.State.ACTIVE and one.number not in merged:
        topic.lineage = [*topic.lineage, _event("came back", ())]
    if not topic.machine_name or not (one.steady or topic.is_pinned):
        topic.machine_name = one.name.title[:200]
    topic.keywords = list(one.name.keywords)
    topic.subtitle = one.subtitle
    topic.level = one.level
    topic.parent = group
    topic.state = Topic.State.MERGED if one.number in merged else Topic.State.ACTIVE
    topic.fit = fit
    topic.fit_index = one.index
    topic.save()
    return topic


def _retire(fit: TopicFit, made: Plan, gone: Sequence[Topic]) -> None:
    for topic in gone:
        if topic.state != Topic.State.ACTIVE:
            continue
        into = made.became.get(topic.number, ())
        topic.state = Topic.State.MERGED if into else Topic.State.RETIRED
        topic.lineage = [*topic.lineage, _event("merged into" if into else "retired", into)]
        topic.parent = None
        topic.save(update_fields=["state", "lineage", "parent", "updated_at"])


def _event(event: str, topics: Sequence[int]) -> dict[str, Any]:
    return {"at": timezone.now().isoformat(), "event": event, "topics": list(topics)}
