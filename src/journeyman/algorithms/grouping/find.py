"""Groups of a table: in which columns, how many, which rows, and all that is told of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from journeyman.algorithms.grouping.choose import Blocks, Choice, choose_groups
from journeyman.algorithms.grouping.describe import describe_groups, picture_of
from journeyman.algorithms.grouping.finder import GroupModel, fit_groups
from journeyman.algorithms.grouping.partition import Method, partition
from journeyman.algorithms.grouping.stability import jaccard_stability, matched
from journeyman.entities.column import Column, Kind
from journeyman.entities.grouping import Grouping
from journeyman.entities.matrix import Matrix
from journeyman.entities.table import Block, to_block
from journeyman.entities.task import Task
from journeyman.metrics.agreement import contingency
from journeyman.transformers.grouped import GroupedPreparation

__all__ = ["find_groups"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_CODES = 4  # numbers with so few values are names of something
_RESAMPLES, _RESAMPLED = 20, 2_000
_LEARNED = 20_000


def find_groups(
    frame: pd.DataFrame, usable: list[Column], asked: int, outside: float, seed: int
) -> tuple[Grouping, IntArray]:
    """Return what is told of groups, and the group of each row by a model of the half of the rows that it is not in.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_samples, n_columns)
        A canonical frame.
    usable : list of Column
        Numbers and categories that groups may be looked for in.
    asked : int
        Number of groups; 0 to have it found.
    outside : float
        Share of ordinary rows that may be in none of them.
    seed : int
        Of samples, halvings and copies.
    """
    with threadpool_limits(1):  # fits are many and small: sharing each out costs more than it saves
        learned, x, choice = _chosen(usable, to_block(frame, tuple(usable)), asked, seed)
        model = fit_groups(x, None, choice.k, choice.method, outside, seed)
        own = model.groups.assign(x)
        found = _grouping(frame, (usable, learned), x, own, (choice, asked, model), seed)
        return found, _of_other_half(x, own, choice.k, choice.method, seed)


def _chosen(usable: list[Column], block: Block, asked: int, seed: int) -> tuple[list[Column], FloatArray, Choice]:
    """Return the columns in which groups are looked for, rows prepared, and the choice.

    Numbers come first: a category divides rows by itself, and a group is what shows in several columns that do not.
    Where numbers show no groups, categories and codes are looked at with them.
    """
    numbers = [c for c in usable if _is_number(c, block)]
    if len(numbers) > 1 or len(numbers) == len(usable):
        x, blocks = _prepared(numbers, block, seed)
        choice = choose_groups(x, blocks, asked, seed)
        if choice.beside.there or len(numbers) == len(usable):
            return numbers, x, choice
    x, blocks = _prepared(usable, block, seed)
    return usable, x, choose_groups(x, blocks, asked, seed)


def _is_number(column: Column, block: Block) -> bool:
    if column.kind not in (Kind.NUMBER, Kind.INTEGER):
        return False
    values = block[column.name].astype(np.float64)
    return len(np.unique(values[np.isfinite(values)])) > _CODES


def _prepared(columns: list[Column], block: Block, seed: int) -> tuple[FloatArray, Blocks]:
    """Return prepared rows, and which features are of one column."""
    rows = len(next(iter(block.values())))
    task = Task("", "groups", "")
    fitted, matrix = GroupedPreparation().fit(block, columns, np.zeros(rows), task, seed)
    blocks: list[tuple[int, ...]] = []
    for step in fitted.plan():
        first, names = sum(map(len, blocks)), step.names()
        alone = len(step.reads()) > 1 or len(names) == 1
        blocks.extend(((first + k,) for k in range(len(names))) if alone else [tuple(range(first, first + len(names)))])
    return matrix.values, tuple(blocks)


def _of_other_half(x: FloatArray, own: IntArray, k: int, method: Method, seed: int) -> IntArray:
    """Return each row's group by a model of the half of the rows that it is not in, named as all rows' groups."""
    if k == 1:
        return np.zeros(len(x), dtype=np.int64)
    order = np.random.default_rng([seed, 13]).permutation(len(x))
    halves = order[: len(x) // 2], order[len(x) // 2 :]
    codes = np.empty(len(x), dtype=np.int64)
    for half, other in (halves, halves[::-1]):
        model = partition(x[np.sort(half[:_LEARNED])], k, method, seed, 5)
        found = model.assign(x)
        names = matched(contingency(found, own, k, k))
        codes[other] = names[found[other]]
    return codes


def _grouping(
    frame: pd.DataFrame,
    columns: tuple[list[Column], list[Column]],
    x: FloatArray,
    own: IntArray,
    chosen: tuple[Choice, int, GroupModel],
    seed: int,
) -> Grouping:
    """Return all that is told of groups."""
    (usable, learned), (choice, asked, model) = columns, chosen
    names = [c.name for c in learned]
    some = np.sort(np.random.default_rng([seed, 17]).permutation(len(x))[:_RESAMPLED])
    stable = np.ones(choice.k)
    if choice.k > 1:
        stable = jaccard_stability(x[some], own[some], choice.k, choice.method, _RESAMPLES, seed)
    shares = model.predict(Matrix(x, ()))
    codes = np.where(shares.argmax(axis=1) == choice.k, -1, own)
    axes, points = picture_of(frame, usable, x, codes, choice.k, seed)
    return Grouping(
        k=choice.k,
        asked=asked,
        method=choice.method.value,
        runner_up=choice.runner_up,
        curve=choice.curve,
        beyond_columns=choice.beside.beyond_columns,
        beyond_one_mode=choice.beside.beyond_one_mode,
        reason=_reason(choice, asked),
        columns=tuple(names),
        described=tuple(c.name for c in usable if c.name not in names),
        cards=describe_groups(frame, usable, x, model.groups, codes, stable),
        outside=float((codes < 0).mean()),
        axes=axes,
        points=points,
    )


def _reason(choice: Choice, asked: int) -> str:
    """Return why so many groups."""
    if asked:
        why = f"{asked} groups were asked for"
        return why if choice.supported else f"{why}, which the table does not clearly show"
    if choice.k > 1:
        return f"{choice.k} is the largest number of groups that models of other rows find again"
    if not choice.beside.there:
        return "groups are no tighter than in copies of the table without groups"
    return "no number of groups is found again by models of other rows"
