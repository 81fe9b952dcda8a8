"""Rows are looked up alike in a table and alone, with keys that are written in many ways, and never from later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.lake import Join, JoinKey, KeyForm, Listed, LookupFile
from journeyman.errors import SchemaError
from journeyman.joiners.aggregate import AggregateJoiner
from journeyman.joiners.as_of import AsOfJoiner
from journeyman.joiners.exact import ExactJoiner
from journeyman.joiners.interval import IntervalJoiner
from journeyman.joiners.joined_source import JoinedSource
from journeyman.joiners.keys import ABSENT, key_texts, row_keys
from journeyman.joiners.lookups import Lookup, fetch_all, opened_lookups, written_table
from journeyman.sources import FrameSource
from journeyman.sources.parsing import infer_column

AT = Listed("prices", "prices.csv")
SKU = Column("sku", Kind.CATEGORY)


def column(frame: pd.DataFrame, name: str) -> Column:
    return infer_column(name, frame[name])


def test_values_that_mean_the_same_are_one_key() -> None:
    written = pd.Series(["SKU 007", "sku-7", " Sku_07 ", "sku 70", None, "n/a"])
    texts = key_texts(written, Column("sku", Kind.CATEGORY, missing_markers=("n/a",)), KeyForm.FOLDED)
    assert texts.tolist() == ["sku7", "sku7", "sku7", "sku70", ABSENT, ABSENT]


def test_numbers_and_their_texts_are_one_key() -> None:
    column = Column("id", Kind.INTEGER)
    whole = [
        key_texts(pd.Series(values), column, KeyForm.EXACT).tolist() for values in ([7, 8], [7.0, 8.0], ["7", "8.0"])
    ]
    assert whole == [["7", "8"]] * 3
    assert key_texts(pd.Series(["007"]), column, KeyForm.EXACT).tolist() == ["007"]


def test_days_meet_however_they_are_written() -> None:
    one = pd.DataFrame({"d": ["2024-03-01", "2024-12-31"]})
    other = pd.DataFrame({"d": ["01.03.2024", "31.12.2024"]})
    key = JoinKey(column(one, "d"), column(other, "d"), KeyForm.MOMENT)
    assert row_keys(one, [key], is_base=True).tolist() == row_keys(other, [key], is_base=False).tolist()


def test_parts_of_a_key_do_not_run_into_each_other() -> None:
    frame = pd.DataFrame({"a": ["1", "11"], "b": ["12", "2"]})
    keys = [JoinKey(Column(n, Kind.CATEGORY), Column(n, Kind.CATEGORY)) for n in "ab"]
    assert len(set(row_keys(frame, keys, is_base=True))) == 2


def test_as_of_takes_the_latest_row_strictly_before() -> None:
    prices = pd.DataFrame(
        {"sku": ["a", "a", "a", "b"], "day": ["2024-01-01", "2024-01-10", "2024-01-10", "2024-06-01"]}
    )
    prices["price"] = ["1", "2", "3", "9"]
    orders = pd.DataFrame(
        {"sku": ["a"] * 4 + ["b"], "day": ["2024-01-01", "2024-01-02", "2024-01-10", "2024-01-11", "2024-02-01"]}
    )
    keys = (JoinKey(SKU, column(prices, "sku")),)
    join = Join(
        "prices", AT, "as_of", keys, (column(prices, "price"),), column(orders, "day"), (column(prices, "day"),)
    )
    lookup = Lookup(join, AsOfJoiner().prepare(join, prices))
    told = fetch_all(orders, [lookup])["prices.price"]
    assert told.fillna("").tolist() == ["", "1", "1", "3", ""]


def test_running_statistics_count_rows_of_one_moment_together_and_none_of_later() -> None:
    visits = pd.DataFrame({"sku": ["a"] * 4, "day": ["2024-01-01", "2024-01-05", "2024-01-05", "2024-02-01"]})
    visits["spent"] = [1.0, 2.0, 6.0, 100.0]
    orders = pd.DataFrame({"sku": ["a"] * 3, "day": ["2024-01-01", "2024-01-05", "2024-01-06"]})
    keys = (JoinKey(SKU, column(visits, "sku")),)
    join = Join("v", AT, "aggregate", keys, (column(visits, "spent"),), column(orders, "day"), (column(visits, "day"),))
    told = fetch_all(orders, [Lookup(join, AggregateJoiner().prepare(join, visits))])
    assert told["v.rows"].fillna(0).tolist() == [0, 1, 3]
    assert told["v.spent.mean"].tolist()[1:] == [1.0, 3.0]
    assert told["v.spent.max"].tolist()[1:] == [1.0, 6.0]


def test_an_interval_holds_from_its_beginning_to_its_end() -> None:
    rates = pd.DataFrame(
        {"sku": ["a", "a"], "valid_from": ["2024-01-01", "2024-02-01"], "valid_to": ["2024-01-10", None]}
    )
    rates["rate"] = ["5", "7"]
    orders = pd.DataFrame(
        {"sku": ["a"] * 5, "day": ["2023-12-31", "2024-01-01", "2024-01-10", "2024-02-01", "2030-01-01"]}
    )
    begin, end = column(rates, "valid_from"), Column("valid_to", Kind.DATETIME, date_formats=("%Y-%m-%d",))
    keys = (JoinKey(SKU, column(rates, "sku")),)
    join = Join("rates", AT, "interval", keys, (column(rates, "rate"),), column(orders, "day"), (begin,), end)
    told = fetch_all(orders, [Lookup(join, IntervalJoiner().prepare(join, rates))])["rates.rate"]
    assert told.fillna("").tolist() == ["", "5", "", "7", "7"]


def exact(frame: pd.DataFrame) -> Lookup:
    join = Join("sizes", AT, "exact", (JoinKey(SKU, column(frame, "sku")),), (column(frame, "size"),))
    return Lookup(join, ExactJoiner().prepare(join, frame))


def test_noise_has_the_same_values_and_the_same_shape() -> None:
    sizes = pd.DataFrame({"sku": [f"s{k}" for k in range(30)], "size": [str(k) for k in range(30)]})
    base = pd.DataFrame({"sku": [f"s{k % 40}" for k in range(400)]})
    lookup = exact(sizes)
    real, noise = lookup.partners(base), lookup.shuffled_partners(base, np.random.default_rng(0))
    assert (real < 0).mean() == (noise < 0).mean()
    assert (real != noise).mean() > 0.8
    assert pd.DataFrame({"key": base["sku"], "met": noise}).groupby("key")["met"].nunique().max() == 1  # one row a key


def test_a_lacking_key_is_named() -> None:
    with pytest.raises(SchemaError, match="no column 'sku', by which sizes is joined"):
        exact(pd.DataFrame({"sku": ["a", "b"], "size": ["1", "2"]})).partners(pd.DataFrame({"x": [1]}))


def test_a_table_that_is_joined_reads_as_any_source_and_in_parts_as_whole() -> None:
    lookup = exact(pd.DataFrame({"sku": ["a", "b"], "size": ["1", None]}))
    files = [LookupFile(lookup.join, written_table(lookup.table))]
    base = FrameSource(pd.DataFrame({"sku": ["b", "a", None, "x"], "y": [1, 2, 3, 4]}))
    joined = JoinedSource(base, files)
    assert joined.names == ("sku", "y", "sizes.size")
    assert joined.rows() == 4
    whole = joined.read(None, 0)
    assert [None if v != v or v is None else v for v in whole["sizes.size"].tolist()] == [None, "1", None, None]
    assert sum(batch.num_rows for batch in joined.batches()) == 4
    assert joined.digest() != base.digest()
    assert [o.join for o in opened_lookups(files)] == [lookup.join]
