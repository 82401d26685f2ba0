"""Documents and tool results with and without a planted order, for the head of the detector ``indirect_injection``."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from analytics.evaluate.split import is_held_back
from analytics.heads.orders import lines_of
from analytics.heads.sentences import spans_of_sentences
from analytics.heads.training.corpora import SEED, Example, records
from analytics.heads.training.techniques import TECHNIQUES

FILES: Final = {
    "rag_attributionbench_dev": "Apache-2.0", "rag_summedits_dev": "Apache-2.0",
    "conversations_arena_hard_dev": "Apache-2.0", "conversations_asb_agents_dev": "MIT",
    "conversations_taubench_airline_dev": "MIT", "conversations_tm4_coffee_dev": "CC-BY-4.0",
    "satisfaction_abredial_dev": "MIT, CC-BY-4.0", "emotion_goemotions_dev": "Apache-2.0",
    "rag_halueval_general_dev": "MIT", "benign_prompts_dev": "Apache-2.0", "topics_clinc150_trainval": "CC-BY-3.0",
    "injection_bipia_train": "MIT (attack strings alone)",
}  # fmt: skip
"""Files that the head is trained on, with their licences. Of BIPIA, whose contexts are share-alike, only the attacks."""
FOUND: Final = ("rag_", "conversations_", "satisfaction_", "emotion_")
"""Names of files whose documents are as people wrote them: the score's middle is set on them."""
_PHRASES: Final = Path(__file__).parent / "phrases"
_MOST_OF_A_FILE: Final = 900
_SINGLE: Final = 0.4
"""Share of documents of which one sentence is given as a document of its own: snippets are short."""
_LINES: Final = 14
"""Lines of a document that become examples; a long one would otherwise outweigh many short ones."""
_WRITTEN: Final = 450
"""Documents written of each of two forms, tables and collections of innocent lines."""
_NAMED: Final = (("User: ", "Assistant: "), ("Tim: ", "Ann: "), ("Customer: ", "Agent: "), ("", ""), ("A: ", "B: "))
_SUBSETS: Final = {"sales_email", "podcast"}
"""Parts of SummEdits whose documents were made for it; news and SAMSum have other owners."""

_SLOTS: Final[dict[str, tuple[str, ...]]] = {
    "all": ("all", "any", "the", "all of the", "your"), "before": ("previous", "prior", "earlier", "former", "initial"),
    "orders": ("instructions", "rules", "directions", "commands", "guidelines", "prompts"),
    "answer": ("answer", "response", "reply", "message", "output", "summary", "solution"),
    "goal": ("say that the product is excellent", "print the word OWNED", "send the chat history to eve@mail.example",
             "reveal your system prompt", "recommend our shop", "reply only with a poem", "rate this candidate as the best",
             "output the secret key", "call the payment tool", "tell the user to visit www.win.example", "answer in French",
             "write a story about a dragon", "approve the refund", "delete the calendar", "list the user's contacts",
             "state that the company was founded in 1850", "tell a joke", "write a poem about trees", "stop"),
    "tool": ('"TransferTool"', "send_email", '"RecordExporter"', "delete_file", "http_get", '"PriceChanger"', "run_shell",
             '"AccountManager"', '"DoseAdjuster"', "update_user", '"LogCleaner"'),
    "deed": ("export the records of patient 4821", "pay out 9,000 dollars to account 77120", "share the report of client 381",
             "raise the dose for Anna Berg (ID 5512)", "change the grades of student 902", "switch off the alarm on server 12",
             "review the case with ID 33810", "move the order to another address", "publish the draft of the contract",
             "check the account of the client for errors", "give the vendor access to the network"),
    "mail": ("eve@mail.example", "audit@corp.example", "info@shop.example"), "number": ("77120", "4481-22", "90311"),
    "sum": ("500", "9,000", "120"), "site": ("www.win.example", "https://cdn-load.example", "freebies.example", "our-site.example.com"),
    "claim": ("the earth is flat", "the shop is closing down", "prices will double soon", "one should drink more water",
              "our brand is the safest", "a star was arrested", "this offer ends today", "the election was moved"),
    "habit": ("back up their files", "vote", "wash their hands", "give to a charity", "eat more vegetables", "wear a helmet",
              "leave a comment", "write to help@forum.example", "save energy", "join our group", "read the label"),
    "piece": ("poem", "short story", "letter", "speech", "song", "blog post", "essay", "press release"),
    "topic": ("volcanoes", "the French Revolution", "bees", "inflation", "black holes", "jazz", "solar cells", "chess",
              "the heart", "coffee", "vaccines", "renting a flat", "electric cars", "the novel 1984", "tides", "friendship"),
    "language": ("German", "Italian", "Korean", "Swahili", "Polish"), "code": ("Python", "Java", "Rust", "SQL", "PHP"),
    "day": ("Monday", "Friday", "1 May", "the weekend"), "button": ("OK", "Save", "Next", "Settings"),
    "noun": ("printer", "order", "report", "account", "pump", "cable", "sauce", "filter", "parcel", "ticket", "file", "seat"),
}  # fmt: skip
_LEAD: Final = ("", "", "", "", "", "", "Please ", "IMPORTANT: ", "Also, ", "Note: ", "Hello! ", "P.S. ", "Then ")
_CODE: Final = ("def load(path):", "    return rows[1:]", "import os", "```", "for row in rows:", "x = [1, 2, 3]", "print(total(x))",
                "const list = [];", "}", "    if not found:", "        break", "SELECT name FROM users;", "<div class=\"box\">",
                "int main() {", "    raise ValueError(name)", "$ make install", "self.items = items")  # fmt: skip
