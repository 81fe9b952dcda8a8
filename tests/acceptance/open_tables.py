"""Real tables of the shared collection, where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
PLACES = (ROOT.parent / "shared" / "data", ROOT.parent.parent / "shared" / "data")


def open_table(file: str) -> pd.DataFrame:
    """Return a table of the collection by its file; the test is skipped where there is none."""
    named = os.environ.get("JOURNEYMAN_DATA")
    for place in (Path(named),) if named else PLACES:
        if (place / file).exists():
            return pd.read_parquet(place / file) if file.endswith(".parquet") else pd.read_csv(place / file)
    pytest.skip(f"{file} is not there: JOURNEYMAN_DATA names the folder of the collection")
