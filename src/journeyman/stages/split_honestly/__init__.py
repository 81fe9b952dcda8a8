"""Split honestly: divide a prototype's rows again so that no leak that was found flatters its score.

The prototype's own test rows judge where they can. Groups stay whole; what is later is judged by what is earlier.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.entities.honest_split import HonestSplit, RowDivision
from journeyman.entities.row_groups import equal_rows, group_codes, time_order
from journeyman.errors import InputError
from journeyman.stages.split_honestly.divide_rows import divide_groups, divide_in_time

__all__ = ["split_honestly", "without_columns"]

IntArray = NDArray[np.int64]

_USUAL_SHARE = 0.25  # what scikit-learn's own division keeps for the test
_LEAST_SHARE, _MOST_SHARE = 0.1, 0.4
_FEW_TEST_ROWS = 200
_MOST_PARTS = 5
_FEWEST = 10


def split_honestly(
    leaks: Sequence[CodeLeak], rows: RowDivision, table: pd.DataFrame, target: str | None, seed: int = 0
) -> HonestSplit:
    """Return how to divide the rows of a prototype's main table so that its score can be trusted.

    Parameters
    ----------
    leaks : sequence of CodeLeak
        Of the model that is scored.
    rows : RowDivision
        Rows of the table that it learned from and was judged on; no test rows where it was judged on none of them.
    table : pandas.DataFrame of shape (n_rows, n_columns)
        As it was read.
    target : str or None
        Column of it; rows without a value are not divided.
    seed : int
        Decides which rows go where, where chance does.

    Raises
    ------
    InputError
        Where fewer than 10 rows can be divided, or all of them belong together.

    Notes
    -----
    Where the test rows chose the model they judge it once more, alone: of the rows that a prototype used none is left
    that had no part in the choice (those that taught agree with the chosen model by the same chance), so that the score
    is put right where it is judged.

    Examples
    --------
    >>> table = pd.DataFrame({"x": range(40), "y": [0, 1] * 20})
    >>> leak = CodeLeak(LeakKind.TRAINING_SCORE, 3, "DecisionTreeClassifier.fit", 3, 4)
    >>> every = RowDivision(np.arange(40), np.arange(40))
    >>> found = split_honestly([leak], every, table, "y")
    >>> len(found.parts), len(found.parts[0].test), found.own_test_rows
    (4, 10, False)
    """
    kinds = {leak.kind for leak in leaks}
    training, test = _with_target(rows.training, table, target), _with_target(rows.test, table, target)
    every = np.union1d(training, test)
    if len(every) < _FEWEST:
        message = f"{len(every)} rows of the main table were used, which cannot be divided"
        raise InputError(message, hint=f"give a table with {_FEWEST} rows or more")
    share = _share(training, test)
    clusters, reasons = _clusters(leaks, table, target, every)
    left_out = tuple(dict.fromkeys(name for leak in leaks for name in _hidden(leak, table, target)))
    if left_out:
        reasons.append(f"{_list_names(left_out)} tell the target and are not used.")
    if LeakKind.CHOSEN in kinds:
        reasons.append(
            "The test rows chose the model, and no other rows are left: what the best of so many gains by "
            "chance is taken off its score, and the interval holds for all of them at once."
        )
    size, most = _sizes(share, every)
    if LeakKind.TIME in kinds:
        reasons.append("The last rows in time judge the model, and only earlier ones teach it.")
        order = time_order(table, _columns_of(leaks, LeakKind.TIME))
        parts = _some_parts(divide_in_time(order[np.isin(order, every)], clusters, (size, most)))
        return HonestSplit(parts, left_out, clusters, tuple(reasons), own_test_rows=False, in_time=True)
    own = _own_test_rows(kinds, training, test, clusters)
    first = np.empty(0, dtype=np.int64) if own is None else own
    reasons.append(_why_fresh(kinds, test) if own is None else _why_own(kinds, len(own), len(test)))
    most = 1 if LeakKind.CHOSEN in kinds else most
    parts = _some_parts(divide_groups(every, first, clusters, (size, most, seed)))
    if len(parts) > 1:
        reasons.append(f"Rows are few, so {len(parts)} parts judge in turn, each by a model of the other rows.")
    return HonestSplit(parts, left_out, clusters, tuple(reasons), own_test_rows=own is not None)


def without_columns(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the table with each named column's most frequent value in all its rows.

    A program that asks for the column still runs, and learns nothing from it.

    Examples
    --------
    >>> without_columns(pd.DataFrame({"a": [1, 2, 2], "b": [4, 5, 6]}), ["a"]).to_dict("list")
    {'a': [2, 2, 2], 'b': [4, 5, 6]}
    """
    made = table.copy()
    for name in names:
        frequent = made[name].mode(dropna=True)
        if len(frequent):
            made[name] = pd.Series([frequent.iloc[0]] * len(made), made.index, dtype=made[name].dtype)
    return made


