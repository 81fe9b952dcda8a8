"""Spark counts for a contract what memory counts."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from tests.spark_cluster import end_java, environment, lacking

from journeyman import learn_contract
from journeyman.engines import open_engine
from journeyman.sources import FrameSource
from journeyman.stages.contract import opened, verify_table
from journeyman.stages.contract.counting import count_contract, typed_rows
from journeyman.stages.contract.counting_in_memory import count_frame

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(lacking()), reason=lacking() or "-")]
ADDRESS = "local[1]"


@pytest.fixture
def spark() -> Iterator[str]:
    """Give the engine's name while a virtual machine of this process runs."""
    from journeyman.engines.spark.own_session import shared_session  # noqa: PLC0415 - PySpark is an extra

    before = dict(os.environ)
    os.environ.update(environment())
    shared = shared_session(ADDRESS)
    shared.sparkContext.setLogLevel("ERROR")
    try:
        yield f"spark={ADDRESS}"
    finally:
        shared.stop()
        end_java()
        os.environ.clear()
        os.environ.update(before)


def table(seed: int, factor: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    low = rng.normal(20, 5, 400).round(2)
    return pd.DataFrame(
        {
            "id": [f"AB-{i:05d}" for i in range(400)],
            "city": np.array(["Oslo", "Bergen", None], dtype=object)[rng.integers(0, 3, 400)],
            "low": np.where(rng.random(400) < 0.1, np.nan, low),
            "high": (low + rng.exponential(3, 400).round(2)) * factor,
        }
    )


def test_spark_counts_alike_and_tells_faults(spark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = learn_contract(table(1))
    engine, source = open_engine(spark), FrameSource(table(2, 1000.0))
    with engine.open(source) as relation:
        rows = typed_rows(relation, source.names, contract.columns)
        assert count_contract(engine, rows, contract) == count_frame(rows.to_pyarrow().to_pandas(), contract)
    monkeypatch.setattr(opened, "_FEW_CELLS", 0)
    found = verify_table(source, engine, contract, 0.0)
    assert found.refused
    assert [b.finding.subject for b in found.breaches] == [("high",)]
    assert len(found.breaches[0].examples) == 3
