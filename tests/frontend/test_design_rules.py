"""What keeps the interface one: tokens, contrast, a strict policy, names that exist."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"
STATIC = FRONTEND / "static"
TEMPLATES = sorted((FRONTEND / "templates").rglob("*.html"))
STYLES = sorted((STATIC / "css").rglob("*.css"))
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
RAW_COLOURS = {"tokens.css", "series.css"}

GROUNDS = ("canvas", "surface", "raised", "sunken", "hover", "selected")
TONES = ("ok", "warn", "error", "info", "new", "neutral")
TEXT_PAIRS = [
    *itertools.product(("text", "text-2", "text-3", "accent", *(f"{tone}-text" for tone in TONES)), GROUNDS),
    *((f"{tone}-text", f"{tone}-soft") for tone in TONES),
    *itertools.product(("on-accent",), ("accent-fill", "accent-fill-hover", "danger-fill")),
    *itertools.product(("text",), ("mark-soft", "mark-error-soft", "warn-soft", "error-soft")),
    ("surface", "text"),
]
TOPICS = [f"topic-{place}" for place in range(1, 13)]
SHAPE_PAIRS = [
    *itertools.product(("line-control",), GROUNDS[:5]),
    *itertools.product(
        (*TOPICS, "topic-other", "accent", "accent-fill", *(f"{tone}-solid" for tone in TONES)), ("surface",)
    ),
    ("mark-line", "surface"),
    ("mark-error-line", "surface"),
]


def tokens() -> dict[str, tuple[str, str]]:
    """Colour tokens by name: day and night."""
    text = "".join((STATIC / "css" / name).read_text() for name in sorted(RAW_COLOURS))
    found = {
        name: (day, night)
        for name, day, night in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", text)
    }
    return found | {name: found[of] for name, of in re.findall(r"--([\w-]+): var\(--([\w-]+)\);", text) if of in found}


COLOURS = tokens()


def linear(colour: str) -> tuple[float, float, float]:
    """Linear light of a #rrggbb."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2."""
    light, dark = sorted(
        sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) for c in (one, other)
    )[::-1]
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT_PAIRS, 4.5), (SHAPE_PAIRS, 3.0)], ids=["text", "shapes"])
def test_declared_pairs_have_contrast(pairs: list[tuple[str, str]], least: float, mode: int) -> None:
    """Text reaches 4.5:1 and shapes that carry meaning 3:1 on every ground they stand on, in both modes."""
    weak = {
        pair: round(contrast(COLOURS[pair[0]][mode], COLOURS[pair[1]][mode]), 2)
        for pair in pairs
        if contrast(COLOURS[pair[0]][mode], COLOURS[pair[1]][mode]) < least
    }
    assert not weak


# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear light.
SIGHT = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def seen(colour: str, sight: str) -> tuple[float, ...]:
    """OKLab coordinates of a colour as one kind of sight sees it."""
    light = linear(colour)
    red, green, blue = (min(1.0, max(0.0, sum(m * v for m, v in zip(row, light, strict=True)))) for row in SIGHT[sight])
    cones = (
        0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue,
        0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue,
        0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue,
    )
    long, medium, short = (max(0.0, cone) ** (1 / 3) for cone in cones)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("count", "least"), [(12, 0.05), (6, 0.1)], ids=["all", "first six"])
def test_topic_colours_can_be_told_apart(count: int, least: float, mode: int) -> None:
    """The twelve topic colours keep their distance for every kind of sight, the first six a larger one."""
    chosen = [COLOURS[name][mode] for name in TOPICS[:count]]
    close = [
        (one, other, sight)
        for one, other in itertools.combinations(chosen, 2)
        for sight in SIGHT
        if math.dist(seen(one, sight), seen(other, sight)) < least
    ]
    assert not close


def names(paths: list[Path]) -> list[str]:
    """Ids for parametrized files."""
    return [str(path.relative_to(FRONTEND)) for path in paths]


