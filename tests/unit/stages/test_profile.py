"""The profile gives the true figures, from memory and from a source, the same every time, within bounded memory."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from journeyman.engines import open_engine
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.split import Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.stages.profile import profile
from journeyman.stages.profile.relations import correlations


class TextSource:
    """Rows of text in memory, as a CSV would give them."""

    name = "texts"

    def __init__(self, frame):
        self.frame = frame
        self.names = tuple(frame.columns)

    def rows(self):
        return len(self.frame)

    def read(self, limit_rows, seed):
        return self.frame

    def relation(self, reader):
        return reader.arrow(pa.Table.from_pandas(self.frame, preserve_index=False))

    def digest(self):
        return "0"


def a_table(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.lognormal(size=n) + 1e6
    x[::10] = np.nan
    codes = rng.integers(-1, 3, n)
    y = (rng.random(n) < np.where(codes == 1, 0.9, 0.2)).astype(int)
    frame = pd.DataFrame(
        {
            "x": x,
            "k": rng.integers(0, 5, n).astype(float),
            "c": pd.Categorical.from_codes(codes, categories=["a", "b", "c"]),
            "t": np.array([f"w{i}" for i in rng.integers(0, 40, n)], dtype=object),
            "b": (rng.random(n) < 0.3).astype(float),
            "d": pd.to_datetime(rng.integers(0, 10**9, n), unit="s").astype("datetime64[us]"),
            "y": pd.Categorical.from_codes(y, categories=["no", "yes"]),
        }
    )
    columns = (
        Column("x", Kind.NUMBER),
        Column("k", Kind.INTEGER),
        Column("c", Kind.CATEGORY, categories=("a", "b", "c")),
        Column("t", Kind.TEXT),
        Column("b", Kind.BOOLEAN, categories=("off", "on")),
        Column("d", Kind.DATETIME),
        Column("y", Kind.CATEGORY, Role.TARGET, categories=("no", "yes")),
    )
    return Table("t", frame, columns, "0", n)


TASK = Task("y", "binary", "roc_auc", ("no", "yes"))


def split_of(n, holdout=0):
    rows = np.arange(n)
    return Split(Scheme.SHUFFLED, rows[: n - holdout], rows[n - holdout :], (), "")


def by_name(found):
    return {c.name: c for c in found.columns}


def test_figures_of_a_frame_are_those_of_numpy():
    table = a_table()
    found = profile(TextSource(table.frame), open_engine(), table, TASK, split_of(2000))
    x = table.frame["x"].dropna().to_numpy()
    own = by_name(found)
    assert found.rows == found.trained_rows == 2000
    assert (own["x"].missing, own["x"].distinct) == (200, len(np.unique(x)))
    assert own["x"].mean == pytest.approx(x.mean(), rel=1e-12)
    assert own["x"].std == pytest.approx(x.std(ddof=1), rel=1e-9)
    assert own["x"].skew == pytest.approx(((x - x.mean()) ** 3).mean() / x.std() ** 3, rel=1e-6)
    assert own["x"].quantiles == pytest.approx(np.quantile(x, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]))
    assert own["x"].bin_counts == tuple(np.histogram(x, 20)[0])
    assert len(own["k"].bin_counts) == 5
    counts = table.frame["c"].value_counts()
    assert dict(zip(own["c"].top_values, own["c"].top_counts, strict=True)) == counts.to_dict()
    assert own["t"].distinct == 40
    assert sum(own["b"].top_counts) == 2000
    assert own["b"].top_values[0] == "off"
    assert own["d"].mean == pytest.approx(table.frame["d"].astype("int64").mean() / 1e6)


@pytest.mark.parametrize("size", [1e300, 1e-310])
def test_numbers_whose_squares_are_none_have_figures(size):
    table = a_table()
    x = np.random.default_rng(1).normal(size=2000)
    table.frame["x"] = x * size
    own = by_name(profile(TextSource(table.frame), open_engine(), table, TASK, split_of(2000)))["x"]
    assert own.std == pytest.approx(x.std(ddof=1) * size, rel=1e-6)
    assert sum(own.bin_counts) == 2000


def test_numbers_as_far_apart_as_can_be_have_quantiles():
    table = a_table()
    table.frame["x"] = np.where(np.arange(2000) % 2, 1.7e308, -1.7e308)
    table.frame.loc[5, "x"] = 3.0
    own = by_name(profile(TextSource(table.frame), open_engine(), table, TASK, split_of(2000)))["x"]
    assert (own.minimum, own.maximum, own.distinct) == (-1.7e308, 1.7e308, 3)


def test_association_finds_the_telling_column_and_ignores_the_holdout():
    table = a_table()
    split = split_of(2000, holdout=500)
    own = by_name(profile(TextSource(table.frame), open_engine(), table, TASK, split))
    assert own["c"].association == max(c.association for c in own.values() if c.association is not None)
    assert own["c"].association > 0.1 > 0.03 > own["x"].association
    assert own["y"].association is None
    changed = table.frame.copy()
    changed.loc[1500:, "y"] = "yes"
    again = by_name(profile(TextSource(changed), open_engine(), replace(table, frame=changed), TASK, split))
    assert again["c"].association == own["c"].association


def test_two_profiles_agree_to_the_last_bit():
    table = a_table()
    first = profile(TextSource(table.frame), open_engine(), table, TASK, split_of(2000))
    assert profile(TextSource(table.frame), open_engine(), table, TASK, split_of(2000)) == first


def test_a_source_of_texts_is_read_by_the_columns_rules():
    raw = pd.DataFrame(
        {
            "price": ["$1,234.50", "?", " 7 ", "", "$2"],
            "size": ["1.000,5", "2,5", None, "3", "4"],
            "day": ["31/12/2020", "01/02/2021 ", "x", "30/02/2021", "05/06/2021"],
            "flag": ["Yes", "no", "YES", "-", "no"],
            "city": [" Rome", "Rome", "Bari", "?", "NA"],
        }
    )
    columns = (
        Column("price", Kind.NUMBER, unit="$", missing_markers=("?",)),
        Column("size", Kind.NUMBER, decimal=","),
        Column("day", Kind.DATETIME, date_formats=("%d/%m/%Y",)),
        Column("flag", Kind.BOOLEAN, categories=("no", "yes"), missing_markers=("-",)),
        Column("city", Kind.CATEGORY, Role.TARGET, categories=("Bari", "Rome"), missing_markers=("?", "NA")),
    )
    held = pd.DataFrame(
        {
            "price": [1234.5, 7.0],
            "size": [1000.5, np.nan],
            "day": pd.to_datetime(["2020-12-31", "2021-06-05"]).astype("datetime64[us]"),
            "flag": [1.0, 1.0],
            "city": pd.Categorical(["Rome", "Bari"], categories=["Bari", "Rome"]),
        }
    )
    table = Table("t", held, columns, "0", 5)
    task = Task("city", "binary", "roc_auc", ("Bari", "Rome"))
    found = profile(TextSource(raw), open_engine(), table, task, split_of(2))
    own = by_name(found)
    assert (found.rows, found.trained_rows) == (5, 2)
    assert (own["price"].missing, own["price"].maximum) == (2, 1234.5)
    assert own["price"].mean == pytest.approx((1234.5 + 7 + 2) / 3)
    assert (own["size"].missing, own["size"].maximum) == (1, 1000.5)
    assert own["day"].missing == 2
    assert own["day"].minimum == pd.Timestamp("2020-12-31").timestamp()
    assert (own["flag"].missing, own["flag"].mean) == (1, 0.5)
    assert own["city"].top_values == ("Rome", "Bari")
    assert own["city"].top_counts == (2, 1)


def test_names_that_differ_by_case_are_measured_apart():
    raw = pd.DataFrame({"Age": ["1", "2", "3"], "age": ["10", "20", "30"], "AGE": ["a", "b", "b"]})
    columns = (Column("Age", Kind.NUMBER), Column("age", Kind.NUMBER, Role.TARGET), Column("AGE", Kind.CATEGORY))
    held = pd.DataFrame({"Age": [1.0, 2.0], "age": [10.0, 20.0], "AGE": pd.Categorical(["a", "b"])})
    task = Task("age", "regression", "rmse")
    own = by_name(profile(TextSource(raw), open_engine(), Table("t", held, columns, "0", 3), task, split_of(2)))
    assert (own["Age"].mean, own["age"].mean) == (2.0, 20.0)
    assert own["AGE"].top_values == ("b", "a")


def test_memory_and_source_give_the_same_figures():
    whole = a_table()
    held = replace(whole, frame=whole.frame.iloc[:1000].reset_index(drop=True), source_rows=2000)
    typed = whole.frame.assign(c=whole.frame["c"].astype(object), y=whole.frame["y"].astype(object))
    columns = tuple(replace(c, native=True) for c in whole.columns)
    from_source = by_name(
        profile(TextSource(typed), open_engine(), replace(held, columns=columns), TASK, split_of(1000))
    )
    from_memory = by_name(profile(TextSource(typed), open_engine(), whole, TASK, split_of(2000)))
    for name, own in from_memory.items():
        other = from_source[name]
        assert other.missing == own.missing
        assert other.distinct == pytest.approx(own.distinct, rel=0.2)
        assert other.bin_counts == own.bin_counts
        assert (other.top_values, other.top_counts) == (own.top_values, own.top_counts)
        if own.mean is not None:
            assert other.mean == pytest.approx(own.mean, rel=1e-9)
            assert other.skew == pytest.approx(own.skew, rel=1e-6, abs=1e-9)
            assert other.quantiles == pytest.approx(own.quantiles, rel=0.05)


def test_date_formats_with_names_of_months_and_hours():
    raw = pd.DataFrame({"day": ["3 March 2021 14:05", "17 Dec 1999 00:00", "40 Dec 1999 00:00"], "y": ["1", "2", "3"]})
    columns = (
        Column("day", Kind.DATETIME, date_formats=("%d %B %Y %H:%M", "%d %b %Y %H:%M")),
        Column("y", Kind.NUMBER, Role.TARGET),
    )
    held = pd.DataFrame({"day": pd.to_datetime(["2021-03-03", None]).astype("datetime64[us]"), "y": [1.0, 2.0]})
    found = profile(
        TextSource(raw),
        open_engine(),
        Table("t", held, columns, "0", 3),
        Task("y", "regression", "rmse"),
        split_of(2),
    )
    own = by_name(found)["day"]
    assert own.missing == 1
    assert own.maximum == pd.Timestamp("2021-03-03 14:05").timestamp()
    assert own.minimum == pd.Timestamp("1999-12-17").timestamp()


def test_correlations_are_pairwise_complete_and_strongest_first():
    rng = np.random.default_rng(0)
    a = rng.normal(size=300)
    frame = pd.DataFrame({"a": a, "b": -a + rng.normal(size=300) * 0.1, "c": a + rng.normal(size=300), "k": 1.0})
    frame.loc[::3, "a"] = np.nan
    table = Table("t", frame, tuple(Column(n, Kind.NUMBER) for n in frame), "0", 300)
    found = correlations(table, np.arange(300))
    assert sorted(p[:2] for p in found) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [abs(p[2]) for p in found] == sorted((abs(p[2]) for p in found), reverse=True)
    for first, second, r in found:
        assert r == pytest.approx(frame[first].corr(frame[second]), abs=1e-9)


LARGE = Path(__file__).parents[3] / "benchmarks" / "large.py"


def profiled(rows):
    """Return what the benchmark says of a table of so many rows, in a process of its own."""
    done = subprocess.run([sys.executable, str(LARGE), "--rows", str(rows)], check=True, capture_output=True, text=True)
    said = json.loads(done.stdout.strip().splitlines()[-1])
    print(said)
    assert said["rows"] == said["bins"] == said["top"] == rows
    assert said["missing"] == rows // 4
    assert said["mean"] == pytest.approx(1.0, abs=0.003)
    assert said["median"] == pytest.approx(1.0, abs=0.02)
    return said


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see a peak")
def test_four_times_the_rows_are_profiled_within_the_same_memory():
    """The time grows with the rows and the memory does not; held whole, 1.5 million rows more would be 230 MB more."""
    few, many = profiled(500_000), profiled(2_000_000)
    assert many["distinct"] == pytest.approx(10_000_000 * (1 - np.exp(-0.2)), rel=0.15)
    assert many["peak_mb"] < few["peak_mb"] + 100
