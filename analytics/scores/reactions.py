"""What people's words say about the answer before them: thanks, correction, repetition, giving up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from analytics.scores.words import STOP, words

Span = tuple[int, int]


def _any(parts: str) -> re.Pattern[str]:
    """Make one pattern of phrases that stand between semicolons; line ends in it are blanks."""
    phrases = " ".join(parts.split()).split("; ")
    return re.compile(r"(?<![\w'])(?:" + "|".join(phrases) + r")(?![\w'])", re.IGNORECASE)


THANKS: Final = _any(r"""
    thank(?:s| you| u)\b; thx; ty; appreciate(?: (?:it|that|your|the)\b)?; much appreciated; cheers;
    (?:very|so|really|super) helpful; you(?:'ve| have) been (?:a )?(?:great|big )?help(?:ful)?; you rock
""")
PRAISE: Final = _any(r"""
    great; perfect(?:ly)?; awesome; excellent; amazing; wonderful; fantastic; brilliant; lovely; nice; cool; sweet;
    love (?:it|that|this); i (?:love|loved|like|liked|enjoy|enjoyed); sounds?
    (?:good|great|fun|interesting|nice|like); that works; works for me; exactly; good
    (?:one|choice|idea|suggestion|pick|movie|to know|answer|job|point); interesting; that(?:'s| is)
    (?:it|right|correct|good|great|fine|what i); wow; helpful; solved; fixed it; it works; i(?:'ll| will)
    (?:check|try|watch|take|go|look|have to|give|definitely|be sure|add|do); check (?:it|that|them|those) out; glad;
    happy; fun
""")
AGREES: Final = _any(r"""
    yes; yeah; yep; yup; sure; ok(?:ay)?; alright; of course; absolutely; definitely; right
""")
CORRECTS: Final = _any(r"""
    (?:that(?:'s| is)|this is|it(?:'s| is)|you(?:'re| are)|which is) (?:not
    (?:right|correct|true|what|it|the|helpful|working|my)|wrong|incorrect|false|nonsense|a lie|irrelevant|useless);
    not what i (?:asked|meant|said|want(?:ed)?|need(?:ed)?|was|am); i (?:asked|said|meant|wanted|told
    you|already|didn'?t (?:ask|say|mean|want)); no,? (?:i|it|that|the|this|not|you|my|we|what|he|she|they)\b; wrong;
    incorrect; mistake; that(?: was|'s)? not; did(?:n'?t| not) (?:answer|help|work|understand|ask|read|do);
    do(?:es)?(?:n'?t| not) (?:answer|help|work|make sense|understand|fit|match); you (?:didn'?t|did
    not|don'?t|missed|forgot|misunderstood|keep|still|just|already|never|can'?t|should); still
    (?:not|doesn'?t|don'?t|didn'?t|isn'?t|no|wrong|waiting|the same); again[?!.]*$; for the
    (?:second|third|last|hundredth) time; actually,? (?:i|it|no|that); not (?:that|this) one; i mean; instead;
    rather; try again; repeat(?:ed|ing)?; same (?:answer|thing|question|one)
""")
REJECTS: Final = _any(r"""
    no; nope; nah; not (?:really|interested|a (?:big )?fan|for me|into|sure|my); don'?t
    (?:like|care|want|think|know|need); did(?:n'?t| not) (?:like|care|enjoy|love|think); hate[ds]?; dislike[ds]?; no
    thanks?; pass; (?:something|anything|anyone|someone|what) else; another; others?; different; any (?:more|other);
    never (?:seen|heard); haven'?t (?:seen|heard); not seen; older; newer; boring; too
    (?:scary|old|long|expensive|slow|late|early|short|violent|much|many|far)
""")
COMPLAINS: Final = _any(r"""
    useless; worthless; terrible; horrible; awful; bad; worst; ridiculous; stupid; dumb; idiot(?:ic)?; pathetic;
    annoy(?:ed|ing); frustrat(?:ed|ing|ion); disappoint(?:ed|ing|ment); angry; upset; unacceptable; joke; waste of
    (?:my )?time; sucks?; crap; shit; fuck\w*; damn; hell; wtf; ugh; seriously; come on; are you
    (?:even|kidding|serious|a bot|real); not help(?:ful|ing); unhelpful; no help; makes? no sense; nonsense;
    confus(?:ed|ing); doesn'?t work; not working; problem; complain(?:t)?; rubbish; lame; sad(?:ly)?; you(?:'re|
    are) (?:not|useless|no|a|so); fed up; sick of; tired of; what is wrong with; off topic; random
""")
GIVES_UP: Final = _any(r"""
    never ?mind; forget (?:it|about it|that); give up; giving up; i(?:'m| am) done; whatever; skip it; leave it;
    cancel; (?:speak|talk|connect|transfer)(?: me)? (?:to|with) (?:a |an |your |the |someone|somebody)+ ?\w*;
    (?:real|live|actual) (?:person|human|agent|representative); human agent; i(?:'ll| will)
    (?:look|find|search|do|ask|call|go) (?:it )?(?:myself|elsewhere|somewhere|someone); stop; enough; not worth
""")
PUZZLED: Final = re.compile(
    r"(?:^|[.!?]\s*)(?:what|huh|sorry|pardon|excuse me|hm+|eh|uh|um+)\s*[?!.]+|\?\?+|\?!|!\?|what do you mean"
    r"|i don'?t (?:get|understand|follow)|are you there|hello\?|i(?:'m| am) (?:confused|lost)"
    r"|why (?:did|do|are|would) you",
    re.IGNORECASE,
)
APOLOGY: Final = _any(r"""
    sorry; apologi[sz]e; apologies; unfortunately; i (?:can'?t|cannot|could ?n'?t|am unable|'m unable|do(?:n'?t|
    not) (?:know|have|understand|see|think)); unable to; not (?:able|available|sure|found|possible); no
    (?:results?|information|idea|flights?|options?|matches); didn'?t (?:get|catch|understand); rephrase; could you
    repeat; i haven'?t (?:seen|heard); failed; error
""")
CLOSES: Final = _any(r"""
    bye; goodbye; good ?night; have a (?:good|great|nice|lovely); take care;
    (?:that(?:'s| is| was| will be| would be|'ll be)|this is) (?:all|it|everything); no(?:thing)? (?:else|more);
    see you; (?:talk|speak) (?:to|with) you later
""")

OFFER: Final = _any(r"""
    (?:any|some)thing (?:else|more|further)(?: that| which)?(?: i| we| you)?; what else (?:can|could|may) i;
    any other (?:\w+ ){0,2}(?:questions?|requests?|matters?|needs?|things?); feel free to;
    (?:any|some) (?:further|more|other) (?:help|assistance|questions?); will that be all; is that all(?=[?.!]|$);
    (?:further|other|more) (?:assistance|questions|help); if you (?:need|have) (?:any|more|further|other);
    (?:assist|help)(?: you)? (?:further|with any|in any other)
""")
"""What an answer ends with that offers more help; to say no to it is no complaint."""

DENIAL: Final = re.compile(r"\s*(?:no|nope|nah|not)\b", re.IGNORECASE)

CUES: Final = {
    "thanks": THANKS, "praise": PRAISE, "agrees": AGREES, "corrects": CORRECTS, "rejects": REJECTS,
    "complains": COMPLAINS, "gives_up": GIVES_UP, "puzzled": PUZZLED, "closes": CLOSES,
}  # fmt: skip
"""What a reaction can show, by name."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a user said after an answer, read for cues.

    Attributes:
        cues: where each kind of cue stands in the text, kinds without one left out.
        repeats: share of the words of the earlier question that the text says again, 0 to 1.
    """

    cues: dict[str, list[Span]]
    repeats: float


def declines_more(text: str, answer: str) -> bool:
    """Whether somebody says no to more help, or that this was all, which is how satisfied people leave.

    >>> declines_more("No, that is all.", "Done."), declines_more("No, that is wrong.", "Anything else?")
    (True, False)
    """
    head = text[:2_000]
    if not DENIAL.match(head) or COMPLAINS.search(head) or GIVES_UP.search(head) or PUZZLED.search(head):
        return False
    if CLOSES.search(head):
        return True
    offered = OFFER.search(answer[-_END:])
    return bool(offered) and len(head.split()) <= _SHORT and not re.search(r"\b(?:wrong|not (?:right|what))\b", head)


def asks(answer: str) -> bool:
    """Whether an answer ends with a question, to which a no is an answer."""
    return answer[-_END:].rstrip().endswith("?")


_END: Final = 200
_SHORT: Final = 8

READ: Final = 4_000
"""Code points of a message that are read for what it says again."""


def reaction(text: str, question: str) -> Reaction:
    """Read what somebody said after the answer to a question."""
    head = text[:2_000]
    found = {name: [one.span() for one in cue.finditer(head)] for name, cue in CUES.items()}
    return Reaction({name: spans for name, spans in found.items() if spans}, repeated(head, question[:2_000]))


def repeated(text: str, question: str) -> float:
    """Say how much of a question a later text says again: overlap of words with meaning, 0 to 1.

    >>> repeated("where is my order 55?", "Where is my order?")
    0.5
    """
    first, second = _content(question[:READ]), _content(text[:READ])
    return len(first & second) / len(first | second) if first and second else 0.0


def _content(text: str) -> set[str]:
    return {word.stem for word in words(text) if word.text.lower().replace("’", "'") not in STOP}
