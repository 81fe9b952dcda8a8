"""A search of a lake finds what helps, joins no noise, nothing from later and no copy of the target."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyman.api.search import search, write_found
from journeyman.cli.main import app
from journeyman.entities.lake import LakeSearch
from journeyman.errors import SettingsError, SourceError, TargetError

ROWS, SHOPS = 600, 40


def orders(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    shops = rng.integers(0, SHOPS, ROWS)
    size = rng.normal(size=SHOPS)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 200, ROWS)), unit="D")
    frame = pd.DataFrame({"shop": [f"S-{s:03d}" for s in shops], "day": days.strftime("%Y-%m-%d")})
    return frame.assign(amount=(2 * size[shops] + rng.normal(size=ROWS) * 0.5).round(4)), size


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("search")
    frame, size = orders(rng)
    frame.to_csv(folder / "orders.csv", index=False)
    tables = folder / "lake"
    tables.mkdir()
    names = [f"s {k}" for k in range(SHOPS)]
    pd.DataFrame({"Shop": names, "size": size.round(4)}).to_csv(tables / "shops.csv", index=False)
    pd.DataFrame({"shop": names, "luck": rng.normal(size=SHOPS).round(4)}).to_csv(tables / "luck.csv", index=False)
    frame.to_csv(tables / "copy.csv", index=False)
    later = (pd.to_datetime(frame["day"]) + pd.Timedelta(days=900)).dt.strftime("%Y-%m-%d")
    frame.assign(day=later).rename(columns={"amount": "returned"}).sample(300, random_state=0).to_csv(
        tables / "future.csv", index=False
    )
    (tables / "broken.parquet").write_bytes(b"PAR1 and no more")
    pd.DataFrame({"film": list("abcdefgh"), "stars": range(8)}).to_csv(tables / "films.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def found(lake: Path) -> LakeSearch:
    return search(lake / "lake", lake / "orders.csv", target="amount", time="day", workspace=lake / "ws")[0].search


@pytest.mark.slow
def test_what_helps_is_joined_and_nothing_else(found: LakeSearch) -> None:
    assert [v.table for v in found.verdicts if v.accepted] == ["shops"]
    shops = found.verdicts[0]
    assert (shops.match_rate, shops.lost) == (1.0, 0)
    assert shops.gain is not None
    assert shops.gain > 0.5
    assert found.joined_loss < 0.5 * found.loss


@pytest.mark.slow
def test_of_many_joins_those_are_tried_that_gain_on_other_rows(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeyman.pipelines.search_lake._MOST_TRIED", 1)
    found = search(lake / "lake", lake / "orders.csv", target="amount", time="day", workspace=lake / "ws")[0].search
    assert [v.table for v in found.verdicts if v.accepted] == ["shops"]
    assert any("1 others gain more" in v.reason for v in found.verdicts if v.table == "luck")
    assert any("all later" in v.reason for v in found.verdicts if v.table == "future")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("copy", "a copy of"),
        ("future", "later than those of the table"),
        ("broken", "cannot be read"),
        ("films", "shares no key"),
        ("luck", "gain no"),
    ],
)
def test_what_is_not_joined_says_why(found: LakeSearch, table: str, words: str) -> None:
    reasons = [v.reason for v in found.verdicts if v.table == table and not v.accepted]
    assert any(words in reason for reason in reasons), reasons


@pytest.mark.slow
def test_the_profile_is_kept_and_refreshed(lake: Path, found: LakeSearch, tmp_path: Path) -> None:
    assert found.read == found.tables
    again = search(lake / "lake", lake / "orders.csv", target="amount", time="day", workspace=lake / "ws")[0].search
    assert again.read == 0
    assert [(v.table, v.accepted) for v in again.verdicts] == [(v.table, v.accepted) for v in found.verdicts]
    write_found(again, tmp_path / "found.json")
    told = json.loads((tmp_path / "found.json").read_text())["tables"]
    assert {"table", "on", "kind", "match_rate", "gain", "p_value", "accepted", "reason"} <= told[0].keys()
    assert told[0]["on"] == [["shop", "Shop"]]


@pytest.mark.slow
def test_a_target_under_another_name_is_refused_with_a_hint(lake: Path, tmp_path: Path) -> None:
    base = pd.read_csv(lake / "orders.csv").assign(order=[f"o{k}" for k in range(ROWS)])
    booked = base[["order", "amount"]].rename(columns={"amount": "booked"})
    booked.to_csv(tmp_path / "bookings.csv", index=False)
    found = search(tmp_path, base, target="amount", workspace=tmp_path / "ws")[0].search
    assert not any(v.accepted for v in found.verdicts)
    assert "'booked' repeats 'amount'" in found.verdicts[0].reason


@pytest.mark.slow
def test_a_database_is_a_lake_and_a_key_may_lead_over_another_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    income = rng.normal(size=60)
    region = rng.permutation(np.arange(120) % 60)
    shops = rng.integers(0, 120, 900)
    frame = pd.DataFrame({"shop": [f"S{s:03d}" for s in shops], "amount": 3 * income[region[shops]]})
    frame["amount"] += rng.normal(size=900) * 0.3
    with sqlite3.connect(tmp_path / "lake.db") as database:
        pd.DataFrame({"shop": [f"S{k:03d}" for k in range(120)], "region": [f"R{r:02d}" for r in region]}).to_sql(
            "shops", database, index=False
        )
        pd.DataFrame({"region": [f"R{k:02d}" for k in range(60)], "income": income}).to_sql(
            "regions", database, index=False
        )
    found, joined = search(tmp_path / "lake.db", frame, target="amount", workspace=tmp_path / "ws")
    by_name = {v.table: v for v in found.search.verdicts}
    assert by_name["regions"].join is not None
    assert by_name["regions"].join.via == "shops"
    assert by_name["regions"].accepted
    got = joined.read(None, 0)["regions.income"].to_numpy(float)
    assert np.allclose(got, income[region[shops]])


def test_an_empty_lake_a_lacking_lake_and_lacking_columns_are_named(lake: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    base = lake / "orders.csv"
    with pytest.raises(SourceError, match="no table in the lake"):
        search(tmp_path / "empty", base, target="amount", workspace=tmp_path / "ws")
    with pytest.raises(SourceError, match="no such folder"):
        search(tmp_path / "none", base, target="amount", workspace=tmp_path / "ws")
    with pytest.raises(TargetError, match="no column 'amout'"):
        search(lake / "lake", base, target="amout", workspace=tmp_path / "ws")
    with pytest.raises(SettingsError, match="no column 'date'"):
        search(lake / "lake", base, target="amount", time="date", workspace=tmp_path / "ws")
    with pytest.raises(TargetError) as raised:
        search(lake / "lake", base, target="Amount", workspace=tmp_path / "ws")
    assert raised.value.hint == "did you mean 'amount'?"
    with pytest.raises(SettingsError, match="cannot be the time column too"):
        search(lake / "lake", base, target="amount", time="amount", workspace=tmp_path / "ws")
    constant = pd.read_csv(base).assign(amount=7)
    with pytest.raises(TargetError, match="'amount' is constant"):
        search(lake / "lake", constant, target="amount", workspace=tmp_path / "ws")
    with pytest.raises(TargetError, match=r"'amount' is known in 3 of 3 rows"):
        search(lake / "lake", pd.read_csv(base).head(3), target="amount", workspace=tmp_path / "ws")
    with pytest.raises(SettingsError, match="holds no dates"):
        search(lake / "lake", base, target="amount", time="shop", workspace=tmp_path / "ws")


def test_the_command_ends_in_one_line_and_leaves_nothing_half_written(lake: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    words = ["search", str(tmp_path / "empty"), str(lake / "orders.csv"), "--target", "amount"]
    ran = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "a.csv"), "--workspace", str(tmp_path / "ws")])
    assert ran.exit_code == 2
    assert "no table in the lake" in ran.output
    assert not (tmp_path / "a.csv").exists()
    for option, value, words in (
        ("--out", "a.docx", "tables are written as"),
        ("--json", "none/found.json", "there is no folder"),
    ):
        ran = CliRunner().invoke(app, [*("search", str(lake / "lake"), *words_of(lake)), option, str(tmp_path / value)])
        assert ran.exit_code == 2
        assert words in ran.output


def words_of(lake: Path) -> list[str]:
    return [str(lake / "orders.csv"), "--target", "amount", "--workspace", str(lake / "ws")]
