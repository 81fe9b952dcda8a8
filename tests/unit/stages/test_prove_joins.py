"""A p-value against draws of noise keeps its word, and the target is known in any guise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.pipelines.compare_joins import with_columns
from journeyman.stages.prove_gain import Examples, fold_losses, unchanged
from journeyman.stages.prove_joins import calm_labels, noise_p_value, read_typed, repeated_target, target_codes

RNG = np.random.default_rng(11)


@pytest.mark.parametrize(("level", "most"), [(0.05, 0.06), (0.01, 0.014)])
def test_noise_passes_as_seldom_as_is_said(level: float, most: float) -> None:
    draws = RNG.normal(size=(4_000, 10))
    passed = [noise_p_value(row[0], row[1:]) <= level for row in draws.tolist()]
    assert np.mean(passed) <= most
    assert np.mean(passed) >= level / 2  # a test that never passes would be worthless


@pytest.mark.parametrize(("level", "most"), [(0.01, 0.023), (0.0025, 0.009)])
def test_heavy_tails_of_noise_pass_little_more_often(level: float, most: float) -> None:
    draws = RNG.standard_t(3, size=(4_000, 30))
    passed = [noise_p_value(row[0], row[1:]) <= level for row in draws.tolist()]
    assert np.mean(passed) <= most


def test_labels_are_calmed_where_single_rows_would_decide() -> None:
    plain = RNG.normal(size=500)
    assert calm_labels(plain) is plain
    for labels in (RNG.standard_cauchy(500), np.where(RNG.random(500) < 0.01, 1e9, 0.0), np.exp(3 * plain)):
        calm = calm_labels(labels)
        assert np.array_equal(np.argsort(calm, kind="stable"), np.argsort(labels, kind="stable"))
        assert np.abs(calm).max() < 30
    constant = np.full(9, 4.0)
    assert calm_labels(constant) is constant


@pytest.mark.slow
@pytest.mark.parametrize("nature", ["disasters", "long", "few keys"])
def test_noise_behind_keys_that_say_something_passes_as_seldom_as_is_said(nature: str) -> None:
    """Gains of real models, with labels of which some rows outweigh the others, or keys that do."""
    rng = np.random.default_rng(5)
    rows, count = 300, 25
    keys = rng.integers(0, count, rows)
    labels = rng.normal(size=count)[keys] + rng.normal(size=rows)
    if nature == "disasters":
        labels = labels + (rng.random(rows) < 0.02) * 50 * rng.pareto(1.5, rows)
    elif nature == "long":
        labels = np.exp(2 * labels)
    else:
        labels = labels + 20.0 * (keys < 2)
    examples = Examples(pd.DataFrame({"key": [f"K{k}" for k in keys]}), calm_labels(labels))
    noise = [with_columns(pd.DataFrame({"noise": rng.normal(size=count)[keys]})) for _ in range(60)]
    before, *after = (losses.mean() for losses in fold_losses(examples, [unchanged, *noise], 0, repeats=1))
    gains = 1.0 - np.array(after) / before
    drawn = [rng.permutation(gains)[:10] for _ in range(3_000)]
    passed = np.array([noise_p_value(row[0], row[1:]) for row in drawn])
    assert (passed <= 0.05).mean() <= 0.065
    assert (passed <= 0.01).mean() <= 0.02


def test_draws_that_are_all_alike_prove_nothing_unless_they_are_beaten() -> None:
    assert noise_p_value(0.1, [0.1, 0.1, 0.1]) == 1.0
    assert noise_p_value(0.2, [0.1, 0.1, 0.1]) < 1e-6


def test_the_target_is_known_in_any_guise() -> None:
    y = RNG.normal(size=200)
    guises = pd.DataFrame({"same": y, "scaled": -3.0 * y + 1.0, "power": np.exp(y), "useful": y + RNG.normal(size=200)})
    assert [repeated_target(guises[[name]], y, 0) for name in guises] == ["same", "scaled", "power", ""]
    classes = RNG.integers(0, 3, 200).astype(float)
    named = pd.DataFrame({"verdict": pd.Categorical(np.array(["no", "yes", "perhaps"])[classes.astype(int)])})
    assert repeated_target(named, classes, 3) == "verdict"
    assert repeated_target(pd.DataFrame({"x": RNG.normal(size=200)}), classes, 3) == ""


def test_targets_are_read_as_values_or_classes() -> None:
    values, classes = target_codes(pd.Series(["1,5", "2,5", None, "9,0"]), Column("y", Kind.NUMBER, decimal=","))
    assert classes == 0
    assert values[[0, 1, 3]].tolist() == [1.5, 2.5, 9.0]
    assert np.isnan(values[2])
    many = pd.Series([f"c{k % 40}" for k in range(400)])
    codes, classes = target_codes(many, Column("y", Kind.CATEGORY))
    assert (classes, int(codes.max())) == (20, 19)


def test_constants_are_not_read() -> None:
    frame = pd.DataFrame({"a": ["1", "2", "4"], "b": ["x", "x", "x"]})
    assert list(read_typed(frame).columns) == ["a"]
