"""A span without personal data and secrets, and with a note of how many there were."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from backend.sensitive.gates import gate
from backend.sensitive.policy import DROP, Policy
from backend.sensitive.tokens import TOKEN, masked_in
from backend.telemetry import semconv as sc
from backend.telemetry.span import Span
from ingest.mapping.values import as_json
from ingest.redaction.dropping import CONTENT, without_content
from ingest.redaction.masker import OPAQUE, Masker
from ingest.redaction.naming import is_label

_PLACES: Final = ("trace_id", "span_id", "parent_span_id")
"""Names of a span that are random bytes by OTLP, and any text elsewhere."""

_NAMES: Final = ("conversation_id", "user_id", "response_id", "tool_call_id")
_IDENTITIES: Final = _PLACES + _NAMES
_OURS: Final = frozenset({"kind", "operation", "status", "time_note", "vocabulary", "protocol"})
"""Fields that hold words of ours."""

_TEXTS: Final = tuple(
    item.name
    for item in msgspec.structs.fields(Span)
    if item.type is str and item.name not in _OURS and item.name not in _IDENTITIES
)
_CONTENT: Final = frozenset(CONTENT) | {"documents", "events"}
"""In the other texts names of people are not looked for: they call models, agents, tools and steps."""

_LISTS: Final = ("tags", "finish_reasons")
_MARKS: Final = frozenset({sc.ASSAY_MASKED, sc.ASSAY_DROPPED})
_BETWEEN: Final = "\x1e"


def redacted(span: Span, policy: Policy) -> Span:
    """What a policy lets be stored of a span.

    Args:
        span: as its protocol decoded it; or made of parts that were redacted before, whose tokens count too.
        policy: any but ``off``.

    Raises:
        GateBroken: it could not be searched.
        RecursionError: it is nested too deeply.
    """
    if policy.mode == DROP:
        span = without_content(span)
    elif not policy.own and not policy.masks_names and not _MARKS & span.attributes.keys():
        said = _joined(span)
        if gate().is_shut(said) and not TOKEN.search(said):
            return span
    return _marked(_masked(span, Masker(policy, span.trace_id)), policy)


def _masked(span: Span, masker: Masker) -> Span:
    changes: dict[str, Any] = {}
    for name in _identities(span):
        if value := getattr(span, name):
            changes[name] = masker.identity(value)
    for name in _TEXTS:
        if value := getattr(span, name):
            changes[name] = (masker if name in _CONTENT else masker.labels).text(value)
    for name in _LISTS:
        if values := getattr(span, name):
            changes[name] = tuple(masker.labels.text(value) for value in values)
    for name, may_tell in (("attributes", True), ("resource_attributes", False)):
        changes[name] = {
            masker.name(key): (masker if may_tell and not is_label(key) else masker.labels).text(value, key)
            for key, value in getattr(span, name).items()
            if key not in _MARKS
        }
    return msgspec.structs.replace(span, **changes)


def _marked(span: Span, policy: Policy) -> Span:
    marks = {}
    if found := masked_in(_joined(span).split(_BETWEEN)):
        marks[sc.ASSAY_MASKED] = as_json(found)
    if policy.mode == DROP:
        marks[sc.ASSAY_DROPPED] = "content"
    return msgspec.structs.replace(span, attributes=span.attributes | marks) if marks else span


def _joined(span: Span) -> str:
    """All that clients wrote in a span; random ids are left out, which the gates would open for."""
    texts = [*span.tags, *span.finish_reasons]
    texts += [value for name in _TEXTS if (value := getattr(span, name))]
    for table in (span.attributes, span.resource_attributes):
        texts += [f"{key}: {value}" for key, value in table.items()]
    texts += [value for name in _identities(span) if (value := getattr(span, name)) and not OPAQUE.fullmatch(value)]
    return _BETWEEN.join(texts)


def _identities(span: Span) -> tuple[str, ...]:
    return _NAMES if span.protocol.startswith("otlp") else _IDENTITIES
