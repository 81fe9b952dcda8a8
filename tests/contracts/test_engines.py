"""Every built-in engine through the public checks, and broken ones beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pandas as pd
import pytest

from journeyman.engines import open_engine
from journeyman.engines.duckdb import DuckDBEngine
from journeyman.errors import SettingsError
from journeyman.interfaces import Relation, Source
from journeyman.testing.engine_checks import ENGINE_CHECKS, check_engine


class Broken(DuckDBEngine):
    """DuckDB with the fault that it is told."""

    fault = ""

    @contextmanager
    def open(self, source: Source) -> Iterator[Relation]:
        with super().open(source) as relation:
            if self.fault == "rows":
                yield relation.limit(5)
            else:
                yield relation.rename(first="c0") if self.fault == "places" else relation

    def store(self, relation: Relation) -> Relation:
        return super().store(relation.limit(5) if self.fault == "store" else relation)

    def aggregate(self, query: Relation) -> list[dict[str, Any]]:
        found = super().aggregate(query)
        if self.fault == "sums" and len(found) == 1:
            return [{k: v * 1.01 if k.endswith("z1") and v else v for k, v in found[0].items()}]
        return found[:-1] if self.fault == "groups" and len(found) > 1 else found

    def count(self, source: Source) -> int:
        return super().count(source) + (self.fault == "count")

    def sample(self, source: Source, rows: int | None, seed: int) -> pd.DataFrame:
        if self.fault == "head" and rows is not None:
            return super().sample(source, None, 0).head(rows)
        frame = super().sample(source, rows, 0 if self.fault == "seed" else seed)
        return frame.iloc[::-1].reset_index(drop=True) if self.fault == "order" and rows == 100 else frame

    def score(self, source: Source, rows: int, part: Callable[[int, pd.DataFrame], None], done: int) -> Iterator[int]:
        if self.fault == "whole":
            rows = 10**9
        if self.fault == "swallow":

            def quiet(number: int, frame: pd.DataFrame) -> None:
                with suppress(ValueError):
                    part(number, frame)

            yield from super().score(source, rows, quiet, done)
            return
        yield from super().score(source, rows, part, 0 if self.fault == "again" else done)


def test_built_in() -> None:
    check_engine(open_engine())


def test_an_engine_that_nobody_offers() -> None:
    with pytest.raises(SettingsError, match=r"no installed package offers the part 'abacus' of journeyman\.engines"):
        open_engine("abacus")


@pytest.mark.parametrize(
    ("fault", "check", "told"),
    [
        ("places", "opens every kind of table", "the columns of its relation"),
        ("rows", "opens every kind of table", "its relation has 5 rows, not 600"),
        ("store", "stores rows", "what it stores has other rows"),
        ("sums", "measures as memory does", "its mean of"),
        ("groups", "measures as memory does", "its histogram of 'size' of <frame> has other rows"),
        ("count", "counts rows", "it counts 601 rows"),
        ("head", "draws a sample", "samples favour some rows"),
        ("seed", "draws a sample", "samples favour some rows|most seeds draw the same rows"),
        ("order", "draws a sample", "a sample is not in the order of its rows"),
        ("whole", "scores in parts", "it makes one part"),
        ("again", "scores in parts", "what was done before is scored again"),
        ("swallow", "hands on what a part raises", "it goes on where a part fails"),
    ],
)
def test_a_fault_is_told(fault: str, check: str, told: str) -> None:
    engine = Broken()
    object.__setattr__(engine, "fault", fault)  # of a frozen part
    with pytest.raises(AssertionError, match=told):
        ENGINE_CHECKS[check](engine)
