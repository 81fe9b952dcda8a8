"""A rule that continues series, and how far series end up from it: the fitted model of every forecast here.

A fitted model holds parameters only. Where series stand now is read from the history that comes with the rows, so that
a longer history, or a new series in it, is forecast without a fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.forecasting.past import Past, begun
from journeyman.algorithms.forecasting.scale import own_scale, series_scale
from journeyman.algorithms.forecasting.spread import Errors, Spread
from journeyman.entities.panel import History, Panel
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.interfaces import FitRequest, Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = [
    "MOST_STEPS",
    "Origins",
    "Paths",
    "Rule",
    "SeriesModel",
    "continued",
    "errors_of",
    "fitted",
    "loaded",
    "past_of",
    "sample",
    "with_spread",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Paths = Callable[[Past, int], FloatArray]
FILE = "series.msgpack"
_ORIGINS = 16
_SPANS = 20  # horizons that origins reach back: what a series was long ago says little of it
MOST_STEPS = 10_000  # of a series that are read: more of them cost time and change no forecast
_SERIES = 1_000  # that are continued at a time
_CYCLES = 10  # of a season: more of them change no rule
_FARTHEST = 20  # horizons ahead; what is asked for later repeats the last of them
_FEW = 4  # values; a series of fewer that never changed may do so
_ROOM = 2.0  # ranges of its history that a series may leave it by, on a horizon of the history's length more


class Rule(Protocol):
    """What continues series from their past; all of its state is parameters."""

    def paths(self, past: Past, steps: int) -> FloatArray:
        """Return the next steps of each series, shape (n_series, steps); each series by itself.

        Values are in units of each series' mean absolute value.
        """
        ...

    def seconds(self, length: int, steps: int) -> float:
        """Return the expected seconds to continue one series of some length among many."""
        ...


R = TypeVar("R", bound=Rule)


@dataclass(frozen=True)
class Origins:
    """Earlier moments from which forecasts are tried inside the history.

    Attributes
    ----------
    back : tuple of int
        How many steps before the last column each of them is, the earliest first.
    apart : int
        Steps from one to the next.
    least : int
        Values that a series needs before one of them to count.
    """

    back: tuple[int, ...]
    apart: int
    least: int

    @staticmethod
    def of(past: Past, most: int) -> Origins:
        """Return at most so many origins that leave each forecast enough to learn from.

        Examples
        --------
        >>> from journeyman.entities.panel import Calendar, StepUnit
        >>> panel = Panel(Calendar(StepUnit.ROW, 1, 0), 12, (12,))
        >>> Origins.of(Past(np.zeros((1, 96)), np.array([95]), panel, np.empty((1, 96, 0))), 6).back
        (52, 42, 32, 22, 12)
        """
        horizon, width = past.panel.horizon, past.raw.shape[1]
        season = next((s for s in sorted(past.panel.seasons, reverse=True) if 3 * s + horizon <= width), 1)
        least = max(2 * season + 2, min(width // 3, 4 * season), 5)
        span = width - least - horizon
        if span < 0:
            short = max(1, min(horizon, width // 3))
            return Origins((short,) if width >= 3 else (), 1, 2)
        span = min(span, max(width // 2, horizon), max(_SPANS * horizon, 2 * max(past.panel.seasons, default=1)))
        apart = max(1, -(-span // max(1, most - 1)))
        return Origins(tuple(range(horizon, horizon + span + 1, apart))[::-1], apart, least)


def errors_of(paths: Paths, past: Past, origins: Origins) -> Errors:
    """Return the errors that a rule would have made from earlier origins, scaled by what was known then."""
    horizon, (series, width) = past.panel.horizon, past.raw.shape
    scaled = np.full((series, len(origins.back), horizon), np.nan)
    for place, back in enumerate(origins.back):
        then = past.cut(back)
        steps = min(horizon, back)
        told = np.isfinite(then.raw).sum(axis=1) >= origins.least
        scale = own_scale(then.raw, past.panel.seasons)
        usable = np.flatnonzero(told & (scale > 0))
        if not len(usable):
            continue
        came = past.raw[usable, width - back : width - back + steps]
        forecast = continued(paths, then.some(usable), steps)
        scaled[usable, place, :steps] = (came - forecast) / scale[usable, None]
    return Errors(scaled, origins.apart)


def continued(paths: Paths, past: Past, steps: int) -> FloatArray:
    """Return the next steps of series, shape (n_series, steps), finite and not far outside of their history.

    Series go together that hold as many cycles of each season: rules ask for these, and what a series is forecast must
    not depend on those beside it.
    """
    result = np.empty((len(past.raw), steps))
    there = np.isfinite(past.raw)
    lengths = np.where(there.any(axis=1), past.raw.shape[1] - there.argmax(axis=1), 1)
    cycles = [np.minimum(lengths // season, _CYCLES) for season in past.panel.seasons if season > 1]
    alike = np.unique(np.stack([*cycles, lengths >= _CYCLES], axis=1), axis=0, return_inverse=True)[1].ravel()
    order = np.lexsort((lengths, alike))
    for group in np.split(order, np.flatnonzero(np.diff(alike[order])) + 1):
        for start in range(0, len(group), _SERIES):
            rows = group[start : start + _SERIES]
            result[rows] = _continued(paths, past.some(rows).recent(int(lengths[rows].max())), steps, lengths[rows])
    return result


def _continued(paths: Paths, past: Past, steps: int, lengths: IntArray) -> FloatArray:
    there = np.isfinite(past.raw)
    size = np.abs(np.where(there, past.raw, 0.0)).max(axis=1)
    size = np.where(size > 0, size, 1.0)[:, None]
    unit = replace(past, raw=past.raw / size)
    with np.errstate(all="ignore"):  # what overflows is replaced below
        path = paths(unit, steps)
    known = there.any(axis=1, keepdims=True)
    low = np.where(known, np.where(there, unit.raw, np.inf).min(axis=1, keepdims=True), 0.0)
    high = np.where(known, np.where(there, unit.raw, -np.inf).max(axis=1, keepdims=True), 0.0)
    room = _ROOM * (1.0 + np.arange(1, steps + 1) / lengths[:, None]) * (high - low)
    path = np.where(np.isfinite(path), path, unit.values[:, -1:])
    path = np.clip(path, low - room, high + room) * size
    return np.maximum(path, 0.0) if past.panel.counts else path


def past_of(request: FitRequest, most: int = MOST_STEPS) -> Past:
    """Return all series of a request.

    Raises
    ------
    ValueError
        Where the rows are not steps of series.
    """
    history, panel = request.x.history, request.task.panel
    if history is None or panel is None:
        raise ValueError("a forecast learns from steps of series, and these rows come without a history")
    categorical = tuple(place - 2 for place in request.x.categorical if place >= 2)
    return Past.of(begun(history), panel, np.arange(len(history.values)), most, categorical)


class SeriesModel(msgspec.Struct, Generic[R], frozen=True):
    """A rule with its spread.

    Attributes
    ----------
    rule : Rule
        What gives the median.
    spread : Spread
        What gives the other quantiles.
    panel : Panel
        What is asked for.
    names : tuple of str
        Of the outputs: levels of quantiles, and "scale".
    length : int
        Steps of the longest series when it was fitted.
    """

    kind: ClassVar[NodeKind] = NodeKind.SERIES
    rule: R
    spread: Spread
    panel: Panel
    names: tuple[str, ...]
    length: int
    rounds: int = 0

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer among many: the rows of a series share its path."""
        horizon = max(1, self.panel.horizon)
        return self.rule.seconds(self.length, horizon) / horizon + 5e-7

    def predict(self, x: Matrix) -> FloatArray:
        """Return quantiles and scales, shape (n_samples, n_outputs), of rows that say which step of which series.

        Steps that the history holds are answered with its values, and steps before it with its first one.

        Raises
        ------
        ValueError
            Where the rows come without a history.
        """
        if x.history is None:
            raise ValueError("a forecast needs the history of its series")
        if not len(x.values):
            return np.empty((0, len(self.names)))
        median, scale, width, ahead = self._medians(x, begun(x.history))
        result = np.empty((len(x.values), len(self.names)))
        levels = [(place, float(name)) for place, name in enumerate(self.names) if name != "scale"]
        apart = self.spread.ends(np.array([level for _, level in levels]), np.maximum(ahead, 1))
        for column, (place, _) in enumerate(levels):
            result[:, place] = median + width * apart[:, column]
        if self.panel.counts:
            result = np.maximum(result, 0.0)
        for place, name in enumerate(self.names):
            if name == "scale":
                result[:, place] = scale
        return result

    def _medians(self, x: Matrix, history: History) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
        """Return for each row the median, the scale, the width of its quantiles and the number of steps ahead."""
        steps = np.where(np.isfinite(x.values[:, 1]), x.values[:, 1], history.end).astype(np.int64)
        own = np.isfinite(x.values[:, 0])
        asked, place = np.unique(np.where(own, x.values[:, 0], -1.0).astype(np.int64), return_inverse=True)
        rows = asked[asked >= 0]
        place = place - (len(asked) - len(rows))  # -1 for rows of series that the history does not know
        values_of = history.values[rows]
        last = History(values_of, history.first, history.known[rows]).last_steps()
        ahead = np.where(own, steps - np.append(last, 0)[place], 1)
        median = np.zeros(len(steps))
        scale, width = np.ones(len(steps)), np.ones(len(steps))
        if len(rows):
            past = self._past(x, history, rows, place, ahead)
            every = series_scale(history, self.panel, rows)
            values = self._values_at(past, place, ahead)
            flat = (own_scale(values_of, self.panel.seasons) == 0.0) & (np.isfinite(values_of).sum(axis=1) >= _FEW)
            median = np.where(own, values, median)
            scale = np.where(own, every[place], scale)
            width = np.where(own, np.where(flat, 0.0, every)[place], width)
        if not own.all():
            middle, usual = _typical(history, self.panel)
            median, scale, width = (
                np.where(own, mine, other) for mine, other in ((median, middle), (scale, usual), (width, usual))
            )
        return median, scale, width, ahead

    def _past(self, x: Matrix, history: History, rows: IntArray, place: IntArray, ahead: IntArray) -> Past:
        """Return the past of the series that are asked for, with what is known ahead of the asked steps."""
        categorical = tuple(column - 2 for column in x.categorical if column >= 2)
        past = Past.of(history, self.panel, rows, MOST_STEPS, categorical)
        number = x.values.shape[1] - 2
        most = min(int(ahead.max(initial=1)), _FARTHEST * max(1, self.panel.horizon))
        known = np.full((len(rows), max(1, most), number), np.nan)
        future = np.flatnonzero((place >= 0) & (ahead >= 1) & (ahead <= most))
        known[place[future], ahead[future] - 1] = x.values[future, 2:]
        if past.known.shape[2] != number:
            past = replace(past, known=np.full((*past.raw.shape, number), np.nan))
        return past.with_ahead(known)

    def _values_at(self, past: Past, place: IntArray, ahead: IntArray) -> FloatArray:
        """Return for each row the value of its step: forecast, or what the history holds."""
        most = past.known.shape[1] - past.raw.shape[1]
        needed = np.zeros(len(past.raw), dtype=bool)
        needed[place[(place >= 0) & (ahead >= 1)]] = True
        path = np.zeros((len(past.raw), most))
        if needed.any():
            path[needed] = continued(self.rule.paths, past.some(needed), most)
        values = path[place, np.clip(ahead, 1, most) - 1]
        before = np.flatnonzero((place >= 0) & (ahead < 1))
        if len(before):
            held = past.values
            column = np.clip(held.shape[1] - 1 + ahead[before], 0, held.shape[1] - 1)
            first = np.isfinite(held).argmax(axis=1)[place[before]]
            values[before] = held[place[before], np.maximum(column, first)]
        return values

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return parameters as MessagePack."""
        return {FILE: msgspec.msgpack.encode(self, enc_hook=encode_array)}


def _typical(history: History, panel: Panel) -> tuple[float, float]:
    """Return a middle value and scale, for series that the history does not know."""
    last = Past.of(history, panel, np.arange(len(history.values)), 1).raw[:, -1]
    known = last[np.isfinite(last)]
    scales = series_scale(history, panel)
    return float(np.median(known)) if len(known) else 0.0, float(np.median(scales)) if len(scales) else 1.0


def with_spread(rule: R, past: Past, request: FitRequest, most: int = _ORIGINS) -> SeriesModel[R]:
    """Return a rule that had nothing to learn with the spread of its errors inside the history."""
    some = sample(past, request.seed, _SERIES)
    errors = errors_of(rule.paths, some, Origins.of(some, most))
    return fitted(rule, errors, past, request)


def fitted(rule: R, errors: Errors, past: Past, request: FitRequest) -> SeriesModel[R]:
    """Return a fitted model of a rule and its errors from earlier origins."""
    names = request.task.output_names
    return SeriesModel(rule, Spread.learned(errors), past.panel, names, past.raw.shape[1])


def sample(past: Past, seed: int, most: int) -> Past:
    """Return at most so many series, drawn at random."""
    if len(past.raw) <= most:
        return past
    return past.some(np.sort(np.random.default_rng(seed).permutation(len(past.raw))[:most]))


def loaded(files: Mapping[str, bytes], kind: type[R]) -> SeriesModel[R]:
    """Load a model of a rule of some kind."""
    model = SeriesModel[kind]  # type: ignore[valid-type]  # which kind is known when it runs only
    return msgspec.msgpack.decode(files[FILE], type=model, dec_hook=decode_array)
