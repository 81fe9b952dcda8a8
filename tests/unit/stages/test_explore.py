"""Analyses find what was planted, with its columns and its size, and keep silent about noise of every kind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from journeyman.entities.analysed_rows import AnalysedRows, Output
from journeyman.entities.analysis import ActionKind, Discovery
from journeyman.entities.column import Column, Kind
from journeyman.pipelines.analyse import find_and_confirm
from journeyman.stages.analysed_rows import limited, part_rows
from journeyman.stages.confirm import confirm, false_discovery_cut
from journeyman.stages.explore import explore
from journeyman.stages.explore.associations import Associations
from journeyman.stages.explore.cluster_tests import contrast, product_test, screen
from journeyman.stages.explore.stability import Stability

FloatArray = NDArray[np.float64]


def made_rows(columns: Mapping[str, NDArray], y: FloatArray | None, **more: object) -> AnalysedRows:
    """Whole numbers are codes of categories, -1 is missing; a target of 0 and 1 alone is a class."""
    described, values = [], {}
    for name, v in columns.items():
        coded = v.dtype.kind == "i"
        labels = tuple(f"c{k}" for k in range(int(v.max()) + 1)) if coded else ()
        described.append(Column(name, Kind.CATEGORY if coded else Kind.NUMBER, categories=labels))
        values[name] = np.where(v < 0, np.nan, v.astype(np.float64)) if coded else v
    outputs = () if y is None else (Output("y", limited(y), set(np.unique(y)) <= {0.0, 1.0}),)
    rows = AnalysedRows(tuple(described), values, outputs, "" if y is None else "y", np.arange(len(v)))
    return AnalysedRows(
        **{**{f: getattr(rows, f) for f in ("columns", "values", "outputs", "target", "clusters")}, **more}
    )


def found_in(rows: AnalysedRows, kind: str) -> list[Discovery]:
    first, second = part_rows(rows, (0.5, 0.5), 0)
    looked = find_and_confirm(rows.take(first), rows.take(second))
    assert not looked.notes
    return [d for d in looked.confirmed.discoveries if d.kind == kind]


def columns_of(discoveries: list[Discovery]) -> set[frozenset[str]]:
    return {frozenset(d.columns) for d in discoveries}


@pytest.fixture(scope="module")
def noise_columns() -> dict[str, FloatArray]:
    rng = np.random.default_rng(1)
    return {f"x{k}": rng.normal(size=1600) for k in range(10)}


@pytest.fixture
def error() -> FloatArray:
    return np.random.default_rng(2).normal(size=1600)


def test_exclusive_or_is_found_without_any_main_effect(noise_columns, error) -> None:
    x = noise_columns
    y = 0.8 * np.sign(x["x0"] * x["x1"]) + error
    rows = made_rows(x, y)
    assert not found_in(rows, "associations")
    (found,) = found_in(rows, "interactions")
    assert set(found.columns) == {"x0", "x1"}
    assert found.effect.low > 2
    assert found.effect.high < 4.5  # outer thirds: 0.8 to -0.8, twice over
    assert found.action.kind is ActionKind.CROSS


def test_exclusive_or_of_categories_is_found(noise_columns, error) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 2, 1600), rng.integers(0, 3, 1600)
    y = 0.8 * (2.0 * (a == (b > 0)) - 1.0) + error
    assert frozenset("ab") in columns_of(found_in(made_rows({**noise_columns, "a": a, "b": b}, y), "interactions"))


def test_two_main_effects_of_columns_that_correlate_are_no_interaction(error) -> None:
    """The nastiest null of an interaction: strong curved effects of two columns that know each other."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x0 = rng.normal(size=1600)
        x1 = 0.9 * x0 + 0.45 * rng.normal(size=1600)
        y = np.exp(0.8 * x0) + x1**2 + error
        assert not found_in(made_rows({"x0": x0, "x1": x1, "x2": rng.normal(size=1600)}, y), "interactions")


def test_a_jump_is_found_where_it_is_and_a_steep_curve_is_none(noise_columns, error) -> None:
    x = noise_columns
    (jump,) = found_in(made_rows(x, 1.5 * (x["x0"] > 0.4) + error), "thresholds")
    assert jump.columns == ("x0",)
    assert abs(jump.action.value - 0.4) < 0.12
    assert not found_in(made_rows(x, 3 * np.tanh(x["x0"]) + error), "thresholds")


