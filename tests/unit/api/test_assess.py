"""`journeyman assess`: the command, its page and its file, leaks, nulls, own builds, bad input, a small budget."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from journeyman.api.assess import assess, assess_request, assessment_json
from journeyman.api.experience import clear
from journeyman.cli.main import app
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.use_case import Assessment, AssessRequest
from journeyman.errors import SettingsError, SourceError
from journeyman.reports.assessment_page import render_assessment
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.own_outcomes import outcomes_of
from journeyman.stages.rank.memory import TABLE
from journeyman.stores.assessed import AssessedCase, read_assessed
from journeyman.stores.home import user_folder

runner = CliRunner()


def customers(rows: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age, visits = rng.normal(45, 12, rows).round(1), rng.poisson(4, rows)
    spent = (20 * visits + age + rng.normal(0, 25, rows)).round(2)
    left = np.where(rng.random(rows) < 1 / (1 + np.exp(visits - 4)), "yes", "no")
    columns = {"customer": [f"K{k:05d}" for k in range(rows)], "country": "NL", "age": age, "visits": visits}
    luck = rng.normal(size=rows).round(3)
    refund = (spent * 0.5 + rng.normal(0, 0.01, rows)).round(3)
    return pd.DataFrame({**columns, "spent": spent, "left": left, "luck": luck, "booked": refund})


@pytest.fixture(scope="module")
def found() -> Assessment:
    return assess(customers(), ["spent", "left", "luck"], budget=None)


def test_what_can_be_predicted_comes_first_and_luck_last(found: Assessment) -> None:
    chances = {case.target: case.estimate.probability for case in found.cases}
    assert found.cases[-1].target == "luck"
    assert chances["luck"] is not None
    assert chances["luck"] <= 0.1
    assert chances["spent"] is not None
    assert chances["spent"] > 0.8
    spent = next(case for case in found.cases if case.target == "spent")
    assert spent.low_score <= spent.expected_score <= spent.high_score < spent.base_score


def test_a_column_that_gives_the_target_away_is_told_and_left_out(found: Assessment) -> None:
    spent = next(case for case in found.cases if case.target == "spent")
    assert spent.leaks == ("booked",)
    assert spent.against[0].kind == "known afterwards"
    assert spent.with_leaks is not None
    assert spent.probe is not None
    assert "booked" not in spent.probe.importances


def test_identifiers_and_constants_are_no_cases() -> None:
    refused = {one.target: one.reason for one in assess(customers(120), budget="0.001s").refused}
    assert set(refused) == {"customer", "country"}
    assert "tells rows apart" in refused["customer"]
    assert "same value in every row" in refused["country"]


def test_a_small_budget_tells_what_it_did_not_reach() -> None:
    found = assess(customers(120), budget="0.001s")
    assert len(found.cases) == 1
    assert "before 5 of 6 columns were looked at" in found.notes[0]


class Impatient(SilentProgress):
    """Presses Ctrl+C at the third column."""

    def stage(self, name: str, detail: str = "") -> None:
        if name == "look at" and ", 3 of" in detail:
            raise KeyboardInterrupt


def test_an_interruption_keeps_what_is_known(tmp_path: Path) -> None:
    customers(120).to_csv(tmp_path / "t.csv", index=False)
    found = assess_request(AssessRequest(str(tmp_path / "t.csv"), budget=None), progress=Impatient())
    assert len(found.cases) == 2
    assert "stopped" in found.notes[-1]


def test_the_file_has_what_was_promised(found: Assessment) -> None:
    facts = json.loads(assessment_json(found))
    wanted = {"target", "probability", "expected_score", "low", "high", "raises", "against", "metric", "baseline"}
    assert all(wanted <= set(case) for case in facts["cases"])
    assert [case["target"] for case in facts["cases"]] == [case.target for case in found.cases]


def test_the_page_escapes_and_runs_no_script(found: Assessment) -> None:
    page = render_assessment(found)
    assert "<script" not in page
    assert "spent" in page
    odd = customers(120).rename(columns={"spent": "<b>spent</b>"})
    assert "<b>spent</b>" not in render_assessment(assess(odd, ["<b>spent</b>"]))


def test_the_same_seed_says_the_same() -> None:
    first, second = (assess(customers(150), ["left"]) for _ in range(2))
    assert first.cases[0].estimate == second.cases[0].estimate


def typed(*words: str) -> Result:
    return runner.invoke(app, ["assess", *words])


def test_the_command_ranks_a_folder_and_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lake").mkdir()
    frame = customers(150)
    frame[["customer", "age", "visits", "spent"]].to_csv("lake/sales.csv", index=False)
    frame[["customer", "left", "visits"]].to_csv("lake/churn.csv", index=False)
    Path("lake/broken.parquet").write_bytes(b"PAR1")
    done = typed("lake", "--targets", "sales.spent,left", "--json", "cases.json", "--out", "cases.html", "--quiet")
    assert done.exit_code == 0, done.output
    assert "sales.spent" in done.stdout
    facts = json.loads(Path("cases.json").read_text())
    assert {(case["table"], case["target"]) for case in facts["cases"]} == {("sales", "spent"), ("churn", "left")}
    assert any("broken" in note for note in facts["notes"])
    assert any(one["kind"] == "join" for case in facts["cases"] for one in case["raises"])
    assert "<h1>lake</h1>" in Path("cases.html").read_text()
    with sqlite3.connect("shop.db") as database:
        frame.to_sql("sales", database, index=False)
    again = typed("shop.db", "--targets", "left", "--quiet")
    assert again.exit_code == 0, again.output
    assert "left" in again.stdout


def test_bad_input_is_a_line_and_a_hint_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    customers(60).to_csv("t.csv", index=False)
    Path("empty").mkdir()
    before = sorted(p.name for p in tmp_path.iterdir())
    for words, message in (
        (["no.csv"], "no such file: no.csv"),
        (["empty"], "no table"),
        (["t.csv", "--encoding", "utf-9"], "utf-9"),
        (["t.csv", "--targets", " , "], "--targets names no column"),
        (["t.csv", "--targets", "spend"], "no table has a column 'spend'"),
        (["t.csv", "--margin", "1.5"], "a margin of 1.5 is no share of the loss"),
        (["t.csv", "--budget", "soon"], "the budget 'soon' is not a time"),
        (["t.csv", "--json", "t.csv"], "t.csv"),
        (["t.csv", "--out", "no/page.html"], "no"),
    ):
        done = typed(*words, "--quiet")
        assert done.exit_code == 2, (words, done.output)
        assert message in done.stderr
        assert "hint: " in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_table_is_read_as_it_is_said_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    customers(60).to_csv("t.csv", index=False)
    assert "no table has a column 'spent'" in typed("t.csv", "--delimiter", "tab", "--targets", "spent", "-q").stderr


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_numbers_near_the_largest_are_columns_like_others() -> None:
    rng = np.random.default_rng(0)
    size = rng.normal(size=200)
    table = pd.DataFrame({"far": size * 1e300, "left": np.where(size + rng.normal(0, 0.3, 200) > 0, "yes", "no")})
    left = assess(table, ["left"]).cases[0]
    assert left.probe is not None
    assert left.probe.linear > 0.3


def test_what_cannot_be_assessed_is_refused_from_python() -> None:
    with pytest.raises(SettingsError, match="no share of the loss"):
        assess(customers(60), margin=-0.1)
    with pytest.raises(SourceError):
        assess(pd.DataFrame({"x": [1.0]}))
    with pytest.raises(SettingsError, match="no table has a column"):
        assess(customers(60), ["nothing"])


def test_own_builds_move_what_is_expected() -> None:
    def trial(job: str, solo: float) -> Experience:
        return Experience(
            {TABLE: 7.0}, "linear", "linear", Expectation("linear", 0.5, 0.1, 1.0), True, 0.1, 1.0, solo, job
        )

    assessed = {"7": AssessedCase(0.4, 0.1), "8": AssessedCase(0.4, 0.1)}
    won = outcomes_of(assessed, [trial("a", 0.99), trial("b", 0.95), trial("b", 0.8)])
    assert [(one.probability, one.succeeded) for one in won] == [(0.4, True)]
    assert not outcomes_of(assessed, [trial("a", 0.5), trial("b", 0.95)])[0].succeeded, "the latest build counts"


def test_what_was_expected_is_kept_for_the_builds_to_come() -> None:
    assess(customers(120), ["left"])
    kept = read_assessed(user_folder())
    assert any(0.0 < case.probability < 1.0 for case in kept.values())
    clear()
    assert not read_assessed(user_folder())


def test_a_season_is_seen_by_the_months_of_its_dates() -> None:
    rng = np.random.default_rng(0)
    days = pd.date_range("2019-01-01", periods=4 * 365)
    season = 10 * np.sin(2 * np.pi * days.day_of_year / 365.25)
    table = pd.DataFrame(
        {"day": days.strftime("%Y-%m-%d"), "temperature": (season + rng.normal(0, 3, len(days))).round(1)}
    )
    [case] = assess(table, targets=["temperature"]).cases
    assert case.estimate.probability is not None
    assert case.estimate.probability > 0.5
