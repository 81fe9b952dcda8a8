"""The preparation of forecasts: places in a history, which newer rows lengthen."""

from __future__ import annotations

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.panel import Calendar, Panel, StepUnit
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.transformers.series import FittedSeries, SeriesPreparation

PANEL = Panel(Calendar(StepUnit.NUMBER, 1, 2000.0), 3, (), ("shop",), ("price", "colour"))
TASK = Task("y", "forecast", "mase", time_column="year", panel=PANEL)
COLUMNS = (
    Column("shop", Kind.IDENTIFIER),
    Column("year", Kind.INTEGER),
    Column("price", Kind.NUMBER),
    Column("colour", Kind.CATEGORY, categories=("red", "blue")),
)


def block(shops: list[str | None], years: list[float], prices: list[float], colours: list[int]) -> Block:
    names = np.empty(len(shops), dtype=object)
    names[:] = shops
    return {
        "shop": names,
        "year": np.array(years),
        "price": np.array(prices),
        "colour": np.array(colours, dtype=np.int32),
    }


def fitted() -> FittedSeries:
    rows = block(["b", "a", "b"], [2001, 2000, 2003], [1.0, 2.0, 3.0], [0, 1, -1])
    found, _ = SeriesPreparation().fit(rows, COLUMNS, np.array([10.0, 20.0, 30.0]), TASK, 0)
    assert isinstance(found, FittedSeries)
    return found


def test_rows_are_places_in_the_history_and_bring_what_is_known_ahead() -> None:
    matrix = fitted().transform(block(["b", "c", "a"], [2004, 2001, np.nan], [5.0, 6.0, 7.0], [1, -1, 0]))
    assert matrix.names == ("series", "step", "price", "colour")
    assert matrix.categorical == (3,)
    np.testing.assert_array_equal(
        matrix.values, [[1.0, 4.0, 5.0, 1.0], [np.nan, 1.0, 6.0, np.nan], [0.0, 4.0, 7.0, 0.0]]
    )
    history = matrix.history
    assert history is not None
    assert history.first == 0
    nan = np.nan
    np.testing.assert_array_equal(history.values, [[20.0, nan, nan, nan], [nan, 10.0, nan, 30.0]])
    np.testing.assert_array_equal(history.known[1, :, 0], [nan, 1.0, nan, 3.0])


def test_newer_rows_lengthen_the_history_and_new_series_come_last() -> None:
    step = fitted().step
    newer = block(["a", "0", "b"], [2005, 2004, 2003], [8.0, 8.0, 8.0], [0, 0, 0])
    longer = step.extended(newer, np.array([50.0, 60.0, 31.0]))
    assert longer.keys == ("a", "b", "0")
    assert longer.history.end == 6
    assert longer.history.values[0, 5] == 50.0
    assert longer.history.values[2, 4] == 60.0
    assert longer.history.values[1, 3] == 31.0  # of a step that was known the new value counts
    assert step.history.end == 4  # what was fitted is what it was
    assert step.extended(newer, np.full(3, np.nan)) is step


def test_the_next_steps_are_those_of_series_that_go_on() -> None:
    step = fitted().step
    assert step.going_on(2).tolist() == [1]
    asked = step.following(step.going_on(2), 3)
    assert asked["shop"].tolist() == ["b", "b", "b"]
    assert asked["year"].tolist() == [2004, 2005, 2006]


def test_it_is_stored_as_plain_arrays() -> None:
    one = fitted()
    again = SeriesPreparation().from_files(one.to_files())
    asked = block(["b", None], [2004, 2004], [1.0, 1.0], [0, 0])
    np.testing.assert_array_equal(one.transform(asked).values, again.transform(asked).values)
    history, kept = one.transform(asked).history, again.transform(asked).history
    assert history is not None
    assert kept is not None
    np.testing.assert_array_equal(history.values, kept.values)
