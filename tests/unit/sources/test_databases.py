"""Queries of SQLite and of a real PostgreSQL server."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from journeyman.engines import open_engine
from journeyman.errors import SourceError
from journeyman.sources import open_source, redacted


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (i INTEGER, x REAL, name TEXT, mixed)")
        rows = [(i, i / 4, f"n{i}", i if i % 2 else f"m{i}") for i in range(120)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return f"sqlite:///{path}"


def test_sqlite(shop: str) -> None:
    source = open_source(shop, "SELECT * FROM t ORDER BY i")
    frame = source.read(None, 0)
    assert source.rows() == 120
    assert frame["i"].tolist() == list(range(120))
    assert frame["x"][3] == 0.75
    assert frame["mixed"].tolist()[:3] == ["m0", "1", "m2"]
    assert len(source.read(10, 0)) == 10
    with open_engine().open(source) as relation:
        assert relation[f"c{source.names.index('x')}"].sum().execute() == frame["x"].sum()
    assert source.digest() == open_source(shop, "SELECT * FROM t ORDER BY i").digest()


def test_chunks_that_disagree_on_a_type_meet(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeyman.sources.database._CHUNK", 7)
    source = open_source(shop, "SELECT i, CASE WHEN i < 50 THEN i ELSE name END AS v, NULL AS gone FROM t ORDER BY i")
    frame = source.read(None, 0)
    assert frame["v"].tolist()[48:52] == ["48", "49", "n50", "n51"]
    assert frame["gone"].isna().all()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (None, "needs a query"),
        (" ", "needs a query"),
        ("SELECT * FROM nowhere", "does not accept the query: no such table: nowhere"),
        ("SELEC", "does not accept the query"),
        ("SELECT i, i FROM t", "two columns named 'i'"),
        ("SELECT i, x FROM t WHERE i < 0", "gives no rows"),
    ],
)
def test_bad_queries(shop: str, query: str | None, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        open_source(shop, query)
    assert "\n" not in str(caught.value)


def test_bad_addresses(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        open_source(f"sqlite:///{tmp_path}/none.db", "SELECT 1")
    with pytest.raises(SourceError, match="'mysql' cannot be read"):
        open_source("mysql://u:secret@h/d", "SELECT 1")
    with pytest.raises(SourceError, match="did you mean 'postgres"):
        open_source("postgress://u:secret@h/d", "SELECT 1")
    with pytest.raises(SourceError, match="no database URL"):
        open_source("postgresql://u:secret@h:port/d", "SELECT 1")


@pytest.mark.parametrize(
    "location",
    ["postgresql://ann:secret@h/d", "postgresql://h/d?user=ann&password=secret", "postgresql://a:secret@h:port/d"],
)
def test_passwords_are_not_shown(location: str) -> None:
    assert "secret" not in redacted(location)


QUERY = """
SELECT i, i / 4.0::numeric AS price, i::float8 / 3 AS x, 'n' || i AS name, i % 2 = 0 AS even,
       date '2020-01-01' + i AS day, timestamptz '2020-01-01 12:00+02' + i * interval '1 hour' AS moment
FROM generate_series(0, 999) AS i
"""


@pytest.mark.slow
def test_postgresql(server: str) -> None:
    source = open_source(f"postgresql://ann:secret-word@{server}/postgres", QUERY)
    frame = source.read(None, 0)
    assert "secret-word" not in source.name
    assert frame["i"].tolist() == list(range(1000))
    assert frame["price"][3] == 0.75
    assert frame["even"].tolist()[:2] == [True, False]
    assert frame["day"][1] == pd.Timestamp(2020, 1, 2)
    assert frame["moment"][0] == pd.Timestamp(2020, 1, 1, 10)
    with open_engine().open(source) as relation:
        assert relation[f"c{source.names.index('x')}"].mean().execute() == pytest.approx(frame["x"].mean())
    assert len(source.read(100, 0)) == 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "query", "words"),
    [
        ("ann:wrong-word@{server}/postgres", "SELECT 1", "refuses the login: .*password authentication failed"),
        ("ann:secret-word@{server}/nowhere", "SELECT 1", 'database "nowhere" does not exist'),
        ("ann:secret-word@127.0.0.1:1/postgres", "SELECT 1", "cannot be reached"),
        ("ann:secret-word@{server}/postgres", "SELECT * FROM nothing", "does not accept the query: .*nothing"),
        ("ann:secret-word@{server}/postgres", "CREATE TABLE a (b int)", "does not accept the query"),
        ("ann:secret-word@{server}/postgres", "SELECT 1 AS a, ARRAY[1, 2] AS b", "column 'b' .*nested"),
    ],
)
def test_postgresql_refuses(server: str, address: str, query: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        open_source("postgresql://" + address.format(server=server), query)
    assert "word@" not in str(caught.value)
    assert "-word" not in str(caught.value)
    assert "\n" not in str(caught.value)
