"""Contract checks that any source of tables can be run through."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from journeyman.arrow import pa
from journeyman.engines import open_engine
from journeyman.engines.frames import to_frame
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.interfaces import Engine, Source, place
from journeyman.sources.parsing.texts import text_of
from journeyman.testing.run_all import run_all

__all__ = ["SOURCE_CHECKS", "check_relation", "check_source"]

Opened = Callable[[], Source]


def check_source(opened: Opened, changed: Opened | None = None) -> None:
    """Run every check.

    Parameters
    ----------
    opened : callable
        Opens the source anew each time; best a table of at least 20 rows with texts, numbers and gaps.
    changed : callable, optional
        Opens the same place where one value differs.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the source.

    Examples
    --------
    >>> from journeyman.sources import FrameSource
    >>> def opened(last=29):
    ...     return FrameSource(pd.DataFrame({"n": [*range(29), last], "t": ["a", None, "b"] * 10}))
    >>> check_source(opened, lambda: opened(30))
    """
    run_all(f"the source {opened().name}", SOURCE_CHECKS, opened, changed)


def _says_what_it_is(opened: Opened, changed: Opened | None) -> None:
    source = opened()
    assert source.name, "it has no name"
    assert "\n" not in source.name, "its name is longer than a line"
    assert isinstance(source.names, tuple), "the names of its columns are no tuple"
    assert all(type(name) is str for name in source.names), "the name of a column is no text"
    assert len(set(source.names)) == len(source.names) > 0, "it has no columns, or two of one name"
    assert isinstance(source.style, FileStyle), "its style is no FileStyle"
    source.read(None, 0)
    assert all(isinstance(finding, Finding) for finding in source.findings), "what it found is no Finding"
    memory = source.memory()
    assert isinstance(memory, int), "its memory is no whole number"
    assert memory > 0, "it expects to take no memory"


def _reads_all_rows(opened: Opened, changed: Opened | None) -> None:
    source = opened()
    frame, rows = source.read(None, 0), opened().rows()
    assert tuple(frame.columns) == source.names, "it reads other columns than it names"
    assert len(frame) == rows, f"it reads {len(frame)} rows and counts {rows}"
    assert frame.index.equals(pd.RangeIndex(len(frame))), "the index of what it reads is not 0, 1, 2 ..."
    assert _plain_frame(frame) == _plain_frame(source.read(None, 0)), "it reads something else the second time"


def _gives_the_same_rows_in_batches(opened: Opened, changed: Opened | None) -> None:
    batches = list(opened().batches())
    assert batches, "it yields no batch"
    assert all(isinstance(batch, pa.RecordBatch) for batch in batches), "a batch is no Arrow record batch"
    assert all(one.schema.equals(other.schema) for one, other in pairwise(batches)), "two batches have other columns"
    together, frame = to_frame(pa.Table.from_batches(batches)), opened().read(None, 0)
    assert tuple(together.columns) == tuple(frame.columns), "batches have other columns than it reads"
    assert _plain_frame(together) == _plain_frame(frame), "batches hold something else than it reads"


def _gives_the_same_rows_as_a_relation(opened: Opened, changed: Opened | None) -> None:
    check_relation(open_engine(), opened())


def check_relation(engine: Engine, source: Source) -> None:
    """Check that an engine and a source together give the rows that the source reads; AssertionError where not."""
    places = tuple(place(i) for i in range(len(source.names)))
    with engine.open(source) as relation:
        assert tuple(relation.columns) == places, "the columns of its relation are not c0, c1 ..."
        held, frame = relation.execute(), source.read(None, 0)
    assert len(held) == len(frame), f"its relation has {len(held)} rows, not {len(frame)}"
    for column, name in zip(places, source.names, strict=True):  # a relation has no order
        one, other = (sorted(map(str, _cells(values))) for values in (held[column], frame[name]))
        assert one == other, f"its relation holds other values of {name!r} than it reads"


def _draws_a_sample(opened: Opened, changed: Opened | None) -> None:
    whole, few = _plain_frame(opened().read(None, 0)), max(1, opened().rows() // 2)
    some = opened().read(few, 1)
    assert len(some) == few, f"of {few} rows that are asked for it reads {len(some)}"
    assert some.index.equals(pd.RangeIndex(few)), "the index of a sample is not 0, 1, 2 ..."
    rest = iter(whole)
    assert all(row in rest for row in _plain_frame(some)), "a sample has other rows, or not in their order"
    assert _plain_frame(some) == _plain_frame(opened().read(few, 1)), "the same seed draws other rows"
    seeds = [tuple(_plain_frame(opened().read(few, seed))) for seed in range(5)]
    assert len(whole) < 8 or len(set(seeds)) > 1, "any seed draws the same rows"
    assert _plain_frame(opened().read(len(whole) + 1, 1)) == whole, "a limit above its rows leaves some out"


def _knows_its_content_again(opened: Opened, changed: Opened | None) -> None:
    digest, read = opened().digest(), opened()
    assert re.fullmatch(r"[0-9a-f]{16,}", digest), f"its digest {digest[:40]!r} is not written in hex"
    assert digest == opened().digest(), "its digest differs when it is opened again"
    read.read(None, 0)
    assert digest == read.digest(), "its digest differs once it was read"
    assert changed is None or changed().digest() != digest, "its digest stays when its content changes"


SOURCE_CHECKS: Mapping[str, Callable[[Opened, Opened | None], None]] = {
    "says what it is": _says_what_it_is,
    "reads all rows": _reads_all_rows,
    "gives the same rows in batches": _gives_the_same_rows_in_batches,
    "gives the same rows as a relation": _gives_the_same_rows_as_a_relation,
    "draws a sample": _draws_a_sample,
    "knows its content again": _knows_its_content_again,
}


def _plain_frame(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Return rows whose values can be compared, whatever library they came through."""
    return list(zip(*(_cells(frame[name]) for name in frame), strict=True))


def _cells(values: pd.Series) -> list[object]:
    return [_cell(value) for value in values.tolist()]


def _cell(value: Any) -> object:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, bool | np.bool_):
        return float(value)
    if isinstance(value, int | float | np.number):
        return float(value)
    return text_of(value) or None  # an empty text is a missing value
