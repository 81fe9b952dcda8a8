"""The embedded engine: what it opens goes when it ends, sources live as long as their rows, and files are one file."""

from __future__ import annotations

import gc
import gzip
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from journeyman.engines import open_engine
from journeyman.engines.duckdb import DuckDBEngine, JsonLines
from journeyman.errors import SourceError
from journeyman.interfaces import Source
from journeyman.sources import FrameSource, open_source


def one(engine: DuckDBEngine, source: Source, setting: str) -> str:
    with engine.open(source) as relation:
        return str(relation.get_backend().con.execute(f"SELECT current_setting('{setting}')").fetchone()[0])


def test_it_takes_the_threads_and_the_memory_that_it_is_given() -> None:
    source = FrameSource(pd.DataFrame({"a": [1, 2]}))
    assert one(DuckDBEngine(), source, "threads") == "1", "sums of several threads differ from run to run"
    assert one(DuckDBEngine(threads=2), source, "threads") == "2"
    assert one(DuckDBEngine(memory="2GB"), source, "memory_limit") == "1.8 GiB"


def test_its_folder_goes_with_the_relation_also_after_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine, seen = open_engine(), []

    def fail() -> None:
        with engine.open(FrameSource(pd.DataFrame({"a": [1, 2]}))) as relation:
            engine.store(relation)
            seen.extend(tmp_path.iterdir())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(seen) == 1
    assert not list(tmp_path.iterdir())


def test_a_source_that_nobody_holds_lives_as_long_as_its_rows(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "t.csv.gz", "wt") as file:
        file.write("a,b\n1,x\n2,y\n")
    engine = open_engine()
    with engine.open(open_source(str(tmp_path / "t.csv.gz"), None)) as relation:
        gc.collect()
        assert engine.aggregate(relation.aggregate(n=relation.count())) == [{"n": 2}]


def test_kinds_of_json_keys(tmp_path: Path) -> None:
    lines = tmp_path / "t.jsonl"
    lines.write_text('{"i": 1, "x": 1.5, "b": true, "d": "2020-01-02", "m": 1, "n": {"a": 1}}\n{"m": "x"}\n')
    reader = JsonLines(lines, "t.jsonl")
    kinds = {"i": "int64", "x": "float64", "b": "bool", "d": "string", "m": "mixed", "n": "nested"}
    assert reader.kinds() == kinds
    assert not reader.holds_nested("m")
    [batch] = reader.batches({"m": "string", "i": "int64"})
    assert batch.to_pydict() == {"c0": ["1", "x"], "c1": [1, None]}


def test_a_line_that_is_no_record_is_told(tmp_path: Path) -> None:
    lines = tmp_path / "t.jsonl"
    lines.write_text('{"a": 1}\nnot json\n{"a": 2}\n')
    with pytest.raises(SourceError, match=r"t\.jsonl is no table of JSON lines: a record cannot be read in line 2 "):
        JsonLines(lines, "t.jsonl").kinds()
