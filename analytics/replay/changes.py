"""What may be changed in a recorded request: a document, the prompt, or the model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from analytics.detectors.turn import Document, Turn
from analytics.pipeline.facts import LONGEST as CUT
from analytics.replay.prompts import with_version
from analytics.replay.recorded import Recorded, is_instruction, system_text
from backend.errors import BadRequest
from backend.projects.models import Project
from backend.replays.models import Replay
from backend.telemetry.message import Message, Part, text_of

LONGEST: Final = 100_000
"""Characters of a text that takes another's place."""
SHORTEST: Final = 12
"""Characters from which on a document can be told apart from other words of a request."""


class Change(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that is changed; which fields count depends on the kind.

    Attributes:
        document: place of a document in the turn, from 0 (swap, drop, first).
        text: what is put in (add, swap, system).
        name: of the prompt (prompt).
        version: of the prompt (prompt).
        model: that is asked instead (model).
    """

    document: int = -1
    text: str = ""
    name: str = ""
    version: int = 0
    model: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """A request after a change.

    Attributes:
        messages: of the request.
        turn: with the documents and instructions that belong to them.
        model: that is asked.
        words: what was changed, for people.
    """

    messages: tuple[Message, ...]
    turn: Turn
    model: str
    words: str


def read_change(kind: str, given: Mapping[str, Any]) -> Change:
    """Read what is to be changed.

    Raises:
        BadRequest: the kind is not known, or something it needs is missing or too long.
    """
    if kind not in Replay.Kind.values:
        raise BadRequest(f"kind is {kind[:20]!r}; it must be one of {', '.join(Replay.Kind.values)}")
    try:
        found = msgspec.convert(dict(given), Change)
    except msgspec.ValidationError as fault:
        raise BadRequest(f"the change cannot be read: {fault}") from None
    text = found.text.replace("\x00", "").replace("\r\n", "\n").encode("utf-8", "replace").decode()
    if kind in {"add", "swap", "system"} and not text.strip():
        raise BadRequest("text is missing: say what is put in")
    if len(text) > LONGEST:
        raise BadRequest(f"the text has {len(text):,} characters; the limit is {LONGEST:,}")
    if kind == "model" and not 0 < len(found.model.strip()) <= 80:
        raise BadRequest("model names what answers instead, in at most 80 characters")
    if kind == "prompt" and not (found.name and found.version > 0):
        raise BadRequest("name and version say which prompt is used instead")
    return msgspec.structs.replace(found, text=text, model=found.model.strip())


def apply(project: Project, recorded: Recorded, kind: str, change: Change) -> Changed:
    """Change a recorded request.

    Raises:
        BadRequest: the change cannot be made; the message says why not.
        NotFound: the project has no such version of the prompt.
    """
    if kind == "model":
        return Changed(recorded.messages, recorded.turn, change.model, f"model {change.model}")
    if kind == "prompt":
        messages = with_version(project, recorded, change.name, change.version)
        return _instructed(recorded, messages, f"version {change.version} of the prompt {change.name}")
    if kind == "system":
        return _instructed(recorded, with_system(recorded.messages, change.text), "another system message")
    if kind == "add":
        return _added(recorded, change.text)
    return _rewritten(recorded, kind, change)


def with_system(messages: Sequence[Message], text: str) -> tuple[Message, ...]:
    """Messages with one system message in place of those at their beginning."""
    rest = list(messages)
    while rest and is_instruction(rest[0]):
        rest.pop(0)
    return (_said("system", text), *rest)


def stands_in(recorded: Recorded) -> list[bool]:
    """Which documents of the turn stand word for word in the request, and can be told apart there."""
    strings: list[str] = []

    def hear(text: str) -> str:
        strings.append(text)
        return text

    _mapped(recorded.messages, hear)
    return [
        SHORTEST <= len(one.text) < CUT and any(form in text for text in strings for form in _forms(one.text))
        for one in recorded.turn.documents
    ]


def _instructed(recorded: Recorded, messages: tuple[Message, ...], words: str) -> Changed:
    if messages == recorded.messages:
        raise BadRequest("that is the request as it was sent; nothing would change")
    turn = replace(recorded.turn, system_text=system_text(messages))
    return Changed(messages, turn, recorded.model, words)


def _added(recorded: Recorded, text: str) -> Changed:
    """Put a document behind the instructions, as another paragraph of the last of them."""
    at = sum(1 for _ in _leading(recorded.messages))
    messages = list(recorded.messages)
    if at:
        messages[at - 1] = replace_parts(messages[at - 1], (*messages[at - 1].parts, Part(type="text", content=text)))
    else:
        messages.insert(0, _said("system", text))
    documents = (Document(text), *recorded.turn.documents)
    turn = replace(recorded.turn, documents=documents, system_text=system_text(messages))
    return Changed(tuple(messages), turn, recorded.model, "another document")


def _rewritten(recorded: Recorded, kind: str, change: Change) -> Changed:
    documents = recorded.turn.documents
    if not 0 <= change.document < len(documents):
        raise BadRequest(f"document is {change.document}; the turn has {len(documents)}, counted from 0")
    standing = stands_in(recorded)
    if not standing[change.document]:
        raise BadRequest(
            f"the text of document {change.document + 1} does not stand word for word in the request, so it cannot be"
            " changed there; change the system message instead"
        )
    mapping, after, words = _plan(documents, standing, kind, change)
    rewrite = _rewriter(mapping)
    messages = _mapped(recorded.messages, rewrite)
    turn = replace(recorded.turn, documents=after, system_text=system_text(messages))
    return Changed(messages, turn, recorded.model, words)


def _plan(
    documents: Sequence[Document], standing: Sequence[bool], kind: str, change: Change
) -> tuple[dict[str, str], list[Document], str]:
    """Which text becomes which, the documents afterwards, and the change in words."""
    chosen = documents[change.document]
    name = f"document {change.document + 1}"
    if kind == "first":
        moved = [one for one, stands in zip(documents, standing, strict=True) if stands]
        order = [chosen, *(one for one in moved if one is not chosen)]
        if len({one.text for one in moved}) < len(moved):
            raise BadRequest("two documents of the request have the same text, so their order cannot be told")
        if moved[0] is chosen:
            raise BadRequest(f"{name} is the first already")
        rest = [one for one, stands in zip(documents, standing, strict=True) if not stands]
        mapping = {old.text: new.text for old, new in zip(moved, order, strict=True)}
        return mapping, [*order, *rest], f"{name} first"
    if kind == "drop":
        return {chosen.text: ""}, [one for one in documents if one.text != chosen.text], f"{name} taken out"
    after = [replace(one, text=change.text) if one.text == chosen.text else one for one in documents]
    return {chosen.text: change.text}, after, f"{name} replaced"


def _rewriter(mapping: Mapping[str, str]) -> Callable[[str], str]:
    """Puts each text in another's place at once, also where it stands inside a string of JSON."""
    forms: dict[str, str] = {}
    for old, new in mapping.items():
        for escaped_old, escaped_new in zip(_forms(old), _forms(new), strict=True):
            forms.setdefault(escaped_old, escaped_new)
    longest_first = sorted(forms, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))

    def rewrite(text: str) -> str:
        if text[:1] in {"[", "{"}:  # a tool's result that the client sent as text
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                value = None
            new = _walk(value, lambda one: pattern.sub(lambda found: forms[found[0]], one))
            if new != value:
                return json.dumps(new, ensure_ascii=False)
        return pattern.sub(lambda found: forms[found[0]], text)

    return rewrite


