"""What Spark's engine offers by its address; no session is opened."""

from __future__ import annotations

import pytest

from journeyman.engines import open_engine
from journeyman.engines.spark.engine import SparkEngine
from journeyman.engines.spark.fits import SparkFits
from journeyman.errors import SourceError
from journeyman.interfaces import OffersFits, OffersTables
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SYSTEM_CLOCK
from journeyman.runtime.components import standard_components
from journeyman.settings import BuildSettings
from journeyman.sources import open_wanted
from journeyman.stages.train import LOCAL_FITS


def test_trials_are_fitted_here_where_spark_connect_has_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(SparkEngine("local[1]").fits, SparkFits)
    assert SparkEngine("sc://host").fits is None
    monkeypatch.setenv("SPARK_REMOTE", "sc://host")
    assert SparkEngine().fits is None
    assert isinstance(SparkEngine("spark://host:7077").fits, SparkFits), "an address that is given counts first"


@pytest.mark.parametrize(("engine", "here"), [("spark=sc://host", True), ("duckdb", True), ("spark=local[1]", False)])
def test_a_build_is_given_them(engine: str, here: bool) -> None:
    parts = standard_components(lambda report: "", SYSTEM_CLOCK, SilentProgress(), lambda: False, engine)
    assert (parts.fits is LOCAL_FITS) == here


def test_an_engine_that_reads_no_tables_leaves_addresses_to_sources() -> None:
    assert not isinstance(open_engine(), OffersTables)
    assert isinstance(open_engine("spark"), OffersTables)
    assert isinstance(open_engine("spark"), OffersFits)
    assert open_engine("spark").table("sqlite:///rows.db") is None  # type: ignore[attr-defined]  # Spark's engine has it
    with pytest.raises(SourceError, match="no such file"):
        open_wanted(BuildSettings("nowhere.csv", "y", "t", engine="spark"))
