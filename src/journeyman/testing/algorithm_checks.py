"""Contract checks for algorithms: what every one of them must do, whoever wrote it.

Each check takes an algorithm and a kind of task and raises ``AssertionError`` where the contract is broken. Run all
with ``check_algorithm(MyAlgorithm())``, or each as a test of its own over ``ALGORITHM_CHECKS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import BASELINE, Candidate, Refusal, offered
from journeyman.entities.column import Column, Kind
from journeyman.entities.metric import Loss
from journeyman.entities.plan import NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import (
    Algorithm,
    Averaging,
    FitRequest,
    Matrix,
    Metric,
    MinimisesLosses,
    NeedsColumns,
    WeighsRows,
    minimises,
)
from journeyman.metrics import METRICS
from journeyman.metrics.ranking import ranking_labels
from journeyman.metrics.survival import curve_name
from journeyman.tasks import find_task_type, metric_of
from journeyman.testing.kinds import KINDS
from journeyman.testing.run_all import run_all

__all__ = [
    "ALGORITHM_CHECKS",
    "check_algorithm",
    "check_answers_have_the_right_shape",
    "check_average_answers_as_the_mean",
    "check_class_without_rows_is_no_obstacle",
    "check_expects_more_memory_for_more_rows",
    "check_expects_more_seconds_for_more_rows",
    "check_fits_again_with_fixed_length",
    "check_heeds_the_weights_of_rows",
    "check_learns_from_each_of_its_preparations",
    "check_learns_more_than_nothing",
    "check_names_a_preparation_with_each_candidate",
    "check_plan_predicts_the_same",
    "check_proposes_candidates_of_its_own",
    "check_refuses_with_a_reason",
    "check_rows_are_answered_by_themselves",
    "check_same_seed_same_answers",
    "check_stored_form_answers_the_same",
    "kinds_of",
    "sample_request",
]

_ROWS = 240
_NAMES = ("size", "age", "noise", "colour")
_COLUMNS = (
    *(Column(name, Kind.NUMBER) for name in _NAMES[:3]),
    Column("colour", Kind.CATEGORY, categories=("red", "green", "blue")),
)
_SPECIAL = ("quantiles", "ordered", "survival", "ranking")  # kinds of task whose losses algorithms have to name
_WITH_GAPS = ("native", "crafted")  # preparations that pass on missing values and codes of categories
_SIZES = (0, 1, 10, 100, 1_000, 10_000, 100_000_000)  # of tables about which an algorithm is asked


def check_algorithm(algorithm: Algorithm) -> None:
    """Run every check for every kind of task whose loss the algorithm minimises.

    Raises
    ------
    AssertionError
        Naming the checks that failed, the algorithm and the task.

    Examples
    --------
    >>> from journeyman.algorithms.baseline import Baseline
    >>> check_algorithm(Baseline())
    """
    checks = {check.__name__.removeprefix("check_").replace("_", " "): check for check in ALGORITHM_CHECKS}
    for kind in kinds_of(algorithm):
        run_all(f"{algorithm.name} on {kind}", checks, algorithm, kind)


def kinds_of(algorithm: Algorithm) -> tuple[str, ...]:
    """Return the kinds of task that an algorithm is checked on: those whose loss it minimises.

    Examples
    --------
    >>> from journeyman.algorithms.linear import Linear
    >>> kinds_of(Linear())
    ('binary', 'multiclass', 'regression')
    """
    special = _SPECIAL if isinstance(algorithm, MinimisesLosses) else ()
    return tuple(kind for kind in (*KINDS, *special) if minimises(algorithm, _task(kind)))


def _task(kind: str) -> Task:
    labels = tuple(f"class {i}" for i in range(len(_cuts(kind)) + 1)) if _cuts(kind) else ()
    task = Task("y", kind, find_task_type(kind).default_metric, labels)
    if kind == "quantiles":
        task = replace(task, output_names=("0.5", "0.1", "0.9"))
    if kind == "survival":  # by its curves, which what is said of losses suits, not by their order
        names = ("risk", *map(curve_name, (0.5, 1.0, 2.0)))
        task = replace(task, metric="integrated_brier_score", output_names=names)
    return replace(task, metric_loss=metric_of(task).loss)


def _metric(task: Task) -> Metric:
    """Return what fits are judged by: log loss, squared errors, or the task's metric where losses are others."""
    if task.loss not in set(Loss):
        return metric_of(task)
    return METRICS["log_loss" if task.labels else "rmse"]


