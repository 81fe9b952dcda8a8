"""Contract checks that any kind of task can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Role
from journeyman.entities.table import Table, row_times, target_values
from journeyman.entities.task import Task
from journeyman.errors import JourneymanError, SettingsError
from journeyman.interfaces import (
    ArrangesSeries,
    CombinesColumns,
    DrawsCurves,
    FlagsRows,
    HasOptions,
    Metric,
    PosesExamination,
    ReadsTruth,
    TaskType,
)
from journeyman.metrics import all_metrics
from journeyman.settings import BuildSettings
from journeyman.testing.kinds import KINDS
from journeyman.testing.rule_checks import sample_table
from journeyman.testing.run_all import run_all

__all__ = ["TASK_CHECKS", "FramedTask", "check_task"]

FloatArray = NDArray[np.float64]
_SETTINGS = BuildSettings("t.csv", "y", "t")


@dataclass(frozen=True)
class FramedTask:
    """A table that a kind of task could frame, and the task.

    Attributes
    ----------
    kind : TaskType
        The kind.
    raw, encoded : Table
        As ingested, and with the target as the kind encodes it.
    task : Task
        That was framed.
    y : ndarray of shape (n_samples,)
        Class codes or values.
    metric : Metric
        The task's own.
    """

    kind: TaskType
    raw: Table
    encoded: Table
    task: Task
    y: FloatArray
    metric: Metric

    def constant(self) -> FloatArray:
        """Return the metric's best constant for all rows, shape (n_samples, n_outputs)."""
        outputs = len(self.task.labels) or max(1, len(self.task.output_names))
        return np.tile(self.metric.best_constant(self.y, outputs), (len(self.y), 1))


def check_task(kind: TaskType, settings: BuildSettings = _SETTINGS, *tables: Table) -> None:
    """Run every check on each of the sample tables that the kind can frame; there must be one.

    Parameters
    ----------
    settings : BuildSettings
        With the options that the kind cannot do without.
    tables : Table
        Taken instead of the sample tables, for a kind whose labels those have not; their target is called "y".

    Raises
    ------
    AssertionError
        Naming the checks that failed, the kind of task and the table.

    Examples
    --------
    >>> from journeyman.tasks.numbers import Regression
    >>> check_task(Regression())
    """
    samples = tables or tuple(sample_table(name)[0] for name in KINDS)
    settings = replace(settings, task=kind.name)
    framed = [found for table in samples if (found := _framed(kind, table, settings)) is not None]
    assert framed, f"{kind.name}: it frames none of the tables: of two classes, of several, of numbers"
    for found in framed:
        run_all(f"{kind.name} on {found.raw.name}", TASK_CHECKS, found)


def _framed(kind: TaskType, table: Table, settings: BuildSettings) -> FramedTask | None:
    try:
        task = kind.frame(table, settings, "asked for")
    except JourneymanError:  # classes where numbers are wanted, and the like
        return None
    if isinstance(kind, PosesExamination):
        table = kind.pose(table, task, 0)
    if isinstance(kind, CombinesColumns):
        table, _ = kind.combine(table, task)
    if isinstance(kind, ArrangesSeries):
        arranged = kind.arrange(table, task)
        table, task = arranged.table, arranged.task
    kind = kind.of(task) if isinstance(kind, HasOptions) else kind
    column = table.column(task.target)
    values, encoded, task = kind.encode(table.frame[task.target], column, task, {}, None)
    columns = tuple(encoded if c.name == task.target else c for c in table.columns)
    held = replace(table, frame=table.frame.assign(**{task.target: values}), columns=columns)
    known = {**all_metrics(), **{m.name: m for m in kind.metrics(task)}}
    return FramedTask(kind, table, held, task, target_values(held, task.target), known[task.metric])


def _says_what_it_is(framed: FramedTask) -> None:
    kind = framed.kind
    assert kind.name.isidentifier(), "its name is no identifier"
    assert kind.traits.error_name, "its errors have no name"
    assert kind.traits.loss_name, "its live loss has no name"
    assert kind.traits.strata_name, "its strata have no name"
    assert framed.task.reason, "a task does not say why it is of this kind"
    assert framed.task.metric_loss, "a task does not say what models minimise"


