"""A word of 64 bits for what a row says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.table import Block

__all__ = ["Marks", "mixed", "row_marks"]

Marks = NDArray[np.uint64]


def row_marks(block: Block, columns: Sequence[str]) -> Marks:
    """Return a 64-bit mark of each row, shape (n_samples,): the same for the same values, hardly ever otherwise.

    The words of a row's values are mixed each with its column's own and added up, so that all columns are done at once.
    """
    hashed = [_hashed(block[name]) for name in columns if block[name].dtype == object]
    told = [block[name] for name in columns if block[name].dtype != object]
    # Adding zero turns -0.0 into 0.0; a NaN has many bit patterns, and here one.
    numbers = np.array(told, dtype=np.float64) + 0.0
    numbers[np.isnan(numbers)] = np.nan
    words = np.array([*numbers.view(np.uint64), *hashed])
    salts = np.arange(1, len(words) + 1, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
    return mixed(mixed(words + salts[:, None]).sum(axis=0, dtype=np.uint64))


def _hashed(values: NDArray[np.generic]) -> Marks:
    told = np.array(["\0missing" if v is None or v != v else str(v) for v in values], dtype=object)
    return np.asarray(pd.util.hash_array(told, categorize=False), dtype=np.uint64)


def mixed(word: Marks) -> Marks:
    """Return each word mixed, so that all of its bits depend on all: the finaliser of splitmix64.

    References
    ----------
    Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", doi:10.1145/2714064.2660195.
    """
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(word ^ (word >> np.uint64(31)))
