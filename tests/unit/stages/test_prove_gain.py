"""A gain is proved on rows that did not suggest it: nothing is gained by chance more often than is said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from journeyman.stages.prove_gain import (
    Change,
    Changed,
    Examples,
    paired_gain,
    predict_out_of_fold,
    prove_gain,
    row_losses,
)

FloatArray = NDArray[np.float64]


def with_columns(more: pd.DataFrame) -> Change:
    """Return a change that looks further columns up by the row's place in the table."""

    def add(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.join(more.loc[rows.index])

    return lambda learned: Changed(Examples(add(learned.rows), learned.labels, learned.weights), add)


def heavy_tails(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    return x + rng.standard_t(1.5, len(x))


def rare_disasters(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    return x + 50.0 * (rng.random(len(x)) < 0.01)


def two_classes(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    return (x + rng.normal(size=len(x)) > 1.5).astype(float)


@pytest.mark.slow
@pytest.mark.parametrize("nature", [heavy_tails, rare_disasters, two_classes])
def test_one_noise_is_no_better_than_another(nature: Callable[[np.random.Generator, FloatArray], FloatArray]) -> None:
    # At a true rate of 5 % more than 4 of 20 have a chance of 0.3 %.
    accepted = 0
    for number in range(20):
        rng = np.random.default_rng(number)
        x, noise, other = rng.normal(size=(3, 100))
        examples = Examples(pd.DataFrame({"x": x}), nature(rng, x))
        base, change = (with_columns(pd.DataFrame({"noise": values})) for values in (noise, other))
        classes = 2 if nature is two_classes else 0
        found = prove_gain(examples, {"other": change}, classes, base=base, repeats=1, seed=number)
        accepted += found["other"].beyond_noise(0.05)
    assert accepted <= 4


@pytest.mark.slow
@pytest.mark.parametrize("nature", [heavy_tails, rare_disasters, two_classes])
def test_one_noise_is_no_better_row_by_row(nature: Callable[[np.random.Generator, FloatArray], FloatArray]) -> None:
    accepted = 0
    for number in range(20):
        rng = np.random.default_rng(number)
        x, noise, other = rng.normal(size=(3, 100))
        examples, classes = Examples(pd.DataFrame({"x": x}), nature(rng, x)), 2 if nature is two_classes else 0
        changes = [with_columns(pd.DataFrame({"noise": values})) for values in (noise, other)]
        found, models = predict_out_of_fold(examples, changes, classes, repeats=1, seed=number)
        before, after = (row_losses(predicted, examples.labels, classes) for predicted in found)
        accepted += paired_gain(before, after, models).beyond_noise(0.05)
    assert accepted <= 4


def test_models_that_differ_by_chance_alike_prove_nothing_however_many_the_rows() -> None:
    rng = np.random.default_rng(1)
    models = np.arange(2_000)[None] % 5
    of_models = np.array([0.5, -0.4, 0.6, 0.3, -0.2])[models]
    before = rng.exponential(size=(1, 2_000)) + 1.0
    assert not paired_gain(before, before - of_models, models).beyond_noise(0.05)
    assert paired_gain(before, before - 0.5 + 0.1 * of_models, models).beyond_noise(0.001)


def test_copies_of_rows_prove_nothing_where_they_stay_together() -> None:
    rng = np.random.default_rng(3)
    things = np.repeat(np.arange(60), 5)
    labels = rng.normal(size=60)[things]
    examples = Examples(pd.DataFrame({"x": rng.normal(size=300)}), labels)
    changes = {"name": with_columns(pd.DataFrame({"name": rng.permutation(60)[things].astype(float)}))}
    assert prove_gain(examples, changes, 0, repeats=1)["name"].beyond_noise(0.05)
    assert not prove_gain(examples, changes, 0, groups=things, repeats=1)["name"].beyond_noise(0.05)


def test_labels_that_are_mended_before_learning_gain() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(600, 2))
    right = (x.sum(axis=1) > 0).astype(float)
    wrong = rng.random(600) < 0.25
    examples = Examples(pd.DataFrame(x, columns=["a", "b"]), np.where(wrong, 1.0 - right, right))

    def mended(learned: Examples) -> Changed:
        return Changed(Examples(learned.rows, right[learned.rows.index.to_numpy()]), lambda rows: rows)

    def swapped(learned: Examples) -> Changed:
        return Changed(Examples(learned.rows, learned.labels[::-1].copy()), lambda rows: rows)

    # Predicted rows keep their wrong labels, so certainty costs: what is compared is which rows are fewer in error.
    found = prove_gain(examples, {"mended": mended, "swapped": swapped}, 2, repeats=1)
    assert found["swapped"].share < 0.0
    assert found["swapped"].p_value > 0.5
    assert found["mended"].folds == 5


def test_few_rows_and_few_groups_are_refused() -> None:
    few = Examples(pd.DataFrame({"x": np.arange(12.0)}), np.arange(12.0))
    with pytest.raises(ValueError, match="12 rows are too few"):
        prove_gain(few, {}, 0)
    enough = Examples(pd.DataFrame({"x": np.arange(60.0)}), np.arange(60.0))
    with pytest.raises(ValueError, match="3 groups are too few"):
        prove_gain(enough, {}, 0, groups=np.arange(60) % 3)


def test_columns_of_every_kind_are_learned_from() -> None:
    rng = np.random.default_rng(1)
    hidden = rng.integers(0, 3, 240)
    rows = pd.DataFrame(
        {
            "name": pd.Series(np.array(["a", "b", None], dtype=object)[hidden], dtype="str"),
            "kind": pd.Categorical(np.array(["u", "v", "w"])[hidden]),
            "when": pd.to_datetime("2024-01-01") + pd.to_timedelta(hidden * 30, unit="D"),
            "many": [f"row {k}" for k in range(240)],
            "whole": pd.array(hidden, dtype="Int64"),
            "yes": hidden == 1,
        }
    )
    nothing = Examples(pd.DataFrame(index=range(240)), hidden.astype(float))
    for name in rows:
        found = prove_gain(nothing, {"it": with_columns(rows[[name]])}, 3, repeats=1)["it"]
        assert found.beyond_noise(0.01) == (name != "many"), name