def _some_parts(parts: tuple[RowDivision, ...]) -> tuple[RowDivision, ...]:
    if not parts:
        raise InputError("the rows cannot be divided: all belong together", hint="give rows of more than one group")
    return parts


def _with_target(rows: IntArray, table: pd.DataFrame, target: str | None) -> IntArray:
    inside = np.unique(rows[(rows >= 0) & (rows < len(table))]).astype(np.int64)
    if target is None or target not in table.columns:
        return inside
    return inside[table[target].notna().to_numpy()[inside]]


def _share(training: IntArray, test: IntArray) -> float:
    fresh = np.setdiff1d(test, training)
    if not len(fresh):
        return _USUAL_SHARE
    return float(np.clip(len(fresh) / (len(fresh) + len(training)), _LEAST_SHARE, _MOST_SHARE))


def _sizes(share: float, every: IntArray) -> tuple[int, int]:
    """Return the rows of a test part, and how many parts there are to be."""
    size = max(1, round(share * len(every)))
    return size, 1 if size >= _FEW_TEST_ROWS else min(_MOST_PARTS, max(1, len(every) // size))


def _columns_of(leaks: Sequence[CodeLeak], kind: LeakKind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for leak in leaks if leak.kind is kind for name in leak.columns))


def _hidden(leak: CodeLeak, table: pd.DataFrame, target: str | None) -> tuple[str, ...]:
    """Return the columns of the table that a leak says to leave out; those that the program makes are its own."""
    if leak.kind is not LeakKind.TARGET:
        return ()
    return tuple(name for name in leak.columns if name in table.columns and name != target)


def _clusters(
    leaks: Sequence[CodeLeak], table: pd.DataFrame, target: str | None, every: IntArray
) -> tuple[IntArray, list[str]]:
    """Return which rows of the table belong together, and the reasons."""
    groups = next((leak for leak in leaks if leak.kind is LeakKind.GROUPS and leak.columns), None)
    if groups is not None:
        codes = group_codes(table, groups.columns[0], groups.derive)
        what = f"'{groups.columns[0]}'" + (f" ({groups.derive})" if groups.derive else "")
        number = len(np.unique(codes[every]))
        return codes, [f"Rows that share {what} stay on one side, as they are alike ({number:,} groups)."]
    doubled = any(leak.kind is LeakKind.OVERLAP and leak.n_rows for leak in leaks)
    if doubled:
        return equal_rows(table), ["Rows that are equal in all columns stay on one side."]
    return np.arange(len(table), dtype=np.int64), []


def _own_test_rows(kinds: set[LeakKind], training: IntArray, test: IntArray, clusters: IntArray) -> IntArray | None:
    """Return the prototype's test rows that can judge again: none where they are a part of another kind is needed."""
    if kinds & {LeakKind.GROUPS, LeakKind.TRAINING_SCORE} or not len(test):
        return None
    if len(np.setdiff1d(test, training)) == 0:  # it was judged on what taught it
        return None
    taught = np.isin(clusters[test], clusters[np.setdiff1d(training, test)])
    own = test[~taught]
    return own if len(own) >= max(_FEWEST, len(test) // 4) else None


def _why_fresh(kinds: set[LeakKind], test: IntArray) -> str:
    if LeakKind.GROUPS in kinds:
        return "Whole groups, drawn at random, judge the model."
    if not len(test):
        return "The prototype kept no rows of this table to judge its model, so a part drawn at random does."
    return "The model was judged on rows that taught it, so a part drawn at random judges it and does not teach."


def _why_own(kinds: set[LeakKind], own: int, test: int) -> str:
    rows = f"The {test:,} test rows of the prototype judge again"
    if own < test:
        rows = f"{own:,} of the {test:,} test rows of the prototype judge again: the others stand in the training rows"
    if kinds & {LeakKind.PREPROCESSING, LeakKind.RESAMPLED, LeakKind.OVERLAP}:
        return f"{rows}, and everything is learned from the training rows alone."
    return f"{rows}."


def _list_names(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
