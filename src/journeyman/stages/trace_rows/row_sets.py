"""Sets of rows of a program, told by how they were divided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["RowSet", "Statistic", "Step", "overlap", "parts_of", "shares_duplicates"]


@dataclass(frozen=True)
class Step:
    """A division or a resampling: where it happens, which part is meant, and whether rows come several times."""

    site: str
    part: int = 0
    repeats: bool = False
    line: int = 0


@dataclass(frozen=True)
class RowSet:
    """Rows of a table, as the divisions on the way have left them."""

    origin: str
    path: tuple[Step, ...] = ()

    def part(self, step: Step) -> RowSet:
        """Return what a division leaves of these rows; the same rows where it was made before."""
        return self if step in self.path else RowSet(self.origin, (*self.path, step))


@dataclass(frozen=True)
class Statistic:
    """What was learned of some rows, and in which line; ``chooses``: the settings that were best on them."""

    rows: frozenset[RowSet]
    line: int
    chooses: bool = False


def _parting(a: RowSet, b: RowSet) -> tuple[bool, Step | None]:
    """Return whether two sets part ways somewhere, and the resampling before that, if any."""
    repeated: Step | None = None
    for one, other in zip(a.path, b.path, strict=False):
        if one != other and not _may_meet(one, other):
            return True, repeated
        repeated = one if one.repeats else repeated
    return False, repeated


def _may_meet(a: Step, b: Step) -> bool:
    """Return whether two parts that are not of one division have rows in common: two samples, two ranges that meet."""
    if a.site.startswith("sample:") and b.site.startswith("sample:"):
        return a.site != b.site
    first, second = _range_of(a), _range_of(b)
    return first is not None and second is not None and max(first[0], second[0]) < min(first[1], second[1])


def _range_of(step: Step) -> tuple[float, float] | None:
    """Return from which row to which a slice goes, where it says so in numbers from the first row on."""
    ends = step.site.split(":")[1:]
    if not step.site.startswith("slice:") or not all(end.isdigit() for end in ends):
        return None
    numbers = [float(end) for end in ends]
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    return (0.0, numbers[0]) if step.part == 0 else (numbers[0], float("inf"))


def overlap(a: Iterable[RowSet], b: Iterable[RowSet]) -> bool:
    """Return whether one set holds rows of the other: parts of one division have none in common, nor do other tables.

    Examples
    --------
    >>> table = RowSet("t")
    >>> train, test = (table.part(Step("split", k)) for k in (0, 1))
    >>> overlap([table], [test]), overlap([train], [test])
    (True, False)
    """
    others = tuple(b)
    return any(one.origin == two.origin and not _parting(one, two)[0] for one in a for two in others)


def shares_duplicates(a: Iterable[RowSet], b: Iterable[RowSet]) -> Step | None:
    """Return the resampling whose duplicates are in both of two parts that were divided later.

    Examples
    --------
    >>> doubled = RowSet("t").part(Step("smote", 0, repeats=True, line=7))
    >>> train, test = (doubled.part(Step("split", k)) for k in (0, 1))
    >>> shares_duplicates([train], [test]).line
    7
    """
    others = tuple(b)
    for one in a:
        for two in others:
            if one.origin == two.origin:
                parted, repeated = _parting(one, two)
                if parted and repeated is not None:
                    return repeated
    return None


def parts_of(rows: Iterable[RowSet], step: Step) -> frozenset[RowSet]:
    """Return the same part of several sets."""
    return frozenset(one.part(step) for one in rows)
