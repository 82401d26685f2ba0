"""Names: readable, unique, and what the topic is about, by the real model."""

import random

import numpy as np
import pytest

from analytics.topics.names import name_topics

WANTS = {
    "password": ["I forgot my password", "How do I reset my password?", "hi, please reset my password",
                 "my password does not work", "forgot my password again, help"],
    "parcel": ["Where is my parcel?", "my parcel {id} has not arrived", "track my parcel please",
               "Hello, where is my parcel {id}?", "the parcel is late"],
    "invoice": ["I need an invoice for order {id}", "please send me the invoice", "where can I download my invoice?",
                "invoice for my company please", "Can you mail the invoice to jo{id}@example.org?"],
    "voucher": ["My voucher code is rejected", "voucher code does not work", "Hey, can I use two voucher codes?",
                "where do I enter my voucher code", "the voucher expired"],
}  # fmt: skip


@pytest.fixture(scope="module")
def named(embedder):
    """Names of four wants in twenty wordings, two broad groups."""
    dice = random.Random(3)
    texts, topic = [], []
    for index, wordings in enumerate(WANTS.values()):
        texts += [dice.choice(wordings).format(id=dice.randint(10**4, 10**5)) for _ in range(25)]
        topic += [index] * 25
    texts += ["what a lovely day", ""]
    topic += [-1, -1]
    users = [f"user-{dice.randint(1, 40)}" for _ in texts]
    vectors = embedder.encode(texts)
    names = name_topics(texts, np.array(topic), vectors, embedder, parents=np.array([0, 1, 1, 1]), users=users)
    return names, texts, np.array(topic)


@pytest.mark.parametrize(("index", "word"), list(enumerate(WANTS)))
def test_a_title_names_the_want(named, index, word):
    """The title has the word the want is about, and reads as a phrase."""
    title = named[0].topics[index].title
    assert word in title.lower()
    assert title[0].isupper()
    assert not any(character.isdigit() for character in title)


def test_titles_are_unique_on_each_level(named):
    """Nobody has to guess which of two equal names is meant."""
    for level in (named[0].topics, named[0].parents):
        assert len({name.title.lower() for name in level}) == len(level)


def test_parents_are_named_from_their_topics(named):
    """There is a name for each parent, and an only child's parent is about the same."""
    assert len(named[0].parents) == 2
    assert "password" in named[0].parents[0].title.lower()


def test_keywords_add_to_the_title(named):
    """No keyword is the title or a part of it."""
    for name in named[0].topics:
        assert len(name.keywords) <= 3
        assert all(word.lower() not in name.title.lower() for word in name.keywords)


def test_representatives_are_different_messages_of_the_topic(named):
    """Three central messages, no two alike."""
    names, texts, topic = named
    for index, name in enumerate(names.topics):
        assert 1 <= len(name.representatives) <= 3
        assert all(topic[row] == index for row in name.representatives)
        assert len({texts[row].lower() for row in name.representatives}) == len(name.representatives)


def test_naming_twice_gives_the_same_names(named, embedder):
    """Names do not depend on chance."""
    names, texts, topic = named
    again = name_topics(texts, topic, embedder.encode(texts), embedder, parents=np.array([0, 1, 1, 1]))
    once_more = name_topics(texts, topic, embedder.encode(texts), embedder, parents=np.array([0, 1, 1, 1]))
    assert again == once_more
    assert [name.representatives for name in again.topics] == [name.representatives for name in names.topics]


def test_topics_without_words_have_a_name_all_the_same(embedder):
    """Numbers only, or no conversation at all: unnamed, uniquely and without an error."""
    texts = ["12345", "999", "refund"]
    found = name_topics(texts, np.array([0, 0, 2]), embedder.encode(texts), embedder, parents=np.arange(3))
    assert found.topics[0].title == "Unnamed topic 1"
    assert found.topics[1].title == "Unnamed topic 2"
    assert found.topics[1].representatives == ()


def test_no_topics_have_no_names(embedder):
    """A fit that found nothing is named at once."""
    found = name_topics(["hi"], np.array([-1]), embedder.encode(["hi"]), embedder, parents=np.zeros(0, dtype=int))
    assert found.topics == found.parents == []
