"""Contract checks that any detector of drift can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.signal import Signal, Tier
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Reference, Traffic
from journeyman.interfaces import DriftDetector
from journeyman.stores.facts import decode, encode
from journeyman.tasks import task_type
from journeyman.testing.kinds import KINDS
from journeyman.testing.run_all import run_all

__all__ = ["DETECTOR_CHECKS", "check_detector", "sample_traffic"]

FloatArray = NDArray[np.float64]
Memory = Mapping[str, FloatArray]
_LABELS = {"binary": ("a", "b"), "multiclass": ("a", "b", "c"), "regression": ()}
_REFERENCE, _SPAN, _HOUR = 400, 120, 1_000_000
_MOST = 50_000  # numbers that it may remember in an array


def check_detector(detector: DriftDetector) -> None:
    """Run every check for every kind of task.

    Raises
    ------
    AssertionError
        Naming the checks that failed, the detector and the task.

    Examples
    --------
    >>> from journeyman.drift_detectors.columns import ColumnsDetector
    >>> check_detector(ColumnsDetector())
    """
    for kind in KINDS:
        run_all(f"{detector.name} on {kind}", DETECTOR_CHECKS, detector, kind)


def sample_traffic(kind: str) -> tuple[Reference, Task, tuple[Traffic, ...]]:
    """Return a reference, the task, and three spans of traffic that is like it, some of it without a truth.

    Examples
    --------
    >>> reference, task, spans = sample_traffic("binary")
    >>> len(reference.truths), [len(span.truths) for span in spans]
    (400, [120, 120, 120])
    """
    task = Task("y", kind, "log_loss", _LABELS[kind])
    rows, answers, truths = _drawn(kind, 0, _REFERENCE)
    scale = task_type(task).loss_scale(truths, answers)
    reference = Reference(rows, answers, truths, task_type(task).live_losses(truths, answers, scale), scale=scale)
    return reference, task, tuple(_hour(kind, hour) for hour in range(3))


def _hour(kind: str, hour: int) -> Traffic:
    rows, answers, truths = _drawn(kind, hour + 1, _SPAN)
    begin, numbers = _HOUR * hour, np.arange(_SPAN)
    truths = np.where(numbers % 3 == 0, np.nan, truths)
    labelled = np.where(np.isfinite(truths), begin + _HOUR - 1, -1)
    versions = np.ones(_SPAN, dtype=np.int64)
    ids, times = 1_000 * hour + numbers, begin + numbers
    feed = Feed(_SPAN)
    return Traffic(begin, begin + _HOUR, ids, times, versions, rows, answers, truths, labelled, {}, feed)


def _drawn(kind: str, seed: int, count: int) -> tuple[Block, FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    rows: Block = {
        "n": np.where(rng.random(count) < 0.1, np.nan, rng.normal(size=count)),
        "c": rng.integers(-1, 3, count).astype(np.int32),
        "t": np.array([None if k % 7 == 0 else "text" for k in range(count)], dtype=object),
    }
    if kind == "regression":
        return rows, rng.normal(size=(count, 1)), rng.normal(size=count)
    classes = len(_LABELS[kind])
    return rows, rng.dirichlet(np.ones(classes), count), rng.integers(0, classes, count).astype(np.float64)


def _says_what_it_is(detector: DriftDetector, kind: str) -> None:
    assert detector.name.isidentifier(), "its name is no identifier"
    assert isinstance(detector.rung, Tier), "its tier is none that is known"


def _remembers_small_arrays(detector: DriftDetector, kind: str) -> None:
    reference, task, _ = sample_traffic(kind)
    for memory in (detector.begin(reference, task), _looked(detector, kind)[0]):
        for name, values in memory.items():
            assert isinstance(values, np.ndarray), f"what it remembers as {name!r} is no array"
            assert values.dtype == np.float64, f"what it remembers as {name!r} is {values.dtype}, not float64"
            assert values.size <= _MOST, f"what it remembers as {name!r} has {values.size} numbers"


def _repeats_itself(detector: DriftDetector, kind: str) -> None:
    (one, first), (other, second) = (_looked(detector, kind) for _ in range(2))
    assert first == second, "a second look at the same traffic tells something else"
    assert encode(one) == encode(other), "a second look at the same traffic is remembered otherwise"


def _changes_nothing_that_it_is_given(detector: DriftDetector, kind: str) -> None:
    reference, task, spans = sample_traffic(kind)
    memory = detector.begin(reference, task)
    before = encode(dict(memory)), encode(spans[0]), encode(reference)
    detector.look(reference, task, memory, spans[0])
    for now, kept, word in zip(
        (dict(memory), spans[0], reference), before, ("memory", "traffic", "reference"), strict=True
    ):
        assert encode(now) == kept, f"it changes the {word} that it is given"


def _is_quiet_where_nothing_has_changed(detector: DriftDetector, kind: str) -> None:
    alarms = [s.code for s in _looked(detector, kind)[1] if s.alarming]
    assert not alarms, f"it tells {alarms[:1]} of traffic that is like the reference"


def _takes_a_span_without_rows(detector: DriftDetector, kind: str) -> None:
    reference, task, spans = sample_traffic(kind)
    none = spans[0].take(np.zeros(0, dtype=np.int64))
    none = replace(none, begin=3 * _HOUR, end=4 * _HOUR, feed=Feed(0))
    for memory in (detector.begin(reference, task), _looked(detector, kind)[0]):
        alarms = [s.code for s in detector.look(reference, task, memory, none)[1] if s.alarming]
        assert not alarms, f"it tells {alarms[:1]} of a span without rows"


DETECTOR_CHECKS: Mapping[str, Callable[[DriftDetector, str], None]] = {
    "says what it is": _says_what_it_is,
    "remembers small arrays": _remembers_small_arrays,
    "repeats itself": _repeats_itself,
    "changes nothing that it is given": _changes_nothing_that_it_is_given,
    "is quiet where nothing has changed": _is_quiet_where_nothing_has_changed,
    "takes a span without rows": _takes_a_span_without_rows,
}


def _looked(detector: DriftDetector, kind: str) -> tuple[Memory, list[Signal]]:
    """Return what a detector remembers and says after all spans; its memory is stored in between, as in a loop."""
    reference, task, spans = sample_traffic(kind)
    memory, signals = detector.begin(reference, task), list[Signal]()
    for span in spans:
        kept = decode(encode(dict(memory)), dict[str, NDArray[np.float64]])
        memory, told = detector.look(reference, task, kept, span)
        signals += told
    return memory, signals
