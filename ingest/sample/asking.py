"""What a customer writes: a phrasing of the question, dressed in a mood."""

from __future__ import annotations

from random import Random

from ingest.sample.facts import Facts
from ingest.sample.grammar import expand, hurried, misspell
from ingest.sample.texts import Shop, Voice


def first_message(shop: Shop, template: str, facts: Facts, mood: str, dice: Random) -> str:
    """The message that opens a conversation."""
    text = expand(template, facts, dice)
    voice = shop.setting.voice
    if mood == "plain" and dice.random() < 0.3:
        text = f"{dice.choice(voice.greetings)} {text}"
    if mood in {"polite", "chatty"}:
        text = _around(text, voice, mood, dice)
    return later_message(shop, expand(text, facts, dice), facts, mood, dice)


def later_message(shop: Shop, template: str, facts: Facts, mood: str, dice: Random) -> str:
    """A message in the middle of a conversation: no greeting any more, but the same fingers."""
    text = expand(template, facts, dice)
    if mood == "hurried":
        return hurried(text)
    if mood == "misspelt":
        return misspell(text, dice)
    if mood == "angry" and dice.random() < 0.6:
        text = f"{text} {expand(dice.choice(shop.setting.voice.anger), facts, dice)}"
        return text.upper() if len(text) < 60 and dice.random() < 0.3 else text
    return text


def complaint(shop: Shop, last_ask: str, facts: Facts, dice: Random) -> str:
    """What somebody writes whose question was not answered."""
    return expand(dice.choice(shop.faults.complaints), {**facts, "ask": last_ask}, dice)


def attack(shop: Shop, facts: Facts, dice: Random, prying: bool) -> str:
    """What somebody writes who tries to break the assistant; ``prying`` ones want its instructions."""
    texts = [text for text in shop.faults.jailbreaks if not prying or "prompt" in text or "above" in text]
    return expand(dice.choice(texts), facts, dice)


def _around(text: str, voice: Voice, mood: str, dice: Random) -> str:
    before = [dice.choice(voice.greetings)] if dice.random() < 0.8 else []
    after = [dice.choice(voice.thanks)] if dice.random() < 0.7 else []
    if mood == "chatty":
        before.append(dice.choice(voice.prefaces))
        after.insert(0, dice.choice(voice.asides))
    return " ".join([*before, text, *after])
