"""A prototype's metric, judged again: the values of scikit-learn, and intervals that hold what they promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from journeyman.entities.honest_split import PredictedRows
from journeyman.errors import InputError
from journeyman.stages.judge_predictions import judge_predictions, metric_name

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(5)
WORDS = np.array(["cat", "dog", "owl"])[RNG.integers(0, 3, 120)]
GUESSED = np.where(RNG.random(120) < 0.6, WORDS, "dog")
SHARES = RNG.dirichlet(np.ones(3), 120)
BITS = RNG.integers(0, 2, 90)
BITS_GUESSED = np.where(RNG.random(90) < 0.7, BITS, 1 - BITS)
CHANCES = np.clip(BITS * 0.3 + RNG.random(90) * 0.7, 0.01, 0.99)
VALUES = RNG.lognormal(size=70)
VALUES_GUESSED = VALUES * RNG.uniform(0.5, 1.5, 70)


def part(truth: Any, predicted: Any, probabilities: Any = None, clusters: Any = None) -> PredictedRows:
    return PredictedRows(
        truth, predicted, np.arange(len(truth)) if clusters is None else clusters, probabilities=probabilities
    )


OF_CLASSES = [
    ("sklearn.metrics.accuracy_score", metrics.accuracy_score, {}),
    ("balanced_accuracy_score", metrics.balanced_accuracy_score, {}),
    ("f1_score macro", metrics.f1_score, {"average": "macro"}),
    ("f1_weighted", metrics.f1_score, {"average": "weighted"}),
    ("precision_score weighted", metrics.precision_score, {"average": "weighted"}),
    ("recall_macro", metrics.recall_score, {"average": "macro"}),
    ("matthews_corrcoef", metrics.matthews_corrcoef, {}),
    ("zero_one_loss", metrics.zero_one_loss, {}),
]
OF_BITS = [
    ("f1_score", metrics.f1_score),
    ("precision_score", metrics.precision_score),
    ("recall_score", metrics.recall_score),
    ("LogisticRegression.score", metrics.accuracy_score),
    ("roc_auc_score", metrics.roc_auc_score),
]
OF_CHANCES = [
    ("roc_auc_score", metrics.roc_auc_score),
    ("log_loss", metrics.log_loss),
    ("average_precision_score", metrics.average_precision_score),
    ("brier_score_loss", metrics.brier_score_loss),
]
OF_VALUES = [
    ("mean_squared_error", metrics.mean_squared_error),
    ("neg_mean_absolute_error", metrics.mean_absolute_error),
    ("root_mean_squared_error", lambda y, p: metrics.mean_squared_error(y, p) ** 0.5),
    ("r2_score", metrics.r2_score),
    ("sklearn.linear_model.Ridge.score", metrics.r2_score),
    ("mean_absolute_percentage_error", metrics.mean_absolute_percentage_error),
    ("median_absolute_error", metrics.median_absolute_error),
    ("mean_squared_log_error", metrics.mean_squared_log_error),
]


@pytest.mark.parametrize(("name", "function", "settings"), OF_CLASSES, ids=[c[0] for c in OF_CLASSES])
def test_metrics_of_classes_are_those_of_scikit_learn(name: str, function: Any, settings: dict[str, str]) -> None:
    told = judge_predictions(name, [part(WORDS, GUESSED)])
    assert told.value == pytest.approx(function(WORDS, GUESSED, **settings))
    assert told.low < told.value < told.high


@pytest.mark.parametrize(("name", "function"), OF_BITS, ids=[c[0] for c in OF_BITS])
def test_metrics_of_two_classes_are_those_of_scikit_learn(name: str, function: Callable[..., float]) -> None:
    assert judge_predictions(name, [part(BITS, BITS_GUESSED)]).value == pytest.approx(function(BITS, BITS_GUESSED))


@pytest.mark.parametrize(("name", "function"), OF_CHANCES, ids=[c[0] for c in OF_CHANCES])
def test_metrics_of_probabilities_are_those_of_scikit_learn(name: str, function: Callable[..., float]) -> None:
    told = judge_predictions(name, [part(BITS, BITS_GUESSED, np.column_stack([1 - CHANCES, CHANCES]))])
    assert told.value == pytest.approx(function(BITS, CHANCES))


def test_several_classes_are_ranked_one_against_the_rest() -> None:
    told = judge_predictions("roc_auc_ovr", [part(WORDS, GUESSED, SHARES)])
    assert told.value == pytest.approx(metrics.roc_auc_score(WORDS, SHARES, multi_class="ovr"))


@pytest.mark.parametrize(("name", "function"), OF_VALUES, ids=[c[0] for c in OF_VALUES])
def test_metrics_of_values_are_those_of_scikit_learn(name: str, function: Callable[..., float]) -> None:
    told = judge_predictions(name, [part(VALUES, VALUES_GUESSED)])
    assert told.value == pytest.approx(function(VALUES, VALUES_GUESSED))


def test_scores_of_parts_are_averaged() -> None:
    both = judge_predictions("accuracy", [part(BITS[:40], BITS_GUESSED[:40]), part(BITS[40:], BITS_GUESSED[40:])])
    each = [float((BITS[s] == BITS_GUESSED[s]).mean()) for s in (slice(40), slice(40, None))]
    assert both.value == pytest.approx(np.mean(each))
    assert both.n_rows == both.n_units == 90


def test_a_perfect_accuracy_is_not_sure() -> None:
    told = judge_predictions("accuracy", [part(BITS[:30], BITS[:30])])
    assert told.high == 1.0
    assert told.low == pytest.approx(0.025 ** (1 / 30))


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(InputError, match="'silhouette_score' cannot be judged again"):
        metric_name("silhouette_score", part(BITS, BITS))
    with pytest.raises(InputError, match="needs probabilities"):
        judge_predictions("log_loss", [part(BITS, BITS)])
    with pytest.raises(InputError, match="no predictions"):
        judge_predictions("accuracy", [])


def _means(rng: np.random.Generator, n: int) -> tuple[PredictedRows, float]:
    """Errors of a heavy tail: Student's t with 3 degrees of freedom, whose mean absolute value is known."""
    return part(rng.standard_t(3, n), np.zeros(n)), 2 * 3**0.5 / np.pi


