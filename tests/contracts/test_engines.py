"""Every built-in engine through the public checks, and broken ones beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
    ],
)
def test_a_fault_is_told(fault: str, check: str, told: str) -> None:
    engine = Broken()
    object.__setattr__(engine, "fault", fault)  # of a frozen part
    with pytest.raises(AssertionError, match=told):
        ENGINE_CHECKS[check](engine)
