"""Images that are nearly the same: saved again, made lighter, or the next picture of a film (DQ208)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Block, Table, to_block
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules.sampling import share
from journeyman.transformers.derived import image_columns
from journeyman.transformers.pictures import Size, pictures, to_grey

__all__ = ["NearImageRule", "near_images"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_APART = 6  # of 64 comparisons of neighbours that may turn out otherwise
_ALIKE = 0.995  # correlation of the pixels
_SIDE = 16
_MOST_COMPARED = 30_000  # with more images only those of equal comparisons are looked at
_CHUNK = 512
_FLAT = 0.02  # standard deviation below which an image shows nothing that could be a copy


@dataclass(frozen=True)
class NearImageRule:
    """Count images that have a near copy, since copies on both sides of a division flatter the score."""

    codes: tuple[str, ...] = ("DQ208",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return at most one finding; none where there are no images."""
        groups = near_images(table)
        if groups is None:
            return []
        sizes = np.bincount(groups)
        copied = int((sizes[groups] > 1).sum())
        if not copied:
            return []
        column = image_columns(table.features)[0].name
        part = copied / len(groups)
        return [
            Finding(
                "DQ208",
                Severity.WARNING if part >= 0.01 else Severity.NOTE,
                (column,),
                f"{copied} images ({share(part)}) have a near copy, in {int((sizes > 1).sum())} groups of up to "
                f"{int(sizes.max())}; on both sides of a division they would flatter the score.",
                "They are kept, and kept on one side of every division; if they come from one thing or one film, name "
                "the column that tells which: --group.",
                {"images": copied, "groups": int((sizes > 1).sum()), "largest group": int(sizes.max())},
            )
        ]


def near_images(table: Table) -> IntArray | None:
    """Return the group of near copies that each row is in, shape (n_samples,); None where there are no images.

    Two images are near copies where at most 6 of 64 comparisons of neighbouring pixels differ and their pixels go along
    (correlation 0.995). Rows without an image, and images that show nothing, stand alone.

    References
    ----------
    Krawetz 2013, "Kind of like that" (difference hash).
    """
    columns = image_columns(table.features)
    if not columns:
        return None
    block: Block = to_block(table.frame, (columns[0],))
    values = block[columns[0].name]
    marks, looks = _looks(values)
    known = np.flatnonzero(np.isfinite(looks).all(axis=1))
    leaders = np.arange(len(values), dtype=np.int64)
    for first, second in _pairs(marks[known]):
        a, b = known[first], known[second]
        alike = np.einsum("ij,ij->i", looks[a], looks[b]) >= _ALIKE
        for one, other in zip(a[alike].tolist(), b[alike].tolist(), strict=True):
            _join(leaders, one, other)
    for row in range(len(leaders)):
        leaders[row] = leaders[leaders[row]]
    return np.unique(leaders, return_inverse=True)[1].astype(np.int64)


def _looks(values: NDArray[np.generic]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """Return 64 comparisons of neighbours as bits, and pixels of mean 0 and length 1; NaN where there are none."""
    marks = np.zeros(len(values), dtype=np.uint64)
    looks = np.full((len(values), _SIDE * _SIDE), np.nan, dtype=np.float32)
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    for start in range(0, len(values), _CHUNK):
        piece = values[start : start + _CHUNK]
        small = to_grey(pictures(piece, Size(8, 9, 1)))
        bits = (small[:, :, 1:] > small[:, :, :-1]).reshape(len(piece), 64)
        marks[start : start + _CHUNK] = (bits * powers).sum(axis=1, dtype=np.uint64)
        flat = to_grey(pictures(piece, Size(_SIDE, _SIDE, 1))).reshape(len(piece), -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        length = np.sqrt((flat**2).sum(axis=1, keepdims=True))
        length[length < _FLAT * _SIDE] = np.nan
        looks[start : start + _CHUNK] = flat / length
    return marks, looks


def _pairs(marks: NDArray[np.uint64]) -> list[tuple[IntArray, IntArray]]:
    """Return positions of pairs whose comparisons hardly differ."""
    found = []
    if len(marks) > _MOST_COMPARED:
        order = np.argsort(marks, kind="stable")
        same = marks[order[1:]] == marks[order[:-1]]
        return [(order[:-1][same], order[1:][same])]
    for start in range(0, len(marks), _CHUNK):
        apart = np.bitwise_count(marks[start : start + _CHUNK, None] ^ marks[None, start:])
        first, second = np.nonzero(apart <= _APART)
        later = second > first
        found.append((first[later] + start, second[later] + start))
    return found


def _join(leaders: IntArray, one: int, other: int) -> None:
    """Put two rows into one group, led by the earlier row (Tarjan 1975)."""
    roots = []
    for row in (one, other):
        while leaders[row] != row:
            leaders[row] = leaders[leaders[row]]
            row = int(leaders[row])  # climbing
        roots.append(row)
    leaders[max(roots)] = min(roots)
