"""Keys are found by what columns hold, alone and together; chance and copies are told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Kind
from journeyman.entities.lake import KeyForm, LakeTable, Listed
from journeyman.stages.find_joins import KeyPair, choose_keys, find_pairs, holds_copy
from journeyman.stages.sketch_table import sketch_table

RNG = np.random.default_rng(3)


def table(name: str, frame: pd.DataFrame) -> LakeTable:
    return LakeTable(Listed(name, f"{name}.csv"), len(frame), sketch_table(frame))


def pairs_of(base: pd.DataFrame, name: str, other: pd.DataFrame) -> tuple[KeyPair, ...]:
    return find_pairs(sketch_table(base, thorough=True), [table(name, other)]).get(name, ())


def test_names_are_of_no_account_where_values_are_telling() -> None:
    codes = [f"{a}{b}X" for a in "ABCDEFGH" for b in "KLMNOP"]
    base = pd.DataFrame({"dest": RNG.choice(codes[:30], 300), "y": range(300)})
    pairs = pairs_of(base, "airports", pd.DataFrame({"faa": codes, "lat": RNG.normal(size=len(codes))}))
    assert [(p.base.name, p.other.name) for p in pairs] == [("dest", "faa")]
    assert pairs[0].contained == 1.0


def test_small_whole_numbers_meet_by_their_names_only() -> None:
    base = pd.DataFrame({"hour": RNG.integers(0, 24, 300), "y": RNG.normal(size=300)})
    other = pd.DataFrame({"rooms": np.arange(30), "price": RNG.normal(size=30)})
    assert pairs_of(base, "houses", other) == ()
    assert len(pairs_of(base, "hours", other.rename(columns={"rooms": "Hour"}))) == 1


def test_measures_are_no_keys() -> None:
    values = RNG.normal(size=200).round(2)
    frame = pd.DataFrame({"price": values})
    assert pairs_of(frame, "prices", frame) == ()


def test_columns_are_put_together_until_a_key_has_one_row() -> None:
    grid = pd.MultiIndex.from_product(
        [["JFK", "EWR", "LGA"], range(1, 13), range(1, 29)], names=["origin", "month", "day"]
    )
    weather = pd.DataFrame(index=grid).reset_index().assign(temp=lambda f: RNG.normal(size=len(f)))
    base = weather.sample(400, random_state=0, replace=True)[["day", "origin", "month"]].reset_index(drop=True)
    base["tail"] = RNG.choice([f"N{k}" for k in range(40)], 400)
    (match,) = choose_keys((base, weather), pairs_of(base, "weather", weather), table("weather", weather))
    assert match.unique
    assert {key.base.name for key in match.keys} == {"origin", "month", "day"}


def test_a_column_of_the_same_name_that_means_something_else_is_no_part_of_a_key() -> None:
    planes = pd.DataFrame({"tail": [f"N{k}" for k in range(100)], "year": RNG.integers(1980, 2013, 100)})
    base = pd.DataFrame(
        {"tail": RNG.choice(planes["tail"].to_numpy(), 300), "year": 2013, "month": RNG.integers(1, 13, 300)}
    )
    (match,) = choose_keys((base, planes), pairs_of(base, "planes", planes), table("planes", planes))
    assert [key.base.name for key in match.keys] == ["tail"]


def test_the_strict_form_is_taken_where_it_is_as_good() -> None:
    base = pd.DataFrame({"sku": [f"SKU-{k:03d}" for k in range(50)] * 4})
    for written, form in (("SKU-{:03d}", KeyForm.EXACT), ("sku {}", KeyForm.FOLDED)):
        other = pd.DataFrame({"sku": [written.format(k) for k in range(50)], "size": RNG.normal(size=50)})
        (match,) = choose_keys((base, other), pairs_of(base, "x", other), table("x", other))
        assert match.keys[0].form is form


def test_several_rows_a_key_are_said_to_be_several() -> None:
    base = pd.DataFrame({"shop": [f"S{k}" for k in range(40)] * 3})
    visits = pd.DataFrame({"shop": RNG.choice([f"S{k}" for k in range(40)], 500), "spent": RNG.normal(size=500)})
    (match,) = choose_keys((base, visits), pairs_of(base, "visits", visits), table("visits", visits))
    assert not match.unique


@pytest.mark.parametrize("renamed", ["amount", "booked"])
def test_a_copy_of_the_table_is_known_under_any_name_of_its_target(renamed: str) -> None:
    base = pd.DataFrame({"shop": [f"S{k}" for k in range(60)], "day": pd.date_range("2024", periods=60).astype(str)})
    base["amount"] = RNG.integers(0, 10_000, 60)
    sketches = sketch_table(base, thorough=True)
    assert "copy" in holds_copy(sketches, table("old", base.rename(columns={"amount": renamed})), "amount")
    assert holds_copy(sketches, table("shops", base[["shop"]].assign(size=1.5)), "amount") == ""


def test_moments_meet_only_moments() -> None:
    base = pd.DataFrame({"day": pd.date_range("2024", periods=90).astype(str)})
    other = pd.DataFrame({"date": pd.date_range("2024", periods=90).strftime("%d.%m.%Y"), "x": RNG.normal(size=90)})
    (pair,) = pairs_of(base, "calendar", other)
    assert (pair.base.column.kind, pair.contained) == (Kind.DATETIME, 1.0)
