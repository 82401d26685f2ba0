"""Who may open which project; every page and endpoint asks here."""

from __future__ import annotations

from dataclasses import dataclass

from backend.accounts.models import User
from backend.errors import NotAllowed, NotFound
from backend.projects.models import ApiKey, Membership, Project, Role, Scope


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


def open_by_key(key: ApiKey) -> Access:
    """Open the project of a key; one that administers stands for an owner, any other for a member."""
    return Access(key.project, Role.OWNER if key.allows(Scope.ADMIN) else Role.MEMBER)


def require_scope(key: ApiKey, scope: str) -> None:
    """Stop here unless the key may do this.

    Raises:
        NotAllowed: it may not; the message names the scope.
    """
    if not key.allows(scope):
        raise NotAllowed(lacking(key.public_key, key.scope_words, scope))


def lacking(public_key: str, may: str, scope: str) -> str:
    """The words in which a key is told that it may not do something."""
    return f"key {public_key} may {may}; this needs the scope `{scope}`, and project settings make a key that has it"


def require_owner(access: Access) -> None:
    """Stop here unless the person owns the project.

    Raises:
        NotAllowed: the person is a member.
    """
    if not access.is_owner:
        raise NotAllowed(f"only an owner of {access.project.name} may do this")
