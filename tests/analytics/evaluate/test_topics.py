"""The evaluation of topics over a folder of a few labelled texts, embedded by the words they have."""

import gzip
import json
import zlib

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from analytics.evaluate import topic_baselines, topic_measures, topic_sets, topics

WANTS = {
    "lost card": ("lost my card", "card is lost", "cannot find the card"),
    "exchange rate": ("exchange rate of euros", "what rate for dollars", "rate of exchange"),
    "reset password": ("reset the password", "forgot my password", "new password for login"),
    "book flight": ("book a flight", "flight to rome", "need a plane flight"),
}


class Words:
    """An embedder that adds up a random direction for each word."""

    name, version, dimensions = "words", "1", 64

    def encode(self, texts):
        """See `Embedder.encode`."""
        found = np.stack([self._of(text) for text in texts])
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    def _of(self, text):
        seeds = [zlib.crc32(word.encode()) for word in text.lower().split()] or [0]
        return np.sum([np.random.default_rng(seed).normal(size=64) for seed in seeds], axis=0)


def _row(text, intent):
    return {"text": text, "labels": {"intent": intent, "domain": intent[0], "oos": intent == "oos"}}


@pytest.fixture
def folder(tmp_path):
    """Four wants of thirty texts and twelve texts out of scope."""
    dice = np.random.default_rng(0)
    rows = [
        _row(f"{said[n % 3]} {dice.choice(list('abcdefgh'))}", want) for want, said in WANTS.items() for n in range(30)
    ]
    rows += [
        {"text": f"zz{n} yy{n} xx{n}", "labels": {"intent": "oos", "domain": "oos", "oos": True}} for n in range(12)
    ]
    for file in ("topics_banking77_train", "topics_clinc150_trainval"):
        kept = rows if "clinc" in file else rows[:-12]
        with gzip.open(tmp_path / f"{file}.jsonl.gz", "wt") as out:
            out.writelines(json.dumps({"id": f"{file}-{n}", **row}) + "\n" for n, row in enumerate(kept))
    return tmp_path


def test_every_part_is_measured(folder, tmp_path):
    """Right, honest, steady, named and fast, each with its figure; a set that is not there is passed over."""
    lines = list(topics.lines(folder, Words(), tmp_path / "kept"))
    by_name = {line.what: line for line in lines}
    assert {line.part for line in lines} == set(topics.PARTS)
    assert not any("multidogo" in name for name in by_name)
    assert by_name["banking77: AMI"].value > 0.5
    assert by_name["clinc150, 5% out of scope: AUROC"].value > 0.8
    assert by_name["banking77: unique"].value == 1.0
    assert list((tmp_path / "kept").glob("vectors-*.npy"))


def test_a_bar_is_met_or_not():
    """A floor, a ceiling and no bar at all."""
    assert topics.Line("right", "x", 0.9, 0.8).is_met is True
    assert topics.Line("right", "x", 0.9, 0.8, at_most=True).is_met is False
    assert topics.Line("right", "x", 0.9).is_met is None
    assert str(topics.Line("right", "x", 0.9, 0.8)) == "| right | x | 0.900 | ≥ 0.8 | yes |"


def test_the_share_out_of_scope_is_what_is_asked_for(folder):
    """By leaving out ordinary texts, and then by leaving out strange ones."""
    part = topic_sets.read(folder, "clinc150", Words())
    assert part.mixed(0.2, 0).strange.mean() == pytest.approx(0.2, abs=0.01)
    assert part.mixed(0.05, 0).strange.mean() == pytest.approx(0.05, abs=0.01)
    assert not part.in_scope().strange.any()


def test_outliers_go_to_the_nearest_centroid():
    """So that methods compare, whatever they leave out."""
    vectors = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.2, 0.8]], dtype=np.float32)
    labels = topic_baselines.forced(np.array([0, -1, 1, -1]), vectors)
    assert labels.tolist() == [0, 0, 1, 1]
    assert topic_measures.most_common(np.array(["b", "a", "b"])) == "b"


def test_the_command_refuses_what_it_cannot_measure(folder, tmp_path):
    """No folder, no such part, no labelled file."""
    with pytest.raises(CommandError, match="no folder"):
        call_command("evaluate", "topics", data=tmp_path / "missing")
    with pytest.raises(CommandError, match="no such; there are: right"):
        call_command("evaluate", "topics", data=folder, only="such")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CommandError, match="none of the labelled files"):
        call_command("evaluate", "topics", data=empty)
