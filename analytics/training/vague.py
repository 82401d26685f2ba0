"""Answers that say nothing, as models give them when what they were handed is about something else."""

from __future__ import annotations

from typing import Final

VAGUE: Final[tuple[str, ...]] = (
    "That can differ from case to case. It is best to have a look at our website for the details.",
    "It usually depends on a few things, so I cannot give you an exact answer.",
    "There are several possibilities here. Our support pages explain most of them.",
    "In general this is handled individually. You will find more under frequently asked questions.",
    "This varies. As a rule you should get more information by e-mail.",
    "Normally that should not be a problem, but I would check it again to be sure.",
    "Things like this are usually settled within a reasonable time.",
    "As far as I know there are different rules for this, depending on the situation.",
    "I do not have the exact details at hand, but in most cases it works out fine.",
    "That is a good question. There are many factors to consider.",
    "Please refer to the terms that apply to you; they say what is possible.",
    "We do our best to help everybody. Feel free to look around in the help section.",
    "It can take a while, and sometimes it goes faster. Thank you for your patience.",
    "Generally speaking, this is possible under certain conditions.",
    "I am not entirely sure about that. It may or may not apply to you.",
    "You can find everything that matters about this topic in your account.",
    "Most people have no trouble with this. If you do, try again later.",
    "The available material covers related matters, though not every detail of this one.",
    "Different sources say different things about this, so it is hard to give one answer.",
    "It is commonly understood in more than one way, and much has been written about it.",
    "There is no single answer; experts look at a number of aspects.",
    "Some of this is known and some is not, and it has changed over time.",
    "Opinions differ. It is worth reading more on the subject before you decide.",
    "Overall it is an important topic with a long history and many sides.",
)
"""Written for this, none of them taken from the sample project: its own vague answers stay unseen."""
