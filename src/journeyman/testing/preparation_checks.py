"""Contract checks that any preparation can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.plan import NodeKind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix, Preparation
from journeyman.tasks import find_task_type
from journeyman.testing.kinds import KINDS
from journeyman.testing.run_all import run_all
from journeyman.transformers.steps import JoinedSteps

__all__ = ["PREPARATION_CHECKS", "check_preparation", "sample_rows"]

FloatArray = NDArray[np.float64]
_ROWS = 160
_COLUMNS = (
    Column("size", Kind.NUMBER),
    Column("rooms", Kind.INTEGER),
    Column("old", Kind.BOOLEAN),
    Column("city", Kind.CATEGORY, categories=tuple(f"city {i}" for i in range(40))),
    Column("grade", Kind.ORDERED, categories=("low", "middle", "high")),
    Column("day", Kind.DATETIME),
    Column("words", Kind.TEXT),
)
_LABELS = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}
_KEYS = Column("key", Kind.CATEGORY, categories=tuple(f"key {i}" for i in range(500)))


def check_preparation(preparation: Preparation) -> None:
    """Run every check for every kind of task.

    Raises
    ------
    AssertionError
        Naming the checks that failed, the preparation and the task.

    Examples
    --------
    >>> from journeyman.transformers.preparations import NativePreparation
    >>> check_preparation(NativePreparation())
    """
    for kind in KINDS:
        run_all(f"{preparation.name} on {kind}", PREPARATION_CHECKS, preparation, kind)


def sample_rows(kind: str, seed: int = 0) -> tuple[Block, tuple[Column, ...], FloatArray, Task]:
    """Return rows of every kind of column with gaps, their columns, a target that follows some of them, and the task.

    Examples
    --------
    >>> block, columns, y, task = sample_rows("binary")
    >>> sorted(block) == sorted(c.name for c in columns), y.shape
    (True, (160,))
    """
    rng = np.random.default_rng(seed)
    size, city = rng.normal(size=_ROWS), rng.integers(0, 30, _ROWS)  # cities 30 to 39 are seen by no row
    words = np.array([f"good {i % 5} thing" if i % 3 else "bad thing indeed" for i in range(_ROWS)], dtype=object)
    day = 1.6e9 + 86_400.0 * np.arange(_ROWS)
    signal = size + (city % 3 == 1) + rng.normal(scale=0.5, size=_ROWS)
    gaps = rng.random((4, _ROWS)) < 0.1
    words[gaps[3]] = None
    block: Block = {
        "size": np.where(gaps[0], np.nan, size),
        "rooms": rng.integers(1, 9, _ROWS).astype(np.float64),
        "old": rng.integers(0, 2, _ROWS).astype(np.float64),
        "city": np.where(gaps[1], -1, city).astype(np.int32),
        "grade": rng.integers(-1, 3, _ROWS).astype(np.int32),
        "day": np.where(gaps[2], np.nan, day),
        "words": words,
    }
    return block, _COLUMNS, _target(signal, kind), _task(kind)


def _gives_a_name_to_every_feature(preparation: Preparation, kind: str) -> None:
    fitted, matrix, block = _fitted(preparation, kind)
    for made, when in ((matrix, "of the training rows"), (fitted.transform(block), "that it transforms")):
        assert made.values.dtype == np.float64, f"values {when} are {made.values.dtype}, not float64"
        shape = (_ROWS, len(made.names))
        assert made.values.shape == shape, f"values {when} have shape {made.values.shape}, not {shape}"
        assert len(set(made.names)) == len(made.names), f"two features {when} have one name"
        _look_at_codes(made, when)


def _look_at_codes(made: Matrix, when: str) -> None:
    assert set(made.categorical) <= set(range(len(made.names))), f"there is no such categorical feature {when}"
    codes = made.values[:, list(made.categorical)]
    known = codes[~np.isnan(codes)]
    assert ((known >= 0) & (known == np.floor(known))).all(), f"a code of a category {when} is no whole number from 0"


def _prepares_later_rows_as_training_rows(preparation: Preparation, kind: str) -> None:
    fitted, matrix, block = _fitted(preparation, kind)
    later = fitted.transform(block)
    assert later.names == matrix.names, "training rows have other features than later rows"
    assert later.categorical == matrix.categorical, "training rows have other categorical features than later rows"


def _prepares_a_row_by_itself(preparation: Preparation, kind: str) -> None:
    fitted, _, block = _fitted(preparation, kind)
    whole = fitted.transform(block).values
    alone = np.vstack([fitted.transform(_sample_rows(block, slice(i, i + 1))).values for i in range(12)])
    assert np.allclose(whole[:12], alone, atol=1e-12, equal_nan=True), "a row alone is prepared otherwise"
    turned = fitted.transform(_sample_rows(block, slice(None, None, -1))).values
    assert np.allclose(whole[::-1], turned, atol=1e-12, equal_nan=True), "the order of rows changes them"
    none = fitted.transform(_sample_rows(block, slice(0, 0))).values
    assert none.shape == (0, whole.shape[1]), "no rows are prepared as some"


def _prepares_the_same_when_stored(preparation: Preparation, kind: str) -> None:
    fitted, _, _ = _fitted(preparation, kind)
    files = fitted.to_files()
    assert all(isinstance(content, bytes) for content in files.values()), "a file that it stores is not bytes"
    rows = sample_rows(kind, seed=1)[0]
    again, before = preparation.from_files(files).transform(rows), fitted.transform(rows)
    assert np.array_equal(again.values, before.values, equal_nan=True), "its stored form prepares otherwise"
    assert (again.names, again.categorical) == (before.names, before.categorical), "its stored form has other names"


def _says_what_it_does(preparation: Preparation, kind: str) -> None:
    fitted, matrix, block = _fitted(preparation, kind)
    steps = preparation.from_files(fitted.to_files()).plan()
    assert all(isinstance(step.kind, NodeKind) for step in steps), "a step of its plan is of no kind"
    assert {name for step in steps for name in step.reads()} <= set(block), "a step reads a column that is not there"
    joined = JoinedSteps(steps).transform(block)
    assert (joined.names, joined.categorical) == (matrix.names, matrix.categorical), "its plan makes other features"
    assert np.array_equal(joined.values, fitted.transform(block).values, equal_nan=True), "its plan prepares otherwise"
    for step in steps:
        own = step.transform({name: block[name] for name in step.reads()})
        assert own.shape == (_ROWS, len(step.names())), "a step reads columns that it does not name"


def _expects_rather_more_features(preparation: Preparation, kind: str) -> None:
    _, columns, _, task = sample_rows(kind)
    expected, made = preparation.width(columns, task), len(_fitted(preparation, kind)[1].names)
    assert isinstance(expected, int), "its width is no whole number"
    assert made <= expected, f"it makes {made} features and expects {expected}"
    assert expected <= preparation.width((*columns, _KEYS), task), "it expects fewer features of more columns"


def _takes_what_is_missing_or_unseen(preparation: Preparation, kind: str) -> None:
    fitted, matrix, block = _fitted(preparation, kind)
    gone = _without_values(block)
    seen = fitted.transform(gone).values
    assert seen.shape == (_ROWS, len(matrix.names)), "rows without a value have other features"
    assert not np.isinf(seen).any(), "rows without a value become infinite"
    unseen = fitted.transform({**block, "city": np.full(_ROWS, 35, dtype=np.int32)}).values
    assert not np.isinf(unseen).any(), "a category that no training row had becomes infinite"
    _, columns, y, task = sample_rows(kind)
    empty, made = preparation.fit(gone, columns, y, task, 0)
    assert empty.transform(block).values.shape == made.values.shape, "it learns other features of empty columns"


def _does_not_show_a_row_its_own_target(preparation: Preparation, kind: str) -> None:
    rng = np.random.default_rng(3)
    rows = 1_000
    codes, noise = rng.integers(0, len(_KEYS.categories), rows), rng.normal(size=rows)
    y = _target(noise, kind)
    _, matrix = preparation.fit({"key": codes.astype(np.int32)}, (_KEYS,), y, _task(kind), 0)
    for name, values in zip(matrix.names, matrix.values.T, strict=True):
        known = np.isfinite(values)
        if known.sum() < 2 or np.ptp(values[known]) == 0:
            continue
        for truth in np.unique(y) if kind != "regression" else (None,):
            told = y[known] if truth is None else (y[known] == truth).astype(np.float64)
            found = np.corrcoef(values[known], told)[0, 1]
            assert found < 0.25, f"{name!r} tells targets that are noise (correlation {found:.2f}): fit it out of fold"


def _repeats_itself(preparation: Preparation, kind: str) -> None:
    before = {name: values.copy() for name, values in sample_rows(kind)[0].items()}
    (fitted, matrix, block), (_, again, _) = (_fitted(preparation, kind) for _ in range(2))
    assert np.array_equal(matrix.values, again.values, equal_nan=True), "a second fit from the same seed differs"
    fitted.transform(block)
    for name, values in before.items():
        kept = values.dtype == block[name].dtype and _same(values, block[name])
        assert kept, f"it changes the column {name!r} that it was given"


PREPARATION_CHECKS: Mapping[str, Callable[[Preparation, str], None]] = {
    "gives a name to every feature": _gives_a_name_to_every_feature,
    "prepares later rows as training rows": _prepares_later_rows_as_training_rows,
    "prepares a row by itself": _prepares_a_row_by_itself,
    "prepares the same when stored": _prepares_the_same_when_stored,
    "says what it does": _says_what_it_does,
    "expects rather more features": _expects_rather_more_features,
    "takes what is missing or unseen": _takes_what_is_missing_or_unseen,
    "does not show a row its own target": _does_not_show_a_row_its_own_target,
    "repeats itself and changes nothing": _repeats_itself,
}


def _fitted(preparation: Preparation, kind: str) -> tuple[FittedPreparation, Matrix, Block]:
    block, columns, y, task = sample_rows(kind)
    fitted, matrix = preparation.fit(block, columns, y, task, 0)
    return fitted, matrix, block


def _target(signal: FloatArray, kind: str) -> FloatArray:
    if kind == "regression":
        return signal
    cuts = np.quantile(signal, [0.5] if kind == "binary" else [0.3, 0.7])
    return np.digitize(signal, cuts).astype(np.float64)


def _task(kind: str) -> Task:
    return Task("y", kind, find_task_type(kind).default_metric, _LABELS[kind])


def _sample_rows(block: Block, rows: slice) -> Block:
    return {name: values[rows] for name, values in block.items()}


def _without_values(block: Block) -> Block:
    """Return as many rows in which every value is missing."""
    return {
        name: np.full(len(v), None if v.dtype == object else -1 if v.dtype.kind == "i" else np.nan, dtype=v.dtype)
        for name, v in block.items()
    }


def _same(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