def sample_request(algorithm: Algorithm, kind: str, seed: int = 0, preparation: str = "") -> FitRequest:
    """Return a small fit with signal in two numbers and a category, as the first candidate on a preparation asks.

    Parameters
    ----------
    preparation : str
        One of the algorithm's; "" for its first.

    Examples
    --------
    >>> from journeyman.algorithms.linear import Linear
    >>> sample_request(Linear(), "regression").x.values.shape
    (240, 4)
    """
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(2 * _ROWS, 4))
    values[:, 3] = rng.integers(0, 3, 2 * _ROWS)
    signal = values[:, 0] + 0.5 * values[:, 1] ** 2 + (values[:, 3] == 1)
    noisy = signal + rng.normal(scale=0.3, size=len(signal))
    y = _made_labels(kind, noisy, rng)
    preparation = preparation or algorithm.preparations[0]
    native = preparation in _WITH_GAPS
    if native:
        values[::11, 2] = np.nan
        values[::13, 3] = np.nan
    x = Matrix(values, _NAMES, (3,) if native else ())
    task = _task(kind)
    return FitRequest(
        x=x.take(slice(0, _ROWS)),
        y=y[:_ROWS],
        valid_x=x.take(slice(_ROWS, None)),
        valid_y=y[_ROWS:],
        task=task,
        parameters=_first(algorithm, task, preparation).parameters,
        rounds=0,
        seed=seed,
        threads=1,
        out_of_time=lambda: False,
    )


def check_proposes_candidates_of_its_own(algorithm: Algorithm, kind: str) -> None:
    """Candidates carry the algorithm's name, a reason, and keys and names that differ."""
    candidates = offered(algorithm.candidates(sample_request(algorithm, kind).task, _ROWS, _columns(algorithm)))
    assert candidates
    assert all(c.algorithm == algorithm.name and c.reason for c in candidates)
    assert len({c.key for c in candidates}) == len({c.name for c in candidates}) == len(candidates)


def check_names_a_preparation_with_each_candidate(algorithm: Algorithm, kind: str) -> None:
    """Each candidate names one of the algorithm's preparations, the first the first; each learner has one of its own.

    Experience is kept by learner: what is known of one preparation must not be taken for knowledge of another.
    """
    candidates = offered(algorithm.candidates(sample_request(algorithm, kind).task, _ROWS, _columns(algorithm)))
    named = list(dict.fromkeys(c.preparation for c in candidates))
    assert sorted(named) == sorted(algorithm.preparations)
    assert named[0] == algorithm.preparations[0]
    by_learner = {(c.learner, c.preparation) for c in candidates}
    assert len(by_learner) == len({learner for learner, _ in by_learner}) == len(named)
    assert (algorithm.name, named[0]) in by_learner


def check_refuses_with_a_reason(algorithm: Algorithm, kind: str) -> None:
    """Whatever a table's size, an algorithm proposes candidates or says why not, in a line without a full stop."""
    task = sample_request(algorithm, kind).task
    for rows in _SIZES:
        for columns in ((), _columns(algorithm)):
            answer = algorithm.candidates(task, rows, columns)
            assert len(offered(answer)) or isinstance(answer, Refusal)
            if isinstance(answer, Refusal):
                assert answer.reason.strip() == answer.reason != ""
                assert not answer.reason.endswith(".")
                assert "\n" not in answer.reason + answer.hint


def check_expects_more_seconds_for_more_rows(algorithm: Algorithm, kind: str) -> None:
    """Expected seconds are positive and do not fall with rows."""
    task = sample_request(algorithm, kind).task
    candidate = _first(algorithm, task)
    few, many = (algorithm.seconds(candidate, task, rows, 20) for rows in (1_000, 1_000_000))
    assert 0 < few <= many


def check_expects_more_memory_for_more_rows(algorithm: Algorithm, kind: str) -> None:
    """Expected bytes are whole and positive, and fall neither with rows nor with features."""
    task = sample_request(algorithm, kind).task
    candidate = _first(algorithm, task)
    none, few, wide, many = (
        algorithm.memory(candidate, task, rows, features)
        for rows, features in ((0, 20), (1_000, 20), (1_000, 2_000), (1_000_000, 20))
    )
    assert all(isinstance(found, int) for found in (none, few, wide, many))
    assert 0 <= none <= few <= min(wide, many)
    assert few > 0


def check_answers_have_the_right_shape(algorithm: Algorithm, kind: str) -> None:
    """Probabilities sum to one, values come in a column each, all finite."""
    request = sample_request(algorithm, kind)
    answers = _fit_and_predict(algorithm, request)
    assert np.isfinite(answers).all()
    if request.task.labels:
        assert answers.shape == (_ROWS, len(request.task.labels))
        assert np.allclose(answers.sum(axis=1), 1.0)
        assert (answers >= 0).all()
    else:
        assert answers.shape == (_ROWS, request.task.outputs)


