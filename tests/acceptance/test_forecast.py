"""Forecasts from a real table to a model in service: one series, and twenty that are told apart by three columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.unit.operations.loop_world import SETTINGS, SPAN, Quiet
from tests.unit.serving.conftest import served

from journeyman.api.build import build
from journeyman.api.predict import Layout, load, predict_file
from journeyman.api.score import score_file
from journeyman.entities.decision import Action
from journeyman.entities.operating import Operated
from journeyman.entities.simulation import SimulatedDay, SimulateSettings
from journeyman.errors import SchemaError, SettingsError
from journeyman.inference.release import Release
from journeyman.inference.score_series import score_series
from journeyman.operations.traffic import read_traffic
from journeyman.operations.training_data import LearningRows
from journeyman.operations.worker import Worker
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import operate_round
from journeyman.pipelines.simulate import simulate
from journeyman.runtime.clock import SystemClock, milliseconds
from journeyman.serving.serve_settings import ServeSettings
from journeyman.settings import BuildSettings
from journeyman.stages.retrain.windows import ALL_ROWS
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

pytestmark = pytest.mark.slow

PLACE = next(
    (p / "shared" / "data" for p in Path(__file__).resolve().parents if (p / "shared" / "data").is_dir()), None
)
SERIES = PLACE / "timeseries" if PLACE is not None else Path("there is none")
if not SERIES.is_dir():
    pytest.skip("the shared collection of real tables is not here", allow_module_level=True)

HORIZON = 8


def tourism() -> pd.DataFrame:
    """Return twenty series of trips in Australia, 80 quarters each."""
    every = pd.read_csv(SERIES / "aus-tourism.csv.gz")
    keys = every[["Region", "State", "Purpose"]].drop_duplicates().sample(20, random_state=0)
    return every.merge(keys).reset_index(drop=True)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("forecasts")
    build(
        str(SERIES / "airline-passengers.csv.gz"),
        target="Passengers",
        task="forecast",
        trials=6,
        workspace=place,
        name="air",
    )
    known = tourism()
    known[known["Quarter"] < "2016 Q1"].to_csv(place / "trips.csv", index=False)
    build(str(place / "trips.csv"), target="Trips", task="forecast", trials=6, workspace=place, name="trips")
    with Workspace(place) as held:
        for name in ("air", "trips"):
            held.registry.promote(name, 1, now=SystemClock().now())
    return place


@pytest.fixture(scope="module")
def air(workspace: Path) -> Release:
    return load("air", workspace=workspace)


@pytest.fixture(scope="module")
def trips(workspace: Path) -> Release:
    return load("trips", workspace=workspace)


def test_the_next_year_of_passengers_is_forecast_with_intervals(air: Release, tmp_path: Path, workspace: Path) -> None:
    told = air.forecast()
    assert told["Month"].tolist()[::11] == ["1961-01", "1961-12"]
    levels = told[[name for name in told.columns if name not in ("Month", "Passengers")]]
    ordered = levels[sorted(levels.columns, key=float)].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all()
    assert 350 < told["Passengers"].min() < told["Passengers"].max() < 800
    written = predict_file("air", None, workspace=workspace, out=tmp_path / "next.csv")
    file = pd.read_csv(written.path)
    names = ["Month", "Passengers", "Passengers 10%", "Passengers 90%", "Passengers 2.5%", "Passengers 97.5%"]
    assert list(file.columns) == names
    assert written.rows == 12
    np.testing.assert_allclose(file["Passengers"], told["Passengers"], rtol=1e-5)
    assert air.evaluation.main.metric == "mase"
    assert air.evaluation.main.value < 0.9 * air.evaluation.main.baseline  # 1.57 on that year


def test_newer_rows_lengthen_the_history_without_a_refit(air: Release) -> None:
    newer = pd.DataFrame({"Month": ["1961-01", "1961-02"], "Passengers": [900, 910]})
    after = air.forecast(newer)
    assert after["Month"].tolist()[0] == "1961-03"
    assert len(after) == 12
    before = air.forecast().set_index("Month")["Passengers"]
    assert after["Passengers"].iloc[0] > before["1961-03"] + 50  # it goes on from where the series has come to
    asked = pd.concat([newer, pd.DataFrame({"Month": ["1961-05"], "Passengers": [None]})])
    one = air.forecast(asked)
    assert one["Month"].tolist() == ["1961-05"]
    assert one["Passengers"].iloc[0] == pytest.approx(after.set_index("Month")["Passengers"]["1961-05"])
    pd.testing.assert_series_equal(air.forecast().set_index("Month")["Passengers"], before)  # nothing is kept


def test_twenty_series_are_told_apart_and_beat_their_own_past(trips: Release) -> None:
    panel = trips.task.panel
    assert panel is not None
    assert panel.series == ("Region", "State", "Purpose")
    assert (panel.horizon, panel.seasons) == (HORIZON, (4,))
    assert "20 series of quarters, 1998 Q1 to 2015 Q4" in trips.task.reason
    told = trips.forecast()
    assert len(told) == 20 * HORIZON
    truth = tourism().merge(told, on=["Region", "State", "Purpose", "Quarter"], suffixes=("", " told"))
    assert len(truth) == len(told)
    keys = ["Region", "State", "Purpose", "Quarter"]
    year_before = {tuple(k): v for *k, v in tourism()[[*keys, "Trips"]].itertuples(index=False)}
    naive = [year_before[(r, s, p, f"2015 {q[-2:]}")] for r, s, p, q in truth[keys].itertuples(index=False)]
    assert (truth["Trips"] - truth["Trips told"]).abs().mean() < (truth["Trips"] - naive).abs().mean()
    inside = (truth["Trips"] >= truth["0.025"]) & (truth["Trips"] <= truth["0.975"])
    assert 0.85 <= inside.mean() <= 1.0
    assert (told.drop(columns=keys) >= 0).all(axis=None)


def test_some_series_are_asked_and_one_that_nobody_knows_is_told(trips: Release) -> None:
    keys = tourism()[["Region", "State", "Purpose"]].drop_duplicates().iloc[:2]
    asked = keys.assign(Quarter="2016 Q2")
    alone = trips.predict(asked.iloc[:1])
    both = trips.predict(asked)
    assert alone[0] == pytest.approx(both[0], rel=1e-12)
    stranger = pd.DataFrame({"Region": ["Atlantis"], "State": ["Sea"], "Purpose": ["Holiday"], "Quarter": ["2016 Q1"]})
    with pytest.warns(UserWarning, match="PR108: 1 series have no history.*Atlantis, Sea, Holiday"):
        told = trips.predict(stranger)
    assert np.isfinite(told).all()
    known = pd.DataFrame({**stranger, "Trips": [5.0]})
    lengthened = pd.concat([known, stranger.assign(Quarter="2016 Q2")])
    assert trips.predict(lengthened)[0] < told[0]


def test_the_report_shows_forecasts_and_nothing_that_makes_no_sense(trips: Release, air: Release) -> None:
    for release in (trips, air):
        page = release.report_path.read_text(encoding="utf-8")
        assert 'id="forecast"' in page
        assert "quarters ahead" in page or "months ahead" in page
        assert "by repeating the past" in page
        for senseless in ("Confusion matrix", 'id="reasons"', "Where it is weak", "could not be shown"):
            assert senseless not in page
    outlook = trips.report.explanation.outlook
    assert outlook is not None
    assert outlook.series == 20
    assert [row.ahead for row in outlook.ahead] == list(range(1, HORIZON + 1))
    assert len(outlook.coming) == 4


def test_a_model_of_series_refuses_what_is_not_for_it(air: Release, workspace: Path, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="use forecast"):
        air.explain(pd.DataFrame({"Month": ["1961-01"]}))
    build(pd.DataFrame({"x": range(200), "y": range(200)}), target="y", trials=1, workspace=tmp_path, name="line")
    with pytest.raises(SettingsError, match="no model of series"):
        predict_file(str(load("line", version=1, workspace=tmp_path).path), None)
    with pytest.raises(SettingsError, match="no model of series"):
        predict_file(str(load("line", version=1, workspace=tmp_path).path), "rows.csv", layout=Layout(total=("shop",)))
    seen = SERIES / "airline-passengers.csv.gz"
    with pytest.raises(SchemaError, match="no row has a value of 'Passengers' after the months"):
        score_file(air, seen, print, out=tmp_path / "seen.csv")
    assert not (tmp_path / "seen.csv").exists()


def test_later_truth_is_scored_beside_the_past_horizon_by_horizon(trips: Release, tmp_path: Path) -> None:
    later = tourism()
    later = later[later["Quarter"] >= "2015 Q1"]  # four quarters of it are known to the model
    later.to_csv(tmp_path / "later.csv", index=False)
    scored = score_file(trips, tmp_path / "later.csv", print, out=tmp_path / "scored.csv")
    file = pd.read_csv(scored.path)
    assert len(file) == 20 * HORIZON
    assert scored.scores.startswith("MASE ")
    assert "by repeating the past" in scored.scores
    truth = file.merge(tourism(), on=["Region", "State", "Purpose", "Quarter"], suffixes=("", " true"))
    np.testing.assert_allclose(truth["Trips as it came"], truth["Trips true"])
    told = trips.forecast().merge(file, on=["Region", "State", "Purpose", "Quarter"], suffixes=("", " scored"))
    np.testing.assert_allclose(told["Trips"], told["Trips scored"], rtol=1e-4)  # one horizon: nothing lengthens it
    half = score_series(trips, later.assign(Trips=later["Trips"].where(later["Quarter"] < "2016 Q3")))
    assert half is not None
    assert len(half.truths) == 20 * 2


def test_forecasts_of_parts_add_up_to_those_of_the_whole(trips: Release, workspace: Path, tmp_path: Path) -> None:
    def written(*total: str) -> pd.DataFrame:
        out = tmp_path / "forecasts.csv"
        predict_file("trips", None, workspace=workspace, out=out, layout=Layout(total=total))
        return pd.read_csv(out)

    parts, states, whole = written(), written("State"), written("all")
    assert list(states.columns[:3]) == ["State", "Quarter", "Trips"]
    assert list(whole.columns[:2]) == ["Quarter", "Trips"]
    summed = parts.groupby(["State", "Quarter"])["Trips"].sum().reset_index().merge(states, on=["State", "Quarter"])
    assert len(summed) == len(states)
    np.testing.assert_allclose(summed["Trips_x"], summed["Trips_y"], rtol=1e-4)
    np.testing.assert_allclose(whole["Trips"], states.groupby("Quarter")["Trips"].sum(), rtol=1e-4)
    widths = (whole["Trips 90%"] - whole["Trips 10%"]).to_numpy()
    of_parts = (parts["Trips 90%"] - parts["Trips 10%"]).groupby(parts["Quarter"])
    assert (widths < of_parts.sum().to_numpy()).all()  # not all go together
    assert (widths > 0.8 * np.sqrt(of_parts.apply(lambda v: (v**2).sum())).to_numpy()).all()
    with pytest.raises(SettingsError, match="does not tell series apart"):
        written("Quarter")


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_the_loop_learns_again_after_a_level_shift_and_never_without_one(tmp_path: Path, factor: float) -> None:
    table = tourism().sort_values(["Quarter", "Region", "State", "Purpose"], kind="stable")
    quarter = table["Quarter"].rank(method="dense")
    shifted = table.assign(Trips=table["Trips"] * np.where(quarter >= 52, factor, 1.0))[quarter <= 68]
    shifted.to_csv(tmp_path / "trips.csv", index=False)
    settings = SimulateSettings(
        str(tmp_path / "trips.csv"),
        "Trips",
        tmp_path / "w",
        task="forecast",
        task_options={"series": "Region,State,Purpose"},
        first=20 * 44,
        daily=20,  # a quarter a day
        delay=20,
        trials=2,
    )
    days: list[SimulatedDay] = []
    lived = simulate(settings, days.append)
    moves = [(day.number, day.operation.move.action) for day in days if day.operation is not None]
    learned = [number for number, action in moves if action is Action.RETRAIN]
    if factor == 1.0:
        assert not moves
        return
    assert len(learned) == 1
    assert learned[0] >= 52 - 44
    assert Action.PROMOTE in [action for _, action in moves]
    assert days[-1].champion == 2
    loop, never = lived.results[:2]
    assert loop.loss < 0.95 * never.loss


def test_served_it_answers_rows_of_series_and_steps(trips: Release, workspace: Path, tmp_path: Path) -> None:
    keys = tourism()[["Region", "State", "Purpose"]].drop_duplicates().iloc[:3]
    asked = keys.assign(Quarter="2016 Q1")
    told = trips.predict_outputs(asked)
    with served(ServeSettings("trips", workspace, tmp_path / "log"), tmp_path) as client:
        answered = client.ask("POST", "/predict", {"rows": asked.to_dict("records")}).json["predictions"]
        np.testing.assert_allclose([a["prediction"] for a in answered], told["0.5"], rtol=1e-12)
        assert list(answered[0]["outputs"]) == list(trips.task.output_names)
        given = [{"id": one["id"], "truth": 10.0} for one in answered]
        assert client.ask("POST", "/labels", {"labels": given}).json["failed"] == 0
        # A label names series and time; the columns that do stand in the description of the service.
        by_key = [{"key": row, "truth": 11.0} for row in asked.to_dict("records")]
        assert client.ask("POST", "/labels", {"labels": by_key}).json["failed"] == 0
        lacking = client.ask("POST", "/labels", {"labels": [{"key": {"Quarter": "2016 Q1"}, "truth": 1.0}]})
        assert "'Region', 'State', 'Purpose', 'Quarter'" in str(lacking.json)
        happened = client.ask("POST", "/predict", {"row": {**asked.iloc[0].to_dict(), "Trips": 3.0}})
        assert happened.status == 400
        assert "journeyman predict" in str(happened.json)


def test_it_is_watched_by_its_errors_and_learns_again(trips: Release, workspace: Path, tmp_path: Path) -> None:
    later = tourism()
    later = later[later["Quarter"] >= "2016 Q1"].sort_values("Quarter")
    asked, truths = later.drop(columns="Trips"), later["Trips"].tolist()
    begun = milliseconds() // SPAN * SPAN
    with served(ServeSettings("trips", workspace, tmp_path / "log"), tmp_path) as client:
        answered = client.ask("POST", "/predict", {"rows": asked.to_dict("records")}).json["predictions"]
        assert len(answered) == len(truths)
        given = [{"key": row, "truth": label} for row, label in zip(asked.to_dict("records"), truths, strict=True)]
        assert client.ask("POST", "/labels", {"labels": given}).json["failed"] == 0
    log = SqlitePredictionLog(tmp_path / "log")
    with Workspace(workspace) as held:
        operated = held.operations.begin(Operated("trips", SETTINGS, begun))
        parts = loop_parts(held, operated, log, TableStream(log), Quiet())
        traffic, _, _ = read_traffic(
            parts.stream.poll(begun, begun + 2 * SPAN, 1_000), trips, np.empty(0, dtype=np.int64)
        )
        assert len(traffic.answers) == len(asked)
        worker = Worker(parts, operate_round, SystemClock(), lambda: begun + 4 * SPAN, operated.begun)
        state = worker.round()
        assert state.operations == 0  # times that training had not seen are no drift
        table = LearningRows(
            held, held.registry.version("trips", 1), TableStream(log), trips, begun + 8 * SPAN, 10_000
        ).table(ALL_ROWS, held.journal.run(held.registry.version("trips", 1).run).read_settings(BuildSettings))
    log.close()
    assert len(table.frame) == 20 * 80
    again = build(table.frame, target="Trips", task="forecast", trials=2, workspace=workspace, name="trips")
    assert again.task.reason.startswith("20 series of quarters, 1998 Q1 to 2017 Q4; found by Region, State, Purpose")
    # The champion forecasts the new holdout from all that was known before it, though it was built on no more.
    assert "version 1" in str(again.report.decision)
    assert "cannot be used" not in str(again.report.decision)