def _forms(text: str) -> tuple[str, str, str]:
    """A text as it stands in words, in JSON, and in JSON of plain ASCII."""
    return text, json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]


def _mapped(messages: Sequence[Message], change: Callable[[str], str]) -> tuple[Message, ...]:
    """Messages with each text of a user, a system message or a tool's result changed; the assistant's words stay."""
    try:
        return tuple(
            message
            if message.role == "assistant"
            else replace_parts(message, tuple(_changed_part(part, change) for part in message.parts))
            for message in messages
        )
    except RecursionError:
        raise BadRequest("a tool's result in the request is nested too deeply") from None


def _changed_part(part: Part, change: Callable[[str], str]) -> Part:
    content = change(part.content) if part.type == "text" else part.content
    return msgspec.structs.replace(part, content=content, response=_walk(part.response, change))


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_walk(one, change) for one in value]
    if isinstance(value, dict):
        return {name: _walk(one, change) for name, one in value.items()}
    return value


def replace_parts(message: Message, parts: tuple[Part, ...]) -> Message:
    """The message with other parts."""
    return msgspec.structs.replace(message, parts=parts)


def _leading(messages: Sequence[Message]) -> list[Message]:
    found = []
    for message in messages:
        if not is_instruction(message) or not text_of(message):
            break
        found.append(message)
    return found


def _said(role: str, text: str) -> Message:
    return Message(role=role, parts=(Part(type="text", content=text),))
