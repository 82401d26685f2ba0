"""Langfuse's prompts: versions with labels, as its SDKs fetch, make and label them.

They are given back word by word to programs, which send them to models, so no policy changes them (docs/privacy.md);
the message of a version goes by it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path

from backend.errors import BadRequest, NotFound
from backend.policies.models import policy_of
from backend.projects.models import Project
from backend.prompts.models import Prompt, PromptVersion
from backend.prompts.references import resolved
from backend.prompts.versions import NewVersion, add_version, find_version, labels_of, put_labels
from backend.sensitive.policy import DROP
from ingest.apis.keyed import iso, keyed, page_of, paged, said, told_in
from ingest.mapping.values import as_text
from ingest.redaction.redacting import value_as_allowed


def make_prompt(request: HttpRequest, project: Project) -> HttpResponse:
    """Add a version, and the prompt where there is none by its name."""
    told = told_in(request)
    kind = as_text(told.get("type")) or "text"
    new = NewVersion(
        name=as_text(told.get("name")),
        kind=kind,
        content=told.get("prompt"),
        config={} if told.get("config") is None else told["config"],
        labels=_words(told, "labels"),
        tags=_words(told, "tags") if told.get("tags") is not None else None,
        note=_note(project, told),
    )
    return said(_shown(add_version(project, new), as_kept=True), 201)


def _note(project: Project, told: dict[str, Any]) -> str:
    policy, note = policy_of(project.pk), as_text(told.get("commitMessage"))
    return "" if policy.mode == DROP else str(value_as_allowed(note, policy, as_text(told.get("name"))))


def list_prompts(request: HttpRequest, project: Project) -> HttpResponse:
    """Prompts by name, label and tag, with their versions."""
    found: QuerySet[Prompt] = Prompt.objects.filter(project=project)
    if name := request.GET.get("name"):
        found = found.filter(name=name)
    if label := request.GET.get("label"):
        found = found.filter(labels__name=label)
    if tag := request.GET.get("tag"):
        found = found.filter(pk__in=[one.pk for one in found if tag in one.tags])
    page, size = page_of(request, limit=10)
    return said(paged(found.prefetch_related("versions", "labels"), page, size, _listed))


def get_prompt(request: HttpRequest, project: Project, name: str) -> HttpResponse:
    """One version: by number, by label, or the one in production."""
    version = find_version(project, unquote(name), number=_number(request), label=request.GET.get("label", ""))
    return said(_shown(version, as_kept=request.GET.get("resolve") == "false"))


def delete_prompt(request: HttpRequest, project: Project, name: str) -> HttpResponse:
    """Delete a prompt, or those of its versions that have a number or label."""
    found = Prompt.objects.filter(project=project, name=unquote(name)).first()
    if found is None:
        raise NotFound(f"Prompt not found: {unquote(name)!r}")
    number, label = _number(request), request.GET.get("label", "")
    if number is None and not label:
        found.delete()
    else:
        find_version(project, found.name, number=number, label=label).delete()
        if not found.versions.exists():
            found.delete()
    return HttpResponse(status=204)


def label_version(request: HttpRequest, project: Project, name: str, number: int) -> HttpResponse:
    """Point labels to a version."""
    version = find_version(project, unquote(name), number=number)
    put_labels(version, _words(told_in(request), "newLabels"))
    return said(_shown(version, as_kept=True))


def _shown(version: PromptVersion, *, as_kept: bool) -> dict[str, Any]:
    content: Any = version.content
    met: list[dict[str, Any]] = []
    if not as_kept:
        content, met = resolved(version.prompt.project, content)
    return {
        "id": str(version.pk),
        "projectId": version.prompt.project.slug,
        "name": version.prompt.name,
        "version": version.number,
        "type": version.prompt.kind,
        "prompt": content,
        "config": version.config,
        "labels": labels_of(version),
        "tags": version.prompt.tags,
        "commitMessage": version.note or None,
        "resolutionGraph": {"dependencies": met} if met else None,
        "createdBy": "API",
        "createdAt": iso(version.created_at),
        "updatedAt": iso(version.prompt.updated_at),
    }


def _listed(prompt: Prompt) -> dict[str, Any]:
    versions = list(prompt.versions.all())
    return {
        "name": prompt.name,
        "type": prompt.kind,
        "versions": sorted(version.number for version in versions),
        "labels": [*(label.name for label in prompt.labels.all()), "latest"],
        "tags": prompt.tags,
        "lastUpdatedAt": iso(prompt.updated_at),
        "lastConfig": versions[0].config if versions else {},
    }


def _words(told: dict[str, Any], name: str) -> tuple[str, ...]:
    value = told.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadRequest(f"`{name}` is a list of words")
    return tuple(value)


def _number(request: HttpRequest) -> int | None:
    text = request.GET.get("version", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequest(f"version is {text[:40]!r}, not a number")
    return int(text) if text else None


urlpatterns = [
    path("api/public/v2/prompts", keyed(GET=list_prompts, POST=make_prompt)),
    path("api/public/v2/prompts/<path:name>/versions/<int:number>", keyed(PATCH=label_version)),
    path("api/public/v2/prompts/<path:name>", keyed(GET=get_prompt, DELETE=delete_prompt)),
]
