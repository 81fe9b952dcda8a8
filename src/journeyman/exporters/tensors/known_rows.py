"""The step ``known``: rows that training met, found again by a mark of 64 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.tensors.registers import Arguments, Registers
from journeyman.exporters.tensors.tensor_library import Tensor, TensorLibrary

__all__ = ["known", "mark_totals"]

_STEP, _FIRST, _SECOND = 0xD1342543DE82EF95, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def known(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    """Return predictions, where a row is known mixed with the labels that it had."""
    count, prior = a.whole(2), a.number(3)
    before = r.span(a.whole(1), count)
    columns = a.registers(4)
    marks, totals, counts = mark_totals(a.array(5), a.array(6), a.array(7), count)
    if not len(marks):
        return before
    total = None
    for i, register in enumerate(columns, 1):
        word = _mixed(t, t.bits(r.span(register)) + _whole(t, i * _STEP))
        total = word if total is None else total + word
    place = t.places_of(_mixed(t, total), marks)
    held = t.cast(t.call("maximum", t.cast(place, np.float64), 0.0), np.int64)
    n = t.rows(counts, held)
    mixed = (t.rows(totals, t.reshape(held, (-1,))) + before * prior) / (n + prior)
    return t.where(t.cast(place, np.float64) >= 0.0, mixed, before)


def mark_totals(
    high: NDArray[np.float64], low: NDArray[np.float64], labels: NDArray[np.float64], outputs: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return marks as signed numbers, each once; sums of their labels, or how many of each class; and their numbers.

    Examples
    --------
    >>> mark_totals(np.array([0.0, 0.0]), np.array([7.0, 7.0]), np.array([1.0, 0.0]), 2)
    (array([7]), array([[1., 1.]]), array([2.]))
    """
    words = (high.astype(np.uint64) << np.uint64(32)) | low.astype(np.uint64)
    marks, place, counts = np.unique(words.view(np.int64), return_inverse=True, return_counts=True)
    told = labels[:, None] if outputs == 1 else (labels[:, None] == np.arange(outputs)).astype(np.float64)
    totals = np.zeros((len(marks), told.shape[1]))
    np.add.at(totals, place, told)
    return marks, totals, counts.astype(np.float64)


def _whole(t: TensorLibrary, number: int) -> Tensor:
    return t.constant(np.array([[number % 2**64]], dtype=np.uint64).view(np.int64))


def _mixed(t: TensorLibrary, word: Tensor) -> Tensor:
    """Return SplitMix64's last steps of a word."""
    word = t.fold(word, 30) * _whole(t, _FIRST)
    word = t.fold(word, 27) * _whole(t, _SECOND)
    return t.fold(word, 31)
