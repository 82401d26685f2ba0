"""Answers that decline to help."""

import re
from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Finding, Severity, Turn, Unjudged, Verdict
from analytics.detectors.refusal_elsewhere import declined
from analytics.detectors.refusal_reasons import WEIGHTS, is_moral, reasons, weigh

_LOOKED_AT: Final = 400

_HELP: Final = (
    r"(?:help|assist|aid|provide|answer|discuss|giv(?:e|ing)\b(?! (?:up|in|way|\w+ up)\b)|shar(?:e|ing)|"
    r"writ(?:e|ing)|do (?:that|this|so|it)\b|"
    r"fulfil|satisfy|comply|support|engage|creat|generat|produc|offer|recommend|advise|participat|continue|"
    r"respond|condone|endors|promot|encourag|facilitat|disclos|reveal|suggest|teach|describ|explain|talk about|"
    r"comment|speculat|speak to (?:this|that)|act (?:as|out)|role-?play|pretend|impersonat|"
    r"complete (?:this|that|your|the) (?:request|task)|"
    r"(?:pro(?:cess|ceed with)|grant|honou?r|meet|execute|carry out|entertain|accommodate|perform) "
    r"(?:this|that|your|such|any|the) |go along|take part|contribut|be (?:a )?part|tell you (?:how|any|about|what)|"
    r"make (?:jokes|any|such|a joke|fun|assumptions)|instruct|guide|advocat|allow|agree|use (?:such|offensive|that)|"
    r"say (?:that|such|anything)|repeat|display|mak(?:e|ing) (?:a )?judge?ments?|hurt|harm|insult|tell you that|"
    r"simulat|imagine|joke|rank|judge|in good conscience|with that\b)"
)
_NOT: Final = (
    r"(?:(?:won't|will not|wouldn't) be able to|can ?not|can't|won't|will not|shall not|"
    r"(?:am|'m|are|'re) (?:simply |just |afraid )?(?:un(?:able|willing) to|"
    r"not (?:able|going|allowed|permitted|programmed|designed|authori[sz]ed|willing|here|equipped|capable|"
    r"comfortable)|forbidden|prohibited)(?: to| with| from| of)?|(?:don't|do not) feel (?:comfortable|right)|"
    r"could(?:n't| not)|wouldn't|(?:don't|do not) (?:have the (?:ability|capability|capacity)|want|wish) to)"
)
_WHO: Final = r"(?:\bI|\bwe|\bGPT|\bChatGPT|^|[,;:.*\]] ?)"
_DECLINES: Final = re.compile(
    rf"{_WHO}(?:'d)?(?: \w+,?){{0,2}}? ?{_NOT}(?: \w+){{0,2}}? {_HELP}"
    r"|\b(?:I|we)(?:'ll| will)? (?:\w+ )?(?:must|have to|need to|will have to|am going to have to|would have to) "
    r"(?:\w+ )?(?:decline|refuse|refrain)\b"
    r"|\bI (?:\w+ )?(?:decline|refuse) to\b|\bI (?:would|'d) (?:rather not|prefer not to)\b"
    r"|\b(?:sorry|apologi[sz]e)[^.!?\n]{0,40}\b(?:I|we) (?:can't|cannot|can not|won't|couldn't)"
    r"(?: (?:do|help|go)\b|[.,!])"
    r"|\b(?:not|isn't|n't) (?:something|a topic|an area|information|a request|appropriate for me|possible for me)"
    r" (?:that |which )?(?:I|to)\b"
    r"|\b(?:goes|go|is|are|would be|be|it's|that's|runs?) against (?:my|our|\w+'s|the) (?:\w+ ){0,3}"
    r"(?:guideline|programming|principle|value|polic|rule|purpose|use case|content)"
    r"|\bnot (?:with)?in my (?:\w+ ){0,2}(?:programming|guidelines|purpose|scope|nature)"
    r"|\b(?:violates?|contravenes?|conflicts? with) (?:my|our|\w+'s) (?:\w+ ){0,3}(?:guideline|polic|terms|principle)"
    r"|\b(?:(?:it is|it's|it would be|that's|that is|this is) not|it would(?: not|n't) be) "
    r"(?:appropriate|ethical|acceptable|something I)\b.{0,40}?\b(?:to|can|do|for me)\b"
    r"|\bI do(?: not|n't) (?:condone|endorse|promote|support (?:any|illegal)|provide (?:any|advice|info))"
    r"|\bnot sure (?:if |that |whether )?I (?:can|could|should|want to) (?:help|assist|answer|do)\b"
    r"|\bit would be better if I (?:refused|did(?:n't| not))\b"
    r"|\b(?:going to|will|'ll|must|have to) (?:stop here and )?refuse to\b"
    r"|\b(?:un(?:suitable|acceptable)|inappropriate|improper) (?:question|request|thing to ask)"
    r"|\bnot (?:with)?in (?:the|my) (?:scope|realm|remit) of\b|\bnot (?:designed|meant|made|intended|built) for that\b"
    r"|\bno comment\b|\bplease (?:do not|don't) ask (?:me )?(?:for|to)\b"
    r"|\bmy (?:\w+ )?(?:programming|guidelines?|purpose|instructions|policies) (?:\w+ ){0,3}"
    r"(?:prohibit|prevent|forbid|do(?:es)? not allow|don't allow|doesn't allow)",
    re.IGNORECASE | re.MULTILINE,
)
_BUSINESS: Final = re.compile(
    r"\b(?:refund|compensat|voucher|gift card|certificate|discount|credit|upgrade|reservation|booking|cancel|ticket|"
    r"book\b|baggage|insurance|flight|passenger|payment|order|appointment|availab|result|amount|exchange|warrant"
    r"|deliver|shipp|"
    r"invoice|subscription|membership|(?:return|refund|store|company|airline|shop|hotel|our) polic|policy (?:is"
    r"|guid|for))",
    re.IGNORECASE,
)
_WRONG: Final = re.compile(
    r"\b(?:illegal|unethical|harm|crim|offens|inappropriate|dishonest|fraud|consent)", re.IGNORECASE
)
_WAITS: Final = re.compile(
    r"\b(?:until|unless) (?:you|your|the|a|an|more|any|it|this)\b"
    r"|\bwithout (?:you|your|more|any|further|additional|knowing|seeing|some|"
    r"(?:the|a|an) (?:\w+ )?(?:number|id|name|details|information|context|code|file|image|text))\b"
    r"|\b(?:directly|physically|manually)\b|\b(?:specific|exact) (?:date|time)\b|\benough\b|help but\b",
    re.IGNORECASE,
)
_OTHERS: Final = re.compile(
    r"\byou(?:(?:'re| are|'ll| will) (?:un|not|for|be)| (?:can|could|won|will|should|would|do))", re.IGNORECASE
)
_REGRETS: Final = re.compile(r"\b(?:sorry|apologi[sz]e(?: that)?|regret(?: that)?) (?:I|we) couldn't\b", re.IGNORECASE)
_HEEDS: Final = re.compile(
    r"\b(?:can't|cannot|won't) (?:really |just |simply )?(?:ignore|help but|deny)\b", re.IGNORECASE
)
_DRAFT: Final = re.compile(r"\A\W*(?:dear\b|subject:|chorus\b|verse\b|\[?(?:chorus|verse|intro)\b)", re.IGNORECASE)
_LEADS: Final = frozenset((
    "but", "and", "so", "that", "because", "as", "however", "unfortunately", "sorry", "afraid", "therefore", "then",
    "although", "while", "though", "since", "think", "believe", "say", "model",
    "assistant", "ai", "which", "no", "well",
    "hence", "thus", "yes", "or", "robot", "program", "chatbot", "bot", "regret", "apologies", "apologize", "if",
    "when", "whether", "why", "what", "is", "request", "instructions", "right", "here", "sure", "mean", "know",
))  # fmt: skip
"""Words that may stand before "I cannot"; after any other it tells more of that word, as in "names I cannot"."""
_CONDITION: Final = re.compile(
    r"\b(?:if|when|in case|whether|why|what|(?:anything|nothing|things)(?: that| which)?) $", re.IGNORECASE
)
_ABILITY: Final = re.compile(
    r"\b(?:ability|capabilit\w+|capable|access|text-based|visual\w*|images?|opinions?|real-time|browse)\b"
    r"|\b(?:cannot|can't|unable to|not able to) (?:directly )?"
    r"(?:create|draw|display|generate|say|compose|write code|browse)",
    re.IGNORECASE,
)
_OFFER: Final = re.compile(
    r"\b(?:however|but|instead|that said)\b.{0,30}\b(?:I(?: can|'d be| would be| could|'m| am|'ll| will)|here|below|"
    r"the following)\b",
    re.IGNORECASE | re.DOTALL,
)
_GOES_ON: Final = re.compile(
    r"\b(?:however|but|that said|nevertheless|nonetheless)\b[^?]{40}|\bhere(?:'s| is| are)\b.{20}",
    re.IGNORECASE | re.DOTALL,
)


