"""One number a row that is the same for the same values, whatever the order of the columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.table import Table
from journeyman.quality_rules.sampling import Rows, numbers
from journeyman.transformers.marks import mixed

__all__ = ["row_fingerprints"]

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def row_fingerprints(table: Table, columns: Sequence[Column], rows: Rows | None = None) -> NDArray[np.uint64]:
    """Return a 64-bit fingerprint of each row over the given columns.

    Texts are only read for rows that agree in everything else, because reading texts costs most.
    """
    n_rows = len(table.frame) if rows is None else len(rows)
    result = np.zeros(n_rows, dtype=np.uint64)
    texts: list[Column] = []
    for column in sorted(columns, key=lambda c: c.name):
        if column.kind.categorical:
            values = table.frame[column.name] if rows is None else table.frame[column.name].iloc[rows]
            bits = values.cat.codes.to_numpy(np.int64).view(np.uint64)
        elif column.kind.numeric or column.kind.value == "datetime":
            number = numbers(table, column, rows)
            # Adding zero turns -0.0 into 0.0; a NaN has many bit patterns, and here one.
            bits = np.where(np.isnan(number), np.nan, number + 0.0).view(np.uint64)
        else:
            texts.append(column)
            continue
        result = _mix(result, bits)
    if not texts:
        return result
    repeated = pd.Series(result).duplicated(keep=False).to_numpy()
    if repeated.any():
        for column in texts:
            values = table.frame[column.name] if rows is None else table.frame[column.name].iloc[rows]
            part = values[repeated].astype(object)
            part = part.where(part.notna(), "\0missing").astype(str)
            result[repeated] = _mix(result[repeated], pd.util.hash_array(part.to_numpy(object), categorize=True))
    if (~repeated).any():
        # Already unlike every other row; keep it so beside the rows mixed again.
        result[~repeated] = _mix(
            result[~repeated], np.full(int((~repeated).sum()), 0x5851F42D4C957F2D, dtype=np.uint64)
        )
    return result


def _mix(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix two words a row."""
    return mixed(left * _MULTIPLIER + right + np.uint64(0x632BE59BD9B4E019))