def _long_tail(rng: np.random.Generator, n: int) -> tuple[PredictedRows, float]:
    return part(rng.lognormal(size=n), np.zeros(n)), float(np.exp(0.5))


def _shares(rng: np.random.Generator, n: int) -> tuple[PredictedRows, float]:
    truth = np.zeros(n, dtype=np.int64)
    return part(truth, (rng.random(n) < 0.1).astype(np.int64)), 0.9


def _repeats(rng: np.random.Generator, n: int) -> tuple[PredictedRows, float]:
    """Every record four times: rows are four times as many as what they know."""
    records = (rng.random(n // 4 + 1) < 0.3).astype(np.int64)
    clusters = np.repeat(np.arange(len(records)), 4)[:n]
    return part(np.zeros(n, dtype=np.int64), records[clusters], clusters=clusters), 0.7


def _ranks(rng: np.random.Generator, n: int) -> tuple[PredictedRows, float]:
    """Scores that know nothing, and few positive rows."""
    truth = np.r_[np.ones(5, dtype=np.int64), np.zeros(n - 5, dtype=np.int64)]
    told = rng.random(n)
    return part(truth, (told > 0.5).astype(np.int64), np.column_stack([1 - told, told])), 0.5


NULLS = [
    ("mae", _means, 30),
    ("mae", _long_tail, 40),
    ("accuracy", _shares, 25),
    ("accuracy", _repeats, 120),
    ("roc_auc", _ranks, 40),
]


@pytest.mark.parametrize(("metric", "draw", "n"), NULLS, ids=["t3", "lognormal", "few", "repeats", "rare"])
def test_intervals_hold_the_true_score(metric: str, draw: Any, n: int) -> None:
    rng, runs = np.random.default_rng(11), 200
    held = 0
    for run in range(runs):
        rows, truth = draw(rng, n)
        score = judge_predictions(metric, [rows], seed=run)
        held += score.low <= truth <= score.high
    assert held >= 0.92 * runs  # 95% less two standard errors of 200 runs


def _chosen(rng: np.random.Generator, skill: float) -> tuple[PredictedRows, list[float]]:
    """Return the best on 60 rows of 40 models, the first of which is right so often and the others by chance alone."""
    truth = rng.integers(0, 2, 60)
    right = rng.random((40, 60)) < np.r_[skill, np.full(39, 0.5)][:, None]
    scores = right.mean(axis=1)
    best = int(scores.argmax())
    return part(truth, np.where(right[best], truth, 1 - truth)), scores.tolist()


@pytest.mark.parametrize("skill", [0.5, 0.9])
def test_a_model_that_the_rows_chose_is_not_flattered(skill: float) -> None:
    rng, runs = np.random.default_rng(4), 150
    scores, flattered = [], []
    for run in range(runs):
        rows, candidates = _chosen(rng, skill)
        scores.append(judge_predictions("accuracy", [rows], run, candidates))
        flattered.append(float((rows.truth == rows.predicted).mean()))
    assert np.mean(flattered) > skill - 0.01
    assert skill == 0.9 or np.mean(flattered) > 0.63
    assert abs(np.mean([score.value for score in scores]) - skill) < 0.02
    assert np.mean([score.low <= skill <= score.high for score in scores]) >= 0.95


def test_how_many_candidates_there_were_may_be_unknown() -> None:
    rows = part(BITS, BITS_GUESSED)
    plain, among = judge_predictions("accuracy", [rows]), judge_predictions("accuracy", [rows], 0, ())
    assert among.value == plain.value
    assert among.low < plain.low
