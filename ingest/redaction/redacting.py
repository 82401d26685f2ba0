"""A policy over all that a request holds; what it fails on is refused, and never stored in clear."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar

import msgspec

from backend.errors import BadRequest
from backend.sensitive.policy import DROP, OFF, Policy
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.values import as_json, from_json
from ingest.protocols.base import Decoded
from ingest.redaction.dropping import KEPT, TABLES, body_without_content, is_sentence, score_without_content
from ingest.redaction.masker import Masker
from ingest.redaction.naming import is_label
from ingest.redaction.spans import redacted
from ingest.wire import otlp_content, timeless

log = logging.getLogger(__name__)

FAILED: Final = "that could not be redacted as the project's policy asks, and were not stored"
"""Why something is left out, as a client is told and people read it."""

FILES_DROPPED: Final = "files, which the project's policy drops with all content"
"""Why files that came beside their spans are left out."""

Item = TypeVar("Item")


class NotRedacted(BadRequest):
    """Nothing of a request could be redacted, or not all of one that is taken whole."""

    code = "not_redacted"


def redacted_spans(spans: Iterable[Span], policy: Policy) -> tuple[list[Span], int]:
    """Spans as a policy lets them be stored, and how many are refused because it failed on them."""
    if policy.mode == OFF:
        return list(spans), 0
    return _each(spans, lambda span: redacted(span, policy))


def redacted_request(decoded: Decoded, policy: Policy) -> Decoded:
    """What a request holds as a policy lets it be stored.

    Args:
        decoded: its spans went through all steps.
        policy: of the project.

    Raises:
        NotRedacted: it failed, and the answer of the protocol has no room to say so.
    """
    if policy.mode == OFF:
        return decoded
    spans, failed = redacted_spans(decoded.spans, policy)
    parts, more = _each(decoded.parts, lambda part: redacted_part(part, policy))
    scores, yet_more = _each(decoded.scores, lambda score: redacted_score(score, policy))
    rejected = [(redacted_reason(reason, policy), count) for reason, count in decoded.rejected]
    if count := failed + more + yet_more:
        rejected.append((FAILED, count))
    attachments = decoded.attachments
    if attachments and policy.mode == DROP:
        rejected.append((FILES_DROPPED, len(attachments)))
        attachments = []
    # An answer that is fixed already cannot tell of it: where it would claim too much, the request is refused instead.
    if decoded.answer is not None and count and (failed or not (spans or parts or scores)):
        raise NotRedacted(f"spans, messages or scores {FAILED}, nor was anything else of this request")
    return replace(decoded, spans=spans, parts=parts, scores=scores, rejected=rejected, attachments=attachments)


def redacted_part(part: WirePart, policy: Policy) -> WirePart:
    """A part of a span; its body keeps the form that its reader knows."""
    masker = Masker(policy, part.trace_id or part.item_id)
    told = from_json(part.body)
    is_otlp = part.api in {otlp_content.API, otlp_content.BARE}
    if (is_otlp and part.kind == "span") or part.api == timeless.API:
        told = msgspec.to_builtins(redacted(msgspec.convert(told, Span), policy))
    elif isinstance(told, dict):
        span_id = told.get("span_id")
        told = _body(body_without_content(told) if policy.mode == DROP else told, masker)
        told = told | {"span_id": span_id} if is_otlp else told
    else:
        raise TypeError(f"the body of a part is a {type(told).__name__}")
    # What names a message may be a digest of all its text, by which that could be guessed.
    name = hashlib.blake2b(part.part_id.encode("utf-8", "replace"), key=policy.salt, digest_size=16).hexdigest()
    changes: dict[str, Any] = {"body": as_json(told), "part_id": name}
    if not is_otlp:  # whose ids are random bytes
        changes |= {"trace_id": masker.identity(part.trace_id), "item_id": masker.identity(part.item_id)}
    elif part.kind == "log":
        changes["item_id"] = name
    return msgspec.structs.replace(part, **changes)


def _body(told: dict[str, Any], masker: Masker, labels: frozenset[str] = KEPT) -> dict[str, Any]:
    """Masked value by value; people are not looked for in what names models, tools and steps."""
    made = {}
    for name, value in told.items():
        if name in TABLES and isinstance(value, dict):
            made[masker.name(name)] = _body(value, masker, frozenset())
        else:
            of_name = masker.labels if name in labels or is_label(name) else masker
            made[masker.name(name)] = of_name.structure(value, name)
    return made


def redacted_score(score: Score, policy: Policy) -> Score:
    """A judgement; the comment with it is as personal as what it is about."""
    if policy.mode == DROP:
        score = score_without_content(score)
    masker = Masker(policy, score.trace_id or score.span_id or score.conversation_id)
    of_label = masker if is_sentence(score.label) else masker.labels
    changes = {
        "name": masker.labels.text(score.name),
        "label": of_label.text(score.label),
        "explanation": masker.text(score.explanation),
    }
    for name in ("score_id", "author", "trace_id", "span_id", "turn_id", "conversation_id"):
        changes[name] = masker.identity(getattr(score, name))
    return msgspec.structs.replace(score, **changes)


def judgement_as_allowed(score: Score, policy: Policy) -> Score:
    """One judgement by itself; who gave it is kept where it was a person of the project.

    Raises:
        NotRedacted: it could not be redacted.
    """
    if policy.mode == OFF:
        return score
    kept, _ = _each([score], lambda one: redacted_score(one, policy))
    if not kept:
        raise NotRedacted(f"a score {FAILED}")
    return msgspec.structs.replace(kept[0], author=score.author) if score.source == "human" else kept[0]


def value_as_allowed(value: Any, policy: Policy, within: str) -> Any:
    """A value that a program keeps beside the telemetry, masked; whether ``drop`` lets it be kept, the caller decides.

    Args:
        value: any JSON.
        policy: of the project.
        within: what one value has one token in: a trace, an item.

    Raises:
        NotRedacted: it could not be redacted.
    """
    if policy.mode == OFF:
        return value
    kept, _ = _each([value], lambda one: Masker(policy, within).structure(one))
    if not kept:
        raise NotRedacted(f"values {FAILED}")
    return kept[0]


def id_as_allowed(text: str, policy: Policy) -> str:
    """The name or id of something, as spans that tell of it have it too: it is the same in the whole project.

    Raises:
        NotRedacted: it could not be redacted.
    """
    if policy.mode == OFF or not text:
        return text
    kept, _ = _each([text], lambda one: Masker(policy, "").identity(one))
    if not kept:
        raise NotRedacted(f"names {FAILED}")
    return kept[0]


def redacted_reason(text: str, policy: Policy) -> str:
    """What a client is told of a mistake, as it may be kept: it may quote what was sent."""
    if policy.mode == OFF:
        return text
    try:
        masked = Masker(policy, "").text(text)
    except Exception:
        log.exception("what a client was told could not be redacted, and is not kept")
        return "could not be redacted"
    return _without_quotes(masked) if policy.mode == DROP else masked


def _without_quotes(text: str) -> str:
    """Messages quote what was sent between quotation marks of Python's or backticks."""
    pieces = []
    mark = ""
    for one in text:
        if mark:
            if one == mark:
                pieces.append(f"…{mark}")
                mark = ""
        else:
            pieces.append(one)
            mark = one if one in "'\"" else ""
    return "".join(pieces)


def _each(items: Iterable[Item], act: Callable[[Item], Item]) -> tuple[list[Item], int]:
    kept: list[Item] = []
    failed = 0
    for item in items:
        try:
            kept.append(act(item))
        except Exception as fault:  # noqa: BLE001 - whatever it is, what was not redacted must not be stored
            failed += 1
            log.error("something of a request was refused because it could not be redacted: %s", type(fault).__name__)
    return kept, failed
