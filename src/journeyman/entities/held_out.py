"""Rows that a model has not learned from, with its predictions for them and what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.table import Block

__all__ = ["HeldOut", "NamedColumn", "Trial"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class NamedColumn:
    """A column that a business case names, as numbers (NaN where there is none) and as texts."""

    numbers: FloatArray
    texts: NDArray[np.object_]


@dataclass(frozen=True)
class HeldOut:
    """Rows that a model has not learned from.

    Attributes
    ----------
    predictions : ndarray of shape (n_samples, n_classes) or (n_samples, 1)
        Probabilities or values.
    truths : ndarray of shape (n_samples,)
        Class codes or values.
    columns : mapping of str to NamedColumn
        Those that the business case names.
    clusters : ndarray of shape (n_samples,) or None
        Rows of one number depend on each other.
    said : str
        Where they come from, in words.
    notes : tuple of str
        What was left out, and why.
    in_time : bool
        Whether time orders the rows.
    losses : ndarray of shape (n_samples,)
        Of each prediction, in the unit in which live predictions are judged.
    block : Block
        The model's columns.
    """

    predictions: FloatArray
    truths: FloatArray
    columns: Mapping[str, NamedColumn]
    clusters: NDArray[np.int64] | None
    said: str
    notes: tuple[str, ...]
    in_time: bool
    losses: FloatArray
    block: Block = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.truths)


@dataclass(frozen=True)
class Trial:
    """Who was acted on in a randomised trial: ``treated`` has a row each, shape (n_samples,)."""

    column: str
    treated: NDArray[np.bool_]
