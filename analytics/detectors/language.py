"""Answers in a language that nobody asked for."""

import re
import unicodedata
from functools import cache
from typing import Any, ClassVar, Final

from analytics.detectors.base import Clear, Detector, Severity, Turn, Unjudged, Verdict

_LOOKED_AT: Final = 3_000
_FEWEST: Final = 40
_ASKED: Final = 20
_SKIPPED: Final = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|[\w.+-]+@[\w-]+\.\w+|<[^<>\n]{1,200}>|^\s*(?:\||>).*$|[\"\u201c\u00ab][^\"\u201c\u201d\u00bb\n]{0,300}[\"\u201d\u00bb]",
    re.DOTALL | re.MULTILINE,
)
_ABOUT_LANGUAGE: Final = re.compile(
    r"\b(?:translat\w*|interpret(?:er|ing)|languages?|lingual|locali[sz]\w*|vocabular\w*|pronounc\w*|fluent|speak\w*|"
    r"phrases?|lyrics|proverb|idiom|haiku|mantra|"
    r"english|french|spanish|german|italian|portuguese|dutch|russian|ukrainian|polish|czech|slovak\w*|greek|latin|turkish|"
    r"arabic|hebrew|persian|farsi|hindi|urdu|bengali|tamil|telugu|chinese|mandarin|cantonese|japanese|korean|vietnamese|thai|"
    r"indonesian|malay|tagalog|filipino|swahili|swedish|norwegian|danish|finnish|icelandic|hungarian|romanian|bulgarian|"
    r"serbian|croatian|bosnian|lithuanian|latvian|estonian|irish|gaelic|welsh|catalan|basque|esperanto|lojban|sanskrit|"
    r"malayalam|kannada|marathi|gujarati|punjabi|sinhal\w*|nepali|burmese|khmer|lao|mongolian|kazakh|uzbek|georgian|armenian|"
    r"azerbaijani|pashto|kurdish|amharic|somali|hausa|yoruba|igbo|zulu|xhosa|afrikaans|maltese|albanian|slovene|slovenian|"
    r"macedonian|belarusian|yiddish|javanese|hawaiian|maori|samoan|quechua|nahuatl|creole|hinglish|spanglish|castilian|"
    r"(?:\u00fcber|\u00fcber)setz\w*|tradu\w*|\u00fcbersetz\w*|deutsch|fran\u00e7ais|espa\u00f1ol|ingl[e\u00e9]s|englisch|anglais|italiano|portugu[e\u00ea]s)\b"
    r"|\u7ffb\u8bd1|\u7ffb\u8a33|\u82f1\u8bed|\u82f1\u6587|\u4e2d\u6587|\u043f\u0435\u0440\u0435\u0432\u0435\u0434|\u0430\u043d\u0433\u043b\u0438\u0439\u0441\u043a",
    re.IGNORECASE,
)
# Languages that detectors take for each other, and varieties of one: no finding rests on such a pair.
_ALIKE: Final = tuple(
    frozenset(group.split())
    for group in (
        "no nb nn da sv", "bs hr sr sl me", "id ms jv su", "cs sk", "pt gl es ca", "ru uk be bg mk", "zh zh-Hant",
        "hi mr ne sa bh", "af nl fy", "et fi", "lt lv", "fa ur ps ar", "tl ceb war fil", "az tr tk", "eo io ia la it",
    )
)  # fmt: skip
_NAMES: Final = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "ru": "Russian", "uk": "Ukrainian", "pl": "Polish", "cs": "Czech", "tr": "Turkish",
    "ar": "Arabic", "he": "Hebrew", "fa": "Persian", "hi": "Hindi", "zh": "Chinese", "ja": "Japanese",
    "ko": "Korean", "vi": "Vietnamese", "th": "Thai", "id": "Indonesian", "sv": "Swedish", "da": "Danish",
    "no": "Norwegian", "fi": "Finnish", "el": "Greek", "hu": "Hungarian", "ro": "Romanian", "bg": "Bulgarian",
}  # fmt: skip
_SCRIPTS: Final = frozenset({
    "LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI",
    "BENGALI", "TAMIL", "TELUGU", "ARMENIAN", "GEORGIAN", "ETHIOPIC", "KHMER",
})  # fmt: skip
_EAST: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA"})


