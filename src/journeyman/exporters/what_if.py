"""What stands in the cells of a sheet where people try other values: inputs, and a grid where no formula fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.plan import DecodeStep, Plan
from journeyman.entities.profile import ColumnProfile
from journeyman.entities.release_facts import ReleaseFacts
from journeyman.entities.table import Block
from journeyman.inference.scorer import Scorer

__all__ = ["Grid", "Input", "grid_of", "inputs_of"]

_SIDE = 21  # values of each column of a grid
_EPOCH = 25_569.0  # Excel's number of the first of January 1970


@dataclass(frozen=True)
class Input:
    """A cell that people may change.

    Attributes
    ----------
    column : Column
        What it stands for.
    value : float, str or None
        At first: a number (dates in Excel's days), a name, or nothing.
    names : tuple of str
        What may be chosen; empty for numbers and dates.
    low, high : float or None
        Range in the training table, of numbers and dates.
    """

    column: Column
    value: float | str | None
    names: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Grid:
    """Predictions by one or two columns, all others as in a typical row.

    Attributes
    ----------
    columns : tuple of Column
        The first goes down, the second across.
    marks : tuple of tuple of float or str
        Their values: numbers and dates ascending, or names.
    predictions : ndarray of object, shape (n_down, n_across)
        Numbers, or labels.
    said : str
        What a cell holds.
    """

    columns: tuple[Column, ...]
    marks: tuple[tuple[float | str, ...], ...]
    predictions: NDArray[np.object_]
    said: str


def inputs_of(facts: ReleaseFacts) -> tuple[Input, ...]:
    """Return the cells for a row of the model's columns, those that matter most first; texts and images have none."""
    order = {name: k for k, name in enumerate(facts.drivers.rows["column"].to_pylist())}
    profiles = {one.name: one for one in facts.profiles}
    known = [c for c in facts.columns if c.kind.numeric or c.kind.categorical or c.kind is Kind.DATETIME]
    known.sort(key=lambda c: (order.get(c.name, len(order)), c.name))
    return tuple(_input(column, float(facts.typical[column.name][0]), profiles.get(column.name)) for column in known)


def _input(column: Column, typical: float, profile: ColumnProfile | None) -> Input:
    if column.kind.categorical or column.kind is Kind.BOOLEAN:
        names = column.categories if len(column.categories) == 2 or column.kind.categorical else ("no", "yes")
        missing = not np.isfinite(typical) or typical < 0
        return Input(column, None if missing else names[int(typical)], tuple(names))
    low, high = (None, None) if profile is None else (profile.minimum, profile.maximum)
    given = [None if v is None or not np.isfinite(v) else _excel_number(column, v) for v in (typical, low, high)]
    return Input(column, given[0], (), given[1], given[2])


def _excel_number(column: Column, value: float) -> float:
    return value / 86_400.0 + _EPOCH if column.kind is Kind.DATETIME else value


def grid_of(facts: ReleaseFacts, inputs: Sequence[Input]) -> Grid | None:
    """Return predictions by the two columns that matter most; None where no column can be varied."""
    chosen = [one for one in inputs if one.names or len(_quantiles(facts, one)) > 1][:2]
    if not chosen:
        return None
    codes = [_values(facts, one) for one in chosen]
    down, across = codes[0], codes[1] if len(codes) == 2 else np.zeros(1)
    rows: Block = {name: np.repeat(values, len(down) * len(across)) for name, values in facts.typical.items()}
    places = (np.repeat(down, len(across)), np.tile(across, len(down)))
    for one, values in zip(chosen, places, strict=False):
        rows[one.column.name] = values.astype(facts.typical[one.column.name].dtype)
    predictions = Scorer(facts.plan).without_lookup().predict(rows)
    told, said = _decoded_predictions(facts.plan, predictions, facts.task.labels, facts.prediction)
    marks = tuple(
        tuple(one.names[int(v)] if one.names else _excel_number(one.column, v) for v in values.tolist())
        for one, values in zip(chosen, codes, strict=True)
    )
    return Grid(tuple(one.column for one in chosen), marks, told.reshape(len(down), len(across)), said)


def _values(facts: ReleaseFacts, one: Input) -> NDArray[np.float64]:
    if not one.names:
        return _quantiles(facts, one)
    if len(one.names) <= _SIDE:
        return np.arange(len(one.names), dtype=np.float64)
    frequent = next((p.top_values for p in facts.profiles if p.name == one.column.name), ())
    kept = [name for name in dict.fromkeys((str(one.value), *frequent)) if name in one.names][:_SIDE]
    return np.array(sorted(one.names.index(name) for name in kept or one.names[:_SIDE]), dtype=np.float64)


def _quantiles(facts: ReleaseFacts, one: Input) -> NDArray[np.float64]:
    """Return values of a number or a date that the training table had, evenly over its middle 98%."""
    known: Mapping[str, ColumnProfile] = {profile.name: profile for profile in facts.profiles}
    profile = known.get(one.column.name)
    if profile is None or len(profile.quantiles) < 2:
        return np.empty(0)
    values = np.linspace(profile.quantiles[0], profile.quantiles[-1], _SIDE)
    return np.unique(np.round(values) if one.column.kind in (Kind.INTEGER, Kind.DATETIME) else values)


def _decoded_predictions(
    plan: Plan, predictions: NDArray[np.float64], labels: Sequence[str], prediction: str
) -> tuple[NDArray[np.object_], str]:
    if len(labels) == 2:
        return predictions[:, 1].astype(object), f"probability of {labels[1]}"
    decode = next((n.step for n in plan.nodes if isinstance(n.step, DecodeStep)), None)
    if decode is not None:
        return np.array(labels, dtype=object)[decode.codes(predictions)], prediction
    return predictions[:, 0].astype(object), prediction
