"""Faults built into ordinary answers, by dice that are the same in every run."""

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from analytics.detectors.base import ToolCall, Turn
from analytics.detectors.language import letters, prose, recognise
from analytics.evaluate.base import Case, LabelledSet, answered, held_back, turns_of

_ARENA = "conversations_arena_hard_dev"
_SGD = "conversations_sgd_assistant_dev"


def exchanges(data: Path, file: str = _ARENA) -> list[Turn]:
    """Give the exchanges of a file that have both sides."""
    found = (turn for record in held_back(data, file) for turn in turns_of(record))
    return [turn for turn in found if turn.input_text.strip() and turn.output_text.strip()]


def _sentences(turns: Sequence[Turn]) -> list[str]:
    return [found for turn in turns for found in re.findall(r"[A-Z][^.!?\n]{25,90}[.!?]", turn.output_text)[:3]]


class BuiltLoops(LabelledSet):
    """Loops of seven kinds behind the opening of an ordinary answer, against ordinary answers."""

    name: ClassVar[str] = "built_loops"
    files: ClassVar[tuple[str, ...]] = (_ARENA,)
    judges: ClassVar[tuple[str, ...]] = ("repetition",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give 60 of each kind, and every ordinary answer."""
        turns = exchanges(data)
        dice = random.Random(20261126)  # noqa: S311 - no cryptography
        sentences = _sentences(turns)
        for kind in ("phrase", "sentence", "block", "character", "counter", "noise"):
            for _ in range(60):
                opening = dice.choice(turns).output_text[: dice.randint(150, 500)]
                looped = f"{opening}\n\n{_loop(kind, dice, sentences)}"
                yield Case((answered("Go on.", looped),), True, kind)
        for turn in turns:
            yield Case((turn,), False)


def _loop(kind: str, dice: random.Random, sentences: Sequence[str]) -> str:
    phrase = " ".join(dice.choice(sentences).split()[: dice.randint(3, 6)]) + " "
    if kind == "phrase":
        return phrase * dice.randint(15, 40)
    if kind == "sentence":
        return (dice.choice(sentences) + " ") * dice.randint(6, 15)
    if kind == "block":
        return (" ".join(dice.sample(list(sentences), 3)) + "\n") * dice.randint(4, 8)
    if kind == "character":
        return dice.choice("aeiou.!-") * 200
    if kind == "counter":
        line = dice.choice(sentences) if dice.random() < 0.5 else phrase
        return "".join(f"{number}. {line.strip()}\n" for number in range(1, dice.randint(15, 60)))
    unit = " ".join(dice.sample(list(sentences), dice.randint(1, 3))).split()
    words = [word for sentence in sentences[:200] for word in sentence.split()]
    rounds = range(dice.randint(8, 40))
    return " ".join(dice.choice(words) if dice.random() < 0.1 else word for _ in rounds for word in unit)


class BuiltDamage(LabelledSet):
    """Ordinary answers with damaged characters or leaked marks, against the same answers as they were."""

    name: ClassVar[str] = "built_damage"
    files: ClassVar[tuple[str, ...]] = (_ARENA,)
    judges: ClassVar[tuple[str, ...]] = ("encoding",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each answer whole, and damaged in a way that its text allows."""
        dice = random.Random(20261127)  # noqa: S311 - no cryptography
        for turn in exchanges(data):
            yield Case((turn,), False)
            kind = dice.choice(("mojibake", "replaced", "control", "template"))
            damaged = _damaged(kind, dice, turn.output_text[:2000])
            yield Case((answered(turn.input_text, damaged),), True, kind)


def _damaged(kind: str, dice: random.Random, text: str) -> str:
    place = dice.randint(0, len(text))
    if kind == "mojibake":
        spoiled = text.replace("'", "\u2019").encode().decode("cp1252", "ignore")
        return spoiled if spoiled != text.replace("'", "\u2019") else text + " caf\u00c3\u00a9"
    if kind == "replaced":
        return f"{text[:place]}\ufffd\ufffd{text[place:]}"
    if kind == "control":
        return f"{text[:place]}\x00\x07{text[place:]}"
    marks = ("<|im_end|>", "<|eot_id|>", "</s>", "[/INST]", "<end_of_turn>", "<|im_start|>assistant\n", "<|endoftext|>")
    return text + dice.choice(marks)


class SwappedLanguages(LabelledSet):
    """The first 100 letters of answers put to questions in another language, against the answers they had."""

    name: ClassVar[str] = "swapped_languages"
    files: ClassVar[tuple[str, ...]] = (_ARENA, _SGD)
    judges: ClassVar[tuple[str, ...]] = ("language",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give answers in other languages to English questions, and all answers to their own."""
        dice = random.Random(20261128)  # noqa: S311 - no cryptography
        turns = exchanges(data)
        asked = [turn.input_text for turn in exchanges(data, _SGD) if letters(turn.input_text) > 30]
        for turn in turns:
            start = prose(turn.output_text).strip()[:100]
            yield Case((answered(turn.input_text, turn.output_text[:100]),), False)
            spoken, _ = recognise(prose(turn.output_text))
            if spoken not in {"", "en"} and letters(start) >= 40:
                yield Case((answered(dice.choice(asked), start),), True, spoken)


class BrokenJson(LabelledSet):
    """Tool calls with one character taken out or a wrong type, against the calls as they were."""

    name: ClassVar[str] = "broken_calls"
    files: ClassVar[tuple[str, ...]] = ("conversations_taubench_airline_dev",)
    judges: ClassVar[tuple[str, ...]] = ("malformed",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give each turn with tool calls whole, and with its first call cut short."""
        dice = random.Random(20261129)  # noqa: S311 - no cryptography
        for record in held_back(data, self.files[0]):
            for turn in turns_of(record):
                calls = [call for call in turn.tool_calls if len(call.arguments) > 4]
                if not calls:
                    continue
                yield Case((_with_calls(turn, calls),), False, name=record["id"])
                yield Case((_with_calls(turn, [_spoiled(calls[0], dice)]),), True, name=record["id"])


def _with_calls(turn: Turn, calls: Sequence[ToolCall]) -> Turn:
    return Turn("t", "t", turn.input_text, turn.output_text, "", "ok", "", "", "", "", 0, 0, list(calls))


def _spoiled(call: ToolCall, dice: random.Random) -> ToolCall:
    text = call.arguments
    places = [place for place, sign in enumerate(text) if sign in '{}[]":,']
    for place in dice.sample(places, len(places)):
        cut = text[:place] + text[place + 1 :]
        try:
            json.loads(cut)
        except ValueError:
            return ToolCall(call.name, cut, call.span_id)
    return ToolCall(call.name, text[:-1], call.span_id)
