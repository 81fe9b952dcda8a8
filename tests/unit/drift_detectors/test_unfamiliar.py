"""Without labels, rows unlike the learned ones are told where they grow for long, and by chance hardly ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from journeyman.drift_detectors.e_detector import LOOKS
from journeyman.drift_detectors.unfamiliar import CODE, UnfamiliarRowsDetector
from journeyman.entities.signal import Signal
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Reference, Traffic
from journeyman.testing.detector_checks import check_detector

FloatArray = NDArray[np.float64]
ANOMALY = Task("anomaly score", "anomaly", "planted_roc_auc", metric_loss="anomaly", options={"false_alarms": 0.01})
GROUPS = Task(
    "group", "groups", "adjusted_rand", ("group 1", "none of these"), metric_loss="groups", options={"outside": 0.01}
)
SPAN = 1_000


def reference_of(scores: FloatArray) -> Reference:
    none = np.zeros(len(scores))
    return Reference({}, scores, none, none)


def scores_with(odd: NDArray[np.bool_]) -> FloatArray:
    return np.where(odd, 0.999, 0.5)[:, None]


def memberships_with(odd: NDArray[np.bool_]) -> FloatArray:
    return np.column_stack([np.where(odd, 0.2, 0.9), np.where(odd, 0.8, 0.1)])


def span_of(number: int, answers: FloatArray) -> Traffic:
    count = len(answers)
    ids, begin = np.arange(count) + 10_000 * number, SPAN * number
    times, never = begin + np.arange(count) * SPAN // max(1, count), np.full(count, -1)
    unknown = np.full(count, np.nan)
    return Traffic(begin, begin + SPAN, ids, times, np.ones(count, int), {}, answers, unknown, never, {}, Feed(count))


def looks(task: Task, shares: list[FloatArray]) -> list[tuple[Signal, ...]]:
    """Return what is told at each look of answers."""
    rng = np.random.default_rng(9)
    calm = rng.random(1_000) < 0.01
    reference = reference_of(scores_with(calm) if task is ANOMALY else memberships_with(calm))
    detector = UnfamiliarRowsDetector()
    memory: Mapping[str, FloatArray] = detector.begin(reference, task)
    told = []
    for number, answers in enumerate(shares):
        memory, signals = detector.look(reference, task, memory, span_of(number, answers))
        told.append(signals)
    return told


def test_it_keeps_the_contract_and_passes_over_other_kinds() -> None:
    check_detector(UnfamiliarRowsDetector())


@pytest.mark.parametrize(("task", "answers"), [(ANOMALY, scores_with), (GROUPS, memberships_with)])
def test_a_lasting_change_is_told_with_when_it_began(
    task: Task, answers: Callable[[NDArray[np.bool_]], FloatArray]
) -> None:
    rng = np.random.default_rng(0)
    calm = [answers(rng.random(100) < 0.01) for _ in range(20)]
    moved = [answers(rng.random(100) < 0.4) for _ in range(12)]
    told = looks(task, calm + moved)
    assert not any(told[:20])
    first = next(k for k, signals in enumerate(told) if signals)
    assert first <= 28
    [signal] = told[-1]
    assert (signal.code, signal.alarming) == (CODE, True)
    assert abs(signal.since - 20 * SPAN) <= 2 * SPAN
    assert signal.evidence["share"] == pytest.approx(0.4, abs=0.08)


def test_one_disturbance_is_no_change_however_many_rows_it_spoils() -> None:
    rng = np.random.default_rng(1)
    calm = [scores_with(rng.random(100) < 0.01) for _ in range(30)]
    burst = [scores_with(np.ones(5_000, dtype=bool))]
    assert not any(looks(ANOMALY, calm[:15] + burst + calm[15:]))


def test_single_rows_wait_until_they_are_a_look() -> None:
    odd = [scores_with(np.ones(1, dtype=bool)) for _ in range(25)]
    assert not any(looks(ANOMALY, odd))
    assert any(looks(ANOMALY, 20 * odd))


def dependent(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return rows of which a whole look is odd now and then, and 1% in the mean: the nastiest null."""
    return np.full(80, rng.random() < 0.01)


def apart(rng: np.random.Generator) -> NDArray[np.bool_]:
    return rng.random(80) < 0.01


@pytest.mark.parametrize("draw", [apart, dependent])
def test_false_alarms_are_as_rare_as_is_stated(draw: Callable[[np.random.Generator], NDArray[np.bool_]]) -> None:
    """Once in 10,000 looks or more seldom: of 12 histories of 500 looks, 2 or more alarm with a chance of 12%."""
    assert LOOKS == 10_000
    alarmed = 0
    for seed in range(12):
        rng = np.random.default_rng([5, seed])
        alarmed += any(looks(ANOMALY, [scores_with(draw(rng)) for _ in range(500)]))
    assert alarmed <= 1
