"""An evaluation reads the holdout, finds the planted weakness, and is the same whatever the order of things."""

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.conformal import Conformal
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.metrics import METRICS
from journeyman.stages.evaluate import evaluate
from journeyman.stages.evaluate.curves import calibration_error, calibration_noise


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def setting(n=3000, holdout=0.3, kind="binary", scheme=Scheme.SHUFFLED, weak=True, seed=0):
    """A model that answers by x; where c is "bad", x says nothing."""
    rng = np.random.default_rng(seed)
    x, c = rng.normal(size=n), rng.integers(0, 4, n)
    signal = np.where((c == 2) & weak, 0.0, 2 * x)
    frame = pd.DataFrame(
        {"x": x, "twin": x + rng.normal(size=n) * 0.01, "c": pd.Categorical.from_codes(c, categories=list("uvbw"))}
    )
    columns = [
        Column("x", Kind.NUMBER),
        Column("twin", Kind.NUMBER),
        Column("c", Kind.CATEGORY, categories=tuple("uvbw")),
    ]
    if kind == "binary":
        y = (rng.random(n) < sigmoid(signal)).astype(float)
        frame["y"] = pd.Categorical.from_codes(y.astype(int), categories=["no", "yes"])
        columns.append(Column("y", Kind.CATEGORY, Role.TARGET, categories=("no", "yes")))
        task = Task("y", kind, "roc_auc", ("no", "yes"), scheme)

        def predict(block):
            p = sigmoid(2 * block["x"])
            return np.column_stack([1 - p, p])

    else:
        y = signal + rng.normal(size=n) * 0.5
        frame["y"] = y
        columns.append(Column("y", Kind.NUMBER, Role.TARGET))
        task = Task("y", kind, "rmse", (), scheme)

        def predict(block):
            return 2 * block["x"][:, None]

    table = Table("t", frame, tuple(columns), "0", n)
    h = int(n * holdout)
    train = np.arange(n - h)
    parts = np.array_split(rng.permutation(train), 5)
    folds = tuple(Fold(np.setdiff1d(train, part), np.sort(part)) for part in parts)
    split = Split(scheme, train, np.arange(n - h, n), folds, "")
    rows = np.concatenate([f.validate for f in folds])
    oof = predict(to_block(frame.iloc[rows], table.features))
    threshold = 0.5 if kind == "binary" else None
    ensemble = Ensemble((), METRICS[task.metric].score(y[rows], oof), oof, threshold=threshold)
    return predict, ensemble, table, task, split


@pytest.mark.parametrize("kind", ["binary", "regression"])
@pytest.mark.parametrize("holdout", [0.3, pytest.param(0.0, marks=pytest.mark.slow)])
def test_a_good_model_is_seen_as_one_and_its_weak_slice_is_found(kind, holdout):
    given = setting(kind=kind, holdout=holdout)
    found = evaluate(*given, seed=0)
    assert found.on_holdout is (holdout > 0)
    assert found.rows == (900 if holdout else 3000)
    assert found.main.metric == given[3].metric
    assert found.main.low <= found.main.value <= found.main.high
    assert found.main.gain_low > 0
    assert {s.metric for s in found.scores} == {m for m in METRICS if kind in METRICS[m].kinds}
    assert any(s.description == "c = b" for s in found.slices)
    part = next(s for s in found.slices if s.description == "c = b")
    assert part.low > part.overall
    assert part.value > 0.8 * part.baseline  # there it is no better than no model
    assert found.slices_tried > 20
    helps = {i.column: i for i in found.importances}
    assert found.importances[0].column == "x"
    assert helps["c"].mean == helps["twin"].mean == 0
    assert "twin" in helps["x"].note
    assert ("learned from" in helps["c"].note) is not found.on_holdout
    assert sum(found.prediction_counts) == found.rows
    if kind == "binary":
        assert sum(map(sum, found.confusion)) == found.rows
        right = found.confusion[0][0] + found.confusion[1][1]
        assert right / found.rows == pytest.approx(next(s.value for s in found.scores if s.metric == "accuracy"))
        assert found.main.baseline == 0.5
        area = np.trapezoid(found.roc.y, found.roc.x)
        assert area == pytest.approx(found.main.value, abs=0.01)
        assert found.gain.y[-1] == found.gain.x[-1] == 1.0
    else:
        assert [len(c.x) for c in found.residuals[1:]] == [10, 10, 10]


@pytest.mark.slow
def test_columns_in_another_order_give_the_same_evaluation():
    predict, ensemble, table, task, split = setting()
    turned = table.columns[::-1]
    again = Table(table.name, table.frame[[c.name for c in turned]], turned, table.digest, table.source_rows)
    assert evaluate(predict, ensemble, again, task, split, 1) == evaluate(predict, ensemble, table, task, split, 1)


