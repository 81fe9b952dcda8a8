"""Estimators give an answer for every row, in the classes and the type of the labels, whatever columns are called."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from journeyman import JourneymanClassifier, JourneymanRegressor

NAMES = st.lists(
    st.sampled_from(["target", "target_", "y", "index", "x0", "label", "weight", "row", "fold", "__index__"]),
    min_size=3,
    max_size=3,
    unique=True,
)
LABELS = (
    ["1", "2"],
    ["a", "b", "c"],
    [True, False],
    [0, 1, 5],
    [2**60, 2**60 + 1],
    [-1.0, 1.0],
    ["NA", "none", ""],
    ["1.0", "1.00"],
)


def _frame(names: list[str], seed: int, rows: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = [rng.normal(size=rows), rng.choice(["red", "blue", "2,5"], rows), rng.integers(0, 2, rows)]
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=rng.permutation(rows))


@pytest.mark.slow
@pytest.mark.parametrize("labels", LABELS, ids=str)
@settings(max_examples=2, derandomize=True, deadline=None, phases=(Phase.generate,))
@given(names=NAMES, seed=st.integers(0, 999))
def test_classes_and_types_are_those_given(labels: list[object], names: list[str], seed: int) -> None:
    frame = _frame(names, seed)
    at = np.digitize(frame[names[0]], np.quantile(frame[names[0]], np.linspace(0, 1, len(labels) + 1)[1:-1]))
    y = np.array(labels)[at]
    model = JourneymanClassifier(trials=2, random_state=0).fit(frame, y)
    new = _frame(names, seed + 1, 37)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predicted, chances = model.predict(new), model.predict_proba(new)
    assert (len(predicted), chances.shape) == (37, (37, len(labels)))
    assert predicted.dtype == y.dtype
    assert model.classes_.tolist() == sorted(labels)
    assert set(predicted.tolist()) <= set(labels)
    # The answer follows the column that tells it, and rows are answered alone as they are together.
    assert (model.predict(frame) == y).mean() > 0.9
    alone = np.vstack([model.predict_proba(new.iloc[[i]]) for i in range(3)])
    np.testing.assert_allclose(alone, chances[:3], rtol=1e-9)


@settings(max_examples=2, derandomize=True, deadline=None, phases=(Phase.generate,))
@given(names=NAMES, seed=st.integers(0, 999))
def test_values_are_answered_row_by_row(names: list[str], seed: int) -> None:
    frame = _frame(names, seed)
    model = JourneymanRegressor(trials=2, random_state=0).fit(frame, frame[names[0]] * 2)
    new = _frame(names, seed + 1, 37)
    assert model.predict(new).shape == (37,)
    assert np.corrcoef(model.predict(new), new[names[0]])[0, 1] > 0.9
