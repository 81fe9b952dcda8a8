"""Every built-in kind of source through the public checks, and broken ones beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from journeyman import plugins
from journeyman.arrow import pa
from journeyman.errors import SettingsError, SourceError
from journeyman.interfaces import Relation, Source, TableReader
from journeyman.sources import FrameSource, open_source
from journeyman.testing.source_checks import check_source


def table(last: float = 3.25) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=40).round(3),
            "rooms": rng.integers(1, 9, 40),
            "city": ["Oslo", None, "Ålesund", "Bergen, by the sea"] * 10,
            "sold": pd.date_range("2024-01-01", periods=40, freq="D").astype("datetime64[us]"),
        }
    )
    frame.loc[3, "size"] = np.nan
    frame.loc[39, "size"] = last
    return frame


def write(path: Path, frame: pd.DataFrame) -> str:
    """Write a table in the format that a name's ending says, and return what is to be opened."""
    kind = path.suffix
    if kind == ".db":
        engine = sa.create_engine(f"sqlite:///{path}")
        frame.to_sql("t", engine, index=False, if_exists="replace")
        engine.dispose()
        return f"sqlite:///{path}"
    if kind == ".folder":
        path.mkdir(exist_ok=True)
        frame.head(15).to_csv(path / "part-0.csv", index=False)
        frame.tail(25).to_csv(path / "part-1.csv", index=False)
    elif kind in (".csv", ".gz"):
        frame.to_csv(path, index=False)
    elif kind == ".jsonl":
        frame.assign(sold=frame["sold"].astype(str)).to_json(path, orient="records", lines=True)
    else:
        writers = {".parquet": frame.to_parquet, ".feather": frame.to_feather, ".orc": frame.to_orc}
        writers.get(kind, lambda p: frame.to_excel(p, index=False))(path)
    return str(path)


@pytest.mark.parametrize(
    "name", ["t.csv", "t.csv.gz", "t.jsonl", "t.parquet", "t.feather", "t.orc", "t.xlsx", "t.db", "t.folder"]
)
def test_built_in(name: str, tmp_path: Path) -> None:
    query = "SELECT * FROM t" if name == "t.db" else None
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    places = write(one / name, table()), write(other / name, table(3.5))
    check_source(lambda: open_source(places[0], query), lambda: open_source(places[1], query))


def test_frames() -> None:
    check_source(lambda: FrameSource(table()), lambda: FrameSource(table(3.5)))


class Broken(FrameSource):
    """A frame without a fault, or with the one that it is told."""

    def __init__(self, fault: str, last: float = 3.25) -> None:
        super().__init__(table(last), "a frame")
        self.fault = fault
        if fault == "names":
            self.names = self.names[::-1]
        if fault == "style":
            self.style = None  # type: ignore[assignment]  # the fault

    def rows(self) -> int:
        return super().rows() + (self.fault == "rows")

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        frame = super().read(limit_rows, seed)
        if limit_rows and self.fault == "first":
            return table().head(limit_rows)
        return frame.iloc[::-1].reset_index(drop=True) if limit_rows and self.fault == "order" else frame

    def batches(self) -> Iterator[pa.RecordBatch]:
        batches = super().batches()
        return (batch.slice(1) for batch in batches) if self.fault == "batches" else batches

    def relation(self, reader: TableReader) -> Relation:
        relation = super().relation(reader)
        if self.fault == "relation":
            return relation.mutate(c0=relation["c0"] * 2)
        return relation.rename(size="c0") if self.fault == "places" else relation

    def digest(self) -> str:
        return "0" * 64 if self.fault == "digest" else "now" if self.fault == "hex" else super().digest()


def broken(fault: str) -> tuple[Callable[[], Source], Callable[[], Source]]:
    return lambda: Broken(fault), lambda: Broken(fault, 3.5)


def test_a_source_without_a_fault() -> None:
    check_source(*broken(""))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("style", "says what it is: its style"),
        ("names", "reads all rows: it reads other columns"),
        ("rows", "reads all rows: it reads 40 rows and counts 41"),
        ("batches", "gives the same rows in batches: batches hold something else"),
        ("places", "gives the same rows as a relation: the columns"),
        ("relation", "gives the same rows as a relation: its relation holds other values of 'size'"),
        ("order", "draws a sample: a sample has other rows, or not in their order"),
        ("first", "draws a sample: any seed draws the same rows"),
        ("hex", "knows its content again: its digest 'now' is not written in hex"),
        ("digest", "knows its content again: its digest stays"),
    ],
)
def test_a_fault_is_told(fault: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_source(*broken(fault))


def opened_by_package(location: str) -> FrameSource:
    if location.endswith("gone"):
        raise SourceError("there is no such table", hint="name another")
    if location.endswith("odd"):
        raise ValueError("two\nlines")
    return FrameSource(table(), location)


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package offers an ending of its own and a built-in one, and schemes of its own and one that is refused."""
    points = [
        EntryPoint(name, f"{value}:opened", "journeyman.sources")
        for name, value in ((".odt", "a"), (".csv", "a"), ("s3", "a"), ("made", "a"), ("both", "a"), ("both", "b"))
    ]
    monkeypatch.setattr(EntryPoint, "load", lambda _: opened_by_package)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [p for p in points if p.group == group])


@pytest.mark.usefixtures("package")
def test_a_package_reads_an_ending_and_schemes(tmp_path: Path) -> None:
    (tmp_path / "t.ODT").write_text("anything")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    assert open_source(str(tmp_path / "t.ODT"), None).rows() == 40
    assert open_source(str(tmp_path / "t.csv"), None).names == ("a", "b"), "what is read without a package stays so"
    assert [open_source(f"{scheme}://t", None).rows() for scheme in ("s3", "made", "MADE")] == [40, 40, 40]
    with pytest.raises(SourceError, match="there is no such table"):
        open_source("made://gone", None)
    with pytest.raises(SettingsError, match=r"the part 'made' of journeyman.sources cannot be used: ValueError: two l"):
        open_source("made://odd", None)
    with pytest.raises(SettingsError, match="two packages offer the part 'both'"):
        open_source("both://t", None)
    with pytest.raises(SourceError, match="no database, so it takes no query"):
        open_source("made://t", "SELECT 1")
    with pytest.raises(SourceError, match="no such file"):
        open_source(str(tmp_path / "u.odt"), None)


def test_rows_of_a_query_outlive_the_hand_that_opened_it(tmp_path: Path) -> None:
    place = write(tmp_path / "t.db", table())
    batches = open_source(place, "SELECT * FROM t").batches()
    assert sum(batch.num_rows for batch in batches) == 40
