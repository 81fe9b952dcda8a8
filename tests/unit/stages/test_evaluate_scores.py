"""Scores of many resamples at once are the metric's own, and their intervals cover the truth as often as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from journeyman.entities.metric import Loss, MetricWords
from journeyman.entities.task import Scheme, Task
from journeyman.metrics import METRICS
from journeyman.metrics.regression import RegressionMetric
from journeyman.metrics.weighted import weighted_score
from journeyman.stages.evaluate.baseline import trivial
from journeyman.stages.evaluate.examined import Examined
from journeyman.stages.evaluate.resample import Units, block_length, draws
from journeyman.stages.evaluate.scores import at_threshold, compare
from journeyman.tasks import task_type


def probabilities(rng, n, k):
    p = np.round(rng.dirichlet(np.ones(k), n), 1) + 0.05  # rounded, so that scores tie
    return p / p.sum(axis=1, keepdims=True)


@settings(max_examples=40)
@given(name=st.sampled_from(sorted(METRICS)), seed=st.integers(0, 10_000), n=st.integers(5, 60), k=st.integers(3, 5))
def test_weights_mean_repeated_rows(name, seed, n, k):
    rng = np.random.default_rng(seed)
    metric = METRICS[name]
    if "regression" in metric.kinds:
        y, p = rng.integers(-3, 4, n).astype(float), rng.normal(size=(n, 1))
    else:
        k = k if "multiclass" in metric.kinds and seed % 2 else 2
        y, p = rng.integers(0, k, n).astype(float), probabilities(rng, n, k)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=4).astype(float)
    ours = weighted_score(metric, y, p)(weights)
    for row, score in zip(weights, ours, strict=True):
        rows = np.repeat(np.arange(n), row.astype(int))
        with np.errstate(all="ignore"):
            assert score == pytest.approx(metric.score(y[rows], p[rows]), rel=1e-9, abs=1e-9, nan_ok=True)


def test_an_unknown_metric_is_scored_on_repeated_rows():
    def worst(y, predictions):
        return float(np.abs(y - predictions).max())

    metric = RegressionMetric("worst", MetricWords("Worst error", "the largest error"), False, worst, Loss.ABSOLUTE)
    score = weighted_score(metric, np.zeros(3), np.array([[1.0], [2.0], [9.0]]))
    assert score(np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 0.0]])).tolist() == [9.0, 2.0]


def examined(y, p, task, groups=None, scheme_baseline=None):
    names = [m for m in METRICS if task.kind in METRICS[m].kinds]
    base = {m: trivial(y if scheme_baseline is None else scheme_baseline, task, METRICS[m], len(y)) for m in names}
    codes = np.arange(len(y)) if groups is None else groups
    nothing = np.zeros(len(y), dtype=np.int64)
    return Examined(np.arange(len(y)), True, y, p, Units(codes, task.scheme is Scheme.TIME), base, nothing, nothing)


def covers(seed, task, truth, draw):
    y, p, groups = draw(np.random.default_rng(seed))
    (score,), _ = compare([METRICS[task.metric]], examined(y, p, task, groups), task, None, seed)
    return score.low <= truth <= score.high


def coverage(task, truth, draw, runs=300):
    return np.mean([covers(seed, task, truth, draw) for seed in range(runs)])


@pytest.mark.slow
def test_interval_of_auc_covers_the_truth():
    task = Task("y", "binary", "roc_auc", ("0", "1"))

    def draw(rng):
        y = (rng.random(200) < 0.3).astype(float)
        score = norm.cdf(rng.normal(size=200) + y)
        return y, np.column_stack([1 - score, score]), None

    assert 0.90 <= coverage(task, norm.cdf(1 / np.sqrt(2)), draw) <= 0.99


@pytest.mark.slow
def test_interval_of_rmse_covers_the_truth():
    task = Task("y", "regression", "rmse")
    assert 0.90 <= coverage(task, 1.0, lambda rng: (rng.normal(size=200), np.zeros((200, 1)), None)) <= 0.99


@pytest.mark.slow
def test_interval_covers_the_truth_where_rows_come_in_groups():
    task = Task("y", "binary", "accuracy", ("0", "1"), Scheme.GROUPED)

    def draw(rng):
        groups = np.repeat(np.arange(60), 10)
        right = rng.random(600) < np.repeat(rng.beta(2, 1, 60), 10)
        y = np.ones(600)
        return y, np.where(right[:, None], [[0.1, 0.9]], [[0.9, 0.1]]), groups

    assert 0.89 <= coverage(task, 2 / 3, draw) <= 0.99
    alone = lambda rng: (*draw(rng)[:2], None)  # noqa: E731 a name for the line below
    assert coverage(task, 2 / 3, alone) < 0.85  # drawing single rows would have been too sure


@pytest.mark.slow
def test_interval_covers_the_truth_where_errors_go_along_in_time():
    task = Task("y", "regression", "rmse", scheme=Scheme.TIME)

    def draw(rng):
        steps = rng.normal(size=700) * np.sqrt(1 - 0.7**2)
        error = np.zeros(700)
        for i in range(1, 700):
            error[i] = 0.7 * error[i - 1] + steps[i]
        return error[100:], np.zeros((600, 1)), None

    assert 0.88 <= coverage(task, 1.0, draw, runs=150) <= 0.99


@pytest.mark.parametrize("in_time", [False, True])
@pytest.mark.parametrize("alike", [1, 6])
def test_draws_keep_the_number_of_rows_in_the_mean(in_time, alike):
    units = Units(np.repeat(np.arange(300 // alike), alike), in_time)
    losses = np.random.default_rng(0).normal(size=300)
    weights = np.concatenate(list(draws(units, losses, 0)))
    assert weights.shape == (1000, 300)
    assert weights.sum(axis=1).mean() == pytest.approx(300, rel=0.05)
    assert weights.mean(axis=0).std() < 0.15
    if alike == 6:
        assert (weights[:, ::6] == weights[:, 5::6]).all()


def test_blocks_grow_with_dependence():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=5000)
    slow = np.convolve(rng.normal(size=5099), np.ones(100), mode="valid")
    assert block_length(slow) > 3 * block_length(noise)


def test_accuracy_without_a_miss_keeps_an_honest_interval():
    task = Task("y", "binary", "accuracy", ("0", "1"))
    y = np.tile([0.0, 1.0], 15)
    (score,), _ = compare([METRICS["accuracy"]], examined(y, np.column_stack([1 - y, y]), task), task, None, 0)
    assert score.value == score.high == 1.0
    assert score.low == pytest.approx(0.025 ** (1 / 30))


@pytest.mark.parametrize("positives", [6, 60])
def test_a_perfect_ranking_of_few_rows_keeps_an_honest_interval(positives):
    task = Task("y", "binary", "roc_auc", ("0", "1"))
    y = (np.arange(120) < positives).astype(float)
    p = np.where(y == 1, 0.9, 0.1)
    (score,), _ = compare([METRICS["roc_auc"]], examined(y, np.column_stack([1 - p, p]), task), task, None, 0)
    assert score.value == score.high == 1.0
    assert score.low == pytest.approx(1 - (1 - 0.025 ** (1 / positives)) / 2)


def test_labels_are_given_at_the_threshold():
    p = np.array([[0.8, 0.2], [0.7, 0.3]])
    assert at_threshold(p, 0.25).argmax(axis=1).tolist() == [0, 1]
    assert at_threshold(p, None) is p


@pytest.mark.parametrize("name", ["rmse", "mae", "median_absolute_error", "mape", "r2"])
def test_the_trivial_answer_is_the_best_constant_for_its_metric(name):
    rng = np.random.default_rng(3)
    y = rng.lognormal(size=501)
    task = Task("y", "regression", name)
    metric, best = METRICS[name], trivial(y, task, METRICS[name], len(y))
    sign = 1 if metric.greater_is_better else -1
    others = [sign * metric.score(y, np.full((501, 1), c)) for c in np.quantile(y, np.linspace(0.05, 0.95, 60))]
    slack = 0.25 if name == "median_absolute_error" else 1e-3  # its best constant is the densest half, not the median
    assert sign * metric.score(y, best) >= max(others) - slack


def test_no_change_says_the_previous_label():
    rng = np.random.default_rng(0)
    y = np.cumsum(rng.random(2001) < 0.1) % 2.0
    task = Task("y", "binary", "accuracy", ("0", "1"), Scheme.TIME)
    said = task_type(task).repeat_previous(y[1:1001], y[:1000], np.r_[y[1000:2000], np.nan], task)
    assert (said.argmax(axis=1)[:-1] == y[1000:2000]).all()
    assert said.sum(axis=1) == pytest.approx(np.ones(1001))
