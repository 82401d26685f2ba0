"""How a conversation stands where it ends: what the last answer says, what the user said last, what tools did."""

from __future__ import annotations

import re
from typing import Final

from analytics.scores.reactions import OFFER
from analytics.scores.words import STOP, WORD

HEAD: Final = 2_000
"""Code points of a message or an answer that are read."""

TAIL: Final = 600
"""Code points at the end of an answer that are read for what it leaves open."""


def _any(parts: str) -> re.Pattern[str]:
    """Make one pattern of phrases that stand between semicolons; line ends in it are blanks, but not after a bar."""
    phrases = " ".join(parts.split()).replace("| ", "|").split("; ")
    return re.compile(r"(?<![\w'])(?:" + "|".join(phrases) + r")(?![\w'])", re.IGNORECASE)


FAREWELL: Final = _any(r"""
    an? (?:very )?(?:good|great|nice|wonderful|lovely|fantastic|pleasant|super|safe|blessed|amazing) (?:\w+ )?(?:day|
    trip|night|evening|weekend|week|flight|stay|ride); have an? (?:good|great|nice|wonderful|lovely) (?:one|time);
    hope your day is; have fun; good ?bye; bye; take care; you(?:'re| are) (?:very |most )?welcome;
    (?:my|our|a) pleasure; glad (?:that|i could|we could|it|you); gladly; happy to have helped; come again; see you;
    (?:speak|talk) (?:with|to) you (?:later|soon); all the best; safe travels?; enjoy (?:your|the)
""")
ASKS: Final = _any(r"""
    (?:please|kindly) (?:provide|share|tell|confirm|specify|verify|send (?:me|us)|let me know|check the (?:details|
    order)); (?:i(?:'ll| will)?|we(?:'ll| will)?) need (?:the following|your|you to|to know|some);
    to proceed,? (?:i|we|please); (?:tell|give|send) me (?:the|your|which|what|when|where|how|a);
    confirm (?:the|these|your) (?:following|details);
    (?:could|can|would) you (?:please )?(?:provide|share|tell|confirm|send|give|specify|let);
    let me know (?:which|whether|your|what (?:you|time|date|day|kind|size|type|name)|how (?:many|much)|when|where);
    once you (?:provide|have|confirm|share)
""")
HANDS_OVER: Final = _any(r"""
    transfer(?:red|ring)?(?: you)? to; connect(?:ed|ing)? you (?:to|with); (?:human|live) (?:agent|representative)s?;
    (?:a|my|our|to a) colleagues?; (?:support|service) team (?:will|can|has); passed (?:it|this|you) on;
    (?:contact|reach out to|call) (?:our|the|us|customer|support)(?: \w+)? ?(?:support|service|team|desk|line)
""")
DONE: Final = _any(r"""
    (?:is|are|was|were|been|now|have|'ve|has) (?:all |now |been |successfully |just )*(?:booked|confirmed|reserved|
    cancell?ed|updated|changed|added|scheduled|placed|processed|transferred|paid|refunded|created|issued|completed?|
    purchased|rescheduled|submitted|saved|activated|fixed|resolved|set up|arranged); successfully \w+ed; all set;
    (?:was|were|is) (?:a )?success(?:ful)?; (?:will|should) be (?:up|ready|out|waiting) (?:\w+ )?(?:shortly|soon);
    be (?:ready|up) (?:for you )?(?:shortly|soon|in a)
""")

MORE: Final = re.compile(
    r"\?\s*$|\b(?:(?:can|could|would|will) you|please (?!note)\w+|i(?:'d| would) like (?:to|an?|the|some)"
    r"|i(?:'ll| will)? (?:want|need) (?:to|an?|the|some)|(?:find|show|get|book|send|give) me|go ahead and)\b",
    re.IGNORECASE,
)
"""What a user says who still wants something."""

_ASKED: Final = re.compile(
    r"(?:and |so |okay,? |ok,? |sure,? )?(?:what (?:is|are|would|do|time|date|day|kind|city|name|type)|which \w+"
    r"|(?:where|when|who) (?:is|are|do|would|should)|how (?:many|much|long|about)|do you|would you (?:like|want|prefer)"
    r"|should i|shall i|want me to)\b",
    re.IGNORECASE,
)


def last_sentence(text: str) -> str:
    """The end of an answer that is read, from its last break on."""
    tail = text[-TAIL:].rstrip()
    cut = max(tail.rfind(mark, 0, max(0, len(tail) - 2)) for mark in (". ", "! ", "? ", "\n"))
    return tail[cut + 1 :].strip()


def question(text: str) -> tuple[int, int] | None:
    """Place of what the end of an answer asks of the user; an offer of more help asks nothing."""
    end = len(text.rstrip())
    sentence = last_sentence(text)
    start = max(0, end - len(sentence))
    if (sentence.endswith("?") or _ASKED.match(sentence)) and not OFFER.search(sentence):
        return start, end
    found = ASKS.search(text, max(0, end - TAIL))
    return found.span() if found and not OFFER.search(text, found.start(), min(end, found.end() + 60)) else None


def is_english(text: str) -> bool:
    """Whether enough of the words are such as join English sentences; phrases of other languages are not known.

    >>> is_english("Is there anything else I can do?"), is_english("Kann ich sonst noch etwas für Sie tun?")
    (True, False)
    """
    said = [word.lower() for word in WORD.findall(text[-2_000:]) if word[0].isalpha()]
    return bool(said) and sum(word in STOP for word in said) >= _JOINS * len(said)


_JOINS: Final = 0.2
