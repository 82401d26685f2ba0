"""Whether one process of this machine or container is well, for container health checks; cheap: no Django."""

from __future__ import annotations

import time

from backend.env import Env
from backend.supervisor.child import pulse_path
from backend.supervisor.commands import program
from backend.supervisor.probe import answers

# The worker touches its file every two seconds, beat at each of its turns.
PULSE_WITHIN_S = 60.0


def is_healthy(env: Env, name: str) -> bool:
    """Whether the process of this name answers, or touched its file within the last minute.

    Raises:
        KeyError: there is none by this name.
    """
    wanted = program(env, name)
    if wanted.probe:
        return answers(wanted.probe)
    pulse = pulse_path(env.home, name)
    return pulse.exists() and time.time() - pulse.stat().st_mtime < PULSE_WITHIN_S
