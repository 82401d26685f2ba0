"""Assay's own small API for those without an SDK: spans, scores and feedback as JSON."""
