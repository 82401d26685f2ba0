"""Another user's data: an answer that names what belongs to somebody else's conversation."""

from __future__ import annotations

from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Finding, Severity, Turn, Unjudged, Verdict
from analytics.detectors.identifiers import unexplained

_SCORES: Final = {1: 0.9, 2: 0.7}
"""By how many other users an identifier is known; what three or more know is nobody's own."""
_SHOWN: Final = 4


class OtherUser(Detector):
    """The answer names an order, account, number or mail address that only another user's conversation had before.

    It stands in nothing that this user said and no tool gave for them within two weeks, nor in an earlier exchange or
    document of the conversation, but one or two other users said it. What three users or more know, such as a hotline,
    is nobody's own.
    """

    name: ClassVar[str] = "other_user"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "high"
    needs_peers: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if not turn.user_id:
            return Unjudged("the user is not known")
        if turn.peers is None:
            return Unjudged("nothing is known of other users")
        owned = [(start, end, turn.peers.owners.get(key, 0)) for start, end, key in unexplained(turn)]
        found = [one for one in owned if one[2] in _SCORES]
        if not found:
            return Clear(0.2, "What it names is known to many users.") if any(one[2] for one in owned) else None
        score = max(_SCORES[users] for _, _, users in found)
        count = "one thing that belongs" if len(found) == 1 else f"{len(found)} things that belong"
        if score < self.threshold:
            return Clear(score)
        return Finding(
            score,
            f"The answer names {count} to another user's conversation and that nothing in this one gave.",
            tuple(turn.cite("output", start, end) for start, end, _ in found[:_SHOWN]),
        )