def test_a_turn_is_told_from_a_relation_that_flattens(noise_columns, error) -> None:
    x = noise_columns
    (turn,) = found_in(made_rows(x, -((x["x0"] - 0.5) ** 2) + error), "turning_points")
    assert turn.columns == ("x0",)
    assert 0.0 < turn.action.value < 1.0
    assert not found_in(made_rows(x, -np.exp(-1.5 * x["x0"]) + error), "turning_points")


def test_a_reversal_within_groups_is_found_and_a_mere_confounder_is_none(noise_columns, error) -> None:
    rng = np.random.default_rng(4)
    group = rng.integers(0, 5, 1600)
    inner = rng.normal(size=1600)
    x = {**noise_columns, "group": group, "dose": inner + 1.5 * group}
    (found,) = found_in(made_rows(x, 1.2 * group - 0.6 * inner + error), "reversals")
    assert found.columns == ("dose", "group")
    assert found.effect.high < 0
    assert not found_in(made_rows(x, 1.2 * group + error), "reversals")


def test_missing_values_that_go_with_a_column_with_the_target_and_together(noise_columns, error) -> None:
    rng = np.random.default_rng(5)
    x = dict(noise_columns)
    y = x["x2"] + error
    x["x3"] = np.where(rng.random(1600) < 1 / (1 + np.exp(-2 * x["x2"])), np.nan, x["x3"])
    lost = rng.random(1600) < 0.3
    x["x4"], x["x5"] = (np.where(lost, np.nan, x[n]) for n in ("x4", "x5"))
    x["x6"] = np.where(rng.random(1600) < 0.3, np.nan, x["x6"])  # by chance: nothing is to be said
    found = found_in(made_rows(x, y), "missingness")
    assert {frozenset(["x3"]), frozenset(["x3", "x2"]), frozenset(["x4", "x5"])} <= columns_of(found)
    assert not any("x6" in d.columns for d in found)


def test_columns_that_say_the_same_are_one_group(noise_columns, error) -> None:
    rng = np.random.default_rng(6)
    place = rng.integers(0, 6, 1600)
    x = {
        **noise_columns,
        "x7": np.exp(noise_columns["x0"]),
        "x8": -noise_columns["x0"],
        "town": place,
        "land": place // 2,
    }
    rows = made_rows(x, noise_columns["x0"] + error)
    found = columns_of(found_in(rows, "redundancy"))
    assert frozenset(["x0", "x7", "x8"]) in found
    assert frozenset(["town", "land"]) in found
    assert len(found_in(rows, "associations")) == 1  # one of them stands for all


def test_dependencies_are_told_where_there_is_no_target(noise_columns) -> None:
    rng = np.random.default_rng(7)
    x = {**noise_columns, "x1": 0.7 * noise_columns["x0"] + rng.normal(size=1600), "g": rng.integers(0, 3, 1600)}
    x["x2"] = x["x2"] + (x["g"] == 1)
    assert columns_of(found_in(made_rows(x, None), "dependencies")) == {frozenset(["x0", "x1"]), frozenset(["x2", "g"])}


def test_a_relation_that_turns_over_time_is_found(noise_columns, error) -> None:
    time = np.linspace(0, 1, 1600)
    x = noise_columns
    rows = made_rows(x, x["x0"] * (1 - 2 * time) + error, times=time)
    assert frozenset(["x0"]) in columns_of(found_in(rows, "stability"))
    steady = made_rows(x, x["x0"] + error, times=time)
    assert not found_in(steady, "stability")


@pytest.mark.parametrize("walks", [True, False], ids=["walks", "seasons"])
def test_series_that_wander_go_with_nothing(walks: bool) -> None:
    """Independent series with memory: blocks of time keep the error, where tests of rows would report most of them."""
    stated = naive = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        steps = rng.normal(size=(1600, 9))
        series = np.cumsum(steps, axis=0)
        if not walks:
            for k in range(1, len(steps)):
                steps[k] += 0.95 * steps[k - 1]
            series = steps
        x = {f"x{k}": series[:, k] for k in range(8)}
        time, blocks = np.arange(1600.0), np.arange(1600) * 40 // 1600
        rows = made_rows(x, series[:, 8], clusters=blocks, serial=True, times=time)
        first, second = part_rows(rows, (0.5, 0.5), 0)
        looked = find_and_confirm(rows.take(first), rows.take(second), (Associations(), Stability()))
        stated += bool(looked.confirmed.discoveries)
        plain = made_rows(x, series[:, 8])
        naive += bool(find_and_confirm(plain.take(first), plain.take(second), (Associations(),)).confirmed.discoveries)
    assert stated <= 1
    assert naive >= 6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["cauchy", "rare class", "zeros"])
