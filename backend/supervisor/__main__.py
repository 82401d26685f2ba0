"""`python -m backend.supervisor` runs all processes; with a name, as in containers, this process becomes that one."""

from __future__ import annotations

import os
import sys

from backend.env import Env, env
from backend.errors import AssayError
from backend.supervisor.commands import program
from backend.supervisor.health import is_healthy
from backend.supervisor.up import up

_USAGE = "python -m backend.supervisor [store | web | worker | beat | prepare] | healthy (web | worker | beat | store)"


def main(arguments: list[str]) -> int:
    """Do what the arguments say and return the exit code."""
    try:
        match arguments:
            case []:
                up(env())
            case ["healthy", name]:
                return 0 if is_healthy(env(), name) else 1
            case [name]:
                _become(env(), name)
            case _:
                raise KeyError
    except KeyError:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    except AssayError as fault:
        sys.stderr.write(f"assay: {fault}\n")
        return 1
    return 0


def _become(settings: Env, name: str) -> None:
    wanted = program(settings, name)
    sys.stdout.flush()
    os.execvpe(wanted.command[0], wanted.command, {**os.environ, **wanted.environ})  # noqa: S606 - of commands.py


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
