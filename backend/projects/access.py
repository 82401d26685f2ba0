"""Who may open which project; every page and endpoint asks here."""

from __future__ import annotations

from dataclasses import dataclass

from backend.accounts.models import User
from backend.errors import NotAllowed, NotFound
from backend.projects.models import Membership, Project, Role


@dataclass(frozen=True, slots=True)
class Access:
    """A project and what the asker may do in it."""

    project: Project
    role: str

    @property
    def is_owner(self) -> bool:
        """Whether keys, people and settings may be changed."""
        return self.role == Role.OWNER


def open_project(user: User, slug: str) -> Access:
    """Open a project for a person.

    Raises:
        NotFound: there is none by this slug, or the person does not belong to it: a stranger learns no difference.
    """
    membership = Membership.objects.select_related("project").filter(user=user, project__slug=slug).first()
    if membership is None:
        raise NotFound(f"there is no project {slug!r} that you belong to")
    return Access(membership.project, membership.role)


def require_owner(access: Access) -> None:
    """Stop here unless the person owns the project.

    Raises:
        NotAllowed: the person is a member.
    """
    if not access.is_owner:
        raise NotAllowed(f"only an owner of {access.project.name} may do this")
