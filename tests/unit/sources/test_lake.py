"""A lake is listed whole, whatever lies in it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from journeyman.entities.lake import Listed
from journeyman.errors import SourceError
from journeyman.sources.lake import list_lake, read_listed


def test_broken_links_are_named_and_links_back_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("k,v\n1,2\n")
    (tmp_path / "gone.csv").symlink_to("nowhere.csv")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "back").symlink_to("..")
    (tmp_path / "other").symlink_to("sub")
    found = {one.name: one for one in list_lake(str(tmp_path))}
    assert sorted(found) == ["a", "gone"]
    with pytest.raises(SourceError, match=r"nowhere\.csv"):
        read_listed(found["gone"])


def test_what_cannot_be_read_is_named_and_the_rest_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("k,v\n1,2\n")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"k,v\n" + b"1,2\n" * 900)[:40])
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "shut").mkdir()
    own = Path.iterdir

    def guarded(folder: Path) -> Iterator[Path]:  # tests may run as root, to whom nothing is shut
        if folder.name == "shut":
            raise PermissionError(13, "Permission denied", str(folder))
        return own(folder)

    monkeypatch.setattr(Path, "iterdir", guarded)
    found = {one.name: one for one in list_lake(str(tmp_path))}
    assert sorted(found) == ["a", "b", "loop.csv", "shut"]
    assert len(read_listed(found["a"])) == 1
    for name in ("b", "loop.csv", "shut"):
        with pytest.raises(SourceError):
            read_listed(found[name])


def test_a_damaged_file_of_any_format_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NotImplementedError("lz4 of\nanother kind")

    monkeypatch.setattr("journeyman.sources.lake.open_source", fail)
    with pytest.raises(SourceError, match=r"^a cannot be read: lz4 of another kind"):
        read_listed(Listed("a", str(tmp_path / "a.parquet")))


def test_folders_of_parts_are_one_table(tmp_path: Path) -> None:
    for folder in ("days/day=1", "days/day=2", "spark"):
        (tmp_path / folder).mkdir(parents=True)
    for place in ("days/day=1/x.csv", "days/day=2/x.csv", "spark/part-00000.csv", "spark/part-00001.csv"):
        (tmp_path / place).write_text("k,v\n1,2\n3,4\n")
    (tmp_path / "spark" / "_SUCCESS").touch()
    found = {one.name: one for one in list_lake(str(tmp_path))}
    assert sorted(found) == ["days", "spark"]
    assert {name: len(read_listed(one)) for name, one in found.items()} == {"days": 4, "spark": 4}
    assert sorted(read_listed(found["days"]).columns) == ["day", "k", "v"]


@pytest.mark.parametrize(
    ("inside", "name"), [("metadata/v1.metadata.json", "Iceberg"), ("_delta_log/0.json", "Delta Lake")]
)
def test_files_of_table_formats_are_not_read_alone(tmp_path: Path, inside: str, name: str) -> None:
    (tmp_path / "t" / inside).parent.mkdir(parents=True)
    (tmp_path / "t" / inside).write_text("{}")
    (tmp_path / "t" / "removed.csv").write_text("k,v\n1,2\n")
    [found] = list_lake(str(tmp_path))
    with pytest.raises(SourceError, match=f"t is a table of {name}") as raised:
        read_listed(found)
    assert "Parquet" in raised.value.hint


def test_a_file_of_duckdb_is_a_lake(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "lake.duckdb") as database:
        database.execute("CREATE TABLE shops AS SELECT 'S' || i AS shop, i / 2 AS size FROM range(5) t(i)")
        database.execute("CREATE SCHEMA old")
        database.execute('CREATE VIEW old."big ones" AS SELECT * FROM shops WHERE size > 1')
        database.execute("CREATE TABLE nothing (a INTEGER)")
    found = {one.name: one for one in list_lake(str(tmp_path / "lake.duckdb"))}
    assert sorted(found) == ["nothing", "old.big ones", "shops"]
    assert len(read_listed(found["shops"])) == 5
    assert read_listed(found["old.big ones"])["size"].tolist() == [1.5, 2.0]
    with pytest.raises(SourceError, match="gives no rows"):
        read_listed(found["nothing"])
    (tmp_path / "lake.duckdb").write_bytes(b"12345678DUCK and no more")
    with pytest.raises(SourceError, match="cannot be read by DuckDB"):
        list_lake(str(tmp_path / "lake.duckdb"))
