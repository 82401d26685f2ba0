"""Another version of a project's prompt in place of the one that a request was sent with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from analytics.replay.recorded import Recorded, is_instruction
from analytics.replay.template import filled, places, values_in
from backend.errors import BadRequest
from backend.projects.models import Project
from backend.prompts.models import Prompt, PromptVersion
from backend.prompts.references import resolved
from backend.prompts.versions import find_version
from backend.telemetry.message import Message

INSTEAD = "change the system message instead"


def versions_for(project: Project, recorded: Recorded, most: int = 50) -> list[PromptVersion]:
    """Versions that may take the place of the recorded one, newest first: of its prompt where the project has it."""
    found = PromptVersion.objects.filter(prompt__project=project).select_related("prompt")
    name = recorded.prompt[0]
    if name and Prompt.objects.filter(project=project, name=name).exists():
        found = found.filter(prompt__name=name)
    return list(found.order_by("prompt__name", "-number")[:most])


def with_version(project: Project, recorded: Recorded, name: str, number: int) -> tuple[Message, ...]:
    """The messages of a request with another version of its prompt.

    What was filled into the recorded version is read back from the request and filled into the other one.

    Raises:
        NotFound: the project has no such version.
        BadRequest: it cannot be told where the recorded prompt stands, or what is to be filled in.
    """
    wanted = _text(project, find_version(project, name, number=number))
    at, values = _place(project, recorded)
    missing = [place for place in places(wanted) if place not in values]
    if missing:
        raise BadRequest(
            f"{', '.join(missing[:5])} of version {number} of {name[:80]!r} is not known from the request; {INSTEAD}"
        )
    message, part = at
    parts = list(recorded.messages[message].parts)
    parts[part] = msgspec.structs.replace(parts[part], content=filled(wanted, values))
    messages = list(recorded.messages)
    messages[message] = msgspec.structs.replace(messages[message], parts=tuple(parts))
    return tuple(messages)


def _place(project: Project, recorded: Recorded) -> tuple[tuple[int, int], dict[str, str]]:
    """Where the prompt stands in a request, as message and part, and what was filled into it."""
    texts = list(_instructions(recorded))
    if sent := _sent(project, recorded):
        template = _text(project, sent)
        for at, text in texts:
            if (values := values_in(template, text)) is not None:
                return at, values
        raise BadRequest(
            f"version {sent.number} of {sent.prompt.name!r} was sent, and its text does not stand in the request as the"
            f" project has it; {INSTEAD}"
        )
    if len(texts) == 1 and not any(one.text and one.text in texts[0][1] for one in recorded.turn.documents):
        return texts[0][0], {}
    raise BadRequest(f"which version of a prompt was sent is not known to the project; {INSTEAD}")


def _sent(project: Project, recorded: Recorded) -> PromptVersion | None:
    name, version = recorded.prompt
    digits = version.removeprefix("v")
    if not name or not (digits.isascii() and digits.isdigit() and len(digits) < 9):
        return None
    found = PromptVersion.objects.select_related("prompt").filter(prompt__project=project, prompt__name=name)
    return found.filter(number=int(digits)).first()


def _instructions(recorded: Recorded) -> Iterator[tuple[tuple[int, int], str]]:
    for place, message in enumerate(recorded.messages):
        if not is_instruction(message):
            return
        for number, part in enumerate(message.parts):
            if part.type == "text" and part.content:
                yield (place, number), part.content


def _text(project: Project, version: PromptVersion) -> str:
    """The text of a version; of a list of messages the one that instructs."""
    content, _ = resolved(project, version.content)
    if isinstance(content, str):
        return content
    said = [one for one in content if isinstance(one, dict)]
    system = [one for one in said if one.get("role") in {"system", "developer"}]
    if len(system) != 1 or not isinstance(system[0].get("content"), str):
        raise BadRequest(f"version {version.number} of {version.prompt.name!r} has no one system message; {INSTEAD}")
    text: Any = system[0]["content"]
    return str(text)
