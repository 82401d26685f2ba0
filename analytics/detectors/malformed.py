"""Answers and tool calls that a program could not read."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Final

from analytics.detectors.base import Detector, Evidence, Severity, ToolCall, Turn, Unjudged, Verdict

_LONGEST: Final = 200_000
_FENCED: Final = re.compile(r"\A\s*```[a-zA-Z0-9]*[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)
_BLOCK: Final = re.compile(r"```(?:json|JSON)[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_LOOKS: Final = re.compile(r'\A\s*(?:\{\s*["}]|\[\s*[\[{"\]]|\[\s*-?\d)')
_ONLY_JSON: Final = re.compile(
    r"\b(?:only|just|must|always|strictly|exclusively|valid|raw|pure)\b[^.\n]{0,60}\bJSON\b"
    r"|\bJSON\b[^.\n]{0,40}\b(?:only|and nothing else|no other text|without (?:any )?(?:other|extra|explanation))"
    r"|\b(?:respond|reply|answer|output|return|give|format\w*|write)\b[^.\n]{0,60}"
    r"\b(?:in|as|with|using|a|one|single)\b[^.\n]{0,20}\bJSON\b",
    re.IGNORECASE,
)
_OMITS: Final = re.compile(r"\.\.\.|\u2026|^\s*(?://|#|/\*)|<[a-z_ ]+>|\{\{", re.MULTILINE)


class Malformed(Detector):
    """The answer or a tool call is not the JSON that was declared: it does not parse, or breaks its schema.

    Tool calls are held against the schema of the offered tool, answers against the schema that the request asked for.
    Without one, an answer that was asked to be JSON, or is JSON by its first signs, has to parse. A code fence around
    it is allowed. A JSON example inside a text, perhaps with dots where something is left out, is no fault.
    """

    name: ClassVar[str] = "malformed"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "medium"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        faults = sorted(_faults(turn), key=lambda fault: -fault[0])
        if faults:
            score, explanation, evidence = faults[0]
            more = f" There are {len(faults) - 1} more such faults." if len(faults) > 1 else ""
            return self.grade(score, explanation + more, (evidence,))
        if not turn.output_text.strip() and not turn.tool_calls:
            return Unjudged("there is neither an answer text nor a tool call")
        return None


def _faults(turn: Turn) -> Iterator[tuple[float, str, Evidence]]:
    offered = {tool.name: tool.parameters for tool in turn.tools}
    for call in turn.tool_calls:
        fault = call_fault(call, offered)
        if fault:
            yield fault[0], fault[1], turn.cite_call(call)
    text = turn.output_text
    if not text.strip() or len(text) > _LONGEST:
        return
    found = _answer_fault(turn, text)
    if found:
        score, explanation, start = found
        yield score, explanation, turn.cite("output", max(0, start - 80), start + 80)


def call_fault(call: ToolCall, offered: Mapping[str, str]) -> tuple[float, str] | None:
    """Say how sure it is that a call is broken, and how, in a sentence.

    Args:
        call: of a tool.
        offered: schema of each tool that was offered, by name; empty where that is not known.
    """
    if offered and call.name and call.name not in offered:
        return 0.85, f"The tool {call.name[:60]} was called, which is not among the {len(offered)} offered ones."
    if not call.arguments.strip() or len(call.arguments) > _LONGEST:
        return None
    value, problem, _ = parsed(call.arguments)
    if problem:
        return 0.95, f"The arguments of the tool {call.name[:60]} are no JSON: {problem}."
    if not isinstance(value, dict):
        return (0.8, f"The arguments of the tool {call.name[:60]} are no JSON object.") if offered else None
    broken = breach(value, offered.get(call.name, ""))
    return (0.9, f"The arguments of the tool {call.name[:60]} break its schema: {broken}.") if broken else None


def _answer_fault(turn: Turn, text: str) -> tuple[float, str, int] | None:
    fenced = _FENCED.match(text)
    body, shift = (fenced[1], fenced.start(1)) if fenced else (text, 0)
    value, problem, place = parsed(body)
    if turn.response_schema:
        if problem:
            return 0.95, f"The answer was to follow a JSON schema and is no JSON: {problem}.", shift + place
        broken = breach(value, turn.response_schema)
        return (0.9, f"The answer breaks the JSON schema that was asked for: {broken}.", shift) if broken else None
    if not problem:
        return None
    if _ONLY_JSON.search(turn.system_text[-8_000:]) or _ONLY_JSON.search(turn.input_text[-8_000:]):
        return _asked_fault(text, body, problem, shift + place)
    if _LOOKS.match(body) and not _OMITS.search(body):
        whole = body.count("{") + body.count("[") > 2 or body.rstrip().endswith(("}", "]"))
        return (
            (0.7 if whole and '"' in body else 0.4),
            f"The answer begins as JSON and does not parse: {problem}.",
            shift + place,
        )
    return None


def _asked_fault(text: str, body: str, problem: str, place: int) -> tuple[float, str, int] | None:
    """JSON was asked for in words: somewhere in the answer there has to be some that parses."""
    blocks = [block for match in _BLOCK.finditer(text) if (block := match[1].strip())]
    if blocks:
        first = parsed(blocks[-1])[1]
        if not first or _OMITS.search(blocks[-1]):
            return None
        return (
            0.75,
            f"The answer was asked to be JSON and its block does not parse: {first}.",
            text.find(blocks[-1][:50]),
        )
    start = min((at for at in (body.find("{"), body.find("[")) if at >= 0), default=-1)
    if start < 0:
        return 0.4, "The answer was asked to be JSON and has none.", 0
    try:
        json.JSONDecoder().raw_decode(body[start:])
    except (ValueError, RecursionError):
        if _LOOKS.match(body[start:]):
            return 0.85, f"The answer was asked to be JSON and does not parse: {problem}.", place
        return 0.4, "The answer was asked to be JSON and has none.", 0
    return None


def parsed(text: str) -> tuple[Any, str, int]:
    """Give the value of a JSON text, or what is wrong with it in words and where."""
    try:
        return json.loads(text, parse_constant=_refused), "", 0
    except json.JSONDecodeError as fault:
        return None, f"{fault.msg.lower()} in line {fault.lineno}, column {fault.colno}", fault.pos
    except (ValueError, RecursionError) as fault:
        return None, "it is nested too deeply" if isinstance(fault, RecursionError) else str(fault)[:80], 0


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def breach(value: Any, schema: str) -> str:
    """Give what of a value breaks a JSON schema, in words; empty where nothing does or the schema is none."""
    from jsonschema.exceptions import UndefinedTypeCheck, UnknownType, best_match
    from referencing.exceptions import Unresolvable

    checker = _checker(schema) if schema and len(schema) <= _LONGEST else None
    if checker is None:
        return ""
    try:
        fault = best_match(checker.iter_errors(value))
    except (Unresolvable, UnknownType, UndefinedTypeCheck, RecursionError, TypeError, ValueError, LookupError):
        return ""  # a schema that cannot be used says nothing of the value
    if fault is None:
        return ""
    where = "".join(f"[{step!r}]" for step in list(fault.absolute_path)[:6])
    return " ".join(f"{where or 'the whole'}: {fault.message}".split())[:200].rstrip(".")


@lru_cache(256)
def _checker(schema: str) -> Any:
    """A validator that fetches nothing and cannot be held up by a pattern; None where the schema is none."""
    from jsonschema import Draft202012Validator, validators
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    value, problem, _ = parsed(schema)
    if problem or not isinstance(value, dict):
        return None
    kind = validators.validator_for(value, default=Draft202012Validator)
    safe = validators.extend(kind, {"pattern": _pattern, "patternProperties": _nothing, "format": _nothing})
    try:
        kind.check_schema(value)
    except (SchemaError, RecursionError):
        return None
    return safe(value, registry=Registry())


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[Any]:
    import re2
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str):
        try:
            fits = re2.search(pattern, instance)
        except re2.error:  # look-around and back references are not told
            return
        if not fits:
            yield ValidationError(f"{instance[:40]!r} does not match {pattern[:60]!r}")


def _nothing(*_: Any) -> Iterator[Any]:
    return iter(())