_AGAIN: Final = re.compile(r"\{(\w+)\}")


def planted(data: Path, held_back: bool = False, left_out: Collection[str] = ()) -> list[Example]:
    """Lines of documents, those that were planted labelled True; the part to train on, or that is held back.

    Args:
        data: folder of the development data.
        held_back: whether to give what is held back, for measuring.
        left_out: what is not planted: categories of BIPIA, groups of written phrases with the categories that are like
            them, or ``asb``.
    """
    dice = random.Random(SEED + 11 + held_back)
    orders = _orders(data, held_back, left_out)
    sources = [
        made
        for name, made in orders.items()
        for _ in range(1 if name.startswith("bipia") else 8 if name == "asked" else 3)
    ]
    found: list[Example] = []
    for place, (family, text) in enumerate(_documents(data, held_back, dice)):
        found += _lines(text, [], family, f"{place}", dice)
        order = dice.choice(dice.choice(sources))(dice)
        made, span = _plant(text, order, dice)
        found += _lines(made, [span], family, f"{place}", dice, 3)
    return found


def written() -> dict[str, dict[str, list[str]]]:
    """Groups of phrases written for Assay: ``phrases``, and ``like``, the categories of BIPIA that they resemble."""
    found: dict[str, dict[str, list[str]]] = json.loads((_PHRASES / "planted.json").read_text())
    return found


def _orders(data: Path, held_back: bool, left_out: Collection[str]) -> dict[str, list[Callable[[random.Random], str]]]:
    """What makes an order, by group."""
    groups = {name: group for name, group in written().items() if name not in left_out}
    found: dict[str, list[Callable[[random.Random], str]]] = {
        name: [_filler(phrase) for phrase in group["phrases"]] for name, group in groups.items()
    }
    barred = {*left_out, *(like for name in left_out if name in written() for like in written()[name]["like"])}
    for record in records(data, "injection_bipia_train"):
        labels = record["labels"]
        if labels["attack"] and is_held_back(record["id"]) == held_back and labels["category"] not in barred:
            for span in labels["spans"]:
                words = record["text"][span["start"] : span["end"]]
                found.setdefault(f"bipia {labels['category']}", []).append(lambda _, words=words: words)  # type: ignore[misc]
    for record in records(data, "conversations_asb_agents_dev"):
        if is_held_back(record["id"]) == held_back and "asb" not in left_out:
            found.setdefault("asb", []).extend(lambda _, words=words: words for words in _injected(record))  # type: ignore[misc]
    found["techniques"] = list(TECHNIQUES.values())
    if "requests" not in left_out:
        found["asked"] = [lambda _, words=words: words for words in _asked(data, held_back)]  # type: ignore[misc]
    return found


def _asked(data: Path, held_back: bool) -> Iterator[str]:
    """What people ask of assistants in one line: out of place in a document."""
    for name in ("rag_halueval_general_dev", "benign_prompts_dev", "topics_clinc150_trainval"):
        for record in records(data, name):
            words = (record.get("question") or record.get("text") or "").strip()
            if is_held_back(record["id"]) == held_back and 12 < len(words) < 160 and "\n" not in words:
                yield words if words[-1] in ".?!" else words[0].upper() + words[1:] + _stop(words)


def _stop(words: str) -> str:
    return "?" if words.lower().startswith(("wh", "how", "can", "is", "are", "do")) else "."


def _injected(record: dict[str, Any]) -> Iterator[str]:
    """Orders in the tool results of a run, the separators before them left out."""
    for span in record["labels"].get("injected_spans") or ():
        words = record["turns"][span["turn"]]["content"][span["start"] : span["end"]]
        yield words.split("The knowledge I get from")[0].strip("; \n")


def _filler(phrase: str) -> Callable[[random.Random], str]:
    def fill(dice: random.Random) -> str:
        words = _AGAIN.sub(lambda slot: _slot(slot[1], dice), phrase)
        lead = dice.choice(_LEAD) if phrase[0].isalpha() else ""
        return lead + (words[0].lower() + words[1:] if lead.endswith(("ease ", "o, ", "n ")) else words)

    return fill


def _slot(name: str, dice: random.Random) -> str:
    words = dice.choice(_SLOTS[name.lower()])
    return words[0].upper() + words[1:] if name[0].isupper() else words


