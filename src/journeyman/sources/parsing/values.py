"""Reader of one raw value of a column, whatever its Python type."""

from __future__ import annotations

import math
from base64 import b64encode
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.cells import REFUSED, Cell
from journeyman.sources.parsing.texts import text_of

__all__ = ["ValueReader"]

_REMEMBERED = 4096


@dataclass(frozen=True)
class ValueReader:
    """Reads raw values of one column.

    Attributes
    ----------
    column : Column
        The column.
    cell : callable
        Its reader of texts.
    sentinels : frozenset of float
        Numbers that stand for a missing value.
    remembered : dict
        What texts seen before meant.
    """

    column: Column
    cell: Cell
    sentinels: frozenset[float]
    remembered: dict[str, object]

    def value(self, raw: object) -> object:
        """Read one raw value."""
        if type(raw) is not str:
            if self.column.kind in (Kind.NUMBER, Kind.INTEGER) and isinstance(raw, (float, int, np.number, np.bool_)):
                return self._number(raw)
            text = b64encode(raw).decode("ascii") if self._is_file(raw) else text_of(raw)
            if text is None:
                return self.missing
            raw = text
        value = self.remembered.get(raw, self)
        if value is self:
            value = self.cell(raw)
            # A bounded memory: rows repeat their categories and dates, and a flood of new ones must not grow it.
            if len(self.remembered) < _REMEMBERED and self.column.kind is not Kind.IMAGE:
                self.remembered[raw] = value
        return value

    def _is_file(self, raw: object) -> TypeGuard[bytes]:
        return self.column.kind is Kind.IMAGE and isinstance(raw, bytes)

    def _number(self, raw: float | int | np.number | np.bool_) -> object:
        try:
            number = float(raw)
        except OverflowError:
            return REFUSED
        except TypeError:  # a complex number
            return REFUSED
        if math.isinf(number):
            return REFUSED
        return self.missing if number in self.sentinels else number

    @property
    def missing(self) -> object:
        """What a block holds for a missing value of this column."""
        if self.column.kind.categorical:
            return -1
        return float("nan") if self.column.kind.numeric or self.column.kind is Kind.DATETIME else None
