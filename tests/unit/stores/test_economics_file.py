"""The economics file: what it says is read, each fault is a line with a hint, and what is written can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.entities.business_case import Effect, RuleKind, Worth
from journeyman.errors import SettingsError
from journeyman.stores.economics_file import parse_economics, read_economics, write_template

GOOD = """
unit = "EUR"
effect = "none"
[worth.act]
yes = {column = "amount", rate = 0.5, plus = -3}
no = -5
[worth.leave]
yes = 0
no = 0
[today]
action = "act"
where = "age"
above = 40
otherwise = "leave"
[volume]
cases_a_day = 50
days = 100
capacity_a_day = 10
[costs]
fixed = 900
a_day = 1
"""


def test_all_entries_are_read() -> None:
    case = parse_economics(GOOD, ["no", "yes"], "fraud")
    assert case.effect is Effect.NONE
    assert case.worth["act"]["yes"] == Worth(-3.0, {"amount": 0.5})
    assert case.today.rule is not None
    assert case.today.rule.kind is RuleKind.ABOVE
    assert (case.volume.total, case.volume.capacity, case.overhead) == (5_000.0, 10.0, 1_000.0)
    assert case.columns == ("amount", "age")


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ('unit = "EUR"', "", "unit is not given", "currency"),
        ('effect = "none"', 'effect = "known"', "effect = 'known'", "none"),
        ("no = -5\n", "", "does not say what 'no' is worth", "no = 0"),
        ("no = -5", "noo = -5", "'noo' under [worth.act] is no outcome of 'fraud'", "did you mean 'no'?"),
        ("no = -5", "no = true", "worth.act.no = True", "12.5"),
        ("no = -5", "no = -1e300", "worth.act.no = -1e+300 is beyond the largest amount", "larger unit"),
        ("no = -5", "no = nan", "worth.act.no = nan", "12.5"),
        ("no = -5", "no = {rate = 2}", "has a rate, but not of what", "column"),
        ("no = -5", 'no = {colum = "a"}', "no entry 'worth.act.no.colum'", "did you mean 'column'?"),
        ('action = "act"', 'action = "call"', "today.action = 'call' is no action", "act, leave"),
        ("above = 40", "", "no comparison", "is, above and below"),
        ("above = 40", "above = 40\nbelow = 3", "above and below", "one of"),
        ('where = "age"', "", "today.above is given, but not of which column", "where"),
        ("days = 100", "days = 0", "volume.days = 0", "leave out"),
        ("days = 100", "", "volume.days is not given", "days = 100"),
        (
            "capacity_a_day = 10",
            "capacity_a_day = 60",
            "a capacity of 60 cases a day is above the 50",
            "leave capacity",
        ),
        ("capacity_a_day = 10", "budget_a_day = 10", "not what acting on a case takes", "price"),
        ("fixed = 900", "fixed = -900", "costs.fixed = -900", "write 900"),
        ("[costs]", "[prevalence]\nyes = 2\n[costs]", "prevalence.yes = 2", "0.02"),
        ("[costs]", "[prevalence]\nyse = 0.2\n[costs]", "prevalence.yse is no outcome", "did you mean 'yes'?"),
        ("[costs]", "[prevalence]\nyes = 0.2\nno = 0.7\n[costs]", "sum to 0.9, wanted 1", "share"),
        ('unit = "EUR"', 'unit = "EUR"\nsure = 95', "sure = 95, wanted a probability", "sure = 0.95"),
        ("[costs]", "[cost]", "there is no entry 'cost'", "did you mean 'costs'?"),
        ("[worth.leave]", "[worth.rest]", "no action is called 'leave'", "[worth.leave]"),
        ("[volume]", "[volume", "is not TOML", "--init"),
    ],
)
def test_each_fault_is_a_line_and_a_hint(old: str, new: str, message: str, hint: str) -> None:
    text = GOOD.replace(old, new, 1)
    if new == "[worth.rest]":
        text = text.replace('otherwise = "leave"', 'otherwise = "rest"')
    with pytest.raises(SettingsError) as caught:
        parse_economics(text, ["no", "yes"], "fraud", "case.toml")
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.message.startswith("case.toml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("lacking", ["[today]", "[volume]", "[worth.act]"])
def test_a_lacking_part_is_named(lacking: str) -> None:
    parts = GOOD.split("\n[")
    text = "\n[".join(part for part in parts if not part.startswith(lacking[1:]))
    with pytest.raises(SettingsError, match=r"status quo|how many cases|two at least"):
        parse_economics(text, ["no", "yes"], "fraud")


def test_a_status_quo_above_the_capacity_is_refused() -> None:
    text = GOOD.replace('where = "age"\nabove = 40\notherwise = "leave"\n', "")
    with pytest.raises(SettingsError, match="more than the capacity allows"):
        parse_economics(text, ["no", "yes"], "fraud")


def test_a_number_has_one_outcome_and_no_prevalence() -> None:
    text = 'unit="EUR"\neffect="none"\nworth.act.each={column="price",rate=0.1,plus=-9}\nworth.leave.each=0\n'
    text += 'today.action="leave"\nvolume={cases_a_day=1,days=1}\n'
    assert parse_economics(text, [], "price").worth["act"]["each"] == Worth(-9.0, {"price": 0.1})
    with pytest.raises(SettingsError, match="is a number and has no prevalence"):
        parse_economics(text + "prevalence.each=0.1\n", [], "price")


@pytest.mark.parametrize(
    "outcomes",
    [["no", "yes"], ["0", "1"], ['say "no"', "über\nalles"], ["a.b", "c # d", "é = 1"], []],
    ids=["words", "numbers", "quotes", "dots", "a number"],
)
def test_the_template_can_be_read(tmp_path: Path, outcomes: list[str]) -> None:
    path = tmp_path / "case.toml"
    write_template(path, "model", 'a "target"\nof two lines', outcomes, 20.0)
    case = read_economics(path, outcomes, 'a "target"\nof two lines')
    assert case.actions == ("act", "leave")
    assert set(case.worth["act"]) == set(outcomes or ["each"])
    before = path.read_text(encoding="utf-8")
    with pytest.raises(SettingsError, match="is there already"):
        write_template(path, "model", "target", outcomes, 20.0)
    assert path.read_text(encoding="utf-8") == before


def test_a_file_that_cannot_be_read_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        read_economics(tmp_path / "none.toml", ["no", "yes"], "fraud")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="no text in UTF-8"):
        read_economics(tmp_path / "bytes.toml", ["no", "yes"], "fraud")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_economics(tmp_path, ["no", "yes"], "fraud")
