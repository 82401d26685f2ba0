"""What a form of file is: how one is known by its first record, and what a record becomes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ingest.protocols.base import Decoded


class Form(ABC):
    """One form of file; one module each, discovered.

    Attributes:
        name: the word for ``--form``.
        order: lower ones are asked first whether they know a record.
    """

    name: ClassVar[str]
    order: ClassVar[int] = 50

    @abstractmethod
    def knows(self, told: dict[str, Any]) -> bool:
        """Whether an object is a record of this form."""

    @abstractmethod
    def decoded(self, record: bytes) -> Decoded:
        """Read one record.

        Raises:
            BadRequest: it cannot be read; the message says why.
        """