def check_learns_more_than_nothing(algorithm: Algorithm, kind: str) -> None:
    """Except for the baseline itself, an algorithm beats the constant answer on a table with signal."""
    request = sample_request(algorithm, kind)
    loss = _loss(request, _fit_and_predict(algorithm, request))
    assert loss < (1.02 if algorithm.name == BASELINE else 0.9) * _loss(request, _constant(request))


def check_learns_from_each_of_its_preparations(algorithm: Algorithm, kind: str) -> None:
    """The first candidate on each preparation does so, too, and answers the same when it was stored."""
    for preparation in algorithm.preparations[1:]:
        request = sample_request(algorithm, kind, preparation=preparation)
        assert request.valid_x is not None
        model = algorithm.fit(request)
        answers = model.predict(request.valid_x)
        assert _loss(request, answers) < 0.9 * _loss(request, _constant(request))
        assert np.array_equal(answers, algorithm.from_files(model.to_files()).predict(request.valid_x))


def check_stored_form_answers_the_same(algorithm: Algorithm, kind: str) -> None:
    """What is loaded from files answers as what was fitted, to the last bit."""
    request = sample_request(algorithm, kind)
    assert request.valid_x is not None
    model = algorithm.fit(request)
    files = model.to_files()
    again = algorithm.from_files(files)
    assert all(isinstance(content, bytes) for content in files.values())
    assert np.array_equal(model.predict(request.valid_x), again.predict(request.valid_x))


def check_plan_predicts_the_same(algorithm: Algorithm, kind: str) -> None:
    """The steps of a loaded model give what it predicts, to the last bit, and say of what kind they are."""
    request = sample_request(algorithm, kind)
    assert request.valid_x is not None
    model = algorithm.from_files(algorithm.fit(request).to_files())
    first, *others = model.plan()
    predictions = first.predict(request.valid_x)
    for step in others:
        predictions = step.adjust([predictions], request.valid_x, {})
    assert np.array_equal(predictions, model.predict(request.valid_x))
    assert all(isinstance(step.kind, NodeKind) for step in model.plan())


def check_same_seed_same_answers(algorithm: Algorithm, kind: str) -> None:
    """Two fits from one seed agree to the last bit."""
    first, second = (_fit_and_predict(algorithm, sample_request(algorithm, kind)) for _ in range(2))
    assert np.array_equal(first, second)


def check_rows_are_answered_by_themselves(algorithm: Algorithm, kind: str) -> None:
    """A row's answer does not depend on the rows beside it."""
    request = sample_request(algorithm, kind)
    assert request.valid_x is not None
    model = algorithm.fit(request)
    together = model.predict(request.valid_x)
    alone = np.vstack([model.predict(request.valid_x.take(slice(i, i + 1))) for i in range(20)])
    assert np.allclose(together[:20], alone, rtol=1e-12, atol=1e-12)


def check_fits_again_with_fixed_length(algorithm: Algorithm, kind: str) -> None:
    """A fit without validation rows, as long as an earlier one found best, learns about as much."""
    request = sample_request(algorithm, kind)
    assert request.valid_x is not None
    assert request.valid_y is not None
    model = algorithm.fit(request)
    again = algorithm.fit(replace(request, valid_x=None, valid_y=None, rounds=model.rounds))
    before, after = (_loss(request, m.predict(request.valid_x)) for m in (model, again))
    assert after <= 1.1 * before


def check_average_answers_as_the_mean(algorithm: Algorithm, kind: str) -> None:
    """One model made of fits from three seeds has the mean of their scores, also when it was stored in between."""
    request = sample_request(algorithm, kind)
    if not isinstance(algorithm, Averaging) or request.valid_x is None:
        return
    models = [algorithm.fit(replace(request, seed=seed)) for seed in range(3)]
    whole = algorithm.from_files(algorithm.average(models).to_files())
    scores = np.mean([_scores(model.predict(request.valid_x), request.task) for model in models], axis=0)
    assert np.allclose(_scores(whole.predict(request.valid_x), request.task), scores, atol=1e-6)
    assert whole.answer_seconds > models[0].answer_seconds


def check_class_without_rows_is_no_obstacle(algorithm: Algorithm, kind: str) -> None:
    """A class that the training rows lack still gets its column."""
    if kind != "multiclass":
        return
    request = sample_request(algorithm, kind)
    kept = request.y != 1.0
    model = algorithm.fit(replace(request, x=request.x.take(kept), y=request.y[kept]))
    assert request.valid_x is not None
    answers = model.predict(request.valid_x)
    assert answers.shape[1] == len(request.task.labels)
    assert answers[:, 1].mean() < 0.1


