"""Becomes the program it is given, tied to its parent: where the parent is killed, the kernel ends the child too.

``python -m backend.supervisor.tie PARENT COMMAND ...``; standard library only, so the step costs some 20 ms.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie to the process ``parent``, then become ``command``; does not return."""
    if sys.platform == "linux":  # elsewhere the next start finds the port taken and says so
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("assay: the supervisor ended while this process started")
    os.execvp(command[0], command)  # noqa: S606 - the command is one of backend.supervisor.commands


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
