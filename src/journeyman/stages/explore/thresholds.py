"""Jumps: values of a column at which the target changes at once, beyond the slopes on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import ActionKind, Discovery, Evidence, ModelAction
from journeyman.interfaces import Proposed
from journeyman.stages.explore.cluster_tests import contrast, product_test
from journeyman.stages.explore.scores import Feature, feature_values, group_values
from journeyman.stages.explore.wording import curve, difference, figure, mean_name, sentence_case, value_name

__all__ = ["Threshold", "Thresholds"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_WINDOW = 0.25 * 12**0.5  # of the ranks, on either side
_DONUT = 0.01 * 12**0.5  # of the ranks on either side: where exactly the jump is, few rows can say
_GRID = np.arange(0.06, 0.95, 0.02)
_LEAST_VALUES = 12
_LEAST_SIDE = 30
_MOST = 15
_LIKELY, _PLACES = 2.0, 8
"""Expected number of jumps that look as strong by chance, up to which one is proposed, and about how many places of a
column can jump by chance each on its own."""

_ABRUPT = 0.5
"""Of what the slopes of the window change in all, that a jump has at least: a steep curve is none."""


@dataclass(frozen=True)
class Threshold:
    """An output jumps at a value of a column, up (``direction`` 1) or down (-1)."""

    column: str
    output: int
    value: float
    direction: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column that the statement is about."""
        return (self.column,)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test the jump between two lines around it (regression discontinuity, Thistlethwaite and Campbell 1960)."""
        near, above, design = self._window(rows)
        if min((near & above).sum(), (near & ~above).sum()) < _LEAST_SIDE:
            return None
        jump = np.where(near, self.direction * above, np.nan)
        return product_test(rows, jump, rows.outputs[self.output].values, design)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say the means just below and just above the value."""
        output, column = rows.outputs[self.output], rows.column(self.column)
        near, above, _ = self._window(rows)
        sides = [(near & above, 1.0), (near & ~above, -1.0)]
        effect = contrast(rows, output.values, sides, "share" if output.share else output.unit)
        said = [figure(float(output.values[mask].mean()), output.share, output.unit) for mask, _ in sides[::-1]]
        sentence = (
            f"{sentence_case(mean_name(rows, output))} jumps at '{self.column}' = {value_name(column, self.value)}: "
            f"{said[0]} in the rows just below and {said[1]} just above, {difference(effect, output.share)}."
        )
        _, groups = group_values(rows, column, 10)
        drawn = curve(rows, output.values, column, [groups == g for g in range(int(groups.max()) + 1)])
        return Discovery(
            "thresholds",
            self.columns,
            sentence,
            effect,
            evidence.p_value,
            int(near.sum()),
            abs(effect.value) / (float(output.values.std()) or 1.0),
            ModelAction(ActionKind.SIDE, self.columns, self.value),
            (drawn,),
        )

    def _window(self, rows: AnalysedRows) -> tuple[BoolArray, BoolArray, FloatArray]:
        """Return the rows near the value, which of all are above it, and two lines that meet the value."""
        values, u = rows.values[self.column], feature_values(rows, Feature(self.column))
        above = values >= self.value
        known = np.isfinite(u)
        if not (known & above).any() or not (known & ~above).any():
            return np.zeros(len(u), dtype=bool), above, np.zeros((len(u), 0))
        centre = (float(u[known & above].min()) + float(u[known & ~above].max())) / 2
        apart = np.abs(u - centre)
        near = known & (apart <= _WINDOW) & (apart >= _DONUT)
        distance = np.nan_to_num(u) - centre
        return near, above, np.column_stack([distance, distance * above])


@dataclass(frozen=True)
class Thresholds:
    """Columns of many values, each cut at many places."""

    name: str = "thresholds"
    title: str = "Jumps"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return each column's greatest jump on these rows, where it is more than what slopes change."""
        found: list[tuple[float, Threshold]] = []
        looked_at = asked = 0
        for column in rows.columns:
            values = rows.values[column.name]
            known = values[np.isfinite(values)]
            if column.kind.categorical or len(known) < 4 * _LEAST_SIDE or len(np.unique(known)) < _LEAST_VALUES:
                continue
            for k, output in enumerate(rows.outputs):
                cuts = np.unique(np.quantile(known, _GRID))
                looked_at, asked = looked_at + len(cuts), asked + 1
                place = _greatest_jump(rows, column.name, output.values, cuts)
                if place is None:
                    continue
                around = np.searchsorted(cuts, place[0]) + np.array([-1, 1])
                ends = cuts[np.clip(around, 0, len(cuts) - 1)]
                finer = np.unique(np.quantile(known[(known >= ends[0]) & (known <= ends[1])], np.linspace(0, 1, 25)))
                place = _greatest_jump(rows, column.name, output.values, finer) or place
                jump = Threshold(column.name, k, *place)
                evidence = jump.test(rows)
                if evidence is not None and evidence.statistic > 0:
                    found.append((evidence.p_value, jump))
        bar = min(0.05, _LIKELY / (_PLACES * max(asked, 1)))
        found = sorted((one for one in found if one[0] < bar), key=lambda pair: (pair[0], pair[1].column))
        best = {jump.column: jump for _, jump in reversed(found)}
        return Proposed([jump for _, jump in found if best[jump.column] is jump][:_MOST], looked_at)


def _greatest_jump(rows: AnalysedRows, column: str, y: FloatArray, cuts: FloatArray) -> tuple[float, float] | None:
    """Return where the jump is greatest in standard errors, and its direction, from running sums over sorted rows."""
    u, values = feature_values(rows, Feature(column)), rows.values[column]
    order = np.argsort(values[np.isfinite(values)], kind="stable")
    x, t, v = (a[np.isfinite(values)][order] for a in (values, u, y))
    sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in (np.ones(len(t)), t, t * t, v, t * v, v * v)]
    best: tuple[float, float, float] | None = None
    for cut in cuts:
        middle = int(np.searchsorted(x, cut))
        if not 0 < middle < len(x):
            continue
        centre = (t[middle - 1] + t[middle]) / 2
        ends = np.searchsorted(t, [centre - _WINDOW, centre + _WINDOW])
        left, right = _line(sums, int(ends[0]), middle, centre), _line(sums, middle, int(ends[1]), centre)
        if left is None or right is None:
            continue
        jump = right[0] - left[0]
        slopes = _WINDOW * (abs(left[1]) + abs(right[1]))
        if abs(jump) < _ABRUPT * slopes:
            continue
        size = abs(jump) / np.sqrt(left[2] + right[2])
        if best is None or size > best[0]:
            best = (float(size), float(x[middle]), float(np.sign(jump)))
    return None if best is None else best[1:]


def _line(sums: list[FloatArray], start: int, end: int, centre: float) -> tuple[float, float, float] | None:
    """Return height at the centre, slope, and variance of the height of the least-squares line through sorted rows."""
    n, st, stt, sv, stv, svv = (float(part[end] - part[start]) for part in sums)
    if n < _LEAST_SIDE:
        return None
    mean_t, mean_v = st / n, sv / n
    stt, stv, svv = stt - n * mean_t**2, stv - n * mean_t * mean_v, svv - n * mean_v**2
    if stt <= 1e-9 * n:
        return None
    slope = stv / stt
    noise = max(svv - slope * stv, 1e-12) / max(n - 2, 1)
    return mean_v + slope * (centre - mean_t), slope, noise * (1 / n + (centre - mean_t) ** 2 / stt)
