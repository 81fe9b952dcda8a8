"""Contract checks that any engine can be run through, on small tables of every kind that it has to read."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.entities.profile import Profile
from journeyman.entities.split import Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme
from journeyman.interfaces import Engine, Source
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource, open_source
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.stages.profile import profile
from journeyman.testing.run_all import run_all
from journeyman.testing.source_checks import check_relation

__all__ = ["ENGINE_CHECKS", "check_engine"]

_ROWS = 600


def check_engine(engine: Engine) -> None:
    """Run every check.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the engine.

    Examples
    --------
    >>> from journeyman.engines import open_engine
    >>> check_engine(open_engine())
    """
    run_all(f"the engine {engine.name}", ENGINE_CHECKS, engine)


def _frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": (1e6 + rng.lognormal(size=_ROWS)).round(3),
            "Size": rng.integers(1, 9, _ROWS),
            "city": [("Oslo", "Bergen", "Ålesund", 'it\'s, "far"')[i] for i in rng.integers(0, 4, _ROWS)],
            "sold": pd.date_range("2024-01-01", periods=_ROWS, freq="h").astype("datetime64[us]"),
            "new": rng.random(_ROWS) < 0.3,
        }
    )
    frame.loc[::7, "size"] = np.nan
    frame.loc[::5, "city"] = None
    return frame


@contextmanager
def _sources() -> Iterator[list[Source]]:
    """Give one table as a frame and as files of every format that engines read themselves."""
    frame = _frame()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "odd [name]*")
        place.mkdir()
        frame.to_csv(place / "t.csv", index=False)
        frame.to_parquet(place / "t.parquet")
        rows = json.loads(frame.assign(sold=frame["sold"].astype(str)).to_json(orient="records"))
        lines = "\n".join(json.dumps({k: v for k, v in row.items() if v is not None}) for row in rows)
        (place / "t.jsonl").write_text(lines)
        (place / "parts").mkdir()
        frame.head(200).to_parquet(place / "parts" / "1.parquet")
        frame.tail(400).to_csv(place / "t.tsv", sep="\t", index=False)
        frame.tail(400).to_parquet(place / "parts" / "2.parquet")
        files = [open_source(str(path), None) for path in sorted(place.iterdir())]
        yield [FrameSource(frame), *files]


def _says_what_it_is(engine: Engine) -> None:
    assert isinstance(engine.name, str), "its name is no text"
    assert engine.name, "it has no name"
    assert "\n" not in engine.name, "its name is longer than a line"


def _opens_every_kind_of_table(engine: Engine) -> None:
    with _sources() as sources:
        for source in sources:
            check_relation(engine, source)


def _opens_several_at_once_and_again(engine: Engine) -> None:
    one, other = FrameSource(_frame()), FrameSource(_frame().head(7))
    for _ in range(2):
        with engine.open(one) as first, engine.open(other) as second:
            counts = [engine.aggregate(r.aggregate(n=r.count())) for r in (first, second)]
        assert counts == [[{"n": _ROWS}], [{"n": 7}]], "of two relations one has the other's rows, or none"


def _stores_rows(engine: Engine) -> None:
    with engine.open(FrameSource(_frame())) as relation:
        wanted = relation.filter(relation["c1"] > 4)
        stored = engine.store(wanted)
        assert engine.store(stored.select("c1")).columns == ("c1",), "it stores one relation and no other beside it"
        assert stored.columns == wanted.columns, "what it stores has other columns"
        one, other = (engine.aggregate(r.aggregate(n=r.count(), s=r["c1"].sum())) for r in (stored, wanted))
    assert one == other, "what it stores has other rows"


def _measures_as_memory_does(engine: Engine) -> None:
    settings = BuildSettings("t", "Size", "t", task="regression")
    with _sources() as sources:
        for source in sources:
            if source.rows() < _ROWS:
                continue
            whole = ingest(source, settings).table
            few = replace(whole, frame=whole.frame.head(_ROWS // 2), source_rows=_ROWS)
            assert few.sampled, "half of a table is no sample"
            exact, found, again = (_profile(engine, source, table, settings) for table in (whole, few, few))
            assert found == again, f"of {source.name} it measures something else the second time"
            _compare(exact, found, source.name)


def _profile(engine: Engine, source: Source, table: Table, settings: BuildSettings) -> Profile:
    rows = np.arange(len(table.frame), dtype=np.int64)
    return profile(source, engine, table, frame_task(table, settings), Split(Scheme.SHUFFLED, rows, rows[:0], (), ""))


def _compare(exact: Profile, found: Profile, where: str) -> None:
    assert found.rows == exact.rows, f"it finds {found.rows} rows in {where}, not {exact.rows}"
    for one, other in zip(exact.columns, found.columns, strict=True):
        at = f"{one.name!r} of {where}"
        assert other.missing == one.missing, f"it counts {other.missing} missing values in {at}, not {one.missing}"
        assert abs(other.distinct - one.distinct) <= 0.25 * one.distinct, f"it counts distinct values of {at} wrongly"
        top = (one.top_values, one.top_counts)
        assert (other.top_values, other.top_counts) == top, f"it finds other frequent values of {at}"
        assert sum(other.bin_counts) == sum(one.bin_counts), f"its histogram of {at} has other rows"
        for figure in ("mean", "std", "minimum", "maximum", "skew"):
            a, b = getattr(one, figure), getattr(other, figure)
            same = (a is None and b is None) or math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)
            assert same, f"its {figure} of {at} is {b}, not {a}"
        assert len(other.quantiles) == len(one.quantiles), f"it finds no quantiles of {at}"
        room = 0.05 * ((one.maximum or 0.0) - (one.minimum or 0.0))
        apart = [abs(a - b) for a, b in zip(one.quantiles, other.quantiles, strict=True)]
        assert all(distance <= room for distance in apart), f"its quantiles of {at} are far off"


ENGINE_CHECKS: Mapping[str, Callable[[Engine], None]] = {
    "says what it is": _says_what_it_is,
    "opens every kind of table": _opens_every_kind_of_table,
    "opens several at once and again": _opens_several_at_once_and_again,
    "stores rows": _stores_rows,
    "measures as memory does": _measures_as_memory_does,
}