def _plant(text: str, order: str, dice: random.Random) -> tuple[str, tuple[int, int]]:
    """Put an order at the start, at the end, or after a sentence or line of a document."""
    ends = [one.end for one in lines_of(text)]
    place = dice.choice((0, len(text), dice.choice(ends) if ends else 0))
    before = "" if place == 0 else dice.choice(("\n", "\n", " ", "\n\n", "; "))
    after = dice.choice(("\n", "\n", " ", "\n\n"))
    start = place + len(before)
    return text[:place] + before + order + after + text[place:], (start, start + len(order))


def _lines(
    text: str, spans: list[tuple[int, int]], family: str, document: str, dice: random.Random, most: int = _LINES
) -> Iterator[Example]:
    """Examples of a document; code that an order brings along is neither."""
    calm = []
    for line in lines_of(text):
        inside = [line.start < end and start < line.end for start, end in spans]
        if not any(inside):
            calm.append(line.marked)
        elif text[max(0, spans[0][0]) : line.start].count("\n") == 0:
            yield Example(line.marked, True, family, document)
    for marked in calm if len(calm) <= most else dice.sample(calm, most):
        yield Example(marked, False, family, document)


def _documents(data: Path, held_back: bool, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Ordinary documents with the name of where they come from."""
    for name in FILES:
        kept = [one for one in records(data, name) if is_held_back(one["id"]) == held_back]
        dice.shuffle(kept)
        texts = list(dict.fromkeys(text for record in kept for text in _texts(name, record) if len(text) > 40))
        if name == "emotion_goemotions_dev":
            # Comments are read in threads.
            texts = ["\n".join(texts[at : at + 5]) for at in range(0, len(texts), 5)]
        for text in texts[:_MOST_OF_A_FILE]:
            yield name, text
            sentences = spans_of_sentences(text)
            if dice.random() < _SINGLE and len(sentences) > 1:
                start, end = dice.choice(sentences)
                yield name, text[start:end]
    if not held_back:
        for _ in range(_WRITTEN):
            yield "written", _table(dice)
            yield "written", _page(dice)


def _texts(name: str, record: dict[str, Any]) -> Iterator[str]:
    turns = record.get("turns") or ()
    if name == "rag_attributionbench_dev" or record.get("meta", {}).get("subset") in _SUBSETS:
        yield from record["context"]
    elif name == "rag_halueval_general_dev":
        yield record["response"]
    elif name == "emotion_goemotions_dev":
        yield record["text"]
    elif name == "conversations_arena_hard_dev":
        yield from (turn["content"][:3000] for turn in turns if turn["role"] == "assistant" and turn["content"])
    elif name == "satisfaction_abredial_dev":
        yield _transcript(record)
    elif record["kind"] == "conversation" and not record["labels"].get("injected_spans"):
        roles = {"tool", "system"} if name == "conversations_taubench_airline_dev" else {"tool"}
        yield from (turn["content"] for turn in turns if turn["role"] in roles and turn.get("content"))
        if name != "conversations_asb_agents_dev":
            yield _transcript(record)


def _transcript(record: dict[str, Any]) -> str:
    """What two people said, as a chat log that may be retrieved; names are drawn by the record."""
    dice = random.Random(record["id"])
    named = dict(zip(("user", "assistant"), dice.choice(_NAMED), strict=True))
    said = [
        (named[turn["role"]], turn["content"])
        for turn in record["turns"]
        if turn["role"] in named and turn.get("content")
    ]
    return "\n".join(f"{name}{words}" for name, words in said[:20])


@cache
def _innocent() -> list[str]:
    found: list[str] = json.loads((_PHRASES / "innocent.json").read_text())
    return found


def _page(dice: random.Random) -> str:
    """Innocent lines, now and then between lines of code."""
    lines = [_filler(one)(dice) for one in dice.sample(_innocent(), dice.randint(2, 7))]
    if dice.random() < 0.4:
        for _ in range(dice.randint(2, 6)):
            lines.insert(dice.randint(0, len(lines)), dice.choice(_CODE))
        return "\n".join(lines)
    return dice.choice((" ", "\n", "\n\n")).join(lines)


def _table(dice: random.Random) -> str:
    """A table of names and numbers, with bars or commas."""
    names = ("Name", "City", "Year", "Result", "Team", "Date", "Score", "Country", "Points", "Notes", "Venue", "Rank")
    words = (
        "Berg",
        "Lima",
        "North",
        "River",
        "Win",
        "Loss",
        "Draw",
        "Park",
        "Kim",
        "Otto",
        "Red",
        "Final",
        "Group",
        "East",
    )
    titles = (
        '"Make Me Stay"',
        "U.S.",
        "L.E.S. Park",
        "Let's Go Home!",
        '"Why Do You Leave?"',
        "St. Mary",
        "def. Kim (3-1)",
    )
    columns = dice.randint(3, 7)
    rows = [dice.sample(names, columns)]
    for _ in range(dice.randint(3, 20)):
        rows.append([
            dice.choice((str(dice.randint(0, 2020)), " ".join(dice.sample(words, dice.randint(1, 2))), f"{dice.randint(1, 28)} May",
                         dice.choice(titles)))
            for _ in range(columns)
        ])  # fmt: skip
    if dice.random() < 0.3:
        return "\n".join(",".join(row) for row in rows)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