def check_heeds_the_weights_of_rows(algorithm: Algorithm, kind: str) -> None:
    """An algorithm that says that it weighs rows is not misled by wrong targets of rows that weigh next to nothing."""
    if not (isinstance(algorithm, WeighsRows) and algorithm.weighs_rows):
        return
    request = sample_request(algorithm, kind)
    wrong = np.arange(_ROWS) % 2 == 0
    misled = replace(
        request, y=np.where(wrong, request.y.max() - request.y, request.y), valid_x=None, valid_y=None, shared={}
    )
    misled = replace(misled, rounds=algorithm.fit(request).rounds)
    weights = np.where(wrong, 0.002, 1.998)
    heeding = replace(misled, weights=weights, shared={})
    assert request.valid_x is not None
    assert request.valid_y is not None
    metric = _metric(request.task)
    unaware, aware = (
        metric.score(request.valid_y, algorithm.fit(r).predict(request.valid_x)) for r in (misled, heeding)
    )
    assert aware < 0.9 * unaware


ALGORITHM_CHECKS: tuple[Callable[[Algorithm, str], None], ...] = (
    check_proposes_candidates_of_its_own,
    check_names_a_preparation_with_each_candidate,
    check_refuses_with_a_reason,
    check_expects_more_seconds_for_more_rows,
    check_expects_more_memory_for_more_rows,
    check_answers_have_the_right_shape,
    check_learns_more_than_nothing,
    check_learns_from_each_of_its_preparations,
    check_stored_form_answers_the_same,
    check_plan_predicts_the_same,
    check_same_seed_same_answers,
    check_rows_are_answered_by_themselves,
    check_fits_again_with_fixed_length,
    check_class_without_rows_is_no_obstacle,
    check_average_answers_as_the_mean,
    check_heeds_the_weights_of_rows,
)


def _columns(algorithm: Algorithm) -> tuple[Column, ...]:
    return (*_COLUMNS, *(algorithm.example_columns if isinstance(algorithm, NeedsColumns) else ()))


def _scores(answers: NDArray[np.float64], task: Task) -> NDArray[np.float64]:
    """Return values, or the logarithms of probabilities relative to the last class."""
    if not task.labels:
        return answers
    logs = np.log(np.clip(answers, 1e-300, None))
    return np.asarray(logs - logs[:, -1:])


def _cuts(kind: str) -> list[float]:
    return [0.5] if kind == "binary" else [0.3, 0.7] if kind in ("multiclass", "ordered") else []


def _made_labels(kind: str, noisy: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return labels of a kind of task that rise with a number; of survival, times that fall with it."""
    if kind == "survival":  # of three rows, one is censored
        return np.asarray(np.exp(-noisy) * np.where(rng.random(len(noisy)) < 1 / 3, -1.0, 1.0))
    if kind == "ranking":  # of eight rows each
        grades = np.digitize(noisy, np.quantile(noisy, [0.5, 0.8, 0.95])).astype(np.float64)
        return ranking_labels(grades, np.arange(len(noisy)) // 8)
    return noisy if not _cuts(kind) else np.digitize(noisy, np.quantile(noisy, _cuts(kind))).astype(np.float64)


def _first(algorithm: Algorithm, task: Task, preparation: str = "") -> Candidate:
    """Return the first candidate, or the first on a preparation; an algorithm that refuses cannot be checked."""
    answer = algorithm.candidates(task, _ROWS, _columns(algorithm))
    assert not isinstance(answer, Refusal), f"{algorithm.name} refuses a table of {_ROWS} rows: {answer.reason}"
    found = [c for c in answer if preparation in ("", c.preparation)]
    assert found, f"{algorithm.name} has no candidate on {preparation or 'any preparation'}"
    return found[0]


def _constant(request: FitRequest) -> NDArray[np.float64]:
    """Return what is best said of validation rows without looking at them."""
    task = request.task
    return np.tile(_metric(task).best_constant(request.y, max(1, len(task.prediction_names))), (_ROWS, 1))


def _loss(request: FitRequest, answers: NDArray[np.float64]) -> float:
    assert request.valid_y is not None
    metric = _metric(request.task)
    return abs(metric.optimum - metric.score(request.valid_y, answers))


def _fit_and_predict(algorithm: Algorithm, request: FitRequest) -> NDArray[np.float64]:
    assert request.valid_x is not None
    return algorithm.fit(request).predict(request.valid_x)
