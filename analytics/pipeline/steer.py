"""People steer topics: each deed is recorded, takes effect on what is stored, and binds every later fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics.pipeline import decided, relabel
from analytics.pipeline import embed as embedding
from analytics.questions.marks import published_fit
from analytics.questions.sql import fill
from analytics.topics.names import name_topics
from analytics.topics.parts import parts_of
from backend.errors import BadRequest, NotFound
from backend.store.connection import store
from backend.store.query import Query
from backend.topics import deeds, undo
from backend.topics.models import Topic, TopicDeed, TopicFit

SAMPLE: Final = 2_000
"""Most conversations that a proposal to split is made from, spread evenly."""
EXAMPLES: Final = 5
_KEPT_EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a topic as people see it before they split.

    Attributes:
        name: from its own words; the first part keeps the topic's.
        share: of the conversations looked at, 0 to 1.
        examples: first messages, the most typical first.
        conversation_ids: of the most typical ones.
    """

    name: str
    keywords: tuple[str, ...]
    conversations: int
    share: float
    examples: tuple[str, ...]
    conversation_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """How a topic could be split.

    Attributes:
        parts: the largest first.
        separation: how far they are apart, -1 to 1.
        conversations: how many were looked at.
    """

    parts: tuple[Part, ...]
    separation: float
    conversations: int
    prototypes: Any
    embedding_model: str


@dataclass(frozen=True, slots=True)
class _Inside:
    conversation_id: str
    first_text: str
    user_id: str


@dataclass(frozen=True, slots=True)
class _Where:
    conversation_id: str
    topic_id: int


# By a hash, so that the same conversations are looked at for the preview and for the deed.
_INSIDE: Final = Query(
    "conversations_to_split",
    fill("""
SELECT conversation_id, first_text, user_id FROM topic_assignment FINAL
WHERE @project AND fit_id = {fit_id:UInt32} AND topic_id = {number:UInt32} AND state IN ('assigned', 'low_confidence')
ORDER BY cityHash64(conversation_id) LIMIT {limit:UInt32}
"""),
    _Inside,
)
_WHERE: Final = Query(
    "topics_to_move_from",
    fill("""
SELECT conversation_id, topic_id FROM topic_assignment FINAL
WHERE @project AND fit_id = {fit_id:UInt32} AND conversation_id IN {ids:Array(String)}
"""),
    _Where,
)


def propose(project_id: int, number: int, count: int | None = None) -> Proposal:
    """Propose parts of a topic; the same each time until its conversations change.

    Args:
        project_id: of the project.
        number: of the topic.
        count: of parts, 2 to 8; as many as are best apart when not given.

    Raises:
        NotFound: there is no such topic.
        BadRequest: it has too few conversations in different words.
    """
    topic = deeds.topic_of(project_id, number)
    if count is not None and not 2 <= count <= deeds.MOST_PARTS:
        raise BadRequest(f"a topic is split into 2 to {deeds.MOST_PARTS} parts, not {count}")
    model = embedding.embedder()
    name = embedding.model_name(model)
    asked = {"project_id": project_id, "fit_id": _fit(project_id).pk, "number": number}
    inside = {row.conversation_id: row for row in store().fetch(_INSIDE, **asked, limit=SAMPLE)}
    ids, vectors = decided.matrix(project_id, list(inside), name)
    try:
        found = parts_of(vectors, count)
    except ValueError as fault:
        raise BadRequest(f"topic {number} cannot be split: {fault}") from fault
    texts = [inside[one].first_text for one in ids]
    users = [inside[one].user_id or one for one in ids]
    k = len(found.prototypes)
    names = name_topics(texts, found.part, vectors, model, parents=_each_alone(k), users=users).topics
    parts = tuple(_part(at, found, ids, texts, vectors, names[at].title, names[at].keywords) for at in range(k))
    first = Part(topic.name, *_rest(parts[0]))
    return Proposal((first, *parts[1:]), found.separation, len(ids), found.prototypes, name)