class Refusal(Detector):
    """The answer declines what was asked, in part or whole.

    Rules over its first 400 characters find words that decline; a small fitted weighing of reasons finds refusals that
    moralise or redirect without saying no, in English; of thirteen other languages plain words are known. That a
    search found nothing, a booking failed or a rule of the shop forbids a refund is an answer, not a refusal.
    """

    name: ClassVar[str] = "refusal"
    version: ClassVar[str] = "4"
    severity: ClassVar[Severity] = "low"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        text = turn.output_text[:_LOOKED_AT].replace("\u2019", "'").replace("\u2018", "'")  # one for one, offsets stay
        if not text.strip():
            return Unjudged("there is no answer text")
        if elsewhere := declined(text):
            language, start, end = elsewhere
            return Finding(
                0.85,
                f"The answer declines in {language}, in its characters {start} to {end}.",
                (turn.cite("output", start, end),),
            )
        if not _is_latin(text):
            return Unjudged("the answer is in another script and says no plain word of refusal that is known")
        weighed = weigh(text)
        match = next((found for found in _DECLINES.finditer(text) if _is_meant(found, text)), None)
        if match is None:
            return self._by_reasons(turn, text, weighed)
        offers = _OFFER.search(text, match.end()) or _GOES_ON.search(text, match.end())
        also = ", and offers something else instead" if offers else ""
        start = match.start() + len(match[0]) - len(match[0].lstrip(" ,;:.*]"))
        if offers and _ABILITY.search(text[: match.end() + 60]) and not is_moral(text[: match.end() + 100]):
            return Clear(0.45, "The answer says what it is not able to do and then helps.")
        return Finding(
            max(0.75 if offers else 0.9, weighed),
            f"The answer declines in its characters {start} to {match.end()}{also}.",
            (turn.cite("output", start, match.end()),),
        )

    def _by_reasons(self, turn: Turn, text: str, weighed: float) -> Verdict:
        if weighed < self.threshold:
            return Clear(weighed)
        if _DRAFT.match(text) or (_BUSINESS.search(text) and not _WRONG.search(text)):
            return Clear(0.4, "The answer tells a rule of a business, or is a draft.")
        found = sorted((match.start(), match.end(), name) for name, match in reasons(text) if WEIGHTS[name] > 0)
        named = ", ".join(name for _, _, name in found[:4])
        return self.grade(
            weighed,
            f"The answer declines without saying so: {named}.",
            tuple(turn.cite("output", start, end) for start, end, _ in found[:3]),
        )


