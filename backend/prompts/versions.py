"""Adding versions of prompts, finding the one in force, and moving labels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Max

from backend.errors import BadRequest, NotFound
from backend.projects.models import Project
from backend.prompts.models import Prompt, PromptLabel, PromptVersion

LATEST: Final = "latest"
"""The label that the newest version has by itself."""

PRODUCTION: Final = "production"
"""The label that is meant where none is asked for."""

_LABEL = re.compile(r"[a-z0-9_.-]{1,100}")
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version to add.

    Attributes:
        content: a text, or a list of messages where ``kind`` is ``chat``.
        labels: point to it from now on.
        tags: of the prompt, replaced where given.
    """

    name: str
    kind: str
    content: Any
    config: Any = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] | None = None
    note: str = ""


def add_version(project: Project, new: NewVersion) -> PromptVersion:
    """Add a version, the prompt too where it is the first.

    Raises:
        BadRequest: the name is missing, the content does not fit the kind, or the prompt is of the other kind.
    """
    _check(new)
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return _added(project, new)
        except IntegrityError:  # another request took the number, or made the prompt
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("the loop returns or raises")


def _added(project: Project, new: NewVersion) -> PromptVersion:
    prompt, made = Prompt.objects.get_or_create(
        project=project, name=new.name, defaults={"kind": new.kind, "tags": list(new.tags or ())}
    )
    if prompt.kind != new.kind:
        raise BadRequest(f"the prompt {new.name!r} is of kind {prompt.kind}; its next version must be too")
    if new.tags is not None and not made:
        prompt.tags = list(new.tags)
    prompt.save(update_fields=["tags", "updated_at"])
    last = prompt.versions.aggregate(last=Max("number"))["last"] or 0
    version = PromptVersion.objects.create(
        prompt=prompt, number=last + 1, content=new.content, config=new.config, note=new.note
    )
    put_labels(version, new.labels)
    return version


def put_labels(version: PromptVersion, labels: Iterable[str]) -> None:
    """Point labels to a version; each leaves the one it pointed to.

    Raises:
        BadRequest: a label has other characters than ``a-z 0-9 _ . -``.
    """
    for name in labels:
        if not _LABEL.fullmatch(name):
            raise BadRequest(f"the label {name[:100]!r} must be of a-z, 0-9, _, . and -")
        if name != LATEST:
            PromptLabel.objects.update_or_create(prompt=version.prompt, name=name, defaults={"version": version})


def find_version(project: Project, name: str, *, number: int | None = None, label: str = "") -> PromptVersion:
    """The version of a number, or else the one that a label points to.

    Raises:
        NotFound: there is none.
    """
    versions = PromptVersion.objects.select_related("prompt").filter(prompt__project=project, prompt__name=name)
    if number is not None:
        found = versions.filter(number=number).first()
    elif label == LATEST:
        found = versions.first()
    else:
        found = versions.filter(labels__name=label or PRODUCTION).first()
    if found is None:
        which = f"version {number}" if number is not None else f"the label {label or PRODUCTION!r}"
        raise NotFound(f"Prompt not found: {name!r} with {which}")
    return found


def labels_of(version: PromptVersion) -> list[str]:
    """All labels of a version, ``latest`` too where it is the newest."""
    names = [label.name for label in version.labels.all()]
    newest = version.prompt.versions.aggregate(last=Max("number"))["last"] == version.number
    return [*names, LATEST] if newest else names


def _check(new: NewVersion) -> None:
    if not new.name or len(new.name) > 255:
        raise BadRequest("a prompt has a name of at most 255 characters")
    if new.kind == Prompt.Kind.TEXT and not isinstance(new.content, str):
        raise BadRequest("`prompt` of a text prompt is a text")
    if new.kind == Prompt.Kind.CHAT and not (
        isinstance(new.content, list) and all(isinstance(one, dict) for one in new.content)
    ):
        raise BadRequest("`prompt` of a chat prompt is a list of messages")
    if new.kind not in Prompt.Kind.values:
        raise BadRequest(f"`type` is {new.kind[:40]!r}, not text or chat")
