"""Figures of the size that components will meet."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from django.utils import timezone

NAMES = (
    "Where is my parcel",
    "Return a worn pair of shoes",
    "Refund has not arrived",
    "Change the delivery address",
    "Discount code is refused",
    "Size advice for boots",
    "Cancel an order",
    "Invoice with VAT number",
    "Gift card balance",
    "Account is locked",
    "Damaged on arrival",
    "Wholesale prices",
)
_ANSWER = (
    "Your refund of 84.90 was sent on 3 November. Banks usually take three to five days.\n\n"
    "If it has not arrived by Friday, write to jane.doe@example.com or call +44 20 7946 0321 and give them "
    "the reference <b>RF-2291</b>."
)
_DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="
_GRAMMAR = (
    ("status:", "ok, error"),
    ("model:", "name, * stands for anything"),
    ("latency:>", "2s, 800ms"),
    ("flag:", "pii, refusal, repetition…"),
)
_SNIPPET = """curl https://assay.example.com/v1/traces \\
  -H "Authorization: Bearer sk-assay-…" \\
  --data-binary @spans.pb"""


def context() -> dict[str, Any]:
    """Give the page's figures."""
    return {
        "page_title": "Gallery",
        "kpis": _kpis(),
        "topics": [_topic(place, name) for place, name in enumerate(NAMES)],
        "facets": _facets(),
        "tokens": _tokens(),
        "suggestions": [{"text": text, "hint": hint} for text, hint in _GRAMMAR],
        "views": _views(),
        "charts": _charts(),
        "crumbs": [{"label": "Topics", "href": "/topics"}, {"label": "Refunds", "href": "/topics/4"}],
        "legend_items": [
            {"label": name, "topic": place + 1, "count": 900 // (place + 1)} for place, name in enumerate(NAMES)
        ],
        "range_options": [{"value": "7", "label": "7 days"}, {"value": "30", "label": "30 days"}],
        "verdicts": [
            {"value": "confirmed", "label": "Flag is right"},
            {"value": "rejected", "label": "False alarm"},
            {"value": "unsure", "label": "Cannot say", "hint": "skips the rate"},
        ],
        "snippet": _SNIPPET,
        **_trace(),
    }


def _trace() -> dict[str, Any]:
    """Give what stands on a trace's page."""
    now = timezone.now()
    end = _ANSWER.index(" and give")
    return {
        "earlier": now - timedelta(minutes=3, seconds=12),
        "spans": _spans(),
        "total_ms": 4210.0,
        "answer": _ANSWER,
        "marks": [
            {"start": _ANSWER.index("jane"), "end": _ANSWER.index(" or call"), "label": "pii: e-mail", "key": "f1"},
            {"start": _ANSWER.index("+44"), "end": end, "label": "pii: phone", "severity": "high"},
        ],
        "attachments": [
            {"kind": "image", "href": _DOT, "title": "parcel.png", "media_type": "image/png", "size": 43},
            {"kind": "file", "href": "#", "title": "invoice.pdf", "media_type": "application/pdf", "size": 81_920},
        ],
        "call": {"order_id": "A-10293", "include": ["refunds", "shipments"], "limit": 5, "verbose": False},
        "result": {"status": "refunded", "amount": 84.9, "note": None, "lines": [{"sku": "BT-42", "n": 1}] * 3},
        "history": [
            {"icon": "split", "text": "Split from “Refunds”", "who": "ada@example.com", "at": now - timedelta(days=2)},
            {"icon": "sparkles", "tone": "new", "text": "First seen", "detail": "41 times", "at": now - timedelta(9)},
        ],
        "vitals": [
            {"label": "Status", "value": "error", "tone": "error"},
            {"label": "Latency", "value": "4.21 s"},
            {"label": "Tokens", "value": "2.4k in · 310 out"},
            {"label": "Cost", "value": "$0.012"},
            {"label": "Model", "value": "gpt-4o-mini"},
            {"label": "Conversation", "value": "c-8f31", "href": "#"},
        ],
        "attributes": [
            {"label": "request.temperature", "value": "0.2"},
            {"label": "server.address", "value": "api.example.com"},
            {"label": "user", "value": "u-3391", "href": "#"},
            {"label": "session.note", "value": ""},
        ],
    }


def _wave(seed: int, days: int = 30, base: float = 40) -> list[float]:
    return [round(base * (1 + 0.3 * math.sin(day / 1.1 + seed)) + seed * day / 9, 1) for day in range(days)]


def _kpis() -> list[dict[str, Any]]:
    rows: list[tuple[str, Any, str, int | None, float | None, str, str]] = [
        ("Conversations", "12.4k", "", None, 0.124, "", ""),
        ("Quality rate", "86.2", "%", 1204, -0.021, "up", "84.1–88.1%"),
        ("Error rate", "1.3", "%", 31_022, 0.44, "down", "1.2–1.4%"),
        ("Latency p95", "3.92", "s", 31_022, -0.08, "down", "3.81–4.05 s"),
        ("First token p50", "412", "ms", 29_410, 0.0, "down", ""),
        ("Tokens", "48.1", "M", None, 0.31, "", ""),
        ("Cost", "$214", "", None, 0.05, "down", ""),
        ("Flag rate", None, "", 0, None, "down", ""),
    ]
    return [
        {
            "label": label,
            "value": value,
            "unit": unit,
            "n": n,
            "change": change,
            "good": good,
            "interval": interval,
            "trend": _wave(place, 14),
        }
        for place, (label, value, unit, n, change, good, interval) in enumerate(rows)
    ]


def _topic(place: int, name: str) -> dict[str, Any]:
    quality = 0.95 - place * 0.04
    n = 1400 // (place + 1)
    margin = 1 / math.sqrt(n)
    return {
        "color": place + 1,
        "name": name,
        "count": n * 3,
        "share": 0.31 / (place + 1),
        "users": n,
        "trend": _wave(place),
        "quality": quality,
        "low": quality - margin,
        "high": min(1.0, quality + margin),
        "n": n,
        "cost_usd": 21.4 / (place + 1),
        "p95_ms": 1400 + 370 * place,
        "flags": 0.004 * place,
        "novelty": {2: "GROWING", 6: "NEW"}.get(place, ""),
    }


def _spans() -> list[dict[str, Any]]:
    rows = [
        ("s1", 0, "support assistant", "invoke_agent", 0, 4210, "error", 0, True, ""),
        ("s2", 1, "embed question", "embeddings", 12, 48, "ok", 0, False, "minilm"),
        ("s3", 1, "search help pages", "retrieval", 61, 214, "ok", 0, False, "5 documents"),
        ("s4", 1, "plan", "chat", 280, 1310, "ok", 0, True, "gpt-4o-mini"),
        ("s5", 2, "lookup_order", "execute_tool", 900, 410, "error", 0, False, ""),
        (
            "s6",
            2,
            "a step with a very long name that has to be cut short somewhere",
            "other",
            1320,
            200,
            "ok",
            0,
            False,
            "",
        ),
        ("s7", 1, "answer", "chat", 1620, 2590, "ok", 2, False, "gpt-4o-mini"),
    ]
    return [
        {
            "id": key,
            "depth": depth,
            "name": name,
            "operation": operation,
            "start_ms": start,
            "duration_ms": length,
            "status": status,
            "flags": flags,
            "children": children,
            "sub": sub,
            "href": "",
            "first_token_ms": 420 if operation == "chat" else None,
        }
        for key, depth, name, operation, start, length, status, flags, children, sub in rows
    ]


def _facets() -> list[dict[str, Any]]:
    def values(*rows: tuple[str, int, bool]) -> list[dict[str, Any]]:
        most = max(count for _, count, _ in rows)
        return [
            {"label": label, "count": count, "share": count / most, "selected": chosen, "href": "#"}
            for label, count, chosen in rows
        ]

    return [
        {"title": "Status", "chosen": 1, "values": values(("ok", 29_804, False), ("error", 412, True))},
        {
            "title": "Model",
            "values": values(("gpt-4o-mini", 21_000, False), ("claude-3-5-haiku-20241022-long-name", 8_100, False)),
        },
        {"title": "Flag", "closed": True, "values": values(("pii", 31, False))},
    ]


def _tokens() -> list[dict[str, Any]]:
    return [
        {"text": "status:error", "valid": True, "remove_href": "#"},
        {"text": "latency:>2parsecs", "valid": False, "reason": "latency takes ms, s or min", "remove_href": "#"},
    ]


def _views() -> list[dict[str, Any]]:
    return [
        {"label": "All", "href": "#", "current": True, "count": 31_022},
        {"label": "Conversations", "href": "#", "count": 12_400},
        {"label": "Errors", "href": "#", "count": 412},
        {"label": "Slow", "href": "#", "count": 88, "draft": True},
    ]


def _charts() -> dict[str, Any]:
    days = [f"2026-11-{day:02}" for day in range(1, 29)]
    volume = _wave(1, 28, 400)
    line = {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "x": days,
                "y": volume,
                "name": "This period",
                "line": {"color": "--accent", "width": 2},
            },
            {
                "type": "scatter",
                "mode": "lines",
                "x": days,
                "y": _wave(2, 28, 380),
                "name": "Previous",
                "line": {"color": "--chart-previous", "dash": "dot", "width": 1.5},
            },
        ],
        "layout": {"hovermode": "x unified"},
    }
    points = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "hovertext": name,
            "hoverinfo": "text",
            "x": [math.cos(place * 0.9) * 4 + math.sin(i * 7.1) * (0.3 + i % 5 / 6) for i in range(60)],
            "y": [math.sin(place * 1.7) * 4 + math.cos(i * 3.3) * (0.3 + i % 7 / 8) for i in range(60)],
            "marker": {"color": f"--topic-{place + 1}", "size": 6, "opacity": 0.8},
        }
        for place, name in enumerate(NAMES[:8])
    ]
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "rangemode": "normal"}
    return {
        "line": line,
        "line_rows": list(zip(days, volume, strict=True)),
        "map": {"data": points, "layout": {"xaxis": bare, "yaxis": bare, "showlegend": False}},
        "map_rows": [(name, 60) for name in NAMES[:8]],
    }
