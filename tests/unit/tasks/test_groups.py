"""The kind of task that finds groups: its options, the groups that it poses, and names that stay."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.grouping import Grouping
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.errors import InputError, SettingsError
from journeyman.interfaces import KeepsNames, PosesExamination, RaisesObjections, SettlesTask
from journeyman.settings import BuildSettings
from journeyman.tasks import find_task_type, fitting_metrics
from journeyman.tasks.groups import NONE, Groups

SETTINGS = BuildSettings("t.csv", None, "t", task="groups")


def table(rows: int = 120, apart: float = 9.0) -> Table:
    """Return a table of two groups, one twice as large, and columns that groups are not looked for in."""
    rng = np.random.default_rng(0)
    small = np.arange(rows) % 3 == 0
    frame = pd.DataFrame(
        {
            "size": rng.normal(10.0, 1.0, rows) + apart * small,
            "spend": np.exp(rng.normal(3.0, 0.5, rows) + apart / 4 * small).round(2),
            "colour": pd.Categorical(rng.choice(["red", "blue"], rows), categories=["blue", "red"]),
            "words": np.array([f"some words {k}" for k in range(rows)], dtype=object),
        }
    )
    kinds = (Kind.NUMBER, Kind.NUMBER, Kind.CATEGORY, Kind.TEXT)
    columns = [Column(str(n), k, Role.FEATURE, "why") for n, k in zip(frame, kinds, strict=True)]
    columns[2] = replace(columns[2], categories=("blue", "red"))
    return Table("t", frame, tuple(columns), "", rows)


def posed(given: Table, **options: str) -> tuple[Table, Task]:
    task = Groups().frame(given, replace(SETTINGS, task_options=options), "asked")
    found = Groups().pose(given, task, 0)
    return found, Groups().settle(found, task)


@pytest.fixture(scope="module")
def found() -> tuple[Table, Task]:
    return posed(table())


def read(given: Table) -> Grouping:
    return msgspec.convert(given.posed["groups"], Grouping)


def test_it_is_found_by_name_and_keeps_its_contracts() -> None:
    kind = find_task_type("groups")
    for contract in (PosesExamination, SettlesTask, KeepsNames, RaisesObjections):
        assert isinstance(kind, contract)
    assert not kind.needs_target


@pytest.mark.slow
def test_rows_get_groups_by_size_and_the_table_says_what_was_left_out(found: tuple[Table, Task]) -> None:
    held, task = found
    assert task.labels == ("group 1", "group 2", NONE)
    assert task.options["k"] == 2
    told = held.frame["group"].astype(str).to_numpy()
    small = np.arange(120) % 3 == 0
    assert (told == np.where(small, "group 2", "group 1")).mean() > 0.98
    assert [held.column(name).role for name in ("size", "colour", "words")] == ["feature", "ignored", "ignored"]
    assert "describes" in held.column("colour").reason
    assert set(fitting_metrics(task)) == {"adjusted_rand", "same_group"}
    assert Groups().objections(task) == ()


@pytest.mark.slow
def test_cards_say_size_columns_and_a_real_row(found: tuple[Table, Task]) -> None:
    first, second = read(found[0]).cards
    assert abs(first.rows - 80) <= 2
    assert first.stability > 0.9
    assert "lower" in first.telling[0] or "% of the others'" in first.telling[0]
    assert any("times the others'" in words for words in second.telling)
    typical = dict(second.typical)
    row = table().frame.iloc[second.position]
    assert float(typical["size"].replace(",", "")) == pytest.approx(row["size"], rel=1e-4)
    assert second.position % 3 == 0


@pytest.mark.slow
def test_names_stay_where_groups_are_the_same_and_new_ones_get_new_numbers(found: tuple[Table, Task]) -> None:
    held, task = found
    own = held.frame["group"].astype(str).to_numpy()
    swapped = [{"group 1": "group 2", "group 2": "group 1"}[name] for name in own]
    again, followed = Groups().follow(held, task, swapped)
    assert followed.labels == ("group 1", "group 2", NONE)
    assert again.frame["group"].astype(str).tolist() == swapped
    assert "'group 1' of the version before" in read(again).cards[0].former
    others, followed = Groups().follow(held, task, [f"group {1 + k % 4}" for k in range(120)])
    assert followed.labels == ("group 5", "group 6", NONE)
    assert all(card.former.startswith("new") for card in read(others).cards)
    kept, followed = Groups().follow(held, task, ["group 7" if name == "group 2" else NONE for name in own])
    assert followed.labels == ("group 7", "group 8", NONE)
    assert kept.frame["group"].cat.categories.tolist() == list(followed.labels)


@pytest.mark.slow
def test_no_groups_forbid_a_release_and_a_number_without_evidence_is_doubted() -> None:
    nothing = table(apart=0.0)
    _, task = posed(nothing)
    assert task.labels == ("group 1", NONE)
    ((grave, words),) = Groups().objections(task)
    assert grave
    assert words.startswith("no groups were found")
    _, task = posed(nothing, k="3")
    assert len(task.labels) == 4
    ((grave, words),) = Groups().objections(task)
    assert not grave


def test_texts_alone_and_few_rows_are_refused() -> None:
    given = table()
    texts = replace(given, columns=tuple(replace(c, kind=Kind.TEXT) for c in given.columns))
    with pytest.raises(InputError, match="only texts and dates are left"):
        posed(texts)
    with pytest.raises(InputError, match="5 rows are too few"):
        posed(table(5))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"k": "1"}, "2 groups or more"),
        ({"k": "0"}, "2 groups or more"),
        ({"k": "some"}, "k=some is no number of groups"),
        ({"k": "2.5"}, "no number of groups"),
        ({"k": "121"}, "more than the 120 rows"),
        ({"k": "60"}, "too many for 120 rows"),
        ({"outside": "0"}, "outside=0 is no share"),
        ({"outside": "x"}, "outside=x is no share"),
        ({"number": "3"}, "no option 'number'"),
    ],
)
def test_options_that_are_none_are_refused_with_a_hint(options: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        Groups().frame(table(), replace(SETTINGS, task_options=options), "")
    assert raised.value.hint


def test_a_table_that_has_such_a_column_gets_another_target() -> None:
    given = table()
    taken = replace(given, columns=(*given.columns, Column("group", Kind.NUMBER)))
    assert Groups().frame(taken, SETTINGS, "").target == "group_"
