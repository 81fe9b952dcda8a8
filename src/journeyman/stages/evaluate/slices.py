"""Weak slices: parts of the rows where the model does worse, found on some rows and confirmed on others.

Conditions on one column (ranges between quantiles, categories, missing) and on two are looked at all at once, as in
Slice Finder (Chung et al. 2019) and SliceLine (Sagadeeva and Boehm 2021). What is found is only reported when other
rows confirm it in a one-sided test, corrected after Holm (1979).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.column import Column, Kind
from journeyman.entities.evaluation import Slice
from journeyman.entities.table import Block

__all__ = ["Losses", "weak_slices"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_MOST_COLUMNS = 40
_MOST_CONDITIONS = 400
_CATEGORIES = 12
_SUPPORT = 0.03
_LEAST_FOUND, _LEAST_CONFIRMED = 25, 20
_WORSE = 1.15  # a slice that is a tenth worse is not worth a reader's attention
_PROPOSED = 10


@dataclass(frozen=True)
class Losses:
    """Rows with their losses.

    Attributes
    ----------
    block : Block
        Columns as plain arrays.
    loss, baseline : ndarray of shape (n_samples,)
        Loss of the model and of the trivial model.
    clusters : ndarray of int64, shape (n_samples,)
        Rows of one code may depend on each other.
    """

    block: Block
    loss: FloatArray
    baseline: FloatArray
    clusters: NDArray[np.int64]


@dataclass(frozen=True)
class _Condition:
    """One column's values in a range, of a name, or missing."""

    column: str
    text: str
    kind: str
    low: float = -np.inf
    high: float = np.inf
    code: int = 0

    def holds(self, block: Block) -> BoolArray:
        values = block[self.column]
        if self.kind == "category":
            return np.asarray(values == self.code)
        if self.kind == "missing":
            return np.asarray(np.isnan(values.astype(np.float64)))
        numbers = values.astype(np.float64)
        return (numbers >= self.low) & (numbers < self.high)


@dataclass(frozen=True)
class _Proposal:
    conditions: tuple[_Condition, ...]
    strength: float
    mean: float
    holds: BoolArray


def weak_slices(
    finding: Losses, confirming: Losses, columns: tuple[Column, ...], alpha: float
) -> tuple[tuple[Slice, ...], int]:
    """Return the confirmed slices, worst first, and the number of conditions looked at.

    Parameters
    ----------
    finding, confirming : Losses
        Rows that propose slices and rows that confirm them; no row may be in both.
    columns : tuple of Column
        Columns to make conditions of, the most important first.
    alpha : float
        Probability of reporting any slice where there is none.
    """
    usable = tuple(c for c in columns if c.kind.numeric or c.kind.categorical or c.kind is Kind.DATETIME)[
        :_MOST_COLUMNS
    ]
    if len(finding.loss) < 2 * _LEAST_FOUND or len(confirming.loss) < 2 * _LEAST_CONFIRMED or not usable:
        return (), 0
    proposals, tried = _propose(finding, usable)
    tested = [t for t in (_test(p, confirming) for p in proposals) if t is not None]
    tested.sort(key=lambda s: (s.p_value, s.description))
    confirmed, corrected = [], 0.0
    for number, found in enumerate(tested):
        corrected = min(1.0, max(corrected, found.p_value * (len(tested) - number)))
        if corrected < alpha and found.value >= _WORSE * found.overall:
            confirmed.append(_with_p_value(found, corrected))
    return tuple(sorted(confirmed, key=lambda s: (-s.value, s.description))), tried


def _with_p_value(found: Slice, p_value: float) -> Slice:
    return Slice(
        found.description,
        found.columns,
        found.rows,
        found.value,
        found.overall,
        found.low,
        found.high,
        p_value,
        found.baseline,
    )


def _conditions(block: Block, column: Column, support: int) -> list[_Condition]:
    values, name = block[column.name].astype(np.float64), column.name
    if column.kind.categorical:
        codes, counts = np.unique(values, return_counts=True)
        common = sorted(zip(counts.tolist(), codes.tolist(), strict=True), key=lambda pair: (-pair[0], pair[1]))
        return [
            _Condition(
                name,
                f"{name} {'missing' if code < 0 else '= ' + column.categories[int(code)]}",
                "category",
                code=int(code),
            )
            for count, code in common[:_CATEGORIES]
            if count >= support
        ]
    found = []
    known = values[~np.isnan(values)]
    if len(values) - len(known) >= support:
        found.append(_Condition(name, f"{name} missing", "missing"))
    if not len(known):
        return found
    distinct = np.unique(known)
    if len(distinct) <= 6:
        for value in distinct.tolist():
            if (known == value).sum() >= support:
                text = (
                    column.categories[int(value)]
                    if column.kind is Kind.BOOLEAN and len(column.categories) == 2
                    else _format_value(value, column)
                )
                found.append(_Condition(name, f"{name} = {text}", "range", value, float(np.nextafter(value, np.inf))))
        return found
    cuts = np.unique(np.quantile(known, [0.1, 0.25, 0.5, 0.75, 0.9], method="higher"))
    edges = [-np.inf, *cuts.tolist(), np.inf]
    spans = list(itertools.pairwise(edges))
    spans += [(-np.inf, c) for c in cuts.tolist()[1:3]] + [(c, np.inf) for c in cuts.tolist()[2:-1]]
    for low, high in spans:
        if ((known >= low) & (known < high)).sum() >= support:
            found.append(_Condition(name, _span(name, low, high, column), "range", low, high))
    return found


