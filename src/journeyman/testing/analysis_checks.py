"""Contract checks that any analysis can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.analysed_rows import AnalysedRows, Output
from journeyman.entities.analysis import Discovery
from journeyman.entities.column import Column, Kind
from journeyman.interfaces import HypothesisSource
from journeyman.stages.confirm import confirm
from journeyman.testing.run_all import run_all

__all__ = ["ANALYSIS_CHECKS", "check_analysis", "related_rows"]

FloatArray = NDArray[np.float64]
_ROWS = 600
_NULLS = 6


def check_analysis(analysis: HypothesisSource) -> None:
    """Run every check.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the analysis.

    Examples
    --------
    >>> from journeyman.stages.explore.associations import Associations
    >>> check_analysis(Associations())
    """
    run_all(analysis.name, ANALYSIS_CHECKS, analysis)


def related_rows(seed: int = 0, *, related: bool = True, target: bool = True) -> AnalysedRows:
    """Return rows of every kind of column with gaps and copies; where they are not related, the target knows nothing.

    Examples
    --------
    >>> rows = related_rows()
    >>> len(rows), rows.outputs[0].name, sorted(rows.values)[:3]
    (600, 'y', ['city', 'heavy', 'noise'])
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(_ROWS, 4))
    city = rng.integers(0, 4, _ROWS).astype(np.float64)
    heavy, wide = rng.standard_cauchy(_ROWS), x[:, 0] + 1.5 * city
    seconds: FloatArray = 1.6e9 + 3600.0 * np.arange(_ROWS, dtype=np.float64)
    y = 2.0 * city - x[:, 0] + np.sign(x[:, 1] * x[:, 2]) + 2.0 * (x[:, 3] > 0.3) + rng.normal(size=_ROWS)
    y += 2.0 * np.linspace(0, 1, _ROWS)
    y = y if related else rng.permutation(y)
    values: dict[str, FloatArray] = {
        "wide": wide,
        "size": x[:, 1],
        "weight": np.where(x[:, 2] > 0.8, np.nan, x[:, 2]) if related else x[:, 2],
        "price": x[:, 3],
        "price again": 2.0 * x[:, 3] + 1.0,
        "heavy": heavy,
        "noise": rng.normal(size=_ROWS),
        "city": city,
        "when": seconds,
    }
    kinds = {"city": Kind.CATEGORY, "when": Kind.DATETIME}
    names = tuple(f"town {k}" for k in range(4))
    columns = tuple(Column(n, kinds.get(n, Kind.NUMBER), categories=names if n == "city" else ()) for n in values)
    outputs = (Output("y", y, False),) if target else ()
    return AnalysedRows(columns, values, outputs, "y" if target else "", np.arange(_ROWS), False, seconds)


def _proposes_nothing_where_there_is_nothing(analysis: HypothesisSource) -> None:
    empty = AnalysedRows((), {}, (), "", np.arange(0))
    assert not list(analysis.propose(empty).hypotheses)


def _bears_tables_without_a_target(analysis: HypothesisSource) -> None:
    rows = related_rows(target=False)
    for hypothesis in analysis.propose(rows).hypotheses:
        hypothesis.test(rows)


def _bears_constant_and_missing_columns(analysis: HypothesisSource) -> None:
    rows = related_rows()
    flat = {"wide": np.zeros(_ROWS), "size": np.full(_ROWS, np.nan), "city": np.zeros(_ROWS)}
    dull = AnalysedRows(rows.columns, {**rows.values, **flat}, rows.outputs, "y", rows.clusters, False, rows.times)
    for hypothesis in analysis.propose(dull).hypotheses:
        hypothesis.test(dull)


def _proposes_the_same_again(analysis: HypothesisSource) -> None:
    first, second = (analysis.propose(related_rows()) for _ in range(2))
    assert [h.columns for h in first.hypotheses] == [h.columns for h in second.hypotheses]


def _leaves_rows_as_they_are(analysis: HypothesisSource) -> None:
    rows = related_rows()
    before = {name: values.copy() for name, values in rows.values.items()}
    _discoveries(analysis, rows)
    assert all(np.array_equal(before[name], rows.values[name], equal_nan=True) for name in before)


def _says_what_it_found(analysis: HypothesisSource) -> None:
    for rows in (related_rows(), related_rows(target=False)):
        known = {column.name for column in rows.columns}
        for discovery in _discoveries(analysis, rows):
            assert discovery.kind == analysis.name, discovery.kind
            assert known.issuperset(discovery.columns), discovery.columns
            assert all(f"'{name}'" in discovery.sentence for name in discovery.columns[:2]), discovery.sentence
            assert discovery.effect.low <= discovery.effect.value <= discovery.effect.high, discovery.effect
            assert 0.0 <= discovery.p_value <= 1.0


def _is_silent_where_the_target_knows_nothing(analysis: HypothesisSource) -> None:
    """Of relations between columns nothing is said here: those are true."""
    found = 0
    for seed in range(_NULLS):
        rows = related_rows(seed, related=False)
        alone = {seed_discovery.sentence for seed_discovery in _discoveries(analysis, _without_target(rows))}
        found += any(d.sentence not in alone for d in _discoveries(analysis, rows) if "'y'" in d.sentence)
    assert found <= 1, f"{found} of {_NULLS} tables of noise"


def _without_target(rows: AnalysedRows) -> AnalysedRows:
    return AnalysedRows(rows.columns, rows.values, (), "", rows.clusters, False, rows.times)


def _discoveries(analysis: HypothesisSource, rows: AnalysedRows) -> tuple[Discovery, ...]:
    half = np.arange(0, len(rows), 2)
    return confirm(analysis.propose(rows.take(half)).hypotheses, rows.take(half + 1)).discoveries


ANALYSIS_CHECKS: Mapping[str, Callable[[HypothesisSource], None]] = {
    "proposes nothing where there is nothing": _proposes_nothing_where_there_is_nothing,
    "bears tables without a target": _bears_tables_without_a_target,
    "bears constant and missing columns": _bears_constant_and_missing_columns,
    "proposes the same again": _proposes_the_same_again,
    "leaves rows as they are": _leaves_rows_as_they_are,
    "says what it found": _says_what_it_found,
    "is silent where the target knows nothing": _is_silent_where_the_target_knows_nothing,
}
