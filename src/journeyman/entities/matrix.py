"""Prepared features, as models are shown them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import History

__all__ = ["Matrix"]


@dataclass(frozen=True)
class Matrix:
    """Prepared features.

    Attributes
    ----------
    values : ndarray of float64, shape (n_samples, n_features)
        Missing values are NaN where the preparation keeps them.
    names : tuple of str
        One a feature.
    categorical : tuple of int
        Positions of features that hold category codes (whole numbers from 0; NaN where missing or unseen).
    history : History or None
        What series have come to until now, where features say which step of which series a row is.
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    categorical: tuple[int, ...] = ()
    history: History | None = None
