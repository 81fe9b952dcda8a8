"""Tables in files: what is read, and what is refused with one clear line."""

from __future__ import annotations

import datetime as dt
import errno
import gc
import gzip
import os
import tempfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from journeyman.engines import open_engine
from journeyman.errors import SourceError
from journeyman.interfaces import Source
from journeyman.sources import open_source

PLAIN = 'name,size,note\nAda,1.50,\nBob,NA,"a, b\nc"\nEve, 3 ,""\n'


def write(path: Path, content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return str(path)


def rows(location: str) -> list[dict[str, object]]:
    return open_source(location, None).read(None, 0).to_dict("records")


def relation(location: str) -> pd.DataFrame:
    return as_relation(open_source(location, None))


def as_relation(source: Source) -> pd.DataFrame:
    """Return all rows as DuckDB reads them, whose columns go by place."""
    with open_engine().open(source) as relation:
        frame = relation.to_pandas()
    assert list(frame.columns) == [f"c{i}" for i in range(len(source.names))]
    return frame.set_axis(list(source.names), axis=1)


@pytest.mark.parametrize("name", ["t.csv", "t.txt", "t.csv.gz", "T.CSV"])
def test_texts_come_exactly_as_written(tmp_path: Path, name: str) -> None:
    location = write(tmp_path / name, PLAIN)
    assert rows(location) == [
        {"name": "Ada", "size": "1.50", "note": ""},
        {"name": "Bob", "size": "NA", "note": "a, b\nc"},
        {"name": "Eve", "size": " 3 ", "note": ""},
    ]
    assert open_source(location, None).rows() == 3
    assert relation(location).fillna("").to_dict("records") == rows(location)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    location = write(tmp_path / "t.csv", f"a{delimiter}b\n1,5{delimiter}x y\n" if delimiter != "," else "a,b\n15,x y\n")
    expected = "15" if delimiter == "," else "1,5"
    assert rows(location) == [{"a": expected, "b": "x y"}]
    assert relation(location).to_dict("records") == rows(location)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252"])
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_encodings(tmp_path: Path, encoding: str, name: str) -> None:
    text = "größe,café\nüber,naïve\nÄrger,é\n"
    location = write(tmp_path / name, text.encode(encoding))
    assert rows(location) == [{"größe": "über", "café": "naïve"}, {"größe": "Ärger", "café": "é"}]
    assert relation(location).to_dict("records") == rows(location)


@pytest.mark.slow
def test_a_late_character_decides_the_encoding(tmp_path: Path) -> None:
    text = "a,b\n" + "1,2\n" * 200_000 + "ü,3\n"
    for encoding in ("utf-8", "cp1252"):
        assert rows(write(tmp_path / "t.csv", text.encode(encoding)))[-1] == {"a": "ü", "b": "3"}


def test_columns_without_a_name_are_called_by_position(tmp_path: Path) -> None:
    assert rows(write(tmp_path / "t.csv", ",a, \n1,2,3\n")) == [{"Unnamed: 0": "1", "a": "2", "Unnamed: 2": "3"}]


def test_samples_are_drawn_in_order_and_repeat(tmp_path: Path) -> None:
    frame = pd.DataFrame({"i": np.arange(5000), "t": [f"x{i}" for i in range(5000)]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    drawn = {}
    for name in ("t.csv", "t.parquet", "t.jsonl"):
        source = open_source(str(tmp_path / name), None)
        one, two, other = source.read(500, 7), source.read(500, 7), source.read(500, 8)
        drawn[name] = one["i"].astype(int).tolist()
        assert one.equals(two)
        assert drawn[name] == sorted(set(drawn[name]))
        assert drawn[name] != other["i"].astype(int).tolist()
        assert source.rows() == 5000
        assert source.memory() > 5000 * 8
        assert len(source.read(9999, 0)) == 5000
    # All parts of the table are drawn from alike.
    assert abs(np.mean(drawn["t.csv"]) - 2500) < 300
    assert drawn["t.csv"] == drawn["t.parquet"] == drawn["t.jsonl"]


def test_digests_follow_the_content(tmp_path: Path) -> None:
    one = open_source(write(tmp_path / "a.csv", PLAIN), None).digest()
    assert one == open_source(write(tmp_path / "b.csv", PLAIN), None).digest()
    assert one != open_source(write(tmp_path / "c.csv", PLAIN + "x,y,z\n"), None).digest()


def test_parquet_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "day": pa.array([dt.date(2020, 1, 2), None]),
            "zoned": pa.array([dt.datetime(2020, 1, 2, 12), None], pa.timestamp("ns", "Europe/Berlin")),
            "price": pa.array([None, 2], pa.decimal128(10, 2)),
            "yes": pa.array([True, None]),
            "big": pa.array([2**60 + 1, None]),
            "color": pa.array(["red", None]).dictionary_encode(),
            "gone": pa.nulls(2),
            "took": pa.array([dt.timedelta(seconds=90), None]),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    frame = open_source(str(tmp_path / "t.parquet"), None).read(None, 0)
    assert frame["day"][0] == pd.Timestamp(2020, 1, 2)
    assert frame["zoned"][0] == pd.Timestamp(2020, 1, 2, 12)
    assert frame["price"][1] == 2.0
    assert frame["yes"][0] is np.True_ or frame["yes"][0] is True
    assert int(frame["big"][0]) == 2**60 + 1
    assert frame["color"].dtype == "category"
    assert frame["gone"].isna().all()
    assert frame["took"][0] == 90.0


def test_json_lines(tmp_path: Path) -> None:
    lines = (
        '{"a": 1, "b": "x", "c": true}\n{"a": 2.5, "b": "2020-01-02", "d": null}\n{"b": null, "a": null, "e": "7"}\n'
    )
    for name in ("t.jsonl", "t.ndjson", "t.jsonl.gz"):
        frame = open_source(write(tmp_path / name, lines), None).read(None, 0)
        assert frame["a"].tolist()[:2] == [1.0, 2.5]
        assert frame["b"].tolist()[:2] == ["x", "2020-01-02"]
        assert frame["e"].tolist()[2] == "7"
    days = open_source(write(tmp_path / "d.jsonl", '{"a": 1, "d": "2020-01-02"}\n{"a": 2, "d": "2020-01-03"}\n'), None)
    assert days.read(None, 0)["d"].tolist() == ["2020-01-02", "2020-01-03"]
    mixed = open_source(write(tmp_path / "m.jsonl", '{"a": 1, "b": 2}\n{"a": "x", "b": 3}\n'), None)
    assert mixed.read(None, 0)["a"].tolist() == ["1", "x"]
    assert as_relation(mixed)["a"].tolist() == ["1", "x"]


def test_workbooks(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in ([], ["n", "when", "mixed", None], [1, dt.datetime(2020, 1, 2), "a", 5], [2.5, None, 7, None]):
        sheet.append(row)
    book.create_sheet("other").append(["not this one"])
    book.save(tmp_path / "t.xlsx")
    source = open_source(str(tmp_path / "t.xlsx"), None)
    frame = source.read(None, 0)
    assert list(frame.columns) == ["n", "when", "mixed", "Unnamed: 3"]
    assert frame["n"].tolist() == [1.0, 2.5]
    assert frame["when"][0] == pd.Timestamp(2020, 1, 2)
    assert frame["mixed"].tolist() == ["a", "7"]
    with open_engine().open(source) as relation:
        assert relation.count().execute() == 2


def test_a_folder_is_one_table(tmp_path: Path) -> None:
    write(tmp_path / "2.csv", "b,a\n3,z\n")
    write(tmp_path / "1.csv", "a,b\nx,1\ny,2\n")
    write(tmp_path / ".hidden.csv", "q\n")
    source = open_source(str(tmp_path), None)
    assert source.rows() == 3
    assert source.read(None, 0).to_dict("list") == {"a": ["x", "y", "z"], "b": ["1", "2", "3"]}
    assert as_relation(source).to_dict("list") == source.read(None, 0).to_dict("list")
    assert len(source.read(2, 0)) == 2


def test_a_folder_of_parquet_that_disagrees_on_a_type(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2], "b": [1, 2]}).to_parquet(tmp_path / "1.parquet")
    pd.DataFrame({"a": [1.5], "b": ["x"]}).to_parquet(tmp_path / "2.parquet")
    source = open_source(str(tmp_path), None)
    assert source.read(None, 0).to_dict("list") == {"a": [1.0, 2.0, 1.5], "b": ["1", "2", "x"]}
    with open_engine().open(source) as relation:
        assert relation.count().execute() == 3


BAD = {
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b" \n\n", "is empty"),
    "twice.csv": (b"a,b,a\n1,2,3\n", "two columns named 'a'"),
    "ragged.csv": (b'a,b\n1,"x\ny"\n3,4\n5,6,7\n', "line 5 has 3 fields where the header has 2"),
    "short.csv": (b"a,b,c\n1,2,3\n4,5\n", "line 3 has 2 fields where the header has 3"),
    "broken.csv": (b"a,b\n1,\xff\x81\x8d\n", "broken or unknown encoding"),
    "binary.csv": (b"a,b\n\x00\x01\x02\x03,1\n", "no text|encoding"),
    "bad.csv.gz": (b"no gzip", "damaged gzip"),
    "empty.parquet": (b"", "is empty"),
    "bad.parquet": (b"PAR1 and then nothing", "truncated or no Parquet"),
    "empty.jsonl": (b"\n", "is empty"),
    "bad.jsonl": (b'{"a": 1, "b": 2}\n{"a": 1, \n', "no table of JSON lines"),
    "nested.jsonl": (b'{"a": 1, "b": {"c": 2}}\n{"a": 2, "b": {"c": 3}}\n', "column 'b' .*nested"),
    "list.jsonl": (b'{"a": 1, "b": [1, 2]}\n', "column 'b' .*nested"),
    "mixed.jsonl": (b'{"a": 1, "b": "x"}\n{"a": 2, "b": {"c": 3}}\n', "column 'b' .*nested"),
    "bad.xlsx": (b"no zip", "damaged or no .xlsx"),
    "table.pickle": (b"x", "unknown kind"),
    "table.feather": (b"x", "damaged or no .feather"),
    "noend": (b"a,b\n1,2\n", "unknown kind"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_get_one_clear_line(tmp_path: Path, name: str) -> None:
    content, words = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=words) as caught:
        open_source(str(tmp_path / name), None).read(None, 0)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_truncated_file(tmp_path: Path) -> None:
    pd.DataFrame({"a": range(1000), "b": range(1000)}).to_parquet(tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match="truncated"):
        open_source(str(tmp_path / "t.parquet"), None)
    packed = gzip.compress(os.urandom(50_000).hex().encode())
    (tmp_path / "t.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(SourceError, match="damaged gzip"):
        open_source(str(tmp_path / "t.csv.gz"), None)


def test_nested_parquet(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2], "tags": [[1], [2, 3]]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(SourceError, match=r"column 'tags' .*nested"):
        open_source(str(tmp_path / "t.parquet"), None)


def test_no_such_file_suggests_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "houses.csv", PLAIN)
    with pytest.raises(SourceError, match=r"no such file.*did you mean 'houses.csv'"):
        open_source(str(tmp_path / "house.csv"), None)
    with pytest.raises(SourceError, match="no folder"):
        open_source(str(tmp_path / "nowhere" / "house.csv"), None)


def test_folders_that_are_no_table(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no table in the folder"):
        open_source(str(tmp_path), None)
    write(tmp_path / "a.csv", "a,b\n1,2\n")
    write(tmp_path / "b.csv", "a,c\n1,2\n")
    with pytest.raises(SourceError, match="other columns"):
        open_source(str(tmp_path), None)
    write(tmp_path / "c.jsonl", "{}")
    with pytest.raises(SourceError, match="mixes kinds"):
        open_source(str(tmp_path), None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    location = write(tmp_path / "t.csv", PLAIN)
    (tmp_path / "t.csv").chmod(0)
    with pytest.raises(SourceError, match="no permission"):
        open_source(location, None)


def test_no_permission_is_told_whoever_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    location = write(tmp_path / "t.csv", PLAIN)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SourceError, match="no permission to read"):
        open_source(location, None)


def test_a_query_is_for_databases(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="takes no query"):
        open_source(write(tmp_path / "t.csv", PLAIN), "SELECT 1")


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("journeyman.sources.containers._copy", full)
    with pytest.raises(SourceError, match=r"no room on the disk for a copy of t\.csv\.gz"):
        open_source(write(tmp_path / "t.csv.gz", PLAIN), None)


def test_a_copy_goes_with_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    source = open_source(write(tmp_path / "t.csv.gz", PLAIN), None)
    assert source.rows() == 3
    assert len(list((tmp_path / "scratch").iterdir())) == 1
    del source
    gc.collect()
    assert list((tmp_path / "scratch").iterdir()) == []
