"""A fitted topic model: frozen arrays that assign conversations anywhere, any time, alike."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.topics.space import Space, Vectors
from backend.errors import AssayError

FORMAT = 2


class TooFewConversations(AssayError):
    """There are not yet enough conversations to speak of topics.

    Attributes:
        found: how many there are.
        needed: how many it takes.
    """

    status = 409
    code = "too_few_conversations"

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(f"{found} conversations with text; topics need at least {needed}")
        self.found = found
        self.needed = needed


@dataclass(frozen=True, slots=True, eq=False)
class TopicModel:
    """Topics of a sample of conversations, and what it takes to assign others to them.

    Attributes:
        version: names the model by its content; equal models have equal versions.
        clusterer: name of the clusterer that found the topics.
        resolution: how fine they are.
        space: the projection from embeddings to topic space.
        centroids: of the topics in topic space, unit rows, shape (k, d); largest topic first.
        sample: vectors of the sample in topic space, shape (m, d), rounded to half precision.
        lengths: of the sample in the space before each was scaled to length 1, shape (m,).
        anchors: the topics' centres as seen from the origin, unit rows, shape (k, d + 1).
        sample_topic: topic index of each sample row, -1 for none, shape (m,).
        members: conversations of the sample in each topic, weights counted, shape (k,).
        parents: index of each topic's broader topic, shape (k,).
        stability: 0 to 1 for each topic: how much of it is found again when a third of the sample is left
            out; below .6 it may be an accident, from .75 it can be relied on.
        neighbours: how many neighbours vote.
        threshold: score below which an assignment has low confidence.
        floor: score below which a conversation belongs to no topic.
        conversations: how many conversations the sample stands for, weights counted.
        embedder: name and version of the embedding model, as the caller says it.
    """

    version: str
    clusterer: str
    resolution: float
    space: Space
    centroids: Vectors
    sample: Vectors
    lengths: Vectors
    anchors: Vectors
    sample_topic: NDArray[np.int32]
    members: NDArray[np.float64]
    parents: NDArray[np.int32]
    stability: NDArray[np.float64]
    neighbours: int
    threshold: float
    floor: float
    conversations: float
    embedder: str = ""

    def __len__(self) -> int:
        return len(self.centroids)

    @property
    def is_small(self) -> bool:
        """Whether the sample is so small that topics are a first impression; show ``stability`` with them."""
        return self.conversations < 300


_ARRAYS = ("centroids", "sample", "lengths", "anchors", "sample_topic", "members", "parents", "stability")
_SCALARS = ("version", "clusterer", "resolution", "neighbours", "threshold", "floor", "conversations", "embedder")


def to_bytes(model: TopicModel) -> bytes:
    """Write a model as compressed npz: plain arrays and one JSON text, no pickle."""
    scalars = {name: getattr(model, name) for name in _SCALARS} | {"format": FORMAT}
    arrays: dict[str, Any] = {name: getattr(model, name) for name in _ARRAYS}
    arrays |= {"mean": model.space.mean, "components": model.space.components}
    arrays["origin"] = model.space.origin[0]
    scalars |= {"rest": model.space.origin[1], "reach": model.space.reach}
    arrays["sample"] = model.sample.astype(np.float16)  # exact: it was rounded when it was fitted
    arrays["scalars"] = np.frombuffer(json.dumps(scalars).encode(), dtype=np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def from_bytes(written: bytes) -> TopicModel:
    """Read what `to_bytes` wrote.

    Raises:
        ValueError: these are other bytes, or of a later format.
    """
    try:
        with np.load(io.BytesIO(written), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        scalars = json.loads(arrays.pop("scalars").tobytes())
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as fault:
        raise ValueError(f"not a topic model: {fault}") from fault
    arrays["sample"] = arrays["sample"].astype(np.float32)
    form = scalars.pop("format")
    if form == 1:  # told strangers in the centred space, which is what an origin of zero amounts to
        scalars |= {"rest": 0.0, "reach": 1.0}
        arrays["origin"] = np.zeros(len(arrays["components"]), dtype=np.float32)
        arrays["lengths"] = np.ones(len(arrays["sample"]), dtype=np.float32)
        arrays["anchors"] = np.pad(arrays["centroids"], ((0, 0), (0, 1)))
    elif form != FORMAT:
        raise ValueError(f"the topic model has format {form}, which is later than {FORMAT}; fit the topics again")
    origin = (arrays.pop("origin"), scalars.pop("rest"))
    space = Space(arrays.pop("mean"), arrays.pop("components"), origin, scalars.pop("reach"))
    return TopicModel(space=space, **arrays, **scalars)


def fingerprint(*arrays: NDArray[Any]) -> str:
    """Name arrays by their content, in twelve hexadecimal digits."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:12]
