"""Phrases people use: what can be read of a message once it is masked, and which phrases set a topic apart."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

MAX_WORDS = 6
KEPT = 30
"""Candidates a topic; each has to be embedded."""

_MASKED = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|@\w+|[^\s.!?,;:]*\d(?:\S*[^\s.!?,;:])?|[#*_~<>{}\[\]|\\/=+^]+\w*|\b[A-Fa-f]{12,}\b|```.*?```",
    re.DOTALL,
)
_BREAK = re.compile(
    r"[.!?,;:\n()\"\u201c\u201d\u2026\u2014\u2013\x00]+|\s-\s|\b(?:but|because|although|since|so|if)\b"
    r"|\band (?=(?:i|i'm|we|my|it|he|she|they|would|will|can|could|want|need|please|is|are|was|now|then)\b)",
    re.IGNORECASE,
)
_CUT = "\x1f"
_TRAILING = re.compile(rf"\s*{_CUT}\s*(?=[.!?,;:]|{_CUT}|$)")
_MOSTLY = 0.8
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")

_FUNCTION = frozenset(
    re.split(
        r"\s+",
        "a an the this that these those some any all each every both either neither no not only just also too very "
        "really quite so such same other another more most much many few little less least enough again still yet "
        "already always never ever even then than there here now soon later today tomorrow yesterday currently "
        "i me my mine myself we us our ours you your yours he him his she her hers it its they them their theirs "
        "one ones someone something anyone anything everything nothing who whom whose which what where when why how "
        "and or but nor if because as while although though since until unless whether "
        "of to in on at by for from with into onto about between after before during without within through over "
        "under up down out off back away around per via like "
        "am is are was were be been being do does did done doing have has had having can could will would shall "
        "should may might must cannot can't don't doesn't didn't isn't aren't wasn't won't wouldn't couldn't "
        "i'm i've i'd i'll it's that's there's what's where's how's you're we're they're let's let "
        "im ive id cant dont doesnt didnt isnt wont whats wheres hows please pls plz thanks thank hi hello hey dear "
        "good morning afternoon evening ok okay yes yeah sure sorry well oh want wants wanted need needs needed "
        "know knew tell told think thought wonder wondering trying tried try looking look get gets getting got "
        "going go gonna wanna seem seems say says said make makes made give take use using used able possible way "
        "help assist question questions problem thing things stuff lot bit kind "
        "hope really actually maybe perhaps basically".strip(),
    )
)
_ASKING = frozenset({"where", "how", "what", "why", "when", "which", "who", "where's", "what's", "how's"})
_MEASURED = frozenset({"how", "what", "which"})
"""What follows belongs to the question: "how long", "what time"."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase in the messages of a topic, and how much it sets the topic apart."""

    text: str
    score: float


def sentences(message: str) -> list[list[str]]:
    """Split a message into runs of words; addresses, numbers, markup and signs end a run and are left out.

    A run that was cut in its middle ends with an empty word.

    >>> sentences("Hi! Where is my order 1234-A? Will order 77 arrive today")
    [['Hi'], ['Where', 'is', 'my', 'order'], ['Will', 'order', ''], ['arrive', 'today']]
    """
    masked = _TRAILING.sub("\n", _MASKED.sub(f" {_CUT}\n", message[:4_000]))
    parts = (part for part in _BREAK.split(masked) if part)
    runs = (_WORD.findall(part.replace("\u2019", "'")) + [""] * (_CUT in part) for part in parts)
    return [run for run in runs if run and run[0]]


def phrases(message: str) -> set[str]:
    """Give the phrases of one to six words that could name something, in lower case.

    A phrase starts and ends with a word that means something, or is a whole question.

    >>> sorted(phrases("Where is my order?"))
    ['order', 'where is my order']
    >>> sorted(phrases("When will order 77 arrive?"))
    ['arrive', 'order']
    """
    found: set[str] = set()
    for run in sentences(message):
        words = [word.lower() for word in run]
        for start, first in enumerate(words):
            asks = first in _ASKING and start == 0
            if (first in _FUNCTION and not asks) or (start and words[start - 1] in _MEASURED):
                continue
            shortest = len(words) if asks else start + 1  # half a question is none
            for end in range(shortest, min(start + MAX_WORDS, len(words)) + 1):
                if asks or _is_whole(words[start:end]):
                    found.add(" ".join(words[start:end]))
    return {phrase for phrase in found if phrase[-1] != " " and phrase.rsplit(" ", 1)[-1] not in _FUNCTION}