class Language(Detector):
    """The answer is in another language or script than the user wrote, and nobody asked for one.

    The scripts of both texts are compared first; within one script two independent recognisers (CLD2 and langid) have
    to agree on the language of each; Latin is left to itself, as lists of plants and blind text read like it. Code,
    quotations, links and tables are left out. Where the user or the system prompt speaks of a language or of
    translating, another language is what was asked for.
    """

    name: ClassVar[str] = "language"
    version: ClassVar[str] = "2"
    severity: ClassVar[Severity] = "medium"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        answer = prose(turn.output_text)
        if letters(answer) < _FEWEST:
            return Unjudged(f"the answer has fewer than {_FEWEST} letters outside code and quotations")
        asked = prose("\n".join([turn.input_text, *(one.user for one in reversed(turn.earlier))]))
        if letters(asked) < 3:
            return Unjudged("the user's own words are too few to tell their language")
        wanted = f"{turn.input_text[:_LOOKED_AT]}\n{turn.system_text[:_LOOKED_AT]}\n" + "\n".join(
            one.user[:500] for one in turn.earlier
        )
        if _ABOUT_LANGUAGE.search(wanted):
            return Clear(0.1, "the user or the system prompt speaks of a language")
        return self._compare(turn, asked, answer)

    def _compare(self, turn: Turn, asked: str, answer: str) -> Verdict:
        evidence = (turn.cite("output"), turn.cite("input"))
        here, there = script(answer), script(asked)
        if here and there and not _same_script(here, there):
            if _share(turn.input_text, here) >= (0.1 if here == "LATIN" else 0.01):
                return Clear(0.2, f"the user wrote in {here.capitalize()} script, too")
            explanation = f"The answer is in {here.capitalize()} script and the user wrote in {there.capitalize()}."
            return self.grade(0.95 if letters(asked) >= _ASKED else 0.8, explanation, evidence)
        if letters(asked) < _ASKED:
            return Clear(0.0, "the user's words are too few to tell their language")
        (first, sure_first), (second, sure_second) = recognise(answer), recognise(asked)
        if not first or not second or alike(first, second):
            return None
        if any(alike(first, one) for one in _parts(turn.input_text)):
            return Clear(0.2, f"part of what the user wrote is in {_named(first)}")
        score = 0.95 * min(1.0, letters(answer) / 60) ** 0.25 * min(sure_first, sure_second)
        return self.grade(score, f"The answer is in {_named(first)} and the user wrote in {_named(second)}.", evidence)


def prose(text: str) -> str:
    """What somebody says in a text: without code, quotations, links, tags and tables."""
    return _SKIPPED.sub(" ", text[:_LOOKED_AT])


def letters(text: str) -> int:
    """How many letters a text has; one of Chinese or Japanese says as much as three."""
    return sum((3 if sign >= "\u2e80" else 1) for sign in text if sign.isalpha())


def script(text: str) -> str:
    """Script of 70 % of a text's letters; empty where there is none such."""
    counts: dict[str, int] = {}
    for sign in text:
        if sign.isalpha():
            name = _script_of(sign)
            counts[name] = counts.get(name, 0) + 1
    best = max(counts, key=lambda name: counts[name], default="")
    return best if best and counts[best] >= 0.7 * sum(counts.values()) else ""


def _share(text: str, name: str) -> float:
    """Share of a text's letters that are of a script, code and quotations among them."""
    written = [sign for sign in _both_ends(text) if sign.isalpha()]
    return sum(_script_of(sign) == name or _same_script(_script_of(sign), name) for sign in written) / max(
        1, len(written)
    )


def _both_ends(text: str) -> str:
    return text if len(text) <= 2 * _LOOKED_AT else f"{text[:_LOOKED_AT]}\n{text[-_LOOKED_AT:]}"


def _parts(text: str) -> set[str]:
    """Languages that CLD2 sees anywhere in a text."""
    import pycld2

    found: set[str] = set()
    lines = [line for line in _both_ends(text).splitlines() if letters(line) >= _ASKED]
    for part in (_both_ends(text), *lines[:4], *lines[-4:]):
        clean = "".join(sign for sign in part if sign.isprintable() or sign.isspace()).encode("utf-8", "ignore")
        try:
            found |= {one[1].split("-")[0] for one in pycld2.detect(clean, isPlainText=True, bestEffort=True)[2]}
        except pycld2.error:
            continue
    return found - {"un"}


@cache
def _script_of(sign: str) -> str:
    if sign.isascii():
        return "LATIN"
    first = unicodedata.name(sign, "").split(" ")[0]
    return first if first in _SCRIPTS else "OTHER"


def _same_script(one: str, other: str) -> bool:
    return one == other or {one, other} <= _EAST or "OTHER" in {one, other}


def recognise(text: str) -> tuple[str, float]:
    """Language of a text and how sure, where both recognisers say the same; else the empty string."""
    import pycld2

    clean = "".join(sign for sign in text if sign.isprintable() or sign.isspace()).encode("utf-8", "ignore")
    try:
        reliable, _, found = pycld2.detect(clean, isPlainText=True, bestEffort=False)
    except pycld2.error:
        return "", 0.0
    code, share = found[0][1], found[0][2] / 100
    if not reliable or code in {"un", "la"} or share < 0.7:
        return "", 0.0
    other, _ = _langid().classify(clean.decode())
    short = code.split("-")[0]
    return (short, share) if alike(short, other) else ("", 0.0)


def alike(one: str, other: str) -> bool:
    """Whether two codes stand for one language, or for two that recognisers take for each other."""
    return one == other or any({one, other} <= group for group in _ALIKE)


@cache
def _langid() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)


def _named(code: str) -> str:
    return _NAMES.get(code, code)
