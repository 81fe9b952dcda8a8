"""Nearest neighbours: the search is exact, equal rows are one, and features that say nothing do not count."""

from dataclasses import replace

import numpy as np
import pytest

from journeyman.algorithms.neighbours import Neighbours, NeighboursModel, association
from journeyman.entities.candidate import Refusal
from journeyman.entities.task import Task
from journeyman.interfaces import Matrix
from journeyman.metrics import METRICS
from journeyman.testing.algorithm_checks import sample_request


def fitted(kind="regression", **changes):
    return Neighbours().fit(replace(sample_request(Neighbours(), kind), **changes))


def test_the_search_finds_the_nearest():
    model = fitted()
    questions = np.random.default_rng(5).normal(size=(50, 4))
    apart = questions[:, model.columns] * model.scale
    distances = np.sqrt(((apart[:, None, :] - model.rows) ** 2).sum(axis=2))
    [(found, nearest)] = model.search(apart, 7)
    assert np.array_equal(nearest, np.argsort(distances, axis=1, kind="stable")[:, :7])
    assert np.allclose(found, np.sort(distances, axis=1)[:, :7])


def test_many_questions_are_answered_as_few(monkeypatch):
    model = fitted("multiclass")
    x = Matrix(np.random.default_rng(6).normal(size=(40, 4)), ("a", "b", "c", "d"))
    whole = model.predict(x)
    monkeypatch.setattr("journeyman.algorithms.neighbours._CELLS", 3 * len(model.rows))
    assert np.allclose(whole, model.predict(x), rtol=1e-12)


def test_equal_rows_are_one_with_their_mean_answer():
    request = sample_request(Neighbours(), "regression")
    values = np.repeat([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]], [3, 2], axis=0)
    x = Matrix(values, request.x.names)
    y = np.array([1.0, 2.0, 3.0, 10.0, 12.0])
    model = Neighbours().fit(replace(request, x=x, y=y, valid_x=None, valid_y=None, rounds=1))
    assert model.copies.tolist() == [3, 2]
    assert model.predict(x)[:, 0].tolist() == [2.0, 2.0, 2.0, 11.0, 11.0]


def test_what_says_nothing_does_not_count():
    rng = np.random.default_rng(0)
    x, wide = rng.normal(size=(400, 1)), rng.normal(size=(400, 20))
    y = np.sin(3 * x[:, 0])
    strength = association(np.hstack([x, wide]), y[:, None])
    assert strength[0] > 0.8
    assert strength[1:].max() < 0.1
    task = Task("y", "regression", "rmse")
    matrix = Matrix(np.hstack([x, wide]), tuple(f"x{i}" for i in range(21)))
    errors = {}
    for weighted in (True, False):
        model = fitted(
            x=Matrix(matrix.values[:300], matrix.names),
            y=y[:300],
            valid_x=Matrix(matrix.values[300:], matrix.names),
            valid_y=y[300:],
            task=task,
            parameters={"weighted": weighted},
        )
        errors[weighted] = np.abs(model.predict(Matrix(matrix.values[300:], matrix.names))[:, 0] - y[300:]).mean()
    assert errors[True] < 0.6 * errors[False]


def noise(rows, seed=3):
    rng = np.random.default_rng(seed)
    return Matrix(rng.normal(size=(rows, 3)), ("a", "b", "c")), (rng.random(rows) < 0.5).astype(float)


def test_answers_of_validation_rows_do_not_choose():
    (x, y), chosen = noise(300), set()
    for seed in range(8):
        valid_x, valid_y = noise(40, seed)
        chosen.add(fitted("binary", x=x, y=y, valid_x=valid_x, valid_y=valid_y).rounds)
    assert len(chosen) == 1


def test_a_row_is_no_neighbour_of_its_own_nor_of_its_copies():
    (x, y), (valid_x, valid_y) = noise(200), noise(40, 1)
    twice = Matrix(np.vstack([x.values] * 4), x.names)
    model = fitted("binary", x=twice, y=np.tile(y, 4), valid_x=valid_x, valid_y=valid_y)
    loss = METRICS["log_loss"].score(valid_y, model.predict(valid_x))
    assert loss < 0.75, "one that hears itself would be sure of noise"


def test_few_rows_are_asked_where_there_are_many(monkeypatch):
    (x, y), (valid_x, valid_y) = noise(300), noise(40, 1)
    monkeypatch.setattr("journeyman.algorithms.neighbours._MOST_ASKED", 50)
    asked, search = [], NeighboursModel.search

    def watched(model, questions, number):
        asked.append(len(questions))
        return search(model, questions, number)

    monkeypatch.setattr(NeighboursModel, "search", watched)
    fitted("binary", x=x, y=y, valid_x=valid_x, valid_y=valid_y)
    assert asked == [50]


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_constant_table_is_no_obstacle(kind):
    request = sample_request(Neighbours(), kind)
    still = Matrix(np.zeros((6, 2)), ("a", "b"))
    model = Neighbours().fit(
        replace(
            request, x=still, y=np.array([0.0, 1, 0, 1, 0, 1]), valid_x=still, valid_y=np.array([0.0, 1, 0, 1, 0, 1])
        )
    )
    assert np.allclose(model.predict(still)[:, -1], 0.5)


def test_without_time_it_gives_up():
    with pytest.raises(TimeoutError):
        fitted(out_of_time=lambda: True)


def test_many_rows_are_left_to_others():
    task = Task("y", "regression", "rmse")
    assert len(Neighbours().candidates(task, 5_000, ())) == 2
    assert Neighbours().candidates(task, 50_000, ()) == Refusal("more than 6,000 rows")
