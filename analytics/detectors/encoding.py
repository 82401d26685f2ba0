"""Answers whose characters were damaged on the way, or that show the model's own marks."""

import re
from collections.abc import Iterator
from typing import ClassVar, Final

from analytics.detectors.base import Detector, Evidence, Severity, Turn, Unjudged, Verdict

_LOOKED_AT: Final = 20_000
_WEAK: Final = 0.3  # one pair such as ×” may stand in a good text
_CODE: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
# What cp1252 makes of the bytes 0x80 to 0xBF, which follow the first byte of every UTF-8 sequence.
_FOLLOWS: Final = "".join(sorted({bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0)}))
_MOJIBAKE: Final = re.compile(
    rf"(?:[\u00c2-\u00df][{re.escape(_FOLLOWS)}]|[\u00e0-\u00ef][{re.escape(_FOLLOWS)}]{{2}}"
    rf"|\u00f0[{re.escape(_FOLLOWS)}]{{3}})+"
)
_REPLACED: Final = re.compile(r"\ufffd+(?:[^\ufffd]{0,3}\ufffd+)*")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\x80-\x84\x86-\x9f]+|\x1b(?:\[[0-9;]*[A-Za-z]|[^\[])?")
_TOKEN: Final = re.compile(
    r"<\|(?:im_start|im_end|im_sep|endoftext|end_of_text|begin_of_text|eot_id|eom_id|python_tag|start_header_id|"
    r"end_header_id|endofprompt|fim_prefix|fim_middle|fim_suffix|system|user|assistant|end|start|channel|message|return|call|"
    r"constrain|startoftext|pad|tool_call|observation|START_OF_TURN_TOKEN|END_OF_TURN_TOKEN|[A-Z_]{3,30})\|>"
    r"|<\uff5c[^\uff5c\n]{1,40}\uff5c>|\[/?INST\]|<<?/?SYS>>?|</s>|<(?:start|end)_of_turn>|<(?:bos|eos|unk|pad|mask)>"
    r"|\[(?:UNK|PAD|CLS|SEP|MASK|BOS|EOS|/?AVAILABLE_TOOLS|/?TOOL_RESULTS)\]|<0x[0-9A-F]{2}>"
)
_PIECES: Final = re.compile(r"(?:[\u0120\u010a][A-Za-z,.'\u0120\u010a]{1,20}){3,}|(?:\u2581\w{1,20}){3,}")
_UNSEEN: Final = re.compile(
    r"[\ue000-\uf8ff\U000f0000-\U0010fffd]{2,}|[\u200b\u2060\ufeff]{3,}|[\U000e0000-\U000e007f]{2,}"
)
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]+")


class Encoding(Detector):
    """The answer's characters are damaged, or it shows tokens that only the model should see.

    Replacement characters, UTF-8 read as Windows-1252 (``Ã©`` for ``é``), control characters, lone surrogates, and
    the marks of chat templates and tokenizers. Marks of templates inside code, or that the user or the system
    prompt wrote too, are what the answer is about and not counted.
    """

    name: ClassVar[str] = "encoding"
    version: ClassVar[str] = "2"
    severity: ClassVar[Severity] = "medium"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if not turn.output_text:
            return Unjudged("there is no answer text")
        found = sorted(_damage(turn), reverse=True)
        if not found:
            return None
        kinds = list(dict.fromkeys(kind for _, kind, _, _ in found))
        signs = sum(end - start for _, _, start, end in found)
        score = found[0][0] + (0.12 if found[0][0] == _WEAK else 0.03) * (len(found) - 1)
        cited: tuple[Evidence, ...] = tuple(turn.cite("output", start, end) for _, _, start, end in found[:3])
        return self.grade(
            min(score, 0.99),
            f"The answer has {' and '.join(kinds[:3])}: {len(found)} places, {signs} characters.",
            cited,
            "high" if signs > 0.1 * len(turn.output_text) else None,
        )


def _damage(turn: Turn) -> Iterator[tuple[float, str, int, int]]:
    """How sure, what, from and to."""
    text = turn.output_text[:_LOOKED_AT]
    about = turn.input_text[:_LOOKED_AT]
    code = [match.span() for match in _CODE.finditer(text)] if "`" in text else []
    for match in _MOJIBAKE.finditer(text):
        if _reads_as_utf8(match[0]) and match[0] not in about:
            certain = len(match[0]) > 2 or match[0][0] in "\u00c3\u00c2"
            yield (0.9 if certain else _WEAK), "wrongly decoded characters", *match.span()
    for match in _REPLACED.finditer(text):
        if "\ufffd" not in about:
            yield (0.9 if len(match[0]) > 1 else 0.75), "replacement characters", *match.span()
    for pattern, kind, sure in (
        (_CONTROL, "control characters", 0.75),
        (_SURROGATE, "halves of characters", 0.85),
        (_UNSEEN, "characters without a shape", 0.6),
        (_PIECES, "pieces of a tokenizer", 0.9),
        (_TOKEN, "tokens of a chat template", 0.85),
    ):
        for match in pattern.finditer(text):
            quoted = match[0] in about or match[0] in turn.system_text[:_LOOKED_AT]
            if quoted or (pattern in {_TOKEN, _PIECES} and _is_in(match.start(), code)) or _is_strike(match[0], text):
                continue
            yield sure, kind, *match.span()


def _reads_as_utf8(run: str) -> bool:
    raw = b"".join(_byte(sign) for sign in run)
    try:
        read = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len(read) < len(run) and all(sign.isprintable() or sign.isspace() for sign in read)


def _byte(sign: str) -> bytes:
    try:
        return sign.encode("cp1252")
    except UnicodeEncodeError:
        return sign.encode("latin-1", "replace")


def _is_in(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _is_strike(token: str, text: str) -> bool:
    return token == "</s>" and "<s>" in text  # noqa: S105 - HTML, and no password
