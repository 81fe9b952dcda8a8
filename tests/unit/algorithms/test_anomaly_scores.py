"""Scores of odd rows: of new rows as many are flagged as were allowed, and what lies further out scores higher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from journeyman.algorithms.anomaly_scores import AnomalyScores
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, JoinsOpinions, Matrix

FloatArray = NDArray[np.float64]
TASK = Task("anomaly score", "anomaly", "planted_roc_auc", metric_loss="anomaly")


def request_of(x: FloatArray, y: FloatArray | None = None, seed: int = 0) -> FitRequest:
    matrix = Matrix(x, tuple(f"x{k}" for k in range(x.shape[1])))
    marks = np.zeros(len(x)) if y is None else y
    return FitRequest(matrix, marks, None, None, TASK, {}, 0, seed, 1, lambda: False)


def scores_of(model: FittedModel, x: FloatArray) -> FloatArray:
    return model.predict(Matrix(x, ()))[:, 0]


def normal(rng: np.random.Generator, rows: int) -> FloatArray:
    return rng.normal(size=(rows, 5))


def heavy(rng: np.random.Generator, rows: int) -> FloatArray:
    return rng.standard_t(1.5, size=(rows, 5))


def repeated(rng: np.random.Generator, rows: int) -> FloatArray:
    return rng.integers(0, 3, size=(rows, 4)).astype(np.float64)


def mostly_zero(rng: np.random.Generator, rows: int) -> FloatArray:
    return np.where(rng.random((rows, 4)) < 0.9, 0.0, rng.exponential(size=(rows, 4)))


@pytest.mark.slow
@pytest.mark.parametrize("draw", [normal, heavy, repeated, mostly_zero])
def test_of_new_ordinary_rows_as_many_are_flagged_as_were_allowed(
    draw: Callable[[np.random.Generator, int], FloatArray],
) -> None:
    """Of one fit the share has a deviation of .4%, whatever is drawn, since a third of 2,000 rows tells it: 6 fits are
    too few to tell 0.8%, what is right with so few rows, from half of it."""
    shares = []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        scores = scores_of(AnomalyScores().fit(request_of(draw(rng, 2_000), seed=seed)), draw(rng, 3_000))
        shares.append([float((scores >= 1.0 - allowed).mean()) for allowed in (0.01, 0.05)])
    few, more = np.mean(shares, axis=0)
    assert few <= 0.013
    assert more <= 0.06
    if draw is not repeated:  # of few different rows, all copies of one are flagged, or none
        assert few >= 0.005
        assert more >= 0.04


def test_what_lies_further_out_scores_higher_without_end() -> None:
    model = AnomalyScores().fit(request_of(normal(np.random.default_rng(0), 1_200)))
    asked = np.zeros((7, 5))
    asked[:, 2] = [0.0, 3.0, 5.0, 8.0, 50.0, 1e3, 1e6]
    scores = scores_of(model, asked)
    assert (np.diff(scores) > 0).all()
    assert scores[0] < 0.5
    assert 0.99 < scores[3] < scores[-1] < 1.0


def test_planted_rows_teach_nothing() -> None:
    rng = np.random.default_rng(1)
    x = normal(rng, 400)
    far = np.vstack([x, rng.normal(50.0, 1.0, size=(40, 5))])
    marks = np.repeat([0.0, 1.0], [400, 40])
    asked = normal(rng, 50)
    alone, beside = AnomalyScores().fit(request_of(x)), AnomalyScores().fit(request_of(far, marks))
    assert np.array_equal(scores_of(alone, asked), scores_of(beside, asked))


def test_scores_are_stored_repeatable_and_of_each_row_alone() -> None:
    rng = np.random.default_rng(2)
    x, asked = heavy(rng, 500), heavy(rng, 40)
    model, again = (AnomalyScores().fit(request_of(x)) for _ in range(2))
    scores = scores_of(model, asked)
    assert np.array_equal(scores, scores_of(again, asked))
    assert np.array_equal(scores, scores_of(AnomalyScores().from_files(model.to_files()), asked))
    alone = np.array([scores_of(model, asked[k : k + 1])[0] for k in range(40)])
    assert np.allclose(scores, alone, rtol=1e-12, atol=1e-12)
    assert scores_of(model, asked[:0]).shape == (0,)
    assert not np.array_equal(scores, scores_of(AnomalyScores().fit(replace(request_of(x), seed=5)), asked))


def test_a_model_of_the_version_before_is_read_which_says_nothing_of_marks() -> None:
    x = normal(np.random.default_rng(3), 200)
    model = AnomalyScores().fit(request_of(x))
    stored = msgspec.msgpack.decode(model.to_files()["anomaly.msgpack"])
    assert stored.pop("gain", "absent") is None
    again = AnomalyScores().from_files({"anomaly.msgpack": msgspec.msgpack.encode(stored)})
    assert np.array_equal(scores_of(model, x), scores_of(again, x))


def test_detectors_have_opinions_of_their_own() -> None:
    model = AnomalyScores().fit(request_of(normal(np.random.default_rng(0), 900)))
    assert isinstance(model, JoinsOpinions)
    plain, far = model.opinions(Matrix(np.array([[0.0] * 5, [9.0] * 5]), ()))
    assert plain.shape == (4,)
    assert (plain < 0.9).all()
    assert (far > 0.99).all()
    assert model.gain is None


@pytest.mark.parametrize("rows", [14, 40])
def test_few_rows_and_equal_rows_are_scored(rows: int) -> None:
    model = AnomalyScores().fit(request_of(np.ones((rows, 3))))
    scores = scores_of(model, np.array([[1.0, 1.0, 1.0], [1.0, 9.0, 1.0]]))
    assert scores[0] < 0.5 < scores[1]


def test_more_rows_take_more_seconds_and_memory() -> None:
    algorithm = AnomalyScores()
    candidate = algorithm.candidates(TASK, 1_000, ())[0]
    seconds = [algorithm.seconds(candidate, TASK, rows, 20) for rows in (0, 1_000, 100_000, 10_000_000)]
    memory = [algorithm.memory(candidate, TASK, rows, 20) for rows in (0, 1_000, 100_000, 10_000_000)]
    assert seconds == sorted(seconds)
    assert memory == sorted(memory)
    assert algorithm.memory(candidate, TASK, 1_000, 20) < algorithm.memory(candidate, TASK, 1_000, 2_000)


def test_of_few_hundred_rows_the_oddest_hundredth_can_be_told() -> None:
    """Each of four detectors has an oddest row of its own; were they equally odd, no new row would reach 0.99."""
    """Of one fit the share has a deviation of .4%, whatever is drawn, since a third of 2,000 rows tells it: 6 fits are
    too few to tell 0.8%, what is right with so few rows, from half of it."""
    shares = []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        scores = scores_of(AnomalyScores().fit(request_of(normal(rng, 600), seed=seed)), normal(rng, 2_000))
        shares.append(float((scores >= 0.99).mean()))
    assert 0.003 <= np.mean(shares) <= 0.02
