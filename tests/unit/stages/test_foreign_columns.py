"""Columns as a foreign model reads them: texts stay texts, and what stands for nothing is given back."""

from __future__ import annotations

import pandas as pd
import pytest

from journeyman.entities.column import Kind
from journeyman.entities.foreign_model import ForeignColumn, ForeignKind, ForeignModel, ValueType
from journeyman.errors import SchemaError
from journeyman.settings import BuildSettings
from journeyman.sources.frames import FrameSource
from journeyman.stages.foreign_columns import read_foreign_columns
from journeyman.stages.ingest import ingest

RAW = pd.DataFrame(
    {
        "day": ["2026-01-31", "2026-02-01"] * 5,
        "zip": ["01234", "56789"] * 5,
        "job": ["cook", "?"] * 5,
        "n": ["1", "2.5"] * 5,
        "y": ["no", "yes"] * 5,
    }
)
TABLE = ingest(FrameSource(RAW, "t"), BuildSettings("t", "y", "t")).table
MODEL = ForeignModel(ForeignKind.PROJECT, "toy")


def _columns(*wanted: ForeignColumn) -> tuple[pd.DataFrame, dict[str, Kind], tuple[ForeignColumn, ...]]:
    model = ForeignModel(ForeignKind.PROJECT, "toy", wanted)
    table, told = read_foreign_columns(RAW, TABLE, model, (), "y")
    return table.frame, {c.name: c.kind for c in table.columns}, told.columns


def test_dates_and_numbers_written_as_codes_stay_texts_where_the_model_reads_texts() -> None:
    frame, kinds, _ = _columns(ForeignColumn("day", ValueType.TEXT), ForeignColumn("zip", ValueType.TEXT))
    assert kinds == {"day": Kind.CATEGORY, "zip": Kind.CATEGORY, "y": TABLE.column("y").kind}
    assert frame["day"].tolist() == RAW["day"].tolist()
    assert frame["zip"].tolist() == RAW["zip"].tolist()


def test_the_sign_of_a_missing_value_is_kept_for_the_model() -> None:
    frame, _, columns = _columns(ForeignColumn("job", ValueType.TEXT))
    assert columns == (ForeignColumn("job", ValueType.TEXT, "?"),)
    assert frame["job"].isna().tolist() == [False, True] * 5


def test_without_a_description_all_columns_but_the_target_are_read_as_they_look() -> None:
    _, told = read_foreign_columns(RAW, TABLE, MODEL, (), "y")
    types = {column.name: column.type for column in told.columns}
    assert types == {
        "day": ValueType.TEXT,
        "zip": types["zip"],
        "job": ValueType.TEXT,
        "n": ValueType.NUMBER,
    }


def test_a_lacking_column_is_named() -> None:
    with pytest.raises(SchemaError, match="lacks column 'jobs'"):
        _columns(ForeignColumn("jobs", ValueType.TEXT))
