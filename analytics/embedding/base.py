"""What an embedder is, and the key under which a text's vector is kept."""

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.errors import SettingError

TEXT_LIMIT = 8_000
"""Code points read of a text; 256 tokens never reach that far, and a megabyte would take seconds to cut up."""


class ModelNotFound(SettingError):
    """The embedding model that was asked for is not on this machine."""


class Embedder(Protocol):
    """A model that gives each text a place in space, near to texts of like meaning.

    Attributes:
        name: of the model; vectors of different names or versions never mix.
        version: changes whenever a vector could change.
        dimensions: length of a vector.
    """

    @property
    def name(self) -> str:
        """Name of the model."""

    @property
    def version(self) -> str:
        """Version of the model."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give one vector a text.

        Args:
            texts: as people wrote them; only about the first 256 tokens count.

        Returns:
            Array of shape (len(texts), dimensions) with rows of length 1, or of nan where a text is blank.
        """


def normalised(text: str) -> str:
    r"""Bring a text to the form that is embedded: composed, blanks as one space, cut, fit for UTF-8.

    >>> normalised("  Where is\n my   order? ")
    'Where is my order?'
    """
    composed = unicodedata.normalize("NFC", text[:TEXT_LIMIT]).encode("utf-8", "replace").decode()
    return " ".join(composed.replace("\x00", " ").split())


def text_key(text: str) -> str:
    r"""Give the key under which the vector of a text is kept: texts with one key have one vector.

    >>> text_key("Where is my order?") == text_key(" Where  is my order?\n")
    True
    """
    return hashlib.sha256(normalised(text).encode()).hexdigest()
