"""Rows to predict, each admitted or refused on its own."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule
from journeyman.entities.finding import Finding
from journeyman.entities.image import SmallImage
from journeyman.entities.table import Block

__all__ = ["Admitted", "RowMisfit", "TrainedColumn"]


@dataclass(frozen=True)
class TrainedColumn:
    """A column that a model needs, and what its values were in training.

    Attributes
    ----------
    column : Column
        How raw values are read.
    low, high : float or None
        Least and greatest number; None where there is none.
    complete : bool
        Whether no value was missing.
    sizes : tuple of int
        Least width and height and greatest width and height of images, in pixels; empty for others.
    rule : ColumnRule or None
        What the release's contract wants of the column; None where it has no contract, or none for it.
    """

    column: Column
    low: float | None = None
    high: float | None = None
    complete: bool = False
    sizes: tuple[int, ...] = ()
    rule: ColumnRule | None = None

    def beyond(self, value: float) -> bool:
        """Return whether a number lies outside of what training saw; a missing one does not."""
        return self.low is not None and self.high is not None and (value < self.low or value > self.high)

    def strange_size(self, image: str) -> bool:
        """Return whether an image, in the form of a table, is smaller or larger than all that training saw."""
        if not self.sizes or self.column.kind is not Kind.IMAGE:
            return False
        width, height = SmallImage.size_of(image)
        return not (self.sizes[0] <= width <= self.sizes[2] and self.sizes[1] <= height <= self.sizes[3])


@dataclass(frozen=True)
class RowMisfit:
    """Why a row cannot be predicted: the column, what was found there, what was wanted, and what can be done.

    ``near`` is the name of a column that the row has instead, where one is alike.
    """

    field: str
    found: str
    wanted: str
    hint: str
    near: str = ""

    @property
    def message(self) -> str:
        """Which column misfits and how, as one sentence."""
        return f"{self.field!r} holds {self.found}, wanted {self.wanted}" if self.found else f"no {self.field!r}"


@dataclass(frozen=True)
class Admitted:
    """Rows read as the model's columns.

    Attributes
    ----------
    block : Block
        The admitted rows, in their order.
    misfits : tuple of RowMisfit or None
        One a row that was given: why it was refused, None where it was admitted.
    findings : tuple of tuple of Finding
        One an admitted row: what was noticed in it.
    """

    block: Block
    misfits: tuple[RowMisfit | None, ...]
    findings: tuple[tuple[Finding, ...], ...]
