"""From a source to a table: decisions told, bad input refused with one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Kind, Role
from journeyman.entities.finding import Severity
from journeyman.entities.ingested import Ingested
from journeyman.entities.table import to_block
from journeyman.errors import SettingsError, SourceError, TargetError
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource, open_source
from journeyman.sources.parsing import RowReader
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
SETTINGS = BuildSettings(source="<frame>", target="y", name="m")
TABULAR = {
    e["name"]: e
    for e in (json.loads((SHARED / "index.json").read_text()) if (SHARED / "index.json").is_file() else [])
    if e["task_group"] == "tabular"
}


def taken(frame: pd.DataFrame, settings: BuildSettings = SETTINGS) -> Ingested:
    return ingest(FrameSource(frame), settings)


def from_text(folder: Path, text: str, settings: BuildSettings = SETTINGS) -> Ingested:
    (folder / "t.csv").write_text(text)
    return ingest(open_source(str(folder / "t.csv"), None), settings)


def codes(ingested: Ingested) -> set[str]:
    return {f.code for f in ingested.findings}


def test_a_table_in_canonical_form(tmp_path: Path) -> None:
    text = "when,size,price,y\n" + "2020-01-02,low,$1,yes\n2020-01-03,high,$2.5,no\n,medium,?,yes\n" * 20
    table = from_text(tmp_path, text.replace("\n\n", "\n")).table
    frame = table.frame
    assert [c.kind for c in table.columns] == [Kind.DATETIME, Kind.ORDERED, Kind.NUMBER, Kind.BOOLEAN]
    assert table.column("y").role is Role.TARGET
    assert frame["when"].dtype == "datetime64[us]"
    assert frame["size"].cat.categories.tolist() == ["low", "medium", "high"]
    assert frame["price"].dtype == frame["y"].dtype == np.float64
    assert isinstance(frame.index, pd.RangeIndex)
    assert (table.name, table.source_rows, table.sampled) == ("t.csv", len(frame), False)
    assert table.digest == open_source(str(tmp_path / "t.csv"), None).digest()


def test_columns_that_share_a_decision_share_a_finding() -> None:
    frame = pd.DataFrame({"a": ["x", "z", "?"] * 9, "b": ["?", "q", "r"] * 9, "y": [0, 1, 1] * 9})
    found = [f for f in taken(frame).findings if f.code == "DQ002"]
    assert [f.subject for f in found] == [("a", "b")]
    assert found[0].evidence["values"] == 18
    assert found[0].severity is Severity.NOTE
    assert found[0].hint


def test_the_settings_overrule() -> None:
    frame = pd.DataFrame(
        {"a": [1, 2, 3] * 9, "g": [1, 1, 2] * 9, "t": range(27), "x": ["u", "v", "?"] * 9, "y": [0, 1, 1] * 9}
    )
    settings = replace(SETTINGS, kinds={"a": "category"}, roles={"x": "ignored"}, time="t", group="g", missing=("v",))
    table = taken(frame, settings).table
    assert (table.column("a").kind, table.column("a").categories) == (Kind.CATEGORY, ("1", "2", "3"))
    assert [table.column(n).role for n in "xtg"] == [Role.IGNORED, Role.TIME, Role.GROUP]
    assert table.frame["x"].notna().sum() == 9


def test_accepted_sentinels_stay() -> None:
    frame = pd.DataFrame({"a": [1.5, 2.5, -999.0] * 9, "y": [0, 1, 1] * 9})
    assert taken(frame).table.frame["a"].isna().sum() == 9
    assert "DQ004" in codes(taken(frame))
    for accepted in ("DQ004", "DQ004:a"):
        kept = taken(frame, replace(SETTINGS, accept=(accepted,)))
        assert kept.table.frame["a"].isna().sum() == 0
        assert "DQ004" not in codes(kept)


def test_a_source_larger_than_memory_is_sampled_and_that_is_told(tmp_path: Path, monkeypatch) -> None:
    pd.DataFrame({"i": np.arange(20_000), "x": np.arange(20_000) / 7, "y": np.arange(20_000) % 2}).to_csv(
        tmp_path / "t.csv", index=False
    )
    source = open_source(str(tmp_path / "t.csv"), None)
    monkeypatch.setattr(BuildSettings, "table_memory", source.memory() // 4)
    ingested = ingest(source, SETTINGS)
    table = ingested.table
    assert 4000 < len(table.frame) < 6000
    assert (table.source_rows, table.sampled) == (20_000, True)
    assert table.frame["x"].is_monotonic_increasing
    assert codes(ingested) >= {"DQ001"}
    pd.testing.assert_frame_equal(table.frame, ingest(source, SETTINGS).table.frame)


def test_a_second_header_line_is_left_out(tmp_path: Path) -> None:
    body = "".join(f"{i},{i % 3},a{i % 2},{'yes' if i % 2 else 'no'}\n" for i in range(30))
    text = "id,Rank the films,,\n,Film one,Film two,Answer\n" + body
    settings = replace(SETTINGS, target="Unnamed: 3")
    ingested = from_text(tmp_path, text, settings)
    assert len(ingested.table.frame) == 30
    assert ingested.table.column("Rank the films").kind is Kind.INTEGER
    assert "DQ018" in codes(ingested)
    assert len(from_text(tmp_path, text, replace(settings, accept=("DQ018",))).table.frame) == 31


def test_a_header_of_numbers_is_told(tmp_path: Path) -> None:
    settings = replace(SETTINGS, target="1")
    assert "DQ018" in codes(from_text(tmp_path, "5.1,3.5,1\n" + "4.9,3.0,0\n4.7,3.2,1\n" * 5, settings))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,y\n", "has a header but no rows"),
        ("a,y\n1,2\n", "only one row"),
        ("a,y,a\n1,2,3\n2,3,4\n", "two columns named 'a'"),
        ("y\n1\n2\n", "only one column"),
        ("a,y\n1,2\n3,4,5\n", "line 3 has 3 fields"),
    ],
)
def test_too_little_or_too_much(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        from_text(tmp_path, text)


def test_nested_objects_name_the_column() -> None:
    frame = pd.DataFrame({"a": [[1], [2], [3]], "y": [0, 1, 1]})
    with pytest.raises(SourceError, match=r"column 'a' of .*nested"):
        taken(frame)


def test_names_that_do_not_exist_get_the_nearest() -> None:
    frame = pd.DataFrame({"Price": [1, 2, 3], "size": [1, 2, 3]})
    with pytest.raises(TargetError, match=r"no column 'pirce'.*did you mean 'Price'"):
        taken(frame, replace(SETTINGS, target="pirce"))
    for change in (
        {"kinds": {"siez": "category"}},
        {"roles": {"siez": "ignored"}},
        {"time": "siez"},
        {"group": "siez"},
    ):
        with pytest.raises(SettingsError, match=r"'siez'.*did you mean 'size'"):
            taken(frame, replace(SETTINGS, target="Price", **change))  # type: ignore[arg-type]  # the parametrised field
    with pytest.raises(SettingsError, match="no kind 'categorical'"):
        taken(frame, replace(SETTINGS, target="Price", kinds={"size": "categorical"}))
    with pytest.raises(SettingsError, match="no role 'drop'"):
        taken(frame, replace(SETTINGS, target="Price", roles={"size": "drop"}))
    with pytest.raises(SettingsError, match="cannot be the time column"):
        taken(frame, replace(SETTINGS, target="Price", time="Price"))


def test_threads_change_nothing() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"x{i}": rng.normal(size=50) for i in range(9)} | {"y": rng.integers(0, 2, 50)})
    one, four = (taken(frame, replace(SETTINGS, threads=n)) for n in (1, 4))
    assert one.findings == four.findings
    assert one.table.columns == four.table.columns
    pd.testing.assert_frame_equal(one.table.frame, four.table.frame)


@pytest.mark.skipif(not TABULAR, reason="the shared collection of real tables is not here")
@pytest.mark.parametrize("name", sorted(TABULAR))
@pytest.mark.slow
def test_real_tables(name: str) -> None:
    entry = TABULAR[name]
    settings = BuildSettings(source=str(SHARED / entry["file"]), target=entry["target"], name=name)
    source = open_source(settings.source, None)
    table = ingest(source, settings).table
    task = frame_task(table, settings)
    assert task.kind == entry["subtask"]
    assert table.frame.shape == (entry["rows"], entry["columns"])
    # What was learned from all rows reads the first of them alike, as a service gets them.
    raw = source.read(None, 0).head(50)
    served, findings = RowReader(table.columns).read({n: raw[n].tolist() for n in raw.columns})
    block = to_block(table.frame.head(50), table.columns)
    assert not findings
    for column in table.columns:
        np.testing.assert_array_equal(served[column.name], block[column.name])


def real(name: str) -> Ingested:
    if name not in TABULAR:
        pytest.skip("the shared collection of real tables is not here")
    entry = TABULAR[name]
    settings = BuildSettings(source=str(SHARED / entry["file"]), target=entry["target"], name=name)
    return ingest(open_source(settings.source, None), settings)


def test_traps_of_real_tables() -> None:
    autos = real("auto-imports")
    assert autos.table.frame["normalized-losses"].isna().sum() == 37
    assert "DQ002" in codes(autos)
    mammography = real("mammography").table
    assert sorted(mammography.frame["class"].unique()) == [-1.0, 1.0]
    telco = real("telco-churn").table
    assert telco.column("TotalCharges").kind is Kind.NUMBER
    assert telco.column("customerID").kind is Kind.IDENTIFIER
    marvel = real("marvel-align").table.frame
    first = marvel["FIRST APPEARANCE"]
    assert (first.dt.year == marvel["Year"])[first.notna() & marvel["Year"].notna()].mean() > 0.99
    for name, column in {"titanic": "PassengerId", "ames-house-prices": "Id"}.items():
        assert real(name).table.column(column).kind is Kind.IDENTIFIER
