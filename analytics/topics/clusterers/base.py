"""What a clusterer is: a sample with its neighbourhood graph in, a label for each row out."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analytics.topics.space import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What is clustered.

    Attributes:
        vectors: unit vectors in topic space without duplicates, shape (n, d).
        graph: symmetric scipy CSR matrix of neighbourhood weights, shape (n, n).
        min_size: fewest members of a topic.
    """

    vectors: Vectors
    graph: Any
    min_size: int


class Clusterer(ABC):
    """A way to find groups; deterministic for a seed."""

    name: ClassVar[str]
    version: ClassVar[str]

    @abstractmethod
    def cluster(self, sample: Sample, resolution: float, seed: int) -> NDArray[np.int32]:
        """Label each row with its group, 0 upwards, or -1 for none.

        Args:
            sample: what is clustered.
            resolution: how fine; 1 is usual, higher gives more groups. A clusterer may have no use for it.
            seed: of everything random.
        """

    def search(self, sample: Sample, seed: int) -> Iterator[tuple[float, NDArray[np.int32]]]:
        """Label each row at each resolution worth trying, coarse to fine; may be rougher than `cluster` to be quicker.

        A clusterer that has no use for a resolution gives a single one.
        """
        yield 1.0, self.cluster(sample, 1.0, seed)

    def settle(self, sample: Sample, resolution: float, seed: int) -> tuple[NDArray[np.int32], ...]:
        """Label each row for good at a resolution that was chosen, in one way or more, the one to prefer first."""
        return (self.cluster(sample, resolution, seed),)
