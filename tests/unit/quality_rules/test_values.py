"""Rules about single values: missing, constant, duplicate, odd, misspelt; and about the target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Role
from journeyman.entities.finding import Remedy, Severity
from journeyman.entities.task import Task
from journeyman.interfaces import RuleContext
from journeyman.quality_rules import BUILT_IN
from journeyman.quality_rules.consistency import DateRule, MixedRule, OutlierRule, SpellingRule
from journeyman.quality_rules.constants import ConstantRule, FewRowsRule
from journeyman.quality_rules.duplicates import DuplicateRule, NearDuplicateRule
from journeyman.quality_rules.fingerprints import row_fingerprints
from journeyman.quality_rules.missing import HiddenZeroRule, MissingRule, MissingTieRule
from journeyman.quality_rules.target import LabelRule, TargetRule

N = 600


def codes(found: list[Any]) -> list[str]:
    return sorted(f.code for f in found)


def test_missing_alone_together_and_tied(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    y = rng.integers(0, 2, N)
    gone = rng.random(N) < 0.2
    tied = rng.random(N) < 0.1 + 0.5 * y
    a, b, c = (rng.normal(size=N) for _ in range(3))
    table = make_table(
        {
            "a": np.where(gone, np.nan, a),
            "b": np.where(gone, np.nan, b),
            "c": np.where(tied, np.nan, c),
            "d": np.where(np.arange(N) < 3, np.nan, 1.5 + c),
            "y": np.where(y, "yes", "no"),
        }
    )
    found = [*run_rule(MissingRule(), table), *run_rule(MissingTieRule(), table)]
    assert {f.code: f.subject for f in found if f.code != "DQ101"} == {"DQ102": ("a", "b"), "DQ103": ("c",)}
    assert ("d",) in [f.subject for f in found if f.code == "DQ101"]


def test_zeros_out_of_reach(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    pressure = np.where(rng.random(N) < 0.05, 0.0, rng.normal(70, 8, N).round())
    counts = rng.poisson(6, N).astype(float)
    table = make_table({"pressure": pressure, "children": counts, "y": rng.normal(size=N)})
    assert [f.subject for f in run_rule(HiddenZeroRule(), table)] == [("pressure",)]


def test_constants(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    table = make_table(
        {
            "one": np.full(N, 3.0),
            "none": np.full(N, np.nan),
            "nearly": (np.arange(N) == 5).astype(float),
            "two": np.arange(N) % 2,
            "y": rng.normal(size=N),
        }
    )
    found = {f.subject[0]: (f.code, f.remedy) for f in run_rule(ConstantRule(), table)}
    ignore = ("DQ104", Remedy.IGNORE_COLUMN)
    assert found == {"one": ignore, "none": ignore, "nearly": ("DQ105", Remedy.NONE)}


def test_few_rows(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    few = make_table({"a": rng.normal(size=50), "y": rng.normal(size=50)})
    many = make_table({"a": rng.normal(size=N), "y": rng.normal(size=N)})
    assert codes(run_rule(FewRowsRule(), few)) == ["DQ107"]
    assert run_rule(FewRowsRule(), many) == []


def test_copies_are_told_from_likenesses(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    y = rng.integers(0, 2, N)
    data = {"id": np.arange(N), "a": rng.normal(size=N), "b": rng.normal(size=N)}
    take = np.r_[np.arange(N), np.arange(100)]
    copied = {k: v[take] for k, v in data.items()} | {"id": np.arange(N + 100), "y": np.where(y, "yes", "no")[take]}
    found = run_rule(DuplicateRule(), make_table(copied))
    assert codes(found) == ["DQ201", "DQ306"]
    assert found[1].evidence["rows between copies"] == N
    coarse = {"a": rng.integers(0, 3, N), "b": rng.integers(0, 3, N), "y": np.where(y, "yes", "no")}
    assert codes(run_rule(DuplicateRule(), make_table(coarse))) == ["DQ201", "DQ403"]
    assert run_rule(DuplicateRule(), make_table({**data, "y": np.where(y, "yes", "no")})) == []
    # A row that is the same a day later is another one.
    table = make_table({"day": np.arange(2 * N) // 2, "a": np.tile([1.0, 2.0], N), "b": 1 + np.zeros(2 * N), "y": 0.0})
    timed = replace(table, columns=tuple(replace(c, role=Role.TIME) if c.name == "day" else c for c in table.columns))
    assert run_rule(DuplicateRule(), timed) == []


def test_fingerprints_tell_texts_apart_and_ignore_the_order_of_columns(make_table: Any) -> None:
    table = make_table(
        {
            "n": [0.0, -0.0, 0.0, np.nan, np.nan, 1.5],
            "t": np.array(["a b", "a b", "c d", None, None, "e f"], dtype=object),
            "y": np.arange(6.0),
        }
    )
    marks = row_fingerprints(table, table.features)
    same = [[bool(x == z) for z in marks] for x in marks]
    assert same == [[i == j or {i, j} in ({0, 1}, {3, 4}) for j in range(6)] for i in range(6)]
    assert (row_fingerprints(table, table.features[::-1]) == marks).all()


def test_near_copies(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    data = {f"x{i}": np.repeat(rng.normal(size=N // 2), 2) + 1e-5 * rng.normal(size=N) for i in range(6)}
    assert codes(run_rule(NearDuplicateRule(), make_table({**data, "y": rng.normal(size=N)}))) == ["DQ202"]
    other = {f"x{i}": rng.normal(size=N) for i in range(6)}
    assert run_rule(NearDuplicateRule(), make_table({**other, "y": rng.normal(size=N)})) == []


def test_numbers_among_names(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    mixed = np.resize(np.array(["12", "13", "14", "many", "few"], dtype=object), N)
    names = np.resize(np.array(["a", "b", "7"], dtype=object), N)
    table = make_table({"mixed": mixed, "names": names, "y": rng.normal(size=N)})
    assert [f.subject for f in run_rule(MixedRule(), table)] == [("mixed",)]


def test_dates_that_stand_for_none(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    days = np.datetime64("2019-01-01", "us") + rng.integers(0, 700, N) * np.timedelta64(1, "D")
    odd = days.copy()
    odd[:4] = np.datetime64("1900-01-01")
    table = make_table({"odd": odd, "good": days, "y": rng.normal(size=N)})
    [found] = run_rule(DateRule(), table)
    assert (found.subject, found.evidence["rows"], found.evidence["example"]) == (("odd",), 4, "1900-01-01")


def test_outliers_on_the_better_scale(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    far = rng.normal(size=N)
    far[0] = 500.0
    table = make_table({"far": far, "skewed": rng.lognormal(0, 2, N), "y": rng.normal(size=N)})
    assert [f.subject for f in run_rule(OutlierRule(), table)] == [("far",)]


def test_spellings_and_quotes(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    table = make_table(
        {
            "city": np.resize(np.array(["New York", "new-york", "Paris"], dtype=object), N),
            "quoted": np.resize(np.array(["'a'", "'b'"], dtype=object), N),
            "sign": np.resize(np.array(["<5", ">5"], dtype=object), N),
            "y": rng.normal(size=N),
        }
    )
    assert {f.code: f.subject for f in run_rule(SpellingRule(), table)} == {"DQ206": ("city",), "DQ207": ("quoted",)}


def test_labels(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    labels = np.array(["<=50K"] * 400 + ["<=50K."] * 100 + [">50K"] * 60 + [">50K."] * 40, dtype=object)
    found = run_rule(LabelRule(), make_table({"a": rng.normal(size=N), "y": labels}))
    merge = next(f for f in found if f.code == "DQ404")
    assert (dict(merge.evidence), merge.remedy) == ({"<=50K.": "<=50K", ">50K.": ">50K"}, Remedy.MERGE_LABELS)
    assert next(f for f in found if f.code == "DQ401").evidence["minority rows"] == 100


def test_labels_that_would_all_become_one_are_left(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    labels = np.resize(np.array(["yes", "YES"], dtype=object), N)
    assert run_rule(LabelRule(), make_table({"a": rng.normal(size=N), "y": labels}), code="DQ404") == []


def test_rare_and_quoted_classes(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    labels = np.array(["'-1'"] * 300 + ["'1'"] * 296 + ["'2'"] * 4, dtype=object)
    assert codes(run_rule(LabelRule(), make_table({"a": rng.normal(size=N), "y": labels}))) == ["DQ402", "DQ406"]


def test_target_missing_capped_and_zero(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    capped = np.minimum(rng.lognormal(0, 1, N), 2.0)
    capped[:30] = np.nan
    table = make_table({"a": rng.normal(size=N), "y": capped})
    column = replace(table.column("y"), missing_markers=("?",))
    table = replace(table, columns=(table.columns[0], column))
    found = run_rule(TargetRule(), table)
    assert {f.code: f.remedy for f in found} == {"DQ405": Remedy.DROP_ROWS, "DQ407": Remedy.NONE}
    assert "'?'" in found[0].message
    zeros = make_table({"a": rng.normal(size=N), "y": rng.lognormal(0, 1, N) * (rng.random(N) < 0.1)})
    assert [f.severity for f in run_rule(TargetRule(), zeros)] == [Severity.WARNING]


@pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: type(rule).__name__)
def test_no_rule_raises_or_alarms_on_odd_but_harmless_tables(rule: Any, make_table: Any, run_rule: Any) -> None:
    """Tiny, noise, empty columns, one category, many classes: a rule may speak, and changes nothing."""
    rng = np.random.default_rng(3)
    noise = {f"x{i}": rng.normal(size=N) for i in range(4)} | {"c": rng.choice(["a", "b", "c"], N)}
    tables = [
        make_table({"a": [1.0, 2.0], "y": [1.5, 2.5]}),
        make_table({**noise, "y": rng.normal(size=N)}),
        make_table({**noise, "y": rng.choice(["u", "v"], N)}),
        make_table({**noise, "y": rng.choice([f"k{i}" for i in range(30)], N)}),
        make_table({"t": pd.Categorical([None] * 30, categories=["p"]), "n": [np.nan] * 30, "y": rng.normal(size=30)}),
        make_table({"a": rng.normal(size=30), "y": np.full(30, np.nan)}),
    ]
    for table in tables[:4]:
        assert [f for f in run_rule(rule, table) if f.remedy is not Remedy.NONE] == []
    for table in tables[4:]:
        run_rule(rule, table)


def test_rules_do_not_write_to_the_table_and_repeat_themselves(make_table: Any, rng: np.random.Generator) -> None:
    data = {f"x{i}": rng.normal(size=N) for i in range(3)} | {"c": rng.choice(["a", "b"], N)}
    table = make_table({**data, "y": rng.choice(["u", "v"], N)})
    before = table.frame.copy(deep=True)
    context = RuleContext(Task("y", "binary", "log_loss", ("u", "v")), seed=1)
    first = [list(rule.check(table, context)) for rule in BUILT_IN]
    assert first == [list(rule.check(table, context)) for rule in BUILT_IN]
    pd.testing.assert_frame_equal(table.frame, before)


def test_codes_are_unique_and_have_a_page() -> None:
    codes = [code for rule in BUILT_IN for code in rule.codes]
    assert len(codes) == len(set(codes))
    pages = Path(__file__).parents[3] / "docs" / "findings"
    assert [code for code in codes if not (pages / f"{code}.md").is_file()] == []
