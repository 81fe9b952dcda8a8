"""Axes cover what they must show, and drawings hold no value that is not a number."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from journeyman.reports.charts import Area, Bars, Cells, Dots, Line, Note, Rule, plot, spark
from journeyman.reports.figure import bars
from journeyman.reports.scales import date_scale, linear_scale, share_scale
from journeyman.reports.words import between, metric_words, number, shorten

_values = st.floats(-1e12, 1e12, allow_nan=False, allow_subnormal=False)


@given(_values, _values, st.booleans())
def test_scale_covers_its_values_with_few_ascending_labels(a: float, b: float, zero: bool) -> None:
    low, high = min(a, b), max(a, b)
    scale = linear_scale(low, high, "x", zero=zero)
    slack = 1e-6 * max(abs(low), abs(high), 1e-9)
    assert scale.low <= low + slack
    assert scale.high >= high - slack
    at = [v for v, _ in scale.ticks]
    assert at == sorted(set(at))
    assert 2 <= len(at) <= 9


@pytest.mark.parametrize("size", [1e-310, 5e-324, 1e308])
def test_the_least_and_the_largest_numbers_have_a_scale(size: float) -> None:
    assert len(linear_scale(-size / 2, size / 2, "x").ticks) >= 2
    assert len(linear_scale(0.0, size, "x", zero=True).ticks) >= 2


@given(_values, _values)
def test_date_scale_labels_lie_inside(a: float, b: float) -> None:
    scale = date_scale(min(a, b), max(a, b), "day")
    assert scale.ticks
    assert all(scale.low <= v <= scale.high for v, _ in scale.ticks)


def test_neighbouring_labels_differ() -> None:
    for low, high in ((0, 2.5), (0.91, 0.93), (0, 1e4), (1000, 1003), (0, 3e6), (-0.1, 0.15)):
        texts = [text for _, text in linear_scale(low, high, "x").ticks]
        assert len(set(texts)) == len(texts), (low, high, texts)


def test_values_that_are_no_numbers_leave_gaps() -> None:
    xs, ys = [0.0, 0.5, math.nan, 1.0], [0.1, math.inf, 0.3, 0.4]
    marks = [
        Line(xs, ys, tips=["a"] * 4, step=True),
        Line(xs, ys),
        Dots(xs, ys, tips=["<b>"] * 4),
        Rule((0, 1), (0, 1)),
    ]
    svg = plot("t", share_scale("x"), share_scale("y"), [*marks, Note(0, 0, "<i>")])
    assert not re.search(r'="[^"]*(nan|inf)', svg)
    assert "<b>" not in svg
    assert "<i>" not in svg


def test_marks_draw_one_shape_a_value() -> None:
    svg = plot("t", share_scale("x"), linear_scale(0, 4, "y"), [Bars((0, 0.5, 1), (1, 4), tips=("one", "four"))])
    assert svg.count("<rect") == 2
    assert "<title>four</title>" in svg
    assert plot("t", share_scale(""), share_scale(""), [Cells([(0, 0, 1, 1, 0.5, "n")])]).count("<rect") == 1
    assert 'd="M' in Area((0, 1), (0, 0), (1, 1)).draw(float, float)
    assert spark((0, 0), "t").count("M") == 2


@given(st.lists(st.floats(-1e9, 1e9) | st.just(math.nan), min_size=1, max_size=8))
def test_bars_stay_inside_their_track(values: list[float]) -> None:
    for bar in bars([str(k) for k in range(len(values))], values, [""] * len(values)):
        assert bar.left >= 0
        assert bar.left + bar.width <= 100.5


@given(_values, st.floats(0, 1e6), st.floats(0, 1e6))
@example(0.0, 0.0, 5e-324)
def test_interval_is_said_in_order(value: float, down: float, up: float) -> None:
    said = between(value, value - down, value + up, metric_words("rmse"))
    low, middle, high = (float(said[k].replace(",", "")) for k in (1, 0, 2))
    assert low <= middle <= high


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_can_be_said(x: float) -> None:
    assert 1 <= len(number(x)) <= 16


@given(st.text(max_size=60), st.integers(3, 30))
def test_shortened_text_fits(text: str, width: int) -> None:
    assert len(shorten(text, width)) <= width
    assert "\n" not in shorten(text, width)
