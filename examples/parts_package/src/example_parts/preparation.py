"""A preparation: numbers become the share of training rows below them, categories how frequent they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from journeyman.entities.column import Column
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["FittedRanks", "RankedPreparation"]

_GRID = 33


class FittedRanks(msgspec.Struct, frozen=True):
    """Names of the columns, and by each column's place its quantiles or the frequencies of its categories."""

    numbers: tuple[str, ...]
    quantiles: np.ndarray  # (n_numbers, 33)
    categories: tuple[str, ...]
    shares: tuple[np.ndarray, ...]  # (n_categories,) each

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself; missing numbers lie in the middle, missing categories are rarest."""
        rows = len(next(iter(block.values())))
        values = np.empty((rows, len(self.numbers) + len(self.categories)))
        for i, (name, quantiles) in enumerate(zip(self.numbers, self.quantiles, strict=True)):
            values[:, i] = np.interp(np.nan_to_num(block[name], nan=quantiles[_GRID // 2]), quantiles, _PLACES)
        for i, (name, shares) in enumerate(zip(self.categories, self.shares, strict=True), start=len(self.numbers)):
            values[:, i] = np.append(shares, 0.0)[block[name]]  # -1, a missing one, takes the last
        return Matrix(values, (*self.numbers, *self.categories))

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores."""
        return {"ranks.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


_PLACES = np.linspace(0.0, 1.0, _GRID)


@dataclass(frozen=True)
class RankedPreparation:
    """Learns quantiles and frequencies; dates and texts are left out."""

    name: str = "ranked"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return one feature a column, however many are left out."""
        return max(1, len(columns))

    def fit(
        self, block: Block, columns: Sequence[Column], y: np.ndarray, task: Task, seed: int
    ) -> tuple[FittedRanks, Matrix]:
        """Learn; nothing looks at the target, so training rows are prepared as later ones."""
        numbers = tuple(c.name for c in columns if c.kind.numeric)
        categories = tuple(c for c in columns if c.kind.categorical)
        quantiles = [_quantiles(block[name].astype(np.float64)) for name in numbers]
        shares = tuple(np.bincount(block[c.name] + 1, minlength=len(c.categories) + 1)[1:] / len(y) for c in categories)
        held = np.array(quantiles).reshape(len(numbers), _GRID)
        fitted = FittedRanks(numbers, held, tuple(c.name for c in categories), shares)
        return fitted, fitted.transform(block)

    def from_files(self, files: Mapping[str, bytes]) -> FittedRanks:
        """Load what was stored."""
        return msgspec.msgpack.decode(files["ranks.msgpack"], type=FittedRanks, dec_hook=decode_array)


def _quantiles(values: np.ndarray) -> np.ndarray:
    known = values[np.isfinite(values)]
    return np.quantile(known, _PLACES) if len(known) else np.zeros(_GRID)
