"""Who may have a recorded request sent to the project's endpoint again."""

from __future__ import annotations

from backend.accounts.models import User
from backend.detection.models import JudgeEndpoint
from backend.errors import NotAllowed
from backend.projects.access import Access


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
