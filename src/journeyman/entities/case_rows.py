"""Rows of a business case as arrays: what each action is worth under each outcome, predicted and come."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["CaseRows", "PolicyRows", "Recalibration", "RowSampling"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class CaseRows:
    """Held-out rows with what they are worth.

    A worth is linear in an outcome of ``n_outputs`` numbers: shares of classes; or 1 and a value.

    Attributes
    ----------
    worth : ndarray of shape (n_samples, n_actions, n_outputs)
        In the unit of the business case.
    predicted : ndarray of shape (n_samples, n_outputs)
        Probabilities of classes; or 1 and the predicted value.
    happened : ndarray of shape (n_samples, n_outputs)
        1 for the class that came; or 1 and the value that came.
    today : ndarray of shape (n_samples,)
        Action of the status quo.
    price : ndarray of shape (n_samples,)
        What acting takes out of a daily budget; ones without a budget.
    leave : int
        The action that takes no capacity; -1 where there is none.
    classes : bool
        Whether outputs are classes.
    weights : ndarray of shape (n_samples,)
        How much each row counts, mean 1: for a stated prevalence.
    clusters : ndarray of shape (n_samples,) or None
        Rows of one number depend on each other.
    groups : ndarray of shape (n_samples,) or None
        Value of the protected column, as text.
    """

    worth: FloatArray
    predicted: FloatArray
    happened: FloatArray
    today: IntArray
    price: FloatArray
    leave: int
    classes: bool
    weights: FloatArray
    clusters: IntArray | None = None
    groups: NDArray[np.object_] | None = field(default=None)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.today)

    @property
    def realised(self) -> FloatArray:
        """What each action would have been worth, shape (n_samples, n_actions)."""
        return np.asarray(np.einsum("iak,ik->ia", self.worth, self.happened))

    @property
    def outcome(self) -> IntArray:
        """Class that came, shape (n_samples,); zeros for numbers."""
        return self.happened.argmax(axis=1) if self.classes else np.zeros(len(self), dtype=np.int64)

    def take(self, rows: IntArray) -> CaseRows:
        """Return some of the rows."""
        return replace(
            self,
            worth=self.worth[rows],
            predicted=self.predicted[rows],
            happened=self.happened[rows],
            today=self.today[rows],
            price=self.price[rows],
            weights=self.weights[rows],
            clusters=None if self.clusters is None else self.clusters[rows],
            groups=None if self.groups is None else self.groups[rows],
        )


@dataclass(frozen=True)
class Recalibration:
    """How predictions are corrected before they decide: by held-out rows that are not valued with it.

    Of classes, the logarithm of each probability is multiplied by ``scale`` and shifted by its class's number; of
    values, a value becomes ``shifts[0] + scale * value``.
    """

    scale: float = 1.0
    shifts: tuple[float, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return self.scale != 1.0 or any(self.shifts)


@dataclass(frozen=True)
class PolicyRows:
    """What a policy does with each row.

    Attributes
    ----------
    action : ndarray of shape (n_samples,)
        Where it acts.
    chance : ndarray of shape (n_samples,)
        With what probability the row is among those that capacity allows; else the action is ``leave``.
    rank, slope : ndarray of shape (n_samples,) or None
        Share of the cases that stand before the row, and how its chance changes with that share; None without a
        capacity.
    """

    action: IntArray
    chance: FloatArray
    rank: FloatArray | None = None
    slope: FloatArray | None = None


@dataclass(frozen=True)
class RowSampling:
    """How rows stand for the cases to come; intervals need it.

    Attributes
    ----------
    clusters : ndarray of shape (n_samples,) or None
        Rows of one number depend on each other.
    dependence : float
        So many neighbouring rows tell as much as one.
    strata : ndarray of shape (n_samples,) or None
        Class of each row, where the cases to come hold each class with one of ``shares``.
    shares : tuple of float
        By class.
    seed : int
        Of random weights.
    """

    clusters: IntArray | None = None
    dependence: float = 1.0
    strata: IntArray | None = None
    shares: tuple[float, ...] = ()
    seed: int = 0
