"""Who asks: a project's secret key, or a signed-in person who names a project."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from backend.accounts.models import User
from backend.errors import BadRequest
from backend.projects.access import Access, open_by_key, open_project, require_scope
from backend.projects.models import ApiKey, Scope

if TYPE_CHECKING:  # it reads the settings that name this module
    from rest_framework.views import APIView


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A program that holds a project's secret key."""

    key: ApiKey
    is_authenticated: bool = True

    @property
    def email(self) -> str:
        """What names the author of what the program writes."""
        return self.key.public_key


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <secret>`` or Basic ``public:secret``."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        """Find the key of a request; None where it carries none, so that a session may do."""
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        secret, public_key = _secret(scheme, credentials.strip())
        key = ApiKey.objects.by_secret(secret)
        if key is None or (public_key and public_key != key.public_key):
            raise AuthenticationFailed("this key is not known or was revoked; Settings lists a project's keys")
        key.note_use()
        return KeyHolder(key), key

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="assay"'


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's metaclass
    """How the OpenAPI schema tells of it."""

    target_class = "backend.api.authentication.KeyAuthentication"
    name = "secretKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """The bearer scheme."""
        return {"type": "http", "scheme": "bearer", "description": "A project's secret key."}


class KeyMay(BasePermission):
    """Holds keys to their scopes; what a person may do, her role decides.

    Reading needs ``read`` and everything else ``admin``, unless the view's ``read_scope`` or ``write_scope`` says
    otherwise.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Let a person pass, and a key that has the scope.

        Raises:
            NotAllowed: the key does not have it.
        """
        if isinstance(request.user, KeyHolder):
            reads = request.method in SAFE_METHODS
            needed = getattr(view, *(("read_scope", Scope.READ) if reads else ("write_scope", Scope.ADMIN)))
            require_scope(request.user.key, needed)
        return True


def access_of(request: Request) -> Access:
    """The project a request is about: the key's, or ``?project=`` of a signed-in person.

    Raises:
        BadRequest: a signed-in person named no project.
        NotFound: the person does not belong to it.
    """
    if isinstance(request.user, KeyHolder):
        return open_by_key(request.user.key)
    slug = request.query_params.get("project", "")
    if not slug:
        raise BadRequest("say which project: ?project=SLUG, or send the project's secret key")
    assert isinstance(request.user, User)  # noqa: S101 - for the type; the permission class has seen to it
    return open_project(request.user, slug)


def _secret(scheme: str, credentials: str) -> tuple[str, str]:
    if scheme.lower() == "bearer":
        return credentials, ""
    if scheme.lower() == "basic":
        try:
            public_key, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise AuthenticationFailed("the Basic credentials are not base64 of public:secret") from None
        return secret, public_key
    raise AuthenticationFailed(f"the scheme {scheme[:20]!r} is not known; send Bearer or Basic")
