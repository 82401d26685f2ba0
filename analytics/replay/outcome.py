"""What the answers of a replay prove: the change heals, it does not, or they are too few to tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analytics.replay.marks import SURE
from analytics.statistics.compare import more_by_chance, rates
from analytics.statistics.intervals import weighted_rate
from backend.replays.models import LEAST, Replay

HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay found.

    Attributes:
        verdict: of ``Replay.Verdict``.
        reason: why, in a sentence.
        difference: share of healed answers, changed minus unchanged; None without answers in both.
        low: of the difference, 95 %.
        high: likewise.
        p_value: how often chance alone heals at least as much more; one-sided.
    """

    verdict: str
    reason: str
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None


def outcome(control: tuple[int, int], changed: tuple[int, int]) -> Outcome:
    """Compare healed answers of the changed request with those of the unchanged one.

    *Heals*: more of the changed ones are healed, half of them at least, and Boschloo's exact test finds that in at
    most 2.5 % of cases where the change does nothing. *Does not heal*: the unchanged request mostly fails again, and
    the upper limit (Clopper and Pearson, one-sided, 95 %) of the changed share is below one half. The interval shown is
    Newcombe's, which by itself would take chance for a change up to 4.7 % of the time in samples as small as these.

    Args:
        control: healed and judged answers of the unchanged request.
        changed: of the changed one.

    >>> outcome((0, 3), (3, 3)).verdict, outcome((0, 5), (0, 5)).verdict, outcome((0, 3), (2, 3)).verdict
    ('heals', 'does_not_heal', 'not_enough_evidence')
    """
    verdicts = Replay.Verdict
    least = min(control[1], changed[1])
    if not least:
        return Outcome(verdicts.NOT_ENOUGH, "There are no answers of both requests to compare.")
    found = rates(control, changed)
    p_value = more_by_chance(control, changed)
    told = (found.difference, found.low, found.high, p_value)
    share = changed[0] / changed[1]
    if least < LEAST:
        return Outcome(verdicts.NOT_ENOUGH, f"Fewer than {LEAST} answers of each request could be judged.", *told)
    if p_value <= SURE and found.low > 0 and share >= HALF:
        return Outcome(verdicts.HEALS, "More answers are healed than chance explains.", *told)
    if control[0] / control[1] >= HALF:
        text = "The unchanged request was answered well too, so what went wrong did not come back."
        return Outcome(verdicts.NOT_ENOUGH, text, *told)
    most = most_healed(changed)
    if most < HALF:
        text = f"With 95 % confidence the change heals fewer than {most:.0%} of the answers."
        return Outcome(verdicts.DOES_NOT, text, *told)
    text = f"Chance explains the difference, and up to {most:.0%} of such answers may still be healed."
    return Outcome(verdicts.NOT_ENOUGH, text, *told)


def most_healed(changed: tuple[int, int]) -> float:
    """Upper limit of the share of changed answers that are healed; exact, one-sided, 95 %."""
    healed, n = changed
    return weighted_rate([True] * healed + [False] * (n - healed), [1.0] * n, 0.9).high
