"""A preparation: numbers become the share of training rows below them, categories how frequent they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np

from journeyman.entities.column import Column
from journeyman.entities.plan import NodeKind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["FittedRanks", "RankedColumns", "RankedPreparation"]

_GRID = 33


class FittedRanks(msgspec.Struct, frozen=True):
    """Names of the columns, and by each column's place its quantiles or the frequencies of its categories.

    It is the one step of its own plan, of a kind that no exporter knows.
    """

    kind: ClassVar[NodeKind] = NodeKind.OTHER
    numbers: tuple[str, ...]
    quantiles: np.ndarray  # (n_numbers, 33)
    categories: tuple[str, ...]
    shares: tuple[np.ndarray, ...]  # (n_categories,) each

    def reads(self) -> tuple[str, ...]:
        """Return the columns that it looks at."""
        return (*self.numbers, *self.categories)

    def names(self) -> tuple[str, ...]:
        """Return one name a feature."""
        return self.reads()

    def transform(self, block: Block) -> np.ndarray:
        """Return features; missing numbers lie in the middle, missing categories are rarest."""
        rows = len(next(iter(block.values())))
        values = np.empty((rows, len(self.numbers) + len(self.categories)))
        for i, (name, quantiles) in enumerate(zip(self.numbers, self.quantiles, strict=True)):
            values[:, i] = np.interp(np.nan_to_num(block[name], nan=quantiles[_GRID // 2]), quantiles, _PLACES)
        for i, (name, shares) in enumerate(zip(self.categories, self.shares, strict=True), start=len(self.numbers)):
            values[:, i] = np.append(shares, 0.0)[block[name]]  # -1, a missing one, takes the last
        return values


@dataclass(frozen=True)
class RankedColumns:
    """The preparation that has learned."""

    step: FittedRanks

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        return Matrix(self.step.transform(block), self.step.names())

    def plan(self) -> tuple[FittedRanks, ...]:
        """Return the one step."""
        return (self.step,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores."""
        return {"ranks.msgpack": msgspec.msgpack.encode(self.step, enc_hook=encode_array)}


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
    ) -> tuple[RankedColumns, Matrix]:
        """Learn; nothing looks at the target, so training rows are prepared as later ones."""
        numbers = tuple(c.name for c in columns if c.kind.numeric)
        categories = tuple(c for c in columns if c.kind.categorical)
        quantiles = [_quantiles(block[name].astype(np.float64)) for name in numbers]
        shares = tuple(np.bincount(block[c.name] + 1, minlength=len(c.categories) + 1)[1:] / len(y) for c in categories)
        held = np.array(quantiles).reshape(len(numbers), _GRID)
        fitted = RankedColumns(FittedRanks(numbers, held, tuple(c.name for c in categories), shares))
        return fitted, fitted.transform(block)

    def from_files(self, files: Mapping[str, bytes]) -> RankedColumns:
        """Load what was stored."""
        step = msgspec.msgpack.decode(files["ranks.msgpack"], type=FittedRanks, dec_hook=decode_array)
        return RankedColumns(step)


def _quantiles(values: np.ndarray) -> np.ndarray:
    known = values[np.isfinite(values)]
    return np.quantile(known, _PLACES) if len(known) else np.zeros(_GRID)
