"""Who may have a recorded request sent to the project's endpoint again, and which replays are theirs to see."""

from __future__ import annotations

from backend.accounts.models import User
from backend.detection.models import JudgeEndpoint
from backend.errors import NotAllowed, NotFound
from backend.projects.access import Access
from backend.replays.models import Replay


def may_replay(access: Access, asker: object) -> bool:
    """Whether somebody may replay: owners and keys that administer; members where an owner lets them.

    A key that only reads stands for a member and never may: what it could do is spend.
    """
    if access.is_owner:
        return True
    if not isinstance(asker, User):
        return False
    return JudgeEndpoint.objects.filter(project=access.project, members_may_replay=True).exists()


def require_replay(access: Access, asker: object) -> None:
    """Stop here unless somebody may replay.

    Raises:
        NotAllowed: the message says who may.
    """
    if not may_replay(access, asker):
        raise NotAllowed(
            f"only an owner of {access.project.name} may replay, or members where an owner lets them (judges' endpoint)"
        )


def replay_of(access: Access, replay_id: int) -> Replay:
    """A replay of the project.

    Raises:
        NotFound: there is none by that number.
    """
    found = Replay.objects.filter(project=access.project, pk=replay_id).first()
    if found is None:
        raise NotFound(f"there is no replay {replay_id} in this project")
    return found
