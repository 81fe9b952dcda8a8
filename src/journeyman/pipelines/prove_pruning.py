"""Prove pruning: whether models that learn without doubted labels err less on rows of other folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.cleaning import WrongLabel
from journeyman.entities.gain import Gain
from journeyman.stages.doubt_labels import find_wrong_labels, find_wrong_numbers
from journeyman.stages.prove_gain import (
    Changed,
    Examples,
    paired_gain,
    predict_out_of_fold,
    row_losses,
    unchanged,
)

__all__ = ["doubted_labels", "prove_pruning"]

FloatArray = NDArray[np.float64]
_REPEATS = 3
_FAR = 3.0
"""Errors of numbers, in medians, beyond which they count alike: labels that are wrong are far from any prediction."""

_UNHARMED = 0.3


def doubted_labels(rows: pd.DataFrame, labels: FloatArray, names: tuple[str, ...], seed: int) -> tuple[WrongLabel, ...]:
    """Return rows whose class, or number where there are no names of classes, is probably wrong."""
    return find_wrong_labels(rows, labels, names, seed) if names else find_wrong_numbers(rows, labels, seed)


def prove_pruning(rows: pd.DataFrame, labels: FloatArray, names: tuple[str, ...], seed: int) -> Gain:
    """Return what models gain that learn without doubted rows, on rows of other folds by the labels that these have.

    Doubts come from the rows that are learned from alone. Wrong classes are counted, not log loss: with labels that
    are wrong at random, fewer of them by given labels means fewer by true ones, which is not so of log loss. Of numbers
    the errors are compared, as far as they are not so far that the label itself must be wrong; besides, squared errors
    must not speak against it, since models without rare high numbers are nearer to most labels and wrong in the mean.

    Parameters
    ----------
    rows : pandas.DataFrame of shape (n_samples, n_columns)
    labels : ndarray of shape (n_samples,)
        Class codes, or numbers where ``names`` is empty.
    names : tuple of str
        Of classes.
    seed : int
    """

    def pruned(examples: Examples) -> Changed:
        doubts = doubted_labels(examples.rows.reset_index(drop=True), examples.labels, names, seed)
        kept = np.ones(len(examples.labels), bool)
        kept[[doubt.row for doubt in doubts]] = False
        return Changed(replace(examples, rows=examples.rows[kept], labels=examples.labels[kept]), lambda new: new)

    (before, after), models = predict_out_of_fold(
        Examples(rows, labels), [unchanged, pruned], len(names), repeats=_REPEATS, seed=seed
    )
    if names:
        wrong = [(found.argmax(axis=2) != labels).astype(np.float64) for found in (before, after)]
        return paired_gain(wrong[0], wrong[1], models)
    off = [np.abs(found[:, :, 0] - labels) for found in (before, after)]
    far = _FAR * float(np.median(off[0]))
    near = [np.minimum(errors, far) for errors in off]
    gain = paired_gain(near[0], near[1], models)
    squared = paired_gain(row_losses(before, labels, 0), row_losses(after, labels, 0), models)
    return gain if squared.p_value <= _UNHARMED else replace(gain, p_value=max(gain.p_value, squared.p_value))