def _refuses_unknown_options(framed: FramedTask) -> None:
    settings = replace(_SETTINGS, task=framed.kind.name, task_options={"no such option": "1"})
    try:
        framed.kind.frame(framed.raw, settings, "asked for")
    except SettingsError as error:
        hint = error.hint
    else:
        raise AssertionError("an option that it does not know is passed over")
    assert hint, "its refusal of an option gives no hint"


def _encodes_every_row(framed: FramedTask) -> None:
    assert framed.encoded.column(framed.task.target).role is Role.TARGET, "the encoded column is no target"
    assert np.isfinite(framed.y).all(), "the target of a row is not finite"
    if framed.task.labels:
        codes = set(range(len(framed.task.labels)))
        assert set(framed.y.astype(int).tolist()) <= codes, "a code has no label"


def _gives_every_row_a_stratum(framed: FramedTask) -> None:
    strata = framed.kind.strata(framed.y)
    assert strata.shape == framed.y.shape, "it has not one stratum a row"
    assert strata.dtype.kind == "i", "strata are no whole numbers"
    assert strata.min() >= 0, "a stratum is below zero"


def _errs_once_a_row(framed: FramedTask) -> None:
    kind, y, predictions = framed.kind, framed.y, framed.constant()
    for name, errors in (("errors", kind.errors(y, predictions, None)), ("misses", kind.misses(y, predictions))):
        assert errors.shape == y.shape, f"it has not one of {name} a row"
        assert (errors >= 0).all(), f"one of {name} is below zero"
    assert len(kind.residuals(y, predictions)) == len(y), "it has not one residual a row"
    assert np.isfinite(framed.metric.score(y, predictions)), "the best constant has no score"


def _bounds_live_losses(framed: FramedTask) -> None:
    kind, y, predictions = framed.kind, framed.y, framed.constant()
    scale = kind.loss_scale(y, predictions)
    assert np.isfinite(scale), "the scale of live losses is not finite"
    assert scale > 0, "the scale of live losses is not above zero"
    lacking = np.where(np.arange(len(y)) % 3 == 0, np.nan, y)
    losses = kind.live_losses(lacking, predictions, scale)
    assert np.isnan(losses[::3]).all(), "a row without a label has a live loss"
    known = losses[np.isfinite(lacking)]
    assert ((known >= 0) & (known <= 1)).all(), "a live loss is not between 0 and 1"
    assert kind.uncertainty(predictions).shape == y.shape, "it has not one uncertainty a row"


def _decodes_what_it_reads(framed: FramedTask) -> None:
    predictions = framed.constant()
    decoded = framed.kind.decode(predictions, framed.task, None)
    assert decoded.shape == framed.y.shape, "it has not one decoded prediction a row"
    read = framed.kind.label_reader(framed.task)
    values = [read(value) for value in ([0, 1] if framed.kind.traits.marked else decoded[:5].tolist())]
    assert np.isfinite(values).all(), "it cannot read as a label what it has decoded"
    for name, column in framed.kind.named_outputs(predictions, framed.task).items():
        assert column.shape == framed.y.shape, f"column {name!r} has not one value a row"


def _repeats_the_row_before(framed: FramedTask) -> None:
    y, before = framed.y, np.concatenate([[np.nan], framed.y[:-1]])
    repeated = framed.kind.repeat_previous(y, before, before, framed.task)
    assert repeated.shape == framed.constant().shape, "what repeats the row before has another shape than a prediction"
    assert np.isfinite(repeated).all(), "the row before the first is not made up for"


def _flags_within_bounds(framed: FramedTask) -> None:
    kind, task = framed.kind, framed.task
    if not isinstance(kind, FlagsRows):
        return
    share = kind.alarm_share(task)
    assert 0.0 < share < 1.0, "the share of rows that may be flagged is none"
    scores = np.linspace(0.0, 1.0, 200, endpoint=False)[:, None]
    flagged, together = kind.named_outputs(scores, task)["flagged"], kind.within_capacity(scores, task)
    assert not (together & ~flagged).any(), "a row is flagged among others that is not flagged alone"
    surprise = kind.surprise(scores)
    assert np.isfinite(surprise).all(), "a surprise is not finite"
    assert (np.diff(surprise) >= 0).all(), "a row that scores higher is less of a surprise"


