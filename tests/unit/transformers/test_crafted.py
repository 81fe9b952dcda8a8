"""Crafted features: learned from the training rows alone, and made for one row as for many."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.algorithms.lightgbm_candidates import crafted_candidates
from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest
from journeyman.metrics import METRICS
from journeyman.transformers.crafted import CraftedPreparation
from journeyman.transformers.crafted.choose import judge
from journeyman.transformers.crafted.craft import craft
from journeyman.transformers.crafted.ground import break_ground
from journeyman.transformers.crafted.propose import propose
from journeyman.transformers.crafted.recipes import Combination, GapCount, Lookup, Number, Operation, Quantity

BINARY = Task("y", "binary", "log_loss", ("no", "yes"))
MULTICLASS = Task("y", "multiclass", "log_loss", tuple("abcdefg"))
REGRESSION = Task("y", "regression", "rmse")
COLUMNS = (
    Column("width", Kind.NUMBER),
    Column("height", Kind.NUMBER),
    Column("floors", Kind.INTEGER),
    Column("old", Kind.BOOLEAN),
    Column("city", Kind.CATEGORY, categories=tuple(f"city {i}" for i in range(30))),
    Column("grade", Kind.ORDERED, categories=("low", "middle", "high")),
    Column("built", Kind.DATETIME),
    Column("sold", Kind.DATETIME),
    Column("same", Kind.NUMBER),
)


def rows_of(block, rows):
    return {name: values[rows] for name, values in block.items()}


def sample(rows=600, seed=0):
    rng = np.random.default_rng(seed)
    block = {
        "width": rng.normal(10, 3, rows),
        "height": rng.normal(10, 3, rows),
        "floors": rng.integers(1, 9, rows).astype(float),
        "old": rng.integers(0, 2, rows).astype(float),
        "city": rng.integers(-1, 30, rows).astype(np.int32),
        "grade": rng.integers(-1, 3, rows).astype(np.int32),
        "built": 1.0e9 + 86_400.0 * rng.integers(0, 4000, rows),
        "sold": 1.5e9 + 86_400.0 * rng.integers(0, 400, rows),
        "same": np.full(rows, 4.0),
    }
    signal = block["width"] / block["height"] + (block["city"] % 3) * (block["grade"] - 0.5)
    for name, step in (("width", 7), ("built", 9), ("floors", 11)):
        block[name][::step] = np.nan
    return block, signal + rng.normal(0, 0.2, rows)


def target(task, values):
    if task.kind == "regression":
        return values
    classes = len(task.labels)
    return np.digitize(values, np.quantile(values, np.arange(1, classes) / classes)).astype(float)


@pytest.fixture(scope="module", params=[BINARY, MULTICLASS, REGRESSION], ids=lambda t: t.kind)
def fitted(request):
    block, values = sample()
    preparation, matrix = CraftedPreparation().fit(block, COLUMNS, target(request.param, values), request.param, 0)
    return preparation, matrix, block


def test_features_are_added_to_the_columns(fitted):
    _, matrix, block = fitted
    assert len(matrix.names) == len(set(matrix.names)) == matrix.values.shape[1]
    assert len(matrix.names) > len(COLUMNS) + 5
    assert [matrix.names[i] for i in matrix.categorical] == ["city", "grade"]
    assert np.array_equal(matrix.values[:, matrix.names.index("width")], block["width"], equal_nan=True)


def test_a_row_alone_is_prepared_as_among_others(fitted):
    preparation, _, block = fitted
    whole = preparation.transform(block).values
    for i in range(40):
        assert np.array_equal(preparation.transform(rows_of(block, [i])).values, whole[[i]], equal_nan=True)


def test_the_order_of_rows_does_not_matter(fitted):
    preparation, _, block = fitted
    order = np.random.default_rng(1).permutation(600)
    shuffled = preparation.transform(rows_of(block, order)).values
    assert np.array_equal(shuffled, preparation.transform(block).values[order], equal_nan=True)


def test_many_rows_are_prepared_as_few(fitted):
    preparation, _, block = fitted
    many = rows_of(block, np.arange(5000) % 600)
    assert np.array_equal(
        preparation.transform(many).values, preparation.transform(block).values[np.arange(5000) % 600], equal_nan=True
    )


def test_the_stored_form_prepares_the_same(fitted):
    preparation, _, _ = fitted
    again = CraftedPreparation().from_files(preparation.to_files())
    fresh, _ = sample(seed=5)
    assert np.array_equal(again.transform(fresh).values, preparation.transform(fresh).values, equal_nan=True)
    assert again.transform(fresh).names == preparation.transform(fresh).names


def test_rows_are_left_as_they_were(fitted):
    preparation, _, _ = fitted
    fresh, _ = sample(seed=3)
    fresh["width"][0] = np.inf
    before = {name: values.copy() for name, values in fresh.items()}
    preparation.transform(fresh)
    assert all(np.array_equal(before[name], fresh[name], equal_nan=fresh[name].dtype == float) for name in fresh)


@settings(max_examples=40)
@given(
    st.floats(),
    st.floats(),
    st.floats(),
    st.integers(-1, 29),
    st.integers(-1, 2),
    st.booleans(),
)
def test_any_row_is_prepared_without_infinity(width, height, floors, city, grade, same_missing):
    preparation = _once()
    block = {
        "width": np.array([width]),
        "height": np.array([height]),
        "floors": np.array([floors]),
        "old": np.array([1.0]),
        "city": np.array([city], dtype=np.int32),
        "grade": np.array([grade], dtype=np.int32),
        "built": np.array([np.nan]),
        "sold": np.array([1.5e9]),
        "same": np.array([np.nan if same_missing else 1.0]),
    }
    with np.errstate(all="raise", under="ignore"):
        values = preparation.transform(block).values
    assert not np.isinf(values).any()


_FITTED = []


def _once():
    if not _FITTED:
        block, values = sample()
        _FITTED.append(CraftedPreparation().fit(block, COLUMNS, values, REGRESSION, 0)[0])
    return _FITTED[0]


def test_one_seed_gives_the_same_features():
    block, values = sample()
    first, second = (CraftedPreparation().fit(block, COLUMNS, values, REGRESSION, 4)[1] for _ in range(2))
    assert first.names == second.names
    assert np.array_equal(first.values, second.values, equal_nan=True)


def test_the_ratio_that_made_the_target_is_found():
    rng = np.random.default_rng(0)
    block = {name: rng.uniform(1, 9, 240) for name in ("a", "b", "c", "d")}
    columns = tuple(Column(name, Kind.NUMBER) for name in block)
    _, matrix = CraftedPreparation().fit(block, columns, block["a"] / block["b"], REGRESSION, 0)
    assert len(matrix.names) <= 4 + 240 // 40
    assert {"(a) / (b)", "(b) / (a)"} & set(matrix.names)


def test_a_small_table_or_one_without_columns_gets_nothing_more():
    block, values = sample(60)
    _, matrix = CraftedPreparation().fit(block, COLUMNS, values, REGRESSION, 0)
    assert not any(" / " in name or " by " in name for name in matrix.names)
    _, empty = CraftedPreparation().fit({}, (), values, REGRESSION, 0)
    assert empty.values.shape == (60, 0)


def test_constant_columns_are_no_obstacle():
    rows = 300
    block = {"one": np.ones(rows), "none": np.full(rows, np.nan), "kind": np.full(rows, -1, dtype=np.int32)}
    columns = (
        Column("one", Kind.NUMBER),
        Column("none", Kind.NUMBER),
        Column("kind", Kind.CATEGORY, categories=("a", "b")),
    )
    y = np.random.default_rng(0).integers(0, 2, rows).astype(float)
    fitted, matrix = CraftedPreparation().fit(block, columns, y, BINARY, 0)
    assert np.array_equal(fitted.transform(block).values[:, :3], matrix.values[:, :3], equal_nan=True)


@pytest.mark.parametrize("operation", list(Operation))
def test_combinations_are_what_they_say(operation):
    block, values = sample()
    ground = break_ground(block, COLUMNS, values, REGRESSION, 0)
    crafted = craft(ground, [Combination(operation, Number(0), Number(1)), GapCount()])
    gaps, combined = crafted.step.transform(block).T
    a, b = block["width"], block["height"]
    expected = {"+": a + b, "-": a - b, "x": a * b, "/": a / b}[operation.value]
    assert np.array_equal(combined, expected, equal_nan=True)
    missing = np.isnan(a).astype(int) + np.isnan(block["built"]) + np.isnan(block["floors"])
    assert np.array_equal(gaps, missing + (block["city"] < 0) + (block["grade"] < 0))


def test_a_row_never_sees_the_targets_of_its_own_fold():
    """Another target in a row changes what rows of other folds see, not what the row or its fold are given."""
    block, values = sample(200)
    ground = break_ground(block, COLUMNS, values, REGRESSION, 0)
    recipes = [Lookup(Quantity.TARGET, 0), Lookup(Quantity.TARGET, 0, 1)]
    before = craft(ground, recipes).looked_up
    for fold in range(5):
        mine = ground.folds == fold
        one, other = np.flatnonzero(mine)[:2]
        outputs = ground.outputs.copy()
        outputs[one] += 5.0
        outputs[other] -= 5.0  # the overall mean, which all rows know, stays as it is
        after = craft(replace(ground, outputs=outputs), recipes).looked_up
        assert np.allclose(after[:, mine], before[:, mine], atol=1e-12)
        assert not np.allclose(after[:, ~mine], before[:, ~mine], atol=1e-3)


def test_unseen_crosses_are_told_by_their_keys():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 4000).astype(np.int32), rng.integers(0, 2, 4000).astype(np.int32)
    both = (a == 1) & (b == 1)
    block = {"a": a[~both], "b": b[~both]}
    columns = tuple(Column(name, Kind.CATEGORY, categories=("no", "yes")) for name in "ab")
    y = (block["a"] + block["b"]).astype(float)
    crafted = craft(break_ground(block, columns, y, REGRESSION, 0), [Lookup(Quantity.TARGET, 0, 1)])
    unseen = crafted.step.transform({name: np.array([1], dtype=np.int32) for name in "ab"})
    assert unseen[0, 0] > crafted.step.transform(block).max()


def test_judge_tells_signal_from_noise_and_from_what_columns_say():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3000))
    features = np.column_stack([a * b, rng.normal(size=3000), a + 1])
    bins = {0: np.digitize(a, np.linspace(-2, 2, 40)), 1: np.digitize(b, np.linspace(-2, 2, 40))}
    rest = (a * b + a + rng.normal(size=3000))[None, :]
    product, noise, copy = judge(features, [bins, {}, {0: bins[0]}], rest)
    assert product > 20
    assert abs(noise) < 4
    assert copy < 2


def test_proposals_are_bounded():
    rng = np.random.default_rng(0)
    block = {f"n{i}": rng.normal(size=500).round(1) for i in range(60)}
    block |= {f"c{i}": rng.integers(0, 4, 500).astype(np.int32) for i in range(60)}
    columns = [Column(f"n{i}", Kind.NUMBER) for i in range(60)]
    columns += [Column(f"c{i}", Kind.CATEGORY, categories=tuple("abcd")) for i in range(60)]
    y = rng.integers(0, 7, 500).astype(float)
    assert len(propose(break_ground(block, columns, y, MULTICLASS, 0), {}, 0)) < 1300


@pytest.mark.parametrize("seed", [0, 1])
def test_a_shuffled_target_cannot_be_learned(seed):
    """Categories with few rows each are where encodings by the target leak: nothing may seem learnable here."""
    rng = np.random.default_rng(seed)
    rows = 3000
    block = {name: rng.integers(0, 400, rows).astype(np.int32) for name in ("street", "shop")}
    block |= {"kind": rng.integers(0, 5, rows).astype(np.int32), "size": rng.normal(size=rows)}
    columns = (
        *(Column(name, Kind.CATEGORY, categories=tuple(map(str, range(400)))) for name in ("street", "shop")),
        Column("kind", Kind.CATEGORY, categories=tuple("abcde")),
        Column("size", Kind.NUMBER),
    )
    y = rng.integers(0, 2, rows).astype(float)
    fit, valid = np.arange(2000), np.arange(2000, rows)
    preparation, x = CraftedPreparation().fit(rows_of(block, fit), columns, y[fit], BINARY, seed)
    encoded = [i for i, name in enumerate(x.names) if name.startswith("target")]
    assert encoded
    assert max(abs(np.corrcoef(x.values[:, i], y[fit])[0, 1]) for i in encoded) < 0.1
    parameters = crafted_candidates("lightgbm", 2000)[0].parameters
    request = FitRequest(x, y[fit], None, None, BINARY, parameters, 60, seed, 1, lambda: False)
    model = LightGBM().fit(request)
    answers = model.predict(preparation.transform(rows_of(block, valid)))
    loss = METRICS["log_loss"].score(y[valid], answers)
    assert loss < np.log(2) + 0.03
    assert abs(METRICS["roc_auc"].score(y[valid], answers) - 0.5) < 0.06
