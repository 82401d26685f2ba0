"""What came in, by protocol, and what became of it, for /metrics; ``ingest.tally`` counts it by key for people."""

from __future__ import annotations

from prometheus_client import REGISTRY, Counter

REQUESTS = Counter("assay_ingest_requests", "Requests from SDKs.", ["protocol", "status"])
ACCEPTED = Counter("assay_ingest_spans_accepted", "Spans that are stored, or safe on disk.", ["protocol"])
REFUSED = Counter("assay_ingest_spans_refused", "Spans of accepted requests that were refused.", ["protocol", "reason"])
PARTS = Counter("assay_ingest_parts_accepted", "Messages about steps told in several, safe.", ["protocol"])
MERGED = Counter("assay_ingest_spans_merged", "Spans made of such messages; again with each that comes.", ["api"])
COUNTED = Counter("assay_ingest_counted", "Metrics that were accepted and not stored.", ["protocol"])

_PREFIXES = ("assay_ingest_", "assay_rows_", "assay_blocks_", "assay_queue_", "assay_spool_")


def snapshot() -> dict[str, float]:
    """All counters of this process since it started, as ``name{label="value"}`` -> number."""
    found = {}
    for family in REGISTRY.collect():
        if not family.name.startswith(_PREFIXES):
            continue
        for sample in family.samples:
            if not sample.name.endswith("_created"):
                labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
                found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found