def _divides_series_by_time(framed: FramedTask) -> None:
    kind, table, task = framed.kind, framed.encoded, framed.task
    if not isinstance(kind, ArrangesSeries):
        return
    assert task.time_column is not None, "rows of series have no time"
    times, split = row_times(table, task.time_column), kind.divide(table, task)
    assert len(split.holdout), "no step is kept for the end"
    later = np.setdiff1d(np.arange(len(table.frame)), split.train)
    for past, ahead in ((split.train, later), *((fold.fit, fold.validate) for fold in split.folds)):
        assert times[past].max() < times[ahead].min(), "a window is examined by what was known after it began"
    last = split.folds[-1]
    told = kind.repeat_past(table, task, last.fit, last.validate)
    assert told.shape == (len(last.validate), len(task.output_names)), "what repeats the past is no prediction"
    assert np.isfinite(told).all(), "what repeats the past is not finite"
    assert kind.describe_series(table, task), "it does not say what it has found"


def _changes_nothing(framed: FramedTask) -> None:
    kind, y, predictions = framed.kind, framed.y.copy(), framed.constant()
    given = predictions.copy()
    kind.errors(y, predictions, None)
    kind.live_losses(y, predictions, kind.loss_scale(y, predictions))
    kind.decode(predictions, framed.task, None)
    kind.named_outputs(predictions, framed.task)
    assert (y == framed.y).all(), "it writes into the labels that it is given"
    assert (predictions == given).all(), "it writes into the predictions that it is given"


def _separates_what_it_combines(framed: FramedTask) -> None:
    kind = framed.kind
    if not isinstance(kind, CombinesColumns):
        return
    told = kind.separate(framed.y, framed.task)
    assert all(kind.label_text(label, framed.task) for label in framed.y[:5].tolist()), "a label has no words"
    assert framed.task.target in told, "what it separates lacks the target"
    assert all(len(values) == len(framed.y) for values in told.values()), "it has not one of a column a row"
    named = {framed.task.target, *framed.task.label_columns}
    assert set(told) == named, f"it separates {sorted(told)}, not {sorted(named)}"


def _refuses_what_is_no_truth(framed: FramedTask) -> None:
    kind = framed.kind
    if not isinstance(kind, ReadsTruth):
        return
    assert kind.truth_words, "it does not say what a label looks like"
    others: tuple[object, ...] = (None, "x", [], {}, {"x": 1}, float("nan"))
    for given in others:
        assert kind.read_truth(given) is None, f"it reads {given!r} as a label"


def _draws_finite_curves(framed: FramedTask) -> None:
    kind = framed.kind
    if not isinstance(kind, DrawsCurves):
        return
    drawn = kind.draw(framed.y, framed.constant(), framed.task, framed.encoded.frame)
    for curve in (curve for curves in drawn.values() for curve in curves):
        assert len(curve.x) == len(curve.y), f"the curve {curve.name!r} has not one y for each x"
        assert np.isfinite([*curve.x, *curve.y]).all(), f"the curve {curve.name!r} is not finite"


TASK_CHECKS: Mapping[str, Callable[[FramedTask], None]] = {
    "says what it is": _says_what_it_is,
    "refuses unknown options": _refuses_unknown_options,
    "encodes every row": _encodes_every_row,
    "gives every row a stratum": _gives_every_row_a_stratum,
    "errs once a row": _errs_once_a_row,
    "bounds live losses": _bounds_live_losses,
    "decodes what it reads": _decodes_what_it_reads,
    "repeats the row before": _repeats_the_row_before,
    "flags within bounds": _flags_within_bounds,
    "divides series by time": _divides_series_by_time,
    "changes nothing that it is given": _changes_nothing,
    "separates what it combines": _separates_what_it_combines,
    "refuses what is no truth": _refuses_what_is_no_truth,
    "draws finite curves": _draws_finite_curves,
}
