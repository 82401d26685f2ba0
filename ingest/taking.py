"""From a request to rows: decompress, decode, step by step; and counting what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from backend.arrivals.counted import MESSAGES, OTHERS, SCORES, SPANS
from backend.sensitive.policy import AS_SENT, OFF, Policy
from backend.store.parts import part_rows
from backend.store.rows import Rows
from backend.store.scores import score_rows
from ingest import body, bounds, counters, steps
from ingest.attaching import Attachment, put_all_aside
from ingest.prices.own import own_prices
from ingest.protocols.base import Answer, Decoded, Protocol, Request
from ingest.redaction.redacting import redacted_request
from ingest.resends import marks_of
from ingest.told_steps import ToldSteps, told_in
from ingest.uploaded import names_addresses


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request held.

    Attributes:
        rows: what to store, a table each.
        attachments: what the rows refer to, to be kept before them.
        names_addresses: whether addresses of ours may stand in the rows, of files that were uploaded before.
        kinds: how many spans, scores, messages about spans, and metrics it holds that are taken.
        marks: by which its spans are recognised when they come again.
        told: what it tells of spans in messages.
        rejected: (reason, how many) of what is left out.
        answer: what to say once the rows are safe; None leaves it to the protocol.
    """

    rows: list[Rows]
    attachments: list[Attachment]
    kinds: dict[str, int]
    marks: list[int]
    told: ToldSteps
    rejected: list[tuple[str, int]]
    answer: Answer | None
    names_addresses: bool = False

    @property
    def size(self) -> int:
        """How much it was, by what limits of keys count: everything alike, also what is left out."""
        return sum(self.kinds.values()) + sum(count for _, count in self.rejected)

    @property
    def size_bytes(self) -> int:
        """How large its rows and attachments are."""
        return sum(len(rows.text) for rows in self.rows) + sum(len(one.content) for one in self.attachments)


def take(
    protocol: Protocol, request: Request, project_id: int, *, encoding: str, limit: int, policy: Policy = AS_SENT
) -> Taken:
    """Read a request.

    Args:
        protocol: whose it is.
        request: with its body as it came.
        project_id: whose spans these are.
        encoding: of the body.
        limit: most bytes of the body after decompression.
        policy: what of it may be stored.

    Raises:
        AssayError: it cannot be read; the message says what and where.
    """
    whole = body.decompress(request.body, encoding, limit)
    bounds.check_body(whole)
    decoded = protocol.decode_request(replace(request, body=whole))
    told = told_in(project_id, decoded.parts)  # before masking changes the ids that clients gave
    as_sent = policy.mode == OFF
    spans, refused = steps.run(decoded.spans, own_prices().of(project_id), mends=not as_sent)
    scores = [steps.put_sound_score(score) for score in decoded.scores]
    decoded = replace(decoded, spans=spans, scores=scores, rejected=[*decoded.rejected, *refused])
    if not as_sent:
        decoded = redacted_request(decoded, policy)
    kinds = {
        SPANS: len(decoded.spans),
        SCORES: len(decoded.scores),
        MESSAGES: len(decoded.parts),
        OTHERS: decoded.counted,
    }
    rows, aside = put_all_aside(_rows(project_id, decoded))
    marks = marks_of(project_id, decoded.spans)
    rejected: Counter[str] = Counter()
    for reason, number in decoded.rejected:  # there may be one each for thousands
        rejected[reason] += number
    attachments = [*decoded.attachments, *aside]
    return Taken(rows, attachments, kinds, marks, told, list(rejected.items()), decoded.answer, names_addresses(rows))


def key_in(protocol: Protocol, raw: bytes, encoding: str, limit: int) -> str:
    """The key that stands in a body."""
    whole = body.decompress(raw, encoding, limit)
    bounds.check_body(whole)
    return protocol.key_of(whole)


def count(protocol: Protocol, taken: Taken) -> None:
    """Count for /metrics what is safe now."""
    counters.ACCEPTED.labels(protocol.name).inc(taken.kinds[SPANS])
    if parts := taken.kinds[MESSAGES]:
        counters.PARTS.labels(protocol.name).inc(parts)
    if counted := taken.kinds[OTHERS]:
        counters.COUNTED.labels(protocol.name).inc(counted)
    for reason, number in taken.rejected:
        counters.REFUSED.labels(protocol.name, reason).inc(number)


def _rows(project_id: int, decoded: Decoded) -> list[Rows]:
    rows = [steps.mended_rows(project_id, decoded.spans)]
    if decoded.scores:
        rows.append(score_rows(project_id, decoded.scores))
    if decoded.parts:
        rows.append(part_rows(project_id, decoded.parts))
    return rows