def test_predict_is_asked_about_holdout_rows_only():
    predict, ensemble, table, task, split = setting()
    kept = set(table.frame["x"].iloc[split.holdout])
    seen = []

    def watched(block):
        seen.append(set(block["x"].tolist()) <= kept)
        return predict(block)

    evaluate(watched, ensemble, table, task, split, 0)
    assert seen
    assert all(seen)


@pytest.mark.slow
def test_slices_of_an_even_model_are_seldom_reported():
    def even(seed):
        _, ensemble, table, task, split = setting(n=1200, weak=False, seed=seed)
        flat = np.tile([[0.5, 0.5]], (len(ensemble.predictions), 1))
        still = Ensemble((), 0.5, flat, threshold=0.5)
        return evaluate(lambda b: np.tile([[0.5, 0.5]], (len(b["x"]), 1)), still, _coin(table, seed), task, split, seed)

    def _coin(table, seed):
        codes = np.random.default_rng(seed + 1000).integers(0, 2, len(table.frame))
        frame = table.frame.assign(y=pd.Categorical.from_codes(codes, categories=["no", "yes"]))
        return Table(table.name, frame, table.columns, table.digest, table.source_rows)

    assert sum(bool(even(seed).slices) for seed in range(25)) <= 4


@pytest.mark.slow
def test_no_change_is_scored_along_the_time_column():
    predict, ensemble, table, task, split = setting(scheme=Scheme.TIME)
    n = len(table.frame)
    order = np.random.default_rng(5).permutation(n)  # rows do not stand in order of time
    labels = np.empty(n, dtype=int)
    labels[np.argsort(order)] = np.cumsum(np.random.default_rng(6).random(n) < 0.02) % 2
    frame = table.frame.assign(when=order.astype(float), y=pd.Categorical.from_codes(labels, categories=["no", "yes"]))
    timed = Table("t", frame, (*table.columns, Column("when", Kind.NUMBER, Role.TIME)), "0", n)
    latest = np.argsort(order)
    split = Split(Scheme.TIME, np.sort(latest[:2000]), np.sort(latest[2000:]), split.folds, "")
    task = Task("y", "binary", "accuracy", ("no", "yes"), Scheme.TIME, time_column="when")
    found = evaluate(predict, ensemble, timed, task, split, 0)
    assert found.no_change.baseline == pytest.approx(0.98, abs=0.01)
    assert found.no_change_rule == "repeating the previous value"
    assert found.no_change.gain_high < 0
    assert evaluate(*setting(), seed=0).no_change is None


@pytest.mark.slow
def test_what_intervals_hold_is_counted_on_the_holdout_only():
    predict, ensemble, table, task, split = setting(kind="regression", weak=False)
    check = evaluate(predict, ensemble, table, task, split, 0, Conformal(0.9, 0.5 * 1.645)).interval_check
    assert (check.coverage, check.rows) == (0.9, 900)
    assert check.low < 0.9 < check.high
    assert check.held == pytest.approx(0.9, abs=0.03)
    assert evaluate(*setting(holdout=0.0), 0, Conformal(0.9, 0.8)).interval_check is None
    assert evaluate(predict, ensemble, table, task, split, 0).interval_check is None


def test_copies_are_counted_as_records_and_widen_the_interval():
    predict, ensemble, table, task, split = setting(kind="regression", n=600, weak=False)
    again = Split(split.scheme, split.train, split.holdout, split.folds, "", np.arange(600) // 10)
    alone, copied = (evaluate(predict, ensemble, table, task, s, 0) for s in (split, again))
    assert (alone.records, copied.records) == (None, 18)
    same = table.frame.iloc[np.arange(600) // 10 * 10].reset_index(drop=True)
    twice = evaluate(predict, ensemble, Table("t", same, table.columns, "0", 600), task, again, 0)
    plain = evaluate(predict, ensemble, Table("t", same, table.columns, "0", 600), task, split, 0)
    assert twice.main.high - twice.main.low > 2 * (plain.main.high - plain.main.low)


def test_one_class_in_the_holdout_is_no_error():
    predict, ensemble, table, task, split = setting(n=600)
    frame = table.frame.copy()
    frame.loc[split.holdout, "y"] = "no"
    found = evaluate(predict, ensemble, Table("t", frame, table.columns, "0", 600), task, split, 0)
    assert np.isnan(found.main.value)
    assert next(s for s in found.scores if s.metric == "accuracy").value >= 0


def test_calibration_error_tells_honest_from_overconfident():
    rng = np.random.default_rng(0)
    p = rng.beta(1, 1, 4000)
    y = (rng.random(4000) < p).astype(float)
    noise = calibration_noise(p, 0)
    assert calibration_error(y, p) < 1.2 * noise
    assert calibration_error(y, np.where(p > 0.5, 0.99, 0.01)) > 3 * noise
