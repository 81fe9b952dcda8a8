"""Random numbers, written in every style that people use, are read back equal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from journeyman.entities.column import Kind
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource
from journeyman.sources.parsing import RowReader
from journeyman.stages.ingest import ingest

STYLES = {
    "English": (".", ",", 3),
    "German": (",", ".", 3),
    "French": (",", "\u202f", 3),
    "Norwegian": (",", "\u00a0", 3),
    "plain blanks": (".", " ", 3),
    "Swiss": (".", "’", 3),
    "Indian": (".", ",", 2),
    "no groups, comma": (",", "", 3),
    "no groups, point": (".", "", 3),
}
SIGNS = {
    "in front": "-{}",
    "behind": "{}-",
    "brackets": "({})",
    "typeset": "\u2212{}",
}
DRESSES = ("{}", "€{}", "{} €", "{}%", "R$ {}", "CHF {}", "{} km", " {} ")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def grouped(digits: str, sign: str, width: int) -> str:
    """Return whole digits in groups: the last one of three, those before of two or three."""
    head, tail = digits[:-3], digits[-3:]
    parts = [tail]
    while head:
        parts.insert(0, head[-width:])
        head = head[:-width]
    return sign.join(parts)


def written(number: int, places: int, style: tuple[str, str, int], sign: str, dress: str) -> str:
    decimal, thousands, width = style
    digits = str(abs(number)).rjust(places + 1, "0")
    whole, part = (digits[:-places], digits[-places:]) if places else (digits, "")
    text = grouped(whole, thousands, width) + (decimal + part if part else "")
    text = dress.format(text)
    return SIGNS[sign].format(text) if number < 0 else text


def learned(frame: pd.DataFrame, **asked: str) -> tuple[pd.DataFrame, RowReader, set[str]]:
    found = ingest(FrameSource(frame), BuildSettings("<frame>", "y", "x", **asked))
    reader = RowReader([c for c in found.table.columns if c.name != "y"])
    return found.table.frame, reader, {f.code for f in found.findings}


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=8, derandomize=True, deadline=None, phases=(Phase.generate,))
@given(data=st.data())
def test_numbers_in_any_style_are_read_back(style: str, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 10**6))
    sign, dress = data.draw(st.sampled_from(sorted(SIGNS))), data.draw(st.sampled_from(DRESSES))
    wide = data.draw(st.booleans())
    rng = np.random.default_rng(seed)
    n = 60
    # Three decimals and thousands in groups of three look alike; a column of prices says which sign is which.
    numbers = {
        "two": rng.integers(-(10**7), 10**7, n),
        "three": rng.integers(1000, 10**6, n),
        "whole": rng.integers(1, 10**6, n),
    }
    places = {"two": 2, "three": 3, "whole": 0}
    frame = pd.DataFrame(
        {k: [written(int(v), places[k], STYLES[style], sign, dress) for v in values] for k, values in numbers.items()}
    ).assign(name=rng.choice(["a", "b"], n), y=rng.normal(size=n))
    if wide:
        frame["two"] = frame["two"].str.translate(WIDE)
    read, reader, codes = learned(frame)
    block, findings = reader.read({str(name): values.tolist() for name, values in frame.head(20).items()})
    for name, values in numbers.items():
        expected = values / 10.0 ** places[name]
        np.testing.assert_allclose(read[name].to_numpy(), expected, rtol=1e-12)
        np.testing.assert_array_equal(block[name], read[name].to_numpy()[:20])
    assert findings == ()
    assert "DQ009" not in codes


OPEN = ["1,459", "3,125", "2,881"] * 20


@pytest.mark.parametrize(
    ("others", "asked", "expected", "told"),
    [
        (["107,8", "70,4", "99,1"] * 20, {}, 1.459, False),
        (["107.8", "70.4", "99.1"] * 20, {}, 1459, False),
        (["7", "937", "12"] * 20, {}, 1459, True),
        (["7", "937", "12"] * 20, {"decimal": ","}, 1.459, False),
        (["107.8", "70.4", "99.1"] * 20, {"decimal": ","}, 1.459, False),
        (["107,8", "70,4", "99,1"] * 20, {"thousands": ","}, 1459, False),
        (["7", "937", "12"] * 20, {"thousands": "."}, 1.459, False),
        (["7", "937", "12"] * 20, {"thousands": "'"}, 1.459, False),
        (["7", "937", "107,8"] + ["5"] * 57, {}, 1.459, True),
    ],
)
def test_what_one_column_leaves_open_the_others_say(others, asked, expected, told) -> None:
    frame = pd.DataFrame({"x": OPEN, "other": others, "y": np.arange(60.0)})
    read, _, codes = learned(frame, **asked)
    assert read["x"][0] == expected
    assert ("DQ009" in codes) is told


def test_groups_beside_small_whole_numbers_are_thousands() -> None:
    read, _, codes = learned(pd.DataFrame({"x": ["13.770", "937", "1.995", "88", "506"] * 10, "y": np.arange(50.0)}))
    assert read["x"].tolist()[:3] == [13770, 937, 1995]
    assert "DQ009" not in codes


def test_the_style_of_the_table_holds_for_columns_that_had_no_need_of_it() -> None:
    frame = pd.DataFrame({"x": ["1", "2", "3"] * 20, "z": ["1,5", "2,25", "0,5"] * 20, "y": np.arange(60.0)})
    _, reader, _ = learned(frame)
    block, findings = reader.read({"x": ["2,5", "1.000"], "z": ["0,989", "-1.234,5"]})
    assert block["x"].tolist() == [2.5, 1000.0]
    assert block["z"].tolist() == [0.989, -1234.5]
    assert findings == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.-", 12.0),
        ("1'234.–", 1234.0),
        ("1.5E+03", 1500.0),
        ("٣٫٥", 3.5),
        ("－７", -7.0),
        ("%12", 12.0),
        ("-$5", -5.0),
        ("$-5", -5.0),
        ("5 -", -5.0),
    ],
)
def test_odd_ways_of_writing(text: str, number: float) -> None:
    frame = pd.DataFrame({"x": [text, "1.25", "2.5"] * 20, "y": np.arange(60.0)})
    read, _, _ = learned(frame)
    assert read["x"].tolist()[:2] == [number, 1.25]


def test_a_value_that_can_only_be_of_the_other_style_is_read() -> None:
    frame = pd.DataFrame({"x": ["1,5", "2,25", "3.5", "kr 7,-"] * 15, "y": np.arange(60.0)})
    read, reader, _ = learned(frame)
    assert read["x"].tolist()[:4] == [1.5, 2.25, 3.5, 7.0]
    block, _ = reader.read({"x": ["12.5", "1.234", "0.1234"]})
    assert block["x"].tolist() == [12.5, 1234.0, 0.1234]


def test_a_wanted_sign_holds_where_nothing_is_a_number() -> None:
    found = ingest(
        FrameSource(pd.DataFrame({"x": ["a", "b"] * 9, "y": range(18)})),
        BuildSettings("f", "y", "x", decimal=","),
    )
    assert found.table.columns[0].kind is Kind.CATEGORY
