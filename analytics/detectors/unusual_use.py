"""Unusual use: a user who asks, reads or spends many times what others do in a day."""

from __future__ import annotations

from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Severity, Turn, Unjudged, Verdict
from analytics.detectors.usage import FEWEST, LEAST, Use

_SAID: Final = {
    "requests": ("asked {:,.0f} times", "{:,.0f}"), "tokens": ("had {:,.0f} tokens written", "{:,.0f}"),
    "cost_usd": ("cost {:.2f} USD", "{:.2f}"),
}  # fmt: skip


class UnusualUse(Detector):
    """The turn's user asked, read or spent in its day five times what 99 % of other users' days stay below, or more.

    Robust against the user's own share: only others' days are compared. A day is flagged at the turn that steps over
    the limit and at each doubling of it, not at every turn after. Thirty requests, 300,000 tokens and 2 USD are
    nothing to speak of. Whether it is extraction, a script or a busy customer people have to say.
    """

    name: ClassVar[str] = "unusual_use"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "medium"
    needs_peers: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if not turn.user_id:
            return Unjudged("the user is not known")
        if turn.peers is None or turn.peers.usage is None:
            return Unjudged(f"fewer than {FEWEST} days of other users are known")
        stepped = [(one.times_over(LEAST[name]), name, one) for name, one in turn.peers.usage.items()]
        steps, name, found = max(stepped, default=(0, "", None), key=lambda one: one[0])
        if not steps or found is None:
            return Clear(0.3, "The user's day is a busy one.") if stepped else None
        return self.grade(min(0.99, 0.6 + 0.1 * steps), _explained(name, found), (turn.cite("input", 0, 120),))


def _explained(name: str, found: Use) -> str:
    said, form = _SAID[name]
    interval = f"{form.format(found.low)} to {form.format(found.high)}"
    return (
        f"By this turn its user {said.format(found.after)} in the day; 99 % of {found.days:,} days of other users "
        f"stay below {form.format(found.usual)} (95 % interval {interval})."
    )
