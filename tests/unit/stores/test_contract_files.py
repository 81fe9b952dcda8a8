"""Contracts as files: what is written is read again, and what is broken is told in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journeyman import read_contract, write_contract
from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import (
    ColumnRule,
    Contract,
    Demand,
    DependencyRule,
    FreshnessRule,
    KeyRule,
    LearnedCount,
    OrderRule,
    RowCountRule,
    RowTest,
)
from journeyman.errors import SettingsError
from journeyman.importers import contract_from
from journeyman.stores.contract_files import contract_of, contract_text

NUMBER = ColumnRule(
    Column('a "quoted" one\n', Kind.NUMBER, unit="km", missing_markers=("n/k",), decimal=","),
    storage="number",
    units=("", "km"),
    limits=(-1.5, 2e30),
    learned=(LearnedCount(RowTest.MISSING, None, 3), LearnedCount(RowTest.BELOW, 0.1, 7)),
    demand=Demand(at_least=0.5, most_missing=0.25),
    drift=0.1,
)
DATE = ColumnRule(
    Column("day", Kind.DATETIME, date_formats=("%d.%m.%Y",)),
    required=False,
    learned=(LearnedCount(RowTest.BELOW, 1_700_000_000.0, 0),),
    demand=Demand(at_most=1_800_000_000.0),
)
NAMES = ColumnRule(
    Column("ünd", Kind.CATEGORY),
    closed=True,
    learned=(LearnedCount(RowTest.UNREADABLE, None, 0), LearnedCount(RowTest.EQUAL, "x\x7f", 5)),
    demand=Demand(one_of=("x", "y"), pattern=r"\w+", unique=True),
)
FULL = Contract(
    "t",
    40,
    (NUMBER, DATE, NAMES),
    (KeyRule(("day", "ünd")),),
    (DependencyRule("ünd", "day"),),
    (OrderRule("day", "day"),),
    RowCountRule(3, 90),
    FreshnessRule("day", 129_600.0),
    0.001,
    0.0,
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_contract(FULL, tmp_path / "c.toml")
    assert read_contract(tmp_path / "c.toml") == FULL
    assert [p.name for p in tmp_path.iterdir()] == ["c.toml"]


COLUMN = '[columns.a]\nkind = "integer"\n'
BROKEN = {
    "contract = 1\nname = ": "is no TOML",
    'schema = 1\nmodels = "x"': "is no data contract: it holds schema, models",
    "contract = 9": "version 9",
    "contract = 1\nrow = 3": "row is not known",
    "contract = 1\nrows = -3": "rows is -3, wanted a whole number",
    "contract = 1\nfalse_alarms = 2": "false_alarms is 2, wanted a share",
    "contract = 1\ncolumns = 3": "columns is 3, wanted a table",
    'contract = 1\n[columns.a]\nkind = "int"': "columns.a.kind is 'int'",
    f'contract = 1\n{COLUMN}must.pattern = "["': "columns.a.must.pattern is no regular expression",
    'contract = 1\n[columns.a]\nkind = "text"\nmust.pattern = "(?=x)"': "looks ahead",
    f"contract = 1\n{COLUMN}must = {{ at_least = 3, at_most = 2 }}": "columns.a.must.at_least is above at_most",
    f"contract = 1\n{COLUMN}limits = [3, 2]": "columns.a.limits has 3 above 2",
    f'contract = 1\n{COLUMN}must.at_least = "3"': "columns.a.must.at_least is '3', wanted a number",
    f"contract = 1\n{COLUMN}must.at_least = 2024-01-01": "must.at_least is a date, and the column is",
    'contract = 1\n[columns.a]\nkind = "text"\nmust.one_of = []': "one_of holds no text",
    f"contract = 1\n{COLUMN}learned.above = [[3]]": "columns.a.learned.above holds [3]",
    f"contract = 1\n{COLUMN}learned.missing = 3": "counts 3 rows, more than rows = 0",
    'contract = 1\n[columns.a]\nkind = "text"\nmust.at_least = 1': "is for numbers and dates",
    f'contract = 1\n{COLUMN}must.one_of = ["1"]': "is for texts",
    f'contract = 1\n{COLUMN}[[keys]]\ncolumns = ["b"]': "names 'b', which the contract has no column for",
    f'contract = 1\n{COLUMN}[freshness]\ncolumn = "a"\nwithin = "2d"': "which holds no dates",
    f"contract = 1\n{COLUMN}[row_count]\nat_least = 5\nat_most = 4": "row_count.at_most is 4, below at_least",
    'contract = 1\n[columns.d]\nkind = "datetime"\n[freshness]\ncolumn = "d"\nwithin = "soon"': "within is 'soon'",
}


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: BROKEN[text][:30])
def test_a_broken_contract_is_told_in_a_line(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^c\.toml") as raised:
        contract_of(text, "c.toml")
    assert BROKEN[text] in raised.value.message
    assert raised.value.hint
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.py", "import os", "is a program, which is never run"),
        ("c.json", "{", "is no JSON"),
        ("c.json", "[1]", "holds no contract"),
        ("c.json", '{"expectations": []}', "of no known tool: it holds expectations"),
        ("c.json", '{"fields": [{"type": "integer"}]}', "a field has no name"),
        ("c.json", '{"fields": [{"name": "a", "type": "integer", "constraints": {"minimum": "x"}}]}', "minimum of 'a'"),
        ("c.json", '{"fields": [{"name": "a", "constraints": {"pattern": "["}}]}', "no regular expression"),
        ("c.json", '{"fields": [{"name": "a"}], "primaryKey": ["b"]}', "primaryKey names 'b'"),
        ("c.json", '{"fields": [{"name": "a"}, {"name": "a", "type": "integer"}]}', "two fields named 'a'"),
        ("c.json", '{"fields": [{"name": "a", "type": ["string"]}]}', "is no Frictionless table schema"),
        ("c.json", '{"fields": [{"name": "a"}], "primaryKey": 3}', "is no Frictionless table schema"),
        ("c.json", '{"fields": [{"name": "a", "constraints": {"enum": 3}}]}', "is no Frictionless table schema"),
        ("c.json", '{"fields": [{"name": "a", "constraints": {"minLength": "x"}}]}', "is no Frictionless table schema"),
        ("c.json", '{"schema_type": "dataframe", "columns": {"a": {}}, "unique": 3}', "is no Pandera schema"),
        ("c.csv", "a,b", "of an unknown kind"),
    ],
)
def test_a_file_of_another_kind_is_told_in_a_line(name: str, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        contract_from(text, name)
    assert message in raised.value.message


def test_a_pandera_schema_in_yaml_is_read() -> None:
    pytest.importorskip("yaml", reason="PyYAML is not installed")
    text = "schema_type: dataframe\ncolumns:\n  a:\n    dtype: int64\n    in_range: {min_value: 0, max_value: 9}\n"
    assert contract_from(text, "s.yaml").rule("a").demand == Demand(at_least=0.0, at_most=9.0, most_missing=0.0)
    with pytest.raises(SettingsError, match="is no YAML in line 2"):
        contract_from("a: 1\n b: [\n", "s.yaml")


def test_what_cannot_be_kept_is_named() -> None:
    schema = {
        "schema_type": "dataframe",
        "columns": {"a": {"dtype": "str", "str_length": {"min_value": 2}, "isin": ["x"], "nullable": True}},
    }
    contract = contract_from(json.dumps(schema), "s.json")
    assert contract.left_out == ("str_length of 'a'",)
    assert contract.rule("a").demand == Demand(one_of=("x",))


def test_a_text_is_whole() -> None:
    assert contract_of(contract_text(FULL), "c.toml") == FULL