def test_noise_of_every_kind_is_silent(kind: str) -> None:
    """Heavy tails, copies of rows, columns that correlate, rare categories, a rare class; 200 runs: the benchmark."""
    stated = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        n, hidden = 500, rng.normal(size=(500, 3))
        x = {f"h{k}": rng.standard_t(1.5, size=n) for k in range(10)}
        x |= {f"c{k}": hidden[:, k % 3] + 0.3 * rng.normal(size=n) for k in range(10)}
        x |= {f"r{k}": rng.choice(5, n, p=[0.9, 0.05, 0.03, 0.01, 0.01]) for k in range(8)}
        x["h0"][rng.random(n) < 0.2] = np.nan
        y = {
            "cauchy": rng.standard_cauchy(n),
            "rare class": (rng.random(n) < 0.05).astype(np.float64),
            "zeros": np.exp(1.5 * rng.normal(size=n)) * (rng.random(n) < 0.4),
        }[kind]
        copied = np.where(rng.random(n) < 0.25, rng.integers(0, n // 10, n), np.arange(n))
        rows = made_rows({k: v[copied] for k, v in x.items()}, y[copied], clusters=copied)
        first, second = part_rows(rows, (0.5, 0.5), seed)
        found = find_and_confirm(rows.take(first), rows.take(second)).confirmed.discoveries
        stated += any(d.kind != "redundancy" for d in found)
    assert stated <= 1


def test_p_values_of_products_are_uniform_where_copies_and_rare_groups_meet() -> None:
    """A rare category and a rare class in rows with copies: one p-value in twenty is below .05, or fewer."""
    small = tiny = asked = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        copied = np.where(rng.random(600) < 0.4, rng.integers(0, 60, 600), np.arange(600))
        mark, label = (rng.random(600) < 0.15)[copied] * 1.0, (rng.random(600) < 0.2)[copied] * 1.0
        evidence = product_test(made_rows({"x": mark}, label, clusters=copied), mark, label)
        if evidence is not None:
            asked += 1
            small += evidence.p_value < 0.05
            tiny += evidence.p_value < 0.002
    assert asked > 150
    assert small <= 0.08 * asked, small
    assert tiny <= 4, tiny


def test_few_rows_that_carry_everything_say_nothing() -> None:
    mark = np.zeros(1000)
    mark[:3] = 1.0
    assert product_test(made_rows({"x": mark}, mark), mark, np.where(mark > 0, 1e6, 0.0)) is None


def test_intervals_hold_as_often_as_they_say() -> None:
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        clusters = np.repeat(np.arange(60), 5)
        y = rng.normal(size=60)[clusters] + rng.normal(size=300)
        high = np.arange(300) % 10 < 5  # whole clusters: what rows alone would say is far too narrow
        rows = made_rows({"x": y}, y, clusters=clusters)
        effect = contrast(rows, y, [(high, 1.0), (~high, -1.0)])
        held += effect.low <= 0 <= effect.high
    assert 0.90 <= held / 200 <= 0.99


def test_screening_agrees_with_the_test(noise_columns, error) -> None:
    x = noise_columns["x0"]
    rows = made_rows({"x0": x}, x + error)
    evidence = product_test(rows, x, x + error)
    assert evidence is not None
    z = screen(rows, (x - x.mean())[:, None], x + error)
    assert abs(float(z[0]) - evidence.statistic) < 0.3 * evidence.statistic


def test_the_cut_controls_any_dependence() -> None:
    assert false_discovery_cut([0.04] * 20) == 0.0
    assert false_discovery_cut([1e-4] * 20 + [0.9] * 20) == 1e-4


def test_a_hypothesis_that_other_rows_contradict_is_not_confirmed() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=800)
    y = np.where(np.arange(800) < 400, x, -x) + 0.1 * rng.normal(size=800)
    rows = made_rows({"x": x}, y)
    proposed = explore(rows.take(np.arange(400)), (Associations(),)).hypotheses
    assert proposed
    assert not confirm(proposed, rows.take(np.arange(400, 800))).discoveries


def test_clusters_stay_on_one_side() -> None:
    rng = np.random.default_rng(9)
    clusters = rng.integers(0, 40, 1000)
    rows = made_rows({"x": rng.normal(size=1000)}, None, clusters=clusters)
    first, second = part_rows(rows, (0.5, 0.5), 0)
    assert not set(clusters[first]) & set(clusters[second])
    assert len(first) + len(second) == 1000
    assert abs(len(first) - 500) < 80