def split(project_id: int, number: int, count: int | None, by: str) -> TopicDeed:
    """Split a topic as was proposed; the largest part keeps its number and name.

    Raises:
        NotFound, BadRequest: as ``propose``.
    """
    proposal = propose(project_id, number, count)
    parts = [
        {
            "name": one.name[:200],
            "subtitle": " ".join(one.examples[0].split())[:500] if one.examples else "",
            "keywords": list(one.keywords),
            "examples": list(one.conversation_ids),
        }
        for one in proposal.parts
    ]
    vectors = decided.packed(proposal.prototypes)
    topic = deeds.topic_of(project_id, number)
    deed = deeds.split(topic, parts, by, vectors=vectors, embedding_model=proposal.embedding_model)
    relabel.apply(deed)
    return deed


def merge(project_id: int, number: int, into: int, by: str) -> TopicDeed:
    """Make a topic part of another.

    Raises:
        NotFound: one of them is not there.
        BadRequest: they are the same.
    """
    deed = deeds.merge(deeds.topic_of(project_id, number), deeds.topic_of(project_id, into), by)
    relabel.apply(deed)
    return deed


def move(project_id: int, conversation_ids: Sequence[str], into: int, by: str) -> TopicDeed:
    """Put conversations into a topic, or into Other (0); what says the same and comes from where they were follows.

    Raises:
        NotFound: the topic, or one of the conversations, is not there.
        BadRequest: too many, or all are there already.
    """
    target = deeds.topic_of(project_id, into) if into else None
    wanted = list(dict.fromkeys(conversation_ids))
    if len(wanted) > deeds.MOST_MOVED:
        raise BadRequest(f"{len(wanted)} conversations cannot be moved; at most {deeds.MOST_MOVED} at once can")
    found = store().fetch(_WHERE, project_id=project_id, fit_id=_fit(project_id).pk, ids=wanted)
    missing = sorted(set(wanted) - {row.conversation_id for row in found})
    if missing:
        raise NotFound(
            f"no topic was looked for in conversation {missing[0]!r} yet; {len(missing)} of them are not known"
        )
    origin = {row.conversation_id: row.topic_id for row in found if row.topic_id != into}
    if not origin:
        raise BadRequest("these conversations are in that topic already")
    name = embedding.model_name(embedding.embedder())
    anchors, vectors = decided.matrix(project_id, sorted(origin), name)
    kept = {"anchors": anchors, "vectors": decided.packed(vectors) if anchors else b"", "embedding_model": name}
    deed = deeds.move(project_id, target, origin, by, **kept)
    relabel.apply(deed)
    return deed


def mark(project_id: int, number: int, kind: str, by: str) -> TopicDeed:
    """Pin a topic, or leave it out of lists and trends; see ``deeds.mark``."""
    deed = deeds.mark(deeds.topic_of(project_id, number), kind, by)
    relabel.apply(deed)
    return deed


def take_back(project_id: int, deed_id: int, by: str) -> TopicDeed:
    """Undo a deed; see ``undo.undo``."""
    deed = undo.undo(project_id, deed_id, by)
    relabel.apply(deed)
    return deed


def _fit(project_id: int) -> TopicFit:
    found = published_fit(project_id)
    if found is None:
        raise NotFound("no topics were found in this project yet")
    return found


def _each_alone(count: int) -> Any:
    import numpy as np

    return np.arange(count, dtype=np.int32)


def _rest(part: Part) -> tuple[Any, ...]:
    return part.keywords, part.conversations, part.share, part.examples, part.conversation_ids


def _part(
    at: int, found: Any, ids: Sequence[str], texts: Sequence[str], vectors: Any, name: str, keywords: Sequence[str]
) -> Part:
    rows = (found.part == at).nonzero()[0]
    order = rows[(-(vectors[rows] @ found.prototypes[at])).argsort(kind="stable")]
    shown: dict[str, None] = {texts[row]: None for row in order}
    return Part(
        name=name,
        keywords=tuple(keywords),
        conversations=len(rows),
        share=len(rows) / max(1, len(ids)),
        examples=tuple(shown)[:EXAMPLES],
        conversation_ids=tuple(ids[row] for row in order[:_KEPT_EXAMPLES]),
    )


def topics_to_choose(project_id: int, but: int) -> list[Topic]:
    """Topics in use that another one can be merged into, or its conversations moved to, by name."""
    found = Topic.objects.filter(project_id=project_id, level=1, state=Topic.State.ACTIVE).exclude(number=but)
    return sorted(found, key=lambda one: one.name.lower())