@pytest.mark.parametrize("path", STYLES, ids=names(STYLES))
def test_raw_colours_stand_in_tokens_only(path: Path) -> None:
    """A rule names a role, so that both modes and a later change reach it."""
    if path.name not in RAW_COLOURS:
        text = re.sub(r"/\*.*?\*/|url\([^)]*\)|#[\w-]+(?=[^;}]*\{)", "", path.read_text(), flags=re.S)
        assert not re.findall(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|lab)\(", text)


@pytest.mark.parametrize("path", STYLES, ids=names(STYLES))
def test_every_token_a_rule_names_exists(path: Path) -> None:
    """A misspelt token is silent in a browser; here it is not."""
    known = set(re.findall(r"(--[\w-]+)\s*:", "".join(style.read_text() for style in STYLES))) | {"--split"}
    assert set(re.findall(r"var\((--[\w-]+)", path.read_text())) <= known


def test_every_token_is_used() -> None:
    """A token nobody names is taken out."""
    text = "".join(path.read_text() for path in [*STYLES, *SCRIPTS, *(FRONTEND.rglob("*.py"))])
    declared = set(re.findall(r"^\s*(--[\w-]+):", (STATIC / "css/tokens.css").read_text(), re.M))
    assert not {name for name in declared if not re.search(rf"(var\({name}\b|\"{name}[/\"])", text)}


def test_every_stylesheet_is_imported_in_its_layer() -> None:
    """app.css names each component's file once, with a layer; pages link their own."""
    listed = re.findall(r'@import url\("([\w./]+)"\) layer\(\w+\);', (STATIC / "css/app.css").read_text())
    assert sorted([*listed, "app.css"]) == sorted(path.name for path in (STATIC / "css").glob("*.css"))


@pytest.mark.parametrize("path", TEMPLATES, ids=names(TEMPLATES))
def test_templates_hold_the_policy(path: Path) -> None:
    """No inline style, no inline script, no event attribute, no address of another host."""
    text = re.sub(r"\{%\s*comment.*?endcomment\s*%\}", "", path.read_text(), flags=re.S)
    markup = re.sub(r"\{[{%].*?[%}]\}", "", text)
    assert not re.findall(r"<[^>]*\s(?:style|on\w+|hx-on[\w:-]*)\s*=", markup)
    assert not re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>|<style\b", markup)
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//", markup)


def test_every_icon_named_is_in_the_sprite() -> None:
    """A missing symbol draws nothing."""
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    texts = "".join(path.read_text() for path in TEMPLATES)
    named = set(re.findall(r"""\{% icon ["']([\w-]+)["']""", texts)) | set(re.findall(r'icon="([\w-]+)"', texts))
    python = "".join(path.read_text() for path in FRONTEND.rglob("*.py"))
    named |= set(re.findall(r'"icon": "([\w-]+)"', python)) | set(re.findall(r'\bicon\("([\w-]+)"', python))
    assert named <= sprite


@pytest.mark.parametrize("path", SCRIPTS, ids=names(SCRIPTS))
def test_scripts_are_small_and_evaluate_nothing(path: Path) -> None:
    """A module is read at one sitting, makes no code of text and no elements of strings."""
    text = path.read_text()
    assert len(text.splitlines()) <= 90
    assert not re.findall(
        r"\beval\(|new Function|\.(?:inner|outer)HTML\s*\+?=|insertAdjacentHTML|document\.write", text
    )


def test_each_component_is_described() -> None:
    """docs/design-system.md names every component a page may include."""
    text = (FRONTEND.parent / "docs/design-system.md").read_text()
    frame = {"rail", "project_switcher", "mark", "top_bar", "environment_picker", "period_picker", "user_menu",
             "sample_banner", "toasts", "command_palette", "shortcut_sheet", "page_header", "card", "callout", "menu",
             "dialog", "fold", "bulk"}  # fmt: skip
    own = {path.stem for path in (FRONTEND / "templates/components").glob("*.html")} - frame
    assert not {name for name in own if not re.search(rf"\b{name}\b", text)}
