"""What preparing and fitting learned from rows; in predicting it is given back instead of being computed anew."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Learned"]

_CHANGED = (list, dict, set, np.ndarray, pd.DataFrame, pd.Series)
"""What a statement may change where it stands: it is given as a copy."""


class Learned:
    """Values by name, in the order in which they were learned.

    While ``learning`` is true, ``learned("age_median", lambda: rows["Age"].median())`` computes the value and keeps it.
    Later it gives the value that was kept, and computes nothing. ``told`` says whether rows are divided into those to
    learn from and those to judge by, as the prototype did; otherwise all rows are on both sides.
    """

    def __init__(self, told: bool = False) -> None:
        self.learning = True
        self.told = told
        self._values: dict[str, list[Any]] = {}
        self._calls: Counter[str] = Counter()
        self._apart = False

    def __call__(self, name: str, compute: Callable[[], Any] | None = None) -> Any:
        """Return a value that is learned from rows; the n-th call of a pass gives what the n-th call learned."""
        if self._apart and compute is not None:
            return compute()
        call = self._calls[name]
        self._calls[name] += 1
        known = self._values.setdefault(name, [])
        if self.learning and compute is not None:
            with self.apart():  # what is learned on the way there is not asked for later
                value = compute()
            del known[call:]
            known.append(copy.deepcopy(value))
            return value
        value = known[min(call, len(known) - 1)]
        return copy.deepcopy(value) if isinstance(value, _CHANGED) else value

    def keep(self, name: str, value: Any) -> None:
        """Keep a value as it is now."""
        self._values[name] = [copy.deepcopy(value)]

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Compute what rows to learn from alone say, and keep nothing of it."""
        before, self._apart = self._apart, True
        try:
            yield
        finally:
            self._apart = before

    def begin(self) -> None:
        """Begin a pass: what was learned first is given first."""
        self._calls.clear()

    def get_dummies(self, name: str, encode: Callable[[Any], pd.DataFrame], data: Any) -> pd.DataFrame:
        """Return the columns that ``pandas.get_dummies`` makes of data, with the categories that were learned."""
        if self.learning:
            dummies = encode(data)
            self(name, lambda: (_categories(data, dummies), dummies.columns, dummies.dtypes))
            return dummies
        categories, columns, kinds = self(name)
        if isinstance(data, pd.DataFrame):
            data = data.astype({column: pd.CategoricalDtype(known) for column, known in categories.items()})
        else:
            values = pd.Categorical(data, categories=categories)
            data = pd.Series(values, index=getattr(data, "index", None), name=getattr(data, "name", None))
        dummies = encode(data).reindex(columns=columns, fill_value=0)
        return dummies.astype({column: kind for column, kind in kinds.items() if column in dummies.columns})

    def factorize(self, name: str, data: Any) -> tuple[Any, Any]:
        """Return the codes and the values of ``pandas.factorize``; -1 for values that were never seen."""
        values = self(name, lambda: pd.factorize(data)[1])
        return pd.Index(values).get_indexer(pd.Index(data)), values

    def divide(self, compute: Callable[[], Any], *tables: Any) -> Any:
        """Divide rows as the prototype did, or give all of them for each part."""
        return compute() if self.told else [copy.copy(table) for table in tables for _ in range(2)]

    def part(self, compute: Callable[[], Any], table: Any) -> Any:
        """Return the rows that the prototype divided off, or all of them."""
        return compute() if self.told else copy.copy(table)

    def folds(self, parts: Any, rows: Any) -> Any:
        """Return pairs of positions to learn from and to judge by; of an undivided table all of them twice."""
        if self.told:
            return parts
        everything = np.arange(rows.shape[0] if hasattr(rows, "shape") else len(rows))
        return [(everything, everything)]


def _categories(data: Any, dummies: pd.DataFrame) -> Any:
    """Return the values of what became columns: by column of a table, otherwise in their order."""
    if isinstance(data, pd.DataFrame):
        return {name: pd.Categorical(data[name]).categories for name in data.columns if name not in dummies.columns}
    return pd.Categorical(data).categories
