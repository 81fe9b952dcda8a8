"""Frames of all kinds."""

from __future__ import annotations

import datetime as dt

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from journeyman.engines import open_engine
from journeyman.errors import SourceError
from journeyman.sources import FrameSource

DATA = {
    "n": [1.5, None, 3.0],
    "t": ["a", None, "c"],
    "b": [True, False, None],
    "d": [dt.datetime(2020, 1, 2, 3, 4, 5), None, dt.datetime(2021, 1, 1)],
}


def duck() -> object:
    table = pa.table(DATA)
    return duckdb.connect().from_arrow(table)


@pytest.mark.parametrize(
    "frame",
    [pa.table(DATA), pl.DataFrame(DATA), pl.DataFrame(DATA).lazy(), duck(), pa.table(DATA).to_pandas()],
    ids=["arrow", "polars", "lazy", "duckdb", "pandas"],
)
def test_frames(frame: object) -> None:
    source = FrameSource(frame)
    read = source.read(None, 0)
    assert source.name == "<frame>"
    assert source.rows() == len(read) == 3
    assert read["n"].fillna(-1).tolist() == [1.5, -1.0, 3.0]
    assert [None if pd.isna(v) else v for v in read["t"]] == ["a", None, "c"]
    assert [None if pd.isna(v) else bool(v) for v in read["b"]] == [True, False, None]
    assert read["d"][0] == pd.Timestamp(2020, 1, 2, 3, 4, 5)
    with open_engine().open(source) as relation:
        assert relation.count().execute() == 3
    assert len(source.read(2, 0)) == 2


def test_an_index_is_no_column_and_the_frame_stays_as_it_was() -> None:
    frame = pd.DataFrame({"a": [1, 2], 3: ["x", "y"]}, index=[7, 9])
    source = FrameSource(frame)
    assert list(source.read(None, 0).columns) == ["a", "3"]
    assert list(source.read(None, 0).index) == [0, 1]
    assert list(frame.index) == [7, 9]
    assert list(frame.columns) == ["a", 3]


def test_the_digest_follows_values_names_and_order() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", 3]})
    digest = FrameSource(frame).digest()
    assert digest == FrameSource(frame.copy()).digest()
    assert digest == FrameSource(frame.set_axis([5, 6])).digest()
    assert digest != FrameSource(frame[::-1]).digest()
    assert digest != FrameSource(frame.rename(columns={"a": "c"})).digest()
    assert digest != FrameSource(frame.assign(b=["x", 4])).digest()


def test_mixed_objects_are_text_to_the_database() -> None:
    source = FrameSource(pd.DataFrame({"a": [1, 2, 3], "m": ["x", 2.0, None]}))
    with open_engine().open(source) as relation:
        assert relation.to_pandas()["c1"].fillna("").tolist() == ["x", "2", ""]


def test_periods_are_dates_and_intervals_are_texts() -> None:
    periods = pd.Series(pd.period_range("2000-01", periods=3, freq="M"))
    cuts = pd.cut(pd.Series([1.0, None, 9.0]), [0, 5, 10])
    frame = pd.DataFrame({7: periods, "p": periods.astype("category"), "c": cuts, "i": cuts.astype("interval")})
    source = FrameSource(frame)
    read = source.read(None, 0)
    assert read["7"].tolist() == read["p"].tolist() == list(pd.date_range("2000-01-01", periods=3, freq="MS"))
    assert read["c"].fillna("").tolist() == ["(0, 5]", "", "(5, 10]"]
    assert read["i"].fillna("").tolist() == ["(0.0, 5.0]", "", "(5.0, 10.0]"]
    with open_engine().open(source) as relation:
        assert relation.count().execute() == 3
    assert isinstance(frame[7].dtype, pd.PeriodDtype), "the caller's frame stays as it was"


def test_half_a_character_is_told() -> None:
    source = FrameSource(pd.DataFrame({"a": [1, 2], "b": pd.Series(["x", "\ud800"], dtype=object)}))
    with pytest.raises(SourceError, match="column 'b' holds half a character"):
        source.memory()


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("text", "no table"),
        (pd.DataFrame(index=[0]), "no columns"),
        (pd.DataFrame(), "no columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns named 'a'"),
        (pa.table({"a": [1], "b": [[1, 2]]}), "column 'b' .*nested"),
        (pl.DataFrame({"a": [1], "b": [{"c": 1}]}), "column 'b' .*nested"),
    ],
)
def test_what_is_refused(frame: object, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        FrameSource(frame)
