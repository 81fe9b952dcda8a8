"""Contract checks that any detector of wrong cells can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from journeyman.entities.cleaning import Evidence, TextTable, text_table
from journeyman.interfaces import ErrorDetector
from journeyman.testing.run_all import run_all

__all__ = ["CLEANER_CHECKS", "check_cleaner", "sample_tables"]

_ROWS = 200


def check_cleaner(detector: ErrorDetector) -> None:
    """Run every check.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the detector.

    Examples
    --------
    >>> from journeyman.cleaners.missing import MissingMarkers
    >>> check_cleaner(MissingMarkers())
    """
    run_all(f"the detector {detector.name}", CLEANER_CHECKS, detector)


def sample_tables() -> tuple[TextTable, ...]:
    """Return tables of the shapes that a detector meets: usual, one column, one row, all distinct, all the same.

    Examples
    --------
    >>> [(table.rows, len(table.columns)) for table in sample_tables()]
    [(200, 5), (200, 1), (1, 3), (200, 2), (200, 2)]
    """
    rng = np.random.default_rng(0)
    towns = rng.choice(["Oslo", "Bergen", "Trondheim"], _ROWS)
    usual = pd.DataFrame(
        {
            "town": np.where(np.arange(_ROWS) == 7, "Osol", towns),
            "code": pd.Series(towns).map({"Oslo": "03", "Bergen": "46", "Trondheim": "50"}),
            "size": [f"{x:.1f}" for x in rng.normal(20, 3, _ROWS)],
            "note": ["" if k % 3 else "N/A" for k in range(_ROWS)],
            "mixed": [("12 oz", "12", "x", "1e400", "nan", "İstanbul 😀", "\n")[k % 7] for k in range(_ROWS)],
        }
    )
    numbers = [str(k) for k in range(_ROWS)]
    frames = (
        usual,
        usual[["town"]],
        pd.DataFrame({"a": ["1"], "b": [""], "c": ["x"]}),
        pd.DataFrame({"id": numbers, "name": [f"name {k}" for k in numbers]}),
        pd.DataFrame({"a": ["same"] * _ROWS, "b": [""] * _ROWS}),
    )
    return tuple(text_table("sample", frame) for frame in frames)


def _all_evidence(detector: ErrorDetector) -> list[tuple[TextTable, Sequence[Evidence]]]:
    return [(table, detector.find(table)) for table in sample_tables()]


def _has_a_name(detector: ErrorDetector) -> None:
    assert detector.name, "it has no name"
    assert "\n" not in detector.name, "its name is longer than a line"


def _answers_each_column(detector: ErrorDetector) -> None:
    for table, found in _all_evidence(detector):
        assert [e.column for e in found] == list(range(len(table.columns))), (
            "it has not one evidence a column, in order"
        )
        for evidence in found:
            assert evidence.probability.shape == (table.rows,), "there is not one probability a row"
            assert evidence.proposed.shape == (table.rows,), "there is not one proposal a row"
            assert len(evidence.features) == table.rows, "there is not one row of features a row"


def _gives_probabilities(detector: ErrorDetector) -> None:
    for _, found in _all_evidence(detector):
        for evidence in found:
            assert np.isfinite(evidence.features).all(), "a feature is no number"
            inside = (evidence.probability >= 0) & (evidence.probability <= 1)  # False for NaN
            assert inside.all(), "a probability is not between 0 and 1"


def _has_the_same_features(detector: ErrorDetector) -> None:
    widths = {evidence.features.shape[1] for _, found in _all_evidence(detector) for evidence in found}
    assert len(widths) == 1, f"columns have different numbers of features: {sorted(widths)}"


def _proposes_texts(detector: ErrorDetector) -> None:
    for _, found in _all_evidence(detector):
        for evidence in found:
            assert evidence.proposed.max(initial=-1) < len(evidence.proposals), "a proposal is not listed"
            assert all(isinstance(text, str) for text in evidence.proposals), "a proposal is no text"
            reason = evidence.reason.format(proposal="x")
            assert reason, "there is no reason"
            assert "\n" not in reason, "the reason is longer than a line"


def _repeats_itself(detector: ErrorDetector) -> None:
    for (_, one), (_, other) in zip(_all_evidence(detector), _all_evidence(detector), strict=True):
        for a, b in zip(one, other, strict=True):
            assert np.array_equal(a.probability, b.probability), "it judges the same table differently"
            assert np.array_equal(a.features, b.features), "its features of the same table differ"


CLEANER_CHECKS: Mapping[str, Callable[[ErrorDetector], None]] = {
    "has a name": _has_a_name,
    "answers for each column": _answers_each_column,
    "gives probabilities": _gives_probabilities,
    "has the same features": _has_the_same_features,
    "proposes texts": _proposes_texts,
    "repeats itself": _repeats_itself,
}
