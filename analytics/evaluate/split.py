"""Which labelled records are kept back: no threshold, rule or head may be fitted on what is reported."""

import hashlib


def is_held_back(record_id: str) -> bool:
    """Say whether a record is for reporting only: two of five are, by the hash of their id.

    >>> [is_held_back(name) for name in ("a", "b", "c", "d", "e")]
    [False, True, False, True, True]
    """
    return int(hashlib.sha256(record_id.encode()).hexdigest(), 16) % 5 < 2
