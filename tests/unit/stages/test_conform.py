"""Tables to predict, as they come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.errors import SchemaError
from journeyman.stages.conform import conform

COLUMNS = (
    Column("age", Kind.INTEGER),
    Column("sex", Kind.CATEGORY, categories=("f", "m")),
    Column("day", Kind.DATETIME, date_formats=("%Y-%m-%d",)),
)
LISTS = {"age": ["41", "?", "3"], "sex": ["m", "f", None], "day": ["1970-01-02", "", "1970-01-01"]}
RECORDS = [dict(zip(LISTS, row, strict=True)) for row in zip(*LISTS.values(), strict=True)]


@pytest.mark.parametrize(
    "raw",
    [LISTS, RECORDS, pd.DataFrame(LISTS), pl.DataFrame(LISTS), pa.table(LISTS), pd.DataFrame(LISTS, index=[5, 6, 7])],
    ids=["lists", "records", "pandas", "polars", "arrow", "indexed"],
)
def test_all_forms_are_read_alike(raw: object) -> None:
    conformed = conform(raw, COLUMNS)
    np.testing.assert_array_equal(conformed.block["age"], [41.0, np.nan, 3.0])
    assert conformed.block["sex"].tolist() == [1, 0, -1]
    np.testing.assert_array_equal(conformed.block["day"], [86400.0, np.nan, 0.0])
    assert conformed.findings == ()


FORMS = pytest.mark.parametrize("form", [dict, pd.DataFrame, pa.table], ids=["lists", "pandas", "arrow"])


@FORMS
def test_lacking_columns_are_named_with_the_nearest(form: type) -> None:
    with pytest.raises(SchemaError, match=r"lacks columns 'age', 'day' \(hint: did you mean 'aeg'\?\)"):
        conform(form({"aeg": [1], "sex": ["f"]}), COLUMNS)


@FORMS
def test_another_type_is_refused(form: type) -> None:
    for change in ({"age": ["old", "young", None]}, {"day": ["x", "y", "z"]}):
        with pytest.raises(SchemaError, match=r"none of its [23] values can be read"):
            conform(form(LISTS | change), COLUMNS)


@FORMS
def test_what_cannot_be_read_and_what_was_never_seen_is_told(form: type) -> None:
    conformed = conform(form(LISTS | {"age": ["41", "old", "3"], "sex": ["x", "x", "f"]}), COLUMNS)
    told = {f.code: f for f in conformed.findings}
    assert set(told) == {"PR102", "PR103"}
    assert (told["PR102"].subject, told["PR102"].evidence["rows"]) == (("age",), 1)
    assert (told["PR103"].subject, told["PR103"].evidence["rows"]) == (("sex",), 2)
    assert conformed.block["sex"].tolist() == [-1, -1, 0]


@FORMS
def test_a_column_of_new_categories_only_is_predicted(form: type) -> None:
    assert conform(form(LISTS | {"sex": ["x", "y", "z"]}), COLUMNS).block["sex"].tolist() == [-1, -1, -1]


@FORMS
def test_extra_columns_are_left_out_and_told(form: type) -> None:
    (finding,) = conform(form(LISTS | {"more": [1, 2, 3], "and": [1, 2, 3]}), COLUMNS).findings
    assert (finding.code, finding.subject) == ("PR104", ("more", "and"))


@FORMS
def test_blanks_around_names_do_not_count(form: type) -> None:
    renamed = {f" {name}": values for name, values in LISTS.items()}
    assert conform(form(renamed), COLUMNS).findings == ()


def test_records_may_leave_keys_out() -> None:
    conformed = conform([{"age": 1, "sex": "f", "day": None}, {"sex": "m"}], COLUMNS)
    np.testing.assert_array_equal(conformed.block["age"], [1.0, np.nan])


def test_typed_frames_fit_columns_learned_from_text() -> None:
    frame = pd.DataFrame({"age": [41, 7], "sex": pd.Categorical(["m", "f"]), "day": pd.to_datetime(["1970-01-02"] * 2)})
    block = conform(frame, COLUMNS).block
    assert [block[n].tolist() for n in ("age", "sex", "day")] == [[41.0, 7.0], [1, 0], [86400.0, 86400.0]]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (pd.DataFrame([[1, 2, "f", None]], columns=["age", "age", "sex", "day"]), "two columns named 'age'"),
        ({"age": [[1]], "sex": ["f"], "day": [None]}, "'age' holds a nested value"),
        (pd.DataFrame({"age": [[1]], "sex": ["f"], "day": [None]}), "'age' holds a nested value"),
        ({"age": 1, "sex": "f", "day": None}, "single value"),
        ({"age": [1, 2], "sex": ["f"], "day": [None]}, "1 values where others have 2"),
    ],
)
def test_shapes_that_do_not_fit(raw: object, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        conform(raw, COLUMNS)


def test_no_rows_at_all() -> None:
    assert conform({"age": [], "sex": [], "day": []}, COLUMNS).block["age"].shape == (0,)
