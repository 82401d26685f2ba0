"""How insults are told by meaning in a set that was left out: `python -m tests.evaluations.insults_left_out`.

One labelled set is left out of the head over vectors at a time and 600 of its texts are scored by it alone; beside it
the AUROC of the head over words, which was trained on Davidson, Surge and ConvAbuse but never on DiaSafety. Only texts
that are not held back. One core, some six minutes, nearly all of it embedding.
"""

from __future__ import annotations

import numpy as np

from analytics.evaluate.measures import auroc
from analytics.heads.insults import worded
from analytics.training.toxicity import SETS, fit, labelled, vectors
from tests.evaluations.shared import folder

EACH = 600


def main() -> None:
    """Print one line a set."""
    data = folder()
    if data is None:
        return
    others = {name: {one[0] for one in labelled(data, name)} for name in SETS}
    everything = list(labelled(data))
    parts = {name: [one for one in everything if one[0] not in others[name]][:EACH] for name in SETS}
    rows = {name: vectors([one[0] for one in part]) for name, part in parts.items()}
    for name, part in parts.items():
        rest = [other for other in parts if other != name]
        model = fit(
            np.vstack([rows[other] for other in rest]),
            np.array([one[1] for other in rest for one in parts[other]]),
            np.array([min(1.0, one[2]) for other in rest for one in parts[other]]),
        )
        truth = np.array([one[1] for one in part])
        meant = model.decision_function(rows[name])
        words = np.array([worded(one[0])[0] for one in part])
        print(
            f"{name}: {truth.sum()} of {len(truth)} insult; AUROC by meaning, left out, "
            f"{auroc(meant[truth], meant[~truth]).value:.3f}; by words {auroc(words[truth], words[~truth]).value:.3f}"
        )


if __name__ == "__main__":
    main()
