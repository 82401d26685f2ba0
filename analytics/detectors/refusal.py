"""Answers that decline to help."""

import re
from typing import ClassVar

from analytics.detectors.base import Detector, Finding, Severity, Turn, Unjudged, Verdict

_LOOKED_AT = 400

_HELP = (
    r"(?:help|assist|aid|provide|answer|discuss|giving|sharing|writing|do (?:that|this|so|it)\b|"
    r"fulfil|comply|support|engage|create|"
    r"generate|write|produce|give|share|offer|recommend|advise|participate|continue|respond|condone|"
    r"endorse|promote|encourage|facilitate|disclose|reveal|suggest|teach|describe|explain|talk about|comment|"
    r"speculate|act (?:as|out)|role-?play|pretend|impersonate|complete (?:this|that|your) (?:request|task)|"
    r"pro(?:cess|ceed with) (?:this|that|your) request|go along|take part|contribute|be (?:a )?part|"
    r"tell you|make jokes)"
)
_NEGATED = (
    r"(?:can ?not|can't|won't|will not|am (?:unable|not able) to|'m (?:unable|not able) to|"
    r"(?:am|'m) (?:not (?:going|allowed|permitted|programmed|designed|authori[sz]ed|willing|here|"
    r"comfortable)|forbidden|prohibited)(?: to| with| from)?|don't feel comfortable|"
    r"could(?:n't| not) in good conscience|(?:must|have to|need to|will have to) (?:\w+ )?(?:decline|refuse))"
)
_DECLINES = re.compile(rf"\bI(?: \w+,?){{0,2}}? ?{_NEGATED}(?: \w+){{0,2}}? {_HELP}\w*", re.IGNORECASE)
_OTHERWISE = re.compile(
    r"\bI (?:must|have to|will have to|'ll have to) (?:\w+ )?(?:decline|refuse)\b"
    r"|\b(?:(?:it is|it's|it would be|that's|that is|this is) not|"
    r"it would(?: not|n't) be) (?:appropriate|ethical|acceptable|something I)"
    r"\b.{0,40}?\b(?:to|can|do|for me)\b"
    r"|\bI do(?: not|n't) (?:condone|endorse|promote|engage in|support (?:any|illegal)|provide (?:any|advice|info))"
    r"|\b(?:not|n't) (?:something|a topic|an area|information) (?:that )?I(?:'m| am| can| could| will)\b"
    r"|\b(?:goes|go|is|are|would be|be) against (?:my|our|\w+'s) (?:\w+ ){0,3}"
    r"(?:guidelines|programming|principles|values|polic(?:y|ies)|rules|purpose)"
    r"|\bnot within my (?:\w+ ){0,2}(?:programming|guidelines|purpose|scope)"
    r"|\bviolates? (?:my|our|\w+'s) (?:\w+ ){0,3}(?:guidelines|polic(?:y|ies)|terms)"
    r"|\bI(?:'d| would) (?:rather not|prefer not to)\b"
    r"|\bI(?:'m| am) not (?:programmed|designed|able|allowed) to (?:\w+ ){0,3}(?:illegal|harm|offensive|unethical)"
    r"|\bI(?:'m| am) (?:really |very |so )?sorry,? (?:but )?(?:I|that's|this is) (?:can't|cannot|can not|won't|"
    r"not something)(?: do that| do this| help)?[.,!]"
    r"|^(?:sorry|apologies|no)[,.] (?:but )?I (?:can't|cannot|won't)(?: do (?:that|this|it))?[.,!]",
    re.IGNORECASE,
)
_NOT_MEANT = re.compile(
    r"help but\b|(?:recommend|say|stress|praise)\b.{0,40}\benough\b|\b(?:directly|physically|manually)\b|"
    r"\banything else\b|\b(?:refund|compensat|voucher|gift card|discount|credit|upgrade|reservation|booking|"
    r"cancell|ticket)|(?:until|unless|without)\b|\b(?:specific|exact) (?:date|time)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:if|when|in case|whether|why|what|anything|nothing|things) $", re.IGNORECASE)
_OFFER = re.compile(
    r"\b(?:however|but|instead|that said)\b.{0,30}\bI(?: can|'d be| would be| could|'m| am|'ll| will)\b",
    re.IGNORECASE | re.DOTALL,
)


class Refusal(Detector):
    """The answer declines what was asked, in part or whole.

    Rules over its first 400 characters, for English. That a search found nothing, a booking failed or a rule
    of the shop forbids a refund is an answer, not a refusal. Where help of another kind is offered in the same
    breath the confidence is lower.
    """

    name: ClassVar[str] = "refusal"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "low"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        text = turn.output_text[:_LOOKED_AT].replace("\u2019", "'")  # one for one, offsets stay
        if not text.strip():
            return Unjudged("there is no answer text")
        if not _is_latin(text):
            return Unjudged("the rules read English and the answer is in another script")
        for pattern, confidence in ((_DECLINES, 0.9), (_OTHERWISE, 0.75)):
            match = next((m for m in pattern.finditer(text) if _is_meant(m, text)), None)
            if match:
                return _finding(turn, match, text, confidence)
        return None


def _finding(turn: Turn, match: re.Match[str], text: str, confidence: float) -> Finding:
    offers = _OFFER.search(text, match.end())
    also = ", and offers something else instead" if offers else ""
    return Finding(
        confidence - 0.3 if offers else confidence,
        f"The answer declines in its characters {match.start()} to {match.end()}{also}.",
        (turn.cite("output", match.start(), match.end()),),
    )


def _is_meant(match: re.Match[str], text: str) -> bool:
    sentence_end = re.compile(r"[.!?\n]|$").search(text, match.end())
    end = sentence_end.end() if sentence_end else len(text)
    if text[match.end() : end].endswith("?"):
        return False
    if _NOT_MEANT.search(text[match.start() : end]):
        return False
    return not _CONDITION.search(text[max(0, match.start() - 20) : match.start()])


def _is_latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return sum(character < "\u0250" for character in letters) >= len(letters) / 2
