"""Phrases: what people ask, without what must not be shown and without halves."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.topics import phrases as module
from analytics.topics.phrases import brands, distinctive, phrases, sentence_case, sentences, written


def test_docstring_examples_print_what_they_say():
    """The worked examples hold."""
    found = doctest.testmod(module)
    assert found.attempted >= 4
    assert found.failed == 0


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("Hi, I want to cancel my order please", "cancel my order"),
        ("Where is my order #4711?", "where is my order"),
        ("How do I reset my password?", "how do i reset my password"),
        ("My lamp arrived broken.", "lamp arrived broken"),
        ("Could you help me with a refund", "refund"),
        ("I’d like to track my parcel", "track my parcel"),
        ("Is the half-height table in stock?", "half-height table in stock"),
    ],
)
def test_what_someone_asks_is_among_the_phrases(message, wanted):
    """A readable name for the message is there to be chosen."""
    assert wanted in phrases(message)


@pytest.mark.parametrize(
    "message",
    [
        "Hello there, how are you today?", "thanks!", "I would like to know", "12345 678", "jo@example.org",
        "https://shop.example/orders/12", "@someone #tag", "...", "", "\ud800\x00", "can you please help me",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_names_nothing_gives_no_phrase(message):
    """Greetings, filler, numbers and addresses are left out."""
    assert phrases(message) == set()


@pytest.mark.parametrize(
    ("message", "never"),
    [
        ("When will order 77 arrive?", "when will order"),
        ("How long does shipping take?", "long does shipping"),
        ("I returned it but the money is missing", "returned it but the money"),
        ("my card 4111 1111 is blocked", "card is blocked"),
        ("The lamp. It broke", "lamp it broke"),
        ("Where is my order?", "is my order"),
        ("Can a logo be printed on it?", "logo be printed"),
        ("my feet are wide and I wear boots", "wide and i wear boots"),
    ],
)
def test_a_phrase_never_spans_what_does_not_belong_together(message, never):
    """Halves of questions, clauses, masked numbers and sentence ends are not bridged."""
    assert never not in phrases(message)


@given(st.text(max_size=200))
def test_no_phrase_shows_a_digit_or_an_address(text):
    """Whatever people write, numbers and addresses stay out of names."""
    for phrase in phrases(text):
        assert not any(character.isdigit() and character.isascii() for character in phrase)
        assert "@" not in phrase
        assert "://" not in phrase


def group(*messages):
    """A topic's messages, each by its own user unless given as a pair."""
    pairs = [m if isinstance(m, tuple) else (m, f"{i}-{m}") for i, m in enumerate(messages)]
    return [(phrases(text), user) for text, user in pairs]


def test_the_phrases_of_a_topic_are_those_the_others_lack():
    """What everyone says sets nothing apart."""
    refund = group(*["I want my money back for my order"] * 4)
    cancel = group(*["please cancel the subscription of my order"] * 4)
    found = distinctive([refund, cancel], known_users=False)
    assert "order" not in [p.text for p in found[0]]
    assert any("money back" in p.text for p in found[0])


def test_a_phrase_of_fewer_than_three_people_is_never_shown():
    """One person's words, said ten times, name no topic when users are known."""
    one = [("my affair with Rosalinde", "u1")] * 10 + [("broken kettle", f"u{i}") for i in range(4)]
    other = [("voucher code", f"v{i}") for i in range(5)]
    private, _ = distinctive([group(*one), group(*other)], known_users=True)
    assert [p.text for p in private] == ["broken kettle"]


def test_a_part_of_a_longer_phrase_gives_way_to_it():
    """Nobody is connected with a real."""
    messages = group(*["connect me with a real person"] * 5)
    found, _ = distinctive([messages, group(*["voucher code"] * 5)], known_users=False)
    assert [p.text for p in found] == ["connect me with a real person"]


def test_words_to_ignore_stand_in_no_phrase():
    """The product's own name is no topic."""
    messages = group(*["refund from Lanternhaus", "Lanternhaus refund", "a refund"])
    found, _ = distinctive([messages, group(*["voucher"] * 3)], known_users=False, ignore=["Lanternhaus"])
    assert [p.text for p in found] == ["refund"]


def test_a_name_that_stands_all_over_is_a_brand():
    """Capitalised in three topics and more: the shop. Capitalised in one: a thing people ask about."""
    texts, topics = [], []
    for topic in range(4):
        texts += [f"does Lanternhaus sell {thing}" for thing in ("lamps", "kettles")]
        topics += [topic] * 2
    texts += ["how do I pay with PayPal", "is PayPal safe", "PayPal and more PayPal"]
    topics += [0] * 3
    assert brands(texts, topics) == {"lanternhaus"}


def test_words_are_written_as_most_people_write_them_inside_sentences():
    """Spelling is learned, shouting is not."""
    spelling = written(["pay with PayPal", "my PayPal", "with paypal", "I WANT MY ATM CARD", "the ATM", "an ATM"])
    assert sentence_case("paypal at the atm", spelling) == "PayPal at the ATM"
    assert sentence_case("can i pay", spelling) == "Can I pay"


def test_a_long_message_is_read_in_bounded_time():
    """Only the first 4,000 characters count."""
    assert len(sentences("word. " * 200_000)) < 1_000
