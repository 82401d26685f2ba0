"""A part of a span: what one message of a client told of it, kept until all that was told makes the whole."""

from __future__ import annotations

import msgspec


class WirePart(msgspec.Struct, frozen=True, kw_only=True):
    """One message about one span or trace, of an API whose clients tell of a span in several messages.

    Attributes:
        api: whose words the body is in, such as ``langsmith``; names the reader in ``ingest.wire``.
        trace_id: empty where the message does not say; another part of the same item does.
        item_id: of the span or trace.
        kind: ``span``, or ``trace`` for what holds for all spans of a trace.
        part_id: names the message; sent again it replaces itself.
        sent_at: nanoseconds since 1970 by the client's clock: later messages win.
        body: JSON of the message.
    """

    api: str
    trace_id: str
    item_id: str
    kind: str
    part_id: str
    sent_at: int
    body: str