def _format_value(value: float, column: Column) -> str:
    if column.kind is Kind.DATETIME:
        return str(np.datetime64(int(value), "s")).replace("T", " ").removesuffix(" 00:00:00")
    return f"{value:.6g}"


def _span(name: str, low: float, high: float, column: Column) -> str:
    if np.isinf(low):
        return f"{name} < {_format_value(high, column)}"
    if np.isinf(high):
        return f"{name} ≥ {_format_value(low, column)}"
    return f"{_format_value(low, column)} ≤ {name} < {_format_value(high, column)}"


def _propose(finding: Losses, columns: tuple[Column, ...]) -> tuple[list[_Proposal], int]:
    """Return the strongest slices that do not overlap much, and how many were looked at."""
    loss = finding.loss
    n, overall = len(loss), float(loss.mean())
    support = max(_LEAST_FOUND, int(_SUPPORT * n))
    conditions: list[_Condition] = []
    for column in columns:
        conditions += _conditions(finding.block, column, support)
    conditions = conditions[:_MOST_CONDITIONS]
    if not conditions or overall <= 0:
        return [], len(conditions)
    member = np.column_stack([c.holds(finding.block) for c in conditions]).astype(np.float32)
    # every pair at once: counts, sums and squares are three matrix products
    centred = (loss - overall).astype(np.float32)
    counts = (member.T @ member).astype(np.float64)
    sums = (member.T @ (member * centred[:, None])).astype(np.float64)
    squares = (member.T @ (member * (centred**2)[:, None])).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums / counts
        spread = np.sqrt(np.maximum(squares / counts - mean**2, 0.25 * float(np.var(loss))) / counts)
        strength = mean / spread
    single = np.diag(strength)
    owner = np.array([c.column for c in conditions])
    apart = owner[:, None] != owner[None, :]
    part = np.diag(mean)
    # a pair must be worse than each of its conditions alone, or it says nothing that they do not say
    adds = mean + overall > 1.1 * (overall + np.maximum(part[:, None], part[None, :]))
    usable = np.triu(apart & adds, 1) & (counts >= support)
    np.fill_diagonal(usable, single > 0)
    usable &= (strength > 2) & (mean + overall >= _WORSE * overall)
    tried = len(conditions) + int((np.triu(apart, 1) & (counts >= support)).sum())
    first, second = np.nonzero(usable)
    order = np.lexsort((second, first, -strength[first, second]))[:2000]
    kept: list[_Proposal] = []
    for at in order:
        i, j = int(first[at]), int(second[at])
        both = (conditions[i],) if i == j else (conditions[i], conditions[j])
        holds = np.logical_and.reduce([c.holds(finding.block) for c in both])
        if any(_overlap(holds, k.holds) > 0.5 for k in kept):
            continue
        kept.append(_Proposal(both, float(strength[i, j]), float(mean[i, j] + overall), holds))
        if len(kept) == _PROPOSED:
            break
    return kept, tried


def _overlap(a: BoolArray, b: BoolArray) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def _test(proposal: _Proposal, rows: Losses) -> Slice | None:
    """Test whether the loss inside is greater than outside; None where too few rows are inside or outside.

    Welch's t, with variances by clusters (Liang and Zeger 1986), so that rows of one group count as one voice.
    """
    inside = np.logical_and.reduce([c.holds(rows.block) for c in proposal.conditions])
    n_in, n_out = int(inside.sum()), int((~inside).sum())
    if n_in < _LEAST_CONFIRMED or n_out < _LEAST_CONFIRMED:
        return None
    loss = rows.loss
    mean_in, mean_out = float(loss[inside].mean()), float(loss[~inside].mean())
    code_count = int(rows.clusters.max()) + 1
    pull_in = np.bincount(rows.clusters, np.where(inside, loss - mean_in, 0.0), code_count) / n_in
    pull_out = np.bincount(rows.clusters, np.where(inside, 0.0, loss - mean_out), code_count) / n_out
    voices = len(np.unique(rows.clusters[inside]))
    if voices < 5:
        return None
    scale = voices / (voices - 1)
    error_in = float(np.sqrt(scale * (pull_in**2).sum()))
    error = float(np.sqrt(scale * ((pull_in - pull_out) ** 2).sum()))
    # with equal losses inside, the spread outside stands in for one that was not seen
    floor = float(loss.std()) / np.sqrt(n_in) / 2
    error, error_in = max(error, floor), max(error_in, floor)
    if error == 0:
        return None
    reach = float(stats.t.ppf(0.975, voices - 1)) * error_in
    return Slice(
        description=" and ".join(c.text for c in proposal.conditions),
        columns=tuple(c.column for c in proposal.conditions),
        rows=n_in,
        value=mean_in,
        overall=float(loss.mean()),
        low=max(0.0, mean_in - reach),
        high=mean_in + reach,
        p_value=float(stats.t.sf((mean_in - mean_out) / error, voices - 1)),
        baseline=float(rows.baseline[inside].mean()),
    )
