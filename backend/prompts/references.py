"""Prompts within prompts: ``@@@langfusePrompt:name=footer|label=production@@@`` stands for the text of another."""

from __future__ import annotations

import re
from typing import Any, Final

from backend.errors import BadRequest, NotFound
from backend.projects.models import Project
from backend.prompts.versions import find_version

DEEPEST: Final = 5
MOST: Final = 100
_REFERENCE = re.compile(r"@@@langfusePrompt:name=([^|@]{1,255})\|(?:version=(\d{1,9})|label=([a-z0-9_.-]{1,100}))@@@")


def resolved(project: Project, content: Any) -> tuple[Any, list[dict[str, Any]]]:
    """Put the texts of other prompts in their places.

    Returns:
        The content, and which prompts were met.

    Raises:
        BadRequest: a prompt that is met is missing or no text, they are nested too deeply, or there are too many.
    """
    met: list[dict[str, Any]] = []
    return _in_content(project, content, met, 0), met


def _in_content(project: Project, content: Any, met: list[dict[str, Any]], depth: int) -> Any:
    if isinstance(content, str):
        return _in_text(project, content, met, depth)
    if isinstance(content, list):
        return [_in_content(project, one, met, depth) for one in content]
    if isinstance(content, dict) and isinstance(content.get("content"), str):
        return {**content, "content": _in_text(project, content["content"], met, depth)}
    return content


def _in_text(project: Project, text: str, met: list[dict[str, Any]], depth: int) -> str:
    def put(found: re.Match[str]) -> str:
        name, number, label = found.groups()
        if depth >= DEEPEST or len(met) >= MOST:
            raise BadRequest(f"prompts stand within prompts more than {DEEPEST} deep or {MOST} times; {name!r} is one")
        try:
            version = find_version(project, name, number=int(number) if number else None, label=label or "")
        except NotFound as fault:
            raise BadRequest(f"a prompt within this one is missing: {fault}") from None
        if not isinstance(version.content, str):
            raise BadRequest(f"the prompt {name!r} within this one is no text")
        met.append({"name": name, "version": version.number})
        return _in_text(project, version.content, met, depth + 1)

    return _REFERENCE.sub(put, text)