def _is_whole(words: Sequence[str]) -> bool:
    """Whether words could stand by themselves: "logo be printed" lacks its "can a"."""
    return ("be" not in words or "to" in words) and (len(words) > 1 or len(words[0]) > 2)


def distinctive(
    groups: Sequence[Sequence[tuple[set[str], str]]], *, known_users: bool, ignore: Collection[str] = ()
) -> list[list[Phrase]]:
    """Find for each group of messages the phrases it has more often than the others.

    Args:
        groups: for each topic its messages, each as its phrases and its user.
        known_users: whether users are known; then a phrase must come from three of them, in this topic or
            elsewhere, so that no name shows what a single person wrote.
        ignore: words no name may contain.

    Returns:
        For each topic at most ``KEPT`` phrases, the most distinctive first; those of 3 % of its messages only.
    """
    everywhere: Counter[str] = Counter(p for group in groups for found, _ in group for p in found)
    said_by: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        for found, user in group:
            for text in found:
                if len(said_by[text]) < 3:
                    said_by[text].add(user)
    shown = {text for text, people in said_by.items() if len(people) >= 3 or not known_users}
    banned = {word.lower() for word in ignore}
    return [_of_group(group, {t for t in shown if banned.isdisjoint(t.split())}, everywhere, sum(map(len, groups)))
            for group in groups]  # fmt: skip


def _of_group(
    group: Sequence[tuple[set[str], str]], shown: set[str], everywhere: Counter[str], total: int
) -> list[Phrase]:
    counted = Counter(text for found, _ in group for text in found if text in shown)
    for least in (max(2, math.ceil(0.03 * len(group))), 1):  # a topic of four may have nothing said twice
        kept = {text: times for text, times in counted.items() if times >= least}
        usual = [_scored(text, kept[text], everywhere[text], len(group), total) for text in _whole(kept)]
        usual = sorted((p for p in usual if p.score > 0), key=lambda p: (-p.score, p.text))[:KEPT]
        if usual:
            break
    return usual


def _scored(text: str, times: int, everywhere: int, size: int, total: int) -> Phrase:
    inside, outside = times / size, (everywhere - times + 0.5) / (total - size + 1)
    return Phrase(text, inside * math.log(inside / outside))


def _whole(counted: dict[str, int]) -> list[str]:
    """Leave out what is nearly always part of one longer phrase: "connect me with a real" of "... real person"."""
    longer: Counter[str] = Counter()
    for text, times in counted.items():
        words = text.split()
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                if end - start < len(words):
                    part = " ".join(words[start:end])
                    longer[part] = max(longer[part], times)
    return [text for text, times in counted.items() if longer[text] < _MOSTLY * times]


def written(texts: Iterable[str]) -> dict[str, str]:
    """Learn how each word is written inside sentences: ``paypal`` is PayPal when people mostly write it so."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for run in sentences(text):
            if sum(word.isupper() for word in run) > len(run) / 2:
                continue  # shouting says nothing about spelling
            for word in filter(None, run[1:]):
                forms[word.lower()][word] += 1
    return {word: max(sorted(seen), key=lambda form: seen[form]) for word, seen in forms.items()} | {"i": "I"}


def brands(texts: Sequence[str], topics: Sequence[int]) -> set[str]:
    """Find proper names that stand all over: the shop's own name names no topic.

    A word capitalised inside sentences in four of five places, in at least three topics, with no topic having
    half of its places.
    """
    capital: Counter[str] = Counter()
    plain: Counter[str] = Counter()
    places: dict[str, Counter[int]] = defaultdict(Counter)
    for text, topic in zip(texts, topics, strict=True):
        for run in sentences(text):
            for word in filter(None, run[1:]):
                (capital if word[0].isupper() else plain)[word.lower()] += 1
                places[word.lower()][topic] += 1
    return {
        word
        for word, times in capital.items()
        if times >= 4 * plain[word]
        and word not in _FUNCTION
        and len(places[word]) >= 3
        and max(places[word].values()) < 0.5 * places[word].total()
    }


def sentence_case(phrase: str, spelling: dict[str, str]) -> str:
    """Write a phrase as people would, its first letter a capital.

    >>> sentence_case("where is my paypal refund", {"paypal": "PayPal"})
    'Where is my PayPal refund'
    """
    text = " ".join(spelling.get(word, word) for word in phrase.split())
    return text[:1].upper() + text[1:]