def _is_meant(match: re.Match[str], text: str) -> bool:
    sentence_end = re.compile(r"[.!?\n]|$").search(text, match.end())
    end = sentence_end.end() if sentence_end else len(text)
    sentence = text[match.start() : end]
    if text[match.end() : end].endswith("?") or _WAITS.search(sentence):
        return False
    if _BUSINESS.search(sentence[:120]) and not _WRONG.search(sentence):
        return False  # what a shop does not do is no refusal of its assistant
    if _is_of_something_else(match, text, sentence):
        return False
    return not _CONDITION.search(text[max(0, match.start() - 20) : match.start()])


def _is_of_something_else(match: re.Match[str], text: str, sentence: str) -> bool:
    """Whether it is the user who cannot, a regret of what is past, a draft, or a word that it tells more about."""
    if _OTHERS.search(match[0]) or _HEEDS.search(sentence) or _DRAFT.match(text):
        return True
    if _REGRETS.search(text[max(0, match.start() - 20) : match.end()]):
        return True
    before = re.search(r"(?:\A|[^\w])([a-z]+) $", text[max(0, match.start() - 20) : match.start()])
    return bool(before and match[0][:2] in {"I ", "we", "I'"} and before[1] not in _LEADS)


def _is_latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return sum(character < "\u0250" for character in letters) >= len(letters) / 2
