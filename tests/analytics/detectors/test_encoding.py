"""Damaged characters and leaked marks, and texts that only look like them."""

import pytest

from analytics.detectors.base import Finding
from analytics.detectors.encoding import Encoding


def judge(turn):
    """One verdict, held against the threshold."""
    detector = Encoding()
    return detector.held(detector.judge(turn))


@pytest.mark.parametrize(
    "text",
    [
        "The cafÃ© is open.",
        "We donâ€™t ship on Sundays.",
        "It costs Â£5.",
        "привет, как дела".encode().decode("latin-1"),
        "荷物は届きました".encode().decode("cp1252", "replace"),
        "The caf\ufffd is open.",
        "a\x00b",
        "\x1b[31mred\x1b[0m",
        "Done.<|im_end|>",
        "Done.<|eot_id|><|start_header_id|>user<|end_header_id|>",
        "[INST] And now? [/INST]",
        "Done.</s>",
        "ĠHelloĠthereĠmyĠfriend",
        "▁Hello▁there▁my▁friend",
        "\ud83d half",
        "<0xE2><0x80><0x99>",
    ],
)
def test_damage_is_found(make_turn, text):
    """One place is enough where no good text has such a thing."""
    assert isinstance(judge(make_turn(text)), Finding)


@pytest.mark.parametrize(
    "text",
    [
        "Déjà vu à la façade, naïve señorita, Ångström, œuvre",
        "MANHÃ, ÂNGULO, ÇA VA, À BIENTÔT",
        "20 °C, 5 £, § 7, “quoted”, 1×2×3×…×50, a “×” sign",
        "Привет, Ёлка. 你好。مرحبا",
        "👨‍👩‍👧 family, ✅ done, 1️⃣ first",
        "Use `<|im_end|>` to end a message:\n```\n<s>[INST] Hi [/INST]\n```",
        "Old price: <s>20</s> 15",
        "a\tb\r\nc\x0cd",
        "if (a </s && b) {}",
        "x <| y |> z",
    ],
)
def test_ordinary_signs_are_not_flagged(make_turn, text):
    """Accents, symbols, other scripts, emoji, and marks that the text is about."""
    assert not isinstance(judge(make_turn(text)), Finding)


def test_marks_that_the_user_wrote_are_what_the_answer_is_about(make_turn):
    """Whoever asks for the meaning of a token gets it named."""
    asked = make_turn("The token <|im_end|> ends it.", input_text="What is <|im_end|>?")
    assert not isinstance(judge(asked), Finding)


def test_a_text_that_is_mostly_damage_is_severe(make_turn):
    """One lost sign is a blemish, a page of them no answer."""
    assert judge(make_turn("Ã©" * 40)).severity == "high"
    assert judge(make_turn("A long and good answer, but for one sign. " * 4 + "caf\ufffd")).severity is None
