"""Tables to predict, as they come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.errors import SchemaError
from journeyman.sources.parsing import RowReader
from journeyman.stages.conform import conform

COLUMNS = (
    Column("age", Kind.INTEGER),
    Column("sex", Kind.CATEGORY, categories=("f", "m")),
    Column("day", Kind.DATETIME, date_formats=("%Y-%m-%d",)),
)
READER = RowReader(COLUMNS)
LISTS = {"age": ["41", "?", "3"], "sex": ["m", "f", None], "day": ["1970-01-02", "", "1970-01-01"]}
RECORDS = [dict(zip(LISTS, row, strict=True)) for row in zip(*LISTS.values(), strict=True)]


@pytest.mark.parametrize(
    "raw",
    [LISTS, RECORDS, pd.DataFrame(LISTS), pl.DataFrame(LISTS), pa.table(LISTS), pd.DataFrame(LISTS, index=[5, 6, 7])],
    ids=["lists", "records", "pandas", "polars", "arrow", "indexed"],
)
def test_all_forms_are_read_alike(raw: object) -> None:
    conformed = conform(raw, READER)
    np.testing.assert_array_equal(conformed.block["age"], [41.0, np.nan, 3.0])
    assert conformed.block["sex"].tolist() == [1, 0, -1]
    np.testing.assert_array_equal(conformed.block["day"], [86400.0, np.nan, 0.0])
    assert conformed.findings == ()


FORMS = pytest.mark.parametrize("form", [dict, pd.DataFrame, pa.table], ids=["lists", "pandas", "arrow"])


@FORMS
def test_lacking_columns_are_named_with_the_nearest(form: type) -> None:
    with pytest.raises(SchemaError, match=r"lacks columns 'age', 'day' \(hint: did you mean 'aeg'\?\)"):
        conform(form({"aeg": [1], "sex": ["f"]}), READER)


@FORMS
def test_another_type_is_refused(form: type) -> None:
    for change in ({"age": ["old", "young", None]}, {"day": ["x", "y", "z"]}):
        many = {name: list(values) * 10 for name, values in (LISTS | change).items()}
        with pytest.raises(SchemaError, match=r"none of its [23]0 values can be read"):
            conform(form(many), READER)


@FORMS
def test_numbers_with_the_other_decimal_sign_say_how_to_read_them(form: type) -> None:
    rows = {"x": ["0,243", "-1,656", "12", "0.5"] * 7}
    told = conform(form(rows), RowReader([Column("x", Kind.NUMBER)])).findings
    assert "`--decimal ,`" in told[0].message
    told = conform(form(rows), RowReader([Column("x", Kind.NUMBER, decimal=",")])).findings
    assert not told or "--decimal ," not in told[0].message
    told = conform(form({"x": ["n.n."] * 3 + ["7"] * 30}), RowReader([Column("x", Kind.NUMBER)])).findings
    assert "--decimal" not in told[0].message


def test_nullable_columns_with_new_categories_are_read() -> None:
    frame = pd.DataFrame({"x": pd.array([1, None, 7], dtype="Int64")})
    conformed = conform(frame, RowReader([Column("x", Kind.CATEGORY, categories=("1", "2"))]))
    assert conformed.block["x"].tolist() == [0, -1, -1]
    assert [f.code for f in conformed.findings] == ["PR103"]


@FORMS
@pytest.mark.parametrize("odd", ["old", "inf", "-inf"])
def test_what_is_read_of_a_row_alone_is_read_of_it_among_others(form: type, odd: str) -> None:
    together = conform(form(LISTS | {"age": ["41", odd, "3"]}), READER)
    alone = conform(form({name: [values[1]] for name, values in (LISTS | {"age": ["41", odd, "3"]}).items()}), READER)
    assert np.isnan(alone.block["age"]).tolist() == [True]
    assert np.isnan(together.block["age"]).tolist() == [False, True, False]
    assert [f.code for f in alone.findings if f.subject == ("age",)] == ["PR102"]
    many = {name: list(values) * 10 for name, values in (LISTS | {"age": ["inf"] * 3}).items()}
    assert np.isnan(conform(form(many), READER).block["age"]).all()


@FORMS
def test_what_cannot_be_read_and_what_was_never_seen_is_told(form: type) -> None:
    conformed = conform(form(LISTS | {"age": ["41", "old", "3"], "sex": ["x", "x", "f"]}), READER)
    told = {f.code: f for f in conformed.findings}
    assert set(told) == {"PR102", "PR103"}
    assert (told["PR102"].subject, told["PR102"].evidence["rows"]) == (("age",), 1)
    assert (told["PR103"].subject, told["PR103"].evidence["rows"]) == (("sex",), 2)
    assert conformed.block["sex"].tolist() == [-1, -1, 0]


@FORMS
def test_a_column_of_new_categories_only_is_predicted(form: type) -> None:
    assert conform(form(LISTS | {"sex": ["x", "y", "z"]}), READER).block["sex"].tolist() == [-1, -1, -1]


@FORMS
def test_extra_columns_are_left_out_and_told(form: type) -> None:
    (finding,) = conform(form(LISTS | {"more": [1, 2, 3], "and": [1, 2, 3]}), READER).findings
    assert (finding.code, finding.subject) == ("PR104", ("more", "and"))


@FORMS
def test_blanks_around_names_do_not_count(form: type) -> None:
    renamed = {f" {name}": values for name, values in LISTS.items()}
    assert conform(form(renamed), READER).findings == ()


def test_records_may_leave_keys_out() -> None:
    conformed = conform([{"age": 1, "sex": "f", "day": None}, {"sex": "m"}], READER)
    np.testing.assert_array_equal(conformed.block["age"], [1.0, np.nan])


def test_typed_frames_fit_columns_learned_from_text() -> None:
    frame = pd.DataFrame({"age": [41, 7], "sex": pd.Categorical(["m", "f"]), "day": pd.to_datetime(["1970-01-02"] * 2)})
    block = conform(frame, READER).block
    assert [block[n].tolist() for n in ("age", "sex", "day")] == [[41.0, 7.0], [1, 0], [86400.0, 86400.0]]


TYPED = {
    "floats": (Column("c", Kind.NUMBER), pd.Series([1.5, np.nan, np.inf, -999.0])),
    "sentinels": (Column("c", Kind.NUMBER, missing_markers=("-999",)), pd.Series([1.5, -999.0, np.nan])),
    "integers as text": (Column("c", Kind.INTEGER), pd.Series(["7", "x", None, " 8 "])),
    "nullable integers": (Column("c", Kind.INTEGER), pd.Series([1, None, 3], dtype="Int64")),
    "arrow integers": (Column("c", Kind.INTEGER), pd.Series([1, None, 3], dtype=pd.ArrowDtype(pa.int32()))),
    "booleans": (Column("c", Kind.BOOLEAN, categories=("no", "yes")), pd.Series([True, False])),
    "nullable booleans": (
        Column("c", Kind.BOOLEAN, categories=("no", "yes")),
        pd.Series([True, None], dtype="boolean"),
    ),
    "booleans for numbers": (Column("c", Kind.NUMBER), pd.Series([True, False])),
    "objects": (Column("c", Kind.NUMBER), pd.Series([1, "2", None, 3.5, True], dtype=object)),
    "durations": (Column("c", Kind.NUMBER), pd.Series(pd.to_timedelta(["1 day", None, "3 s"]))),
    "categories": (Column("c", Kind.CATEGORY, categories=("a", "b")), pd.Series(["b", "z", None], dtype="category")),
    "numbers for categories": (Column("c", Kind.CATEGORY, categories=("1", "2")), pd.Series([1, 2, 9])),
    "floats for categories": (Column("c", Kind.CATEGORY, categories=("1", "2")), pd.Series([1.0, 2.0, np.nan])),
    "ordered": (Column("c", Kind.ORDERED, categories=("lo", "hi")), pd.Series(["hi", "lo"], dtype="string")),
    "dates": (Column("c", Kind.DATETIME, date_formats=("%Y-%m-%d",)), pd.Series(pd.to_datetime(["2020-01-02", None]))),
    "moments": (
        Column("c", Kind.DATETIME, date_formats=("%d.%m.%Y",)),
        pd.Series(pd.to_datetime(["2020-01-02 03:04:05.678901", "1955-01-01 00:00:00.000000"])),
    ),
    "zones": (
        Column("c", Kind.DATETIME, date_formats=("%Y-%m-%d",)),
        pd.Series(pd.to_datetime(["2020-01-02 12:00"]).tz_localize("Europe/Paris")),
    ),
    "texts": (Column("c", Kind.TEXT), pd.Series(["a b", None, " c ", "NA"])),
}


@pytest.mark.parametrize(("column", "values"), TYPED.values(), ids=TYPED)
def test_a_few_rows_of_a_frame_are_read_as_many_are(column: Column, values: pd.Series) -> None:
    few = conform(pd.DataFrame({"c": values}), RowReader((column,)))
    many = conform(pd.DataFrame({"c": pd.concat([values] * 40, ignore_index=True)}), RowReader((column,)))
    read = many.block["c"][: len(values)]
    assert few.block["c"].dtype == read.dtype
    pd.testing.assert_series_equal(pd.Series(few.block["c"]), pd.Series(read))
    assert [(f.code, f.evidence["rows"] * 40) for f in few.findings] == [
        (f.code, f.evidence["rows"]) for f in many.findings
    ]


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
        conform(raw, READER)


def test_no_rows_at_all() -> None:
    assert conform({"age": [], "sex": [], "day": []}, READER).block["age"].shape == (0,)
