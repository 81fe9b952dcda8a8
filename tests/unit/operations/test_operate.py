"""The loop as a whole, on a small world: what it does, that it can be replayed, and that what it keeps stays small."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from threadpoolctl import threadpool_info, threadpool_limits

from journeyman.api.operate import OperatePlace, operate
from journeyman.api.operations import ask, operated_models, overview
from journeyman.api.registry import rollback
from journeyman.api.replay import replay
from journeyman.entities.challenge import Challenge
from journeyman.entities.decision import Action
from journeyman.entities.operating import MonitorResult, Notice, Operated
from journeyman.entities.operation import Economics, Operation, WindowKind, WindowPlan
from journeyman.entities.overview import Request, RequestKind
from journeyman.errors import LeaseError, NotificationError, SettingsError
from journeyman.operations import retention as housekeeping
from journeyman.operations.paths import loop_folder, round_id
from journeyman.operations.worker import holding
from journeyman.pipelines import operate as rounds
from journeyman.runtime.durable_run import JournalRun
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.tables import champions, events, models, runs, steps
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

pytestmark = pytest.mark.slow

_spec = importlib.util.spec_from_file_location("loop_world", Path(__file__).with_name("loop_world.py"))
assert _spec is not None
assert _spec.loader is not None
world = sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(world)
BEGUN, SPAN, SETTINGS = world.BEGUN, world.SPAN, world.SETTINGS
fill, label, record, serve_span, worker_of = world.fill, world.label, world.record, world.serve_span, world.worker_of
make_model, make_rows, truths_of = world.make_model, world.make_rows, world.truths_of

LATER = BEGUN + 100_000 * SPAN


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("loop")
    make_model(place)
    return place


@pytest.fixture
def place(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "w"))


@pytest.fixture
def log(place: Path) -> SqlitePredictionLog:
    return SqlitePredictionLog(place / "predictions" / "m")


def test_the_first_round_rehearses_on_the_rows_of_the_build(place: Path, log: SqlitePredictionLog) -> None:
    with Workspace(place) as workspace:
        worker = worker_of(workspace, log, lambda: LATER, real=True)
        serve_span(workspace, log, 0, drifted=False)
        first = worker.round().policy
        assert first is not None
        assert first.staleness.recipe.truths == 225, "three of four parts of three quarters of 400 rows"
        assert (first.staleness.learned, first.staleness.slope_weight > 0.0) == (400, True)
        serve_span(workspace, log, 1, drifted=False)
        again = worker.round().policy
        assert again is not None
        assert again.staleness.recipe == first.staleness.recipe, "once is enough"
        assert TableStream(log).committed() == worker.state().begin, "what is done is told to the stream"


def test_a_look_solves_its_systems_on_one_thread(
    place: Path, log: SqlitePredictionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monitor = rounds.monitor

    def watched(*facts: Any) -> MonitorResult:
        threads.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")
        return monitor(*facts)

    monkeypatch.setattr(rounds, "monitor", watched)
    with Workspace(place) as workspace, threadpool_limits(limits=2, user_api="blas"):
        worker = worker_of(workspace, log, lambda: LATER)
        serve_span(workspace, log, 0, drifted=False)
        worker.round()
    assert set(threads) == {1}


def test_a_drift_is_answered_by_a_challenger_that_takes_over(place: Path, log: SqlitePredictionLog) -> None:
    with Workspace(place) as workspace:
        worker = worker_of(workspace, log, lambda: LATER, real=True)
        for span in range(40):
            serve_span(workspace, log, span, drifted=span >= 4)
            state = worker.round()
            if state.champion > 1:
                break
            if state.challenger is not None:
                assert log.challenge() == Challenge(state.challenger), "what serving reads is what the loop has agreed"
        done = workspace.operations.operations("m")
        assert [o.move.action for o in done if o.move.action is not Action.KEEP][-2:] == [
            Action.RETRAIN,
            Action.PROMOTE,
        ]
        assert (state.champion > 1, state.challenger, state.former) == (True, 1, True)
        assert log.challenge().version == 1, "the former champion goes on in the shadow"
        versions = workspace.registry.versions("m")
        assert [v.version for v in versions if v.champion] == [state.champion]
        assert versions[-1].run.endswith(".build")
        assert list((loop_folder(place, "m") / "builds").iterdir()) == [], "a build's artifacts go with it"
        assert list(loop_folder(place, "m").rglob("table.parquet")) == [], "and so does the table that it learned from"
        references = loop_folder(place, "m") / "references"
        assert len(list(references.iterdir())) == len(versions) - 1, "each release of the loop keeps its own"
        promotion = done[-1]
        assert promotion.outcome is None
        look = overview(place, "m")
        assert (look.loss, look.paused, look.waiting, len(look.rounds)) == ("Brier score", False, (), state.round)
        assert operated_models(place) == ("m",)
    log.close()
    steps = replay(OperatePlace("m", place), promotion.number)
    assert [s.step for s in steps] == ["watch", "judge", "remember"]
    assert all(s.same for s in steps)
    for operation in done:
        assert all(s.same for s in replay(OperatePlace("m", place), operation.number))


def test_the_training_table_holds_both_and_leaves_out_what_the_log_hides(place: Path, log: SqlitePredictionLog) -> None:
    frame = make_rows(np.random.default_rng(5), 30)
    hidden = frame.assign(c="h:0123456789abcdef")
    ids = record(log, BEGUN + 1_000, hidden, np.full(30, 0.9))
    label(log, BEGUN + 2_000, ids[:20], truths_of(frame, False)[:20])
    with Workspace(place) as workspace:
        worker = worker_of(workspace, log, lambda: LATER)
        state = worker.round()
        assert state.truths == 400 + 20
        actuator = worker._parts.actuator
        table = actuator.table(replace(state, end=BEGUN + SPAN), WindowPlan(WindowKind.SLIDING, 25))
        assert list(table.frame.columns) == ["x", "y"]
        assert len(table.frame) == 25
        assert table.frame["x"].tolist()[-20:] == frame["x"].tolist()[:20]
        assert table.frame["y"].tolist()[-20:] == truths_of(frame, False)[:20].tolist()
        assert any("--hash" in note and "'c'" in note for note in table.notes)
        weighted = actuator.table(state, WindowPlan(WindowKind.WEIGHTED, 50)).frame
        assert 40 < len(weighted) < 110, "about 50 / ln 2 rows"


def test_a_retraining_is_divided_in_the_order_in_which_labels_came(place: Path, log: SqlitePredictionLog) -> None:
    batches = [make_rows(np.random.default_rng(seed), 20) for seed in range(10)]
    asked = {k: record(log, BEGUN + 1_000 * k, frame, np.full(20, 0.9)) for k, frame in enumerate(batches, 1)}
    for k, frame in enumerate(batches, 1):  # each label comes when two further batches have been labelled
        label(log, BEGUN + 1_000 * (k + 2) + 500, asked[k], truths_of(frame, False))
    with Workspace(place) as workspace:
        worker = worker_of(workspace, log, lambda: LATER)
        state = replace(worker.round(), end=BEGUN + SPAN)
        table = worker._parts.actuator.table(state, WindowPlan(WindowKind.ALL))
        few = worker._parts.actuator.table(state, WindowPlan(WindowKind.SLIDING, 100))
    assert not few.settings.in_order, "too few for a holdout"
    assert table.settings.in_order
    assert table.settings.delay == "40", "two batches are on their way, and at most a fifth is left out"
    assert table.frame["x"].tolist()[-200:] == [x for frame in batches for x in frame["x"]]
    first = make_rows(np.random.default_rng(3), 400)["x"].tolist()
    assert sorted(table.frame["x"].tolist()[:400]) == sorted(first)
    assert table.frame["x"].tolist()[:400] != first, "the order of the first build's rows means nothing"


def test_a_person_is_asked_and_answers(place: Path, log: SqlitePredictionLog) -> None:
    settings = replace(SETTINGS, economics=Economics(retraining=0.2, horizon=2_000, approval=True))
    fill(log, 40, 6)
    with Workspace(place) as workspace:
        worker = worker_of(workspace, log, lambda: LATER, settings)
        while not (waiting := worker.round().waiting):
            pass
        [asked] = waiting
        assert (asked.move.wanted, asked.move.version) == (Action.PROMOTE, 2)
        for _ in range(3):
            assert [o.number for o in worker.round().waiting] == [asked.number]
        assert overview(place, "m").waiting == (asked.number,)
        with pytest.raises(SettingsError, match="does not wait"):
            ask(place, "m", Request(RequestKind.APPROVE, worker.state().begin, "ann", 99))
        said = ask(place, "m", Request(RequestKind.APPROVE, worker.state().begin, "ann", note="go on"))
        assert said.operation == asked.number
        state = worker.round()
        assert (state.champion, state.waiting) == (2, ())
        answered, promoted = workspace.operations.operations("m")[-2:]
        assert answered.outcome is not None
        assert "ann approved" in answered.outcome.note
        assert promoted.move.reason == f"ann approved operation {asked.number}: go on."
        with pytest.raises(SettingsError, match="nothing of m waits"):
            ask(place, "m", Request(RequestKind.REJECT, 0, "ann"))
        ask(place, "m", Request(RequestKind.PAUSE, state.begin, "ann"))
        with pytest.raises(SettingsError, match="paused already"):
            ask(place, "m", Request(RequestKind.PAUSE, state.begin, "ann"))
        assert overview(place, "m").paused
        assert worker.round().paused


def test_a_year_leaves_the_disk_as_it_is(place: Path, log: SqlitePredictionLog) -> None:
    def used() -> int:
        return sum(p.stat().st_size for p in place.rglob("*") if p.is_file() and "predictions" not in p.parts)

    settings = replace(SETTINGS, keep_rounds=20)
    fill(log, 5, 99)
    with Workspace(place) as workspace:
        worker = worker_of(workspace, log, lambda: LATER, settings)
        sizes = []
        for _ in range(6):
            for _ in range(50):
                state = worker.round()
            sizes.append(used())
        assert state.round == 300
        assert len(list(loop_folder(place, "m").iterdir())) <= 40
        assert len(workspace.operations.rounds("m", 10_000)) == 300
        assert workspace.journal.steps(round_id("m", 200)) == ()
    # rows of rounds (some hundred bytes each) go on until there are 2,000
    assert sizes[-1] - sizes[1] < 4 * 50 * 2_000


def test_what_an_earlier_version_has_left_is_still_found(place: Path, log: SqlitePredictionLog) -> None:
    """It named no artifacts: the build, the rounds and the retraining are found by what their steps were called."""
    fill(log, 45, 8)
    with Workspace(place) as workspace:
        worker = worker_of(workspace, log, lambda: LATER)
        while not workspace.operations.operations("m"):
            worker.round()
        with workspace._database.writing() as connection:
            assert connection.execute(events.delete().where(events.c.kind == "artifacts")).rowcount > 1
        before = worker.state()
        assert worker_of(workspace, log, lambda: LATER).round().round == before.round + 1
        number = workspace.operations.operations("m")[-1].number
    log.close()
    assert all(step.same for step in replay(OperatePlace("m", place), number))


def test_what_a_killed_worker_has_not_deleted_the_next_one_does(
    place: Path, log: SqlitePredictionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(_self: JournalRun, *_: object) -> None:
        leave(_self, None, None, None)
        raise Killed

    fill(log, 12, 99)
    leave = JournalRun.__exit__
    with Workspace(place) as workspace:
        worker = worker_of(workspace, log, lambda: LATER, replace(SETTINGS, keep_rounds=3))
        for _ in range(9):
            worker.round()
        with monkeypatch.context() as patch:
            patch.setattr(JournalRun, "__exit__", killed)
            with pytest.raises(Killed):
                worker.round()
        other = worker_of(workspace, log, lambda: LATER, replace(SETTINGS, keep_rounds=3))
        assert other.round().round == 11
        kept = sorted(int(p.name) for p in loop_folder(place, "m").iterdir())
        assert kept == [7, 8, 9, 10], "round 9 was done when its worker was killed; round 10 begins with housekeeping"


def test_releases_that_nobody_can_ask_for_are_removed(
    place: Path, log: SqlitePredictionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    fill(log, 45, 8)
    settings = replace(SETTINGS, keep_rounds=30, keep_releases=0)
    with Workspace(place) as workspace:
        for span in (16, 24):  # back to release 1: what was promoted was a mistake
            workspace.operations.ask("m", Request(RequestKind.ROLL_BACK, BEGUN + span * SPAN, "ann"))
        told: list[str] = []
        worker = worker_of(workspace, log, lambda: LATER, settings, tell=told.append)
        while worker.state().round < 20:
            worker.round()
        assert told == []
        assert [v.version for v in workspace.registry.versions("m")] == [1, 2, 3]
        with monkeypatch.context() as patch:
            patch.setattr(housekeeping, "drop_releases", killed)
            with pytest.raises(Killed):
                worker.round()
        assert (place / "releases" / "m" / "2").is_dir(), "killed after the registry knew, before its folder went"
        while worker.state().round < 31:
            worker.round()
        gone = [v.version for v in workspace.registry.removed("m")]
        assert 2 in gone
        there = {v.version for v in workspace.registry.versions("m")}
        assert {p.name for p in (place / "releases" / "m").iterdir()} == {str(v) for v in there}
        assert {1, worker.state().champion} <= there, "the first build's rows and whoever answers stay"
        assert all(workspace.journal.steps(v.run) == () for v in workspace.registry.removed("m"))
        assert all(line.startswith("removed from m: release") for line in told)
        with pytest.raises(SettingsError, match="version 2 of m was removed on"):
            rollback("m", to=2, workspace=place)
        promoted = [o for o in workspace.operations.operations("m") if o.champion == 2]
        moved = [o.move for o in workspace.operations.operations("m") if o.move.version == 2]
        assert moved, "its decision records stay"
    log.close()
    for operation in promoted:
        with pytest.raises(SettingsError, match=r"was removed|is not kept"):
            replay(OperatePlace("m", place), operation.number)


class Deaf:
    """A notifier that fails at first."""

    name = "deaf"

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.failures = 2

    def tell(self, operation: Operation) -> None:
        if self.failures:
            self.failures -= 1
            if self.failures:
                raise OSError("a part of a package\nthat breaks its contract")
            raise NotificationError("nobody listens", hint="-")
        self.heard.append(operation.number)


def test_a_notification_that_fails_is_written_down_and_tried_again(place: Path, log: SqlitePredictionLog) -> None:
    fill(log, 20, 3)
    with Workspace(place) as workspace:
        worker, deaf = worker_of(workspace, log, lambda: LATER), Deaf()
        worker._notifiers = (deaf,)
        while not workspace.operations.operations("m"):
            worker.round()
        broken = "deaf failed: OSError: a part of a package that breaks its contract"
        assert workspace.operations.notices("m", 1) == (Notice(1, "deaf", LATER, broken),)
        worker.round()
        assert workspace.operations.notices("m", 1) == (Notice(1, "deaf", LATER, "nobody listens"),)
        while not deaf.heard:
            worker.round()
        assert workspace.operations.notices("m", 1) == (Notice(1, "deaf", LATER, ""),)
        worker.round()
        assert deaf.heard.count(1) == 1


def work_together(open_one: Callable[[], Workspace], place: Path, spans: int, now: int = LATER) -> list[Exception]:
    """Let two workers with a short lease want the same rounds, in threads; return what went wrong."""
    errors: list[Exception] = []

    def work() -> None:
        try:
            workspace = open_one()
            log = SqlitePredictionLog(place / "predictions" / "m")
            while True:
                with holding(workspace, "m", 1_000, lambda: now, lambda _: False) as lease:
                    worker = worker_of(workspace, log, lambda: BEGUN + spans * SPAN, fence=lease.fence)
                    if not worker.is_due():
                        return
                    worker.round()
        except Exception as error:  # noqa: BLE001 - a thread must hand its failure to the test
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_two_workers_never_do_one_step_twice(place: Path, log: SqlitePredictionLog) -> None:
    fill(log, 16, 4)
    assert work_together(lambda: Workspace(place), place, 16) == []
    with Workspace(place) as workspace:
        assert [r.number for r in workspace.operations.rounds("m")] == list(range(16))
        lease = workspace.leases.look("m")
        assert lease is not None
        assert lease.number > 16, "they took turns"
        numbers = [o.number for o in workspace.operations.operations("m")]
        assert numbers == list(range(1, len(numbers) + 1))


def test_two_workers_share_postgresql(place: Path, log: SqlitePredictionLog, server: str) -> None:
    address = f"postgresql+psycopg://ann:secret-word@{server}"
    admin = sa.create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE operated"))
    admin.dispose()
    url = f"{address}/operated"
    with Workspace(place) as old, Workspace(place, url) as new:
        for table in (runs, steps, models, champions):
            with old._database.reading() as connection:
                rows = [dict(row._mapping) for row in connection.execute(sa.select(table))]
            with new._database.writing() as connection:
                connection.execute(table.insert(), rows)
    fill(log, 12, 4)
    assert work_together(lambda: Workspace(place, url), place, 12) == []
    with Workspace(place, url) as workspace:
        assert [r.number for r in workspace.operations.rounds("m")] == list(range(12))
        assert len(workspace.registry.history("m")) > 1
        there = workspace.operations.operations("m")
    # what is decided does not depend on where it is written down
    with Workspace(place) as workspace:
        workspace.operations.begin(Operated("m", SETTINGS, BEGUN))
        shutil.rmtree(loop_folder(place, "m"))
        log.set_challenge(Challenge())
    # an hour later: the log remembers the number of the last lease, and those of any database go by the minute
    assert work_together(lambda: Workspace(place), place, 12, LATER + 3_600_000) == []
    with Workspace(place) as workspace:
        here = workspace.operations.operations("m")
    assert [(o.round, o.move) for o in here] == [(o.round, o.move) for o in there]


def test_a_worker_that_sleeps_through_its_term_cannot_go_on(place: Path, log: SqlitePredictionLog) -> None:
    fill(log, 6, 99)
    with Workspace(place) as workspace:
        first = workspace.leases.take("m", "sleeper", LATER, 1_000)
        assert first is not None
        sleeper = worker_of(workspace, log, lambda: LATER, fence=first.fence)
        sleeper.round()
        second = workspace.leases.take("m", "other", LATER + 1_000, 1_000)
        assert second is not None
        with pytest.raises(LeaseError):
            sleeper.round()
        other = worker_of(workspace, log, lambda: LATER, fence=second.fence)
        assert other.round().round == 2
        assert [r.number for r in workspace.operations.rounds("m")] == [0, 1]


def test_the_command_goes_through_what_is_due(place: Path, log: SqlitePredictionLog) -> None:
    log.close()
    told: list[str] = []
    where = OperatePlace("m", place)
    assert operate(where, {"every": 60_000, "trials": 2}, True, told.append) == 0, "its grid begins now"
    with Workspace(place) as workspace:
        known = workspace.operations.model("m")
        assert (known.settings.every, known.settings.trials) == (60_000, 2)
        held = workspace.leases.look("m")
        assert held is not None
        assert held.holder == "", "it let go"
    with pytest.raises(SettingsError, match="shorter than a second"):
        operate(where, {"every": 10}, True, told.append)
    with pytest.raises(SettingsError, match="no model is called"):
        operate(OperatePlace("n", place), {}, True, told.append)


def test_everything_works_in_a_database_that_machines_share(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"ann:secret-word@{server}"
    admin = sa.create_engine(f"postgresql+psycopg://{address}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE shared"))
    admin.dispose()
    monkeypatch.setenv("JOURNEYMAN_DATABASE", f"postgresql://{address}/shared")
    make_model(tmp_path / "w")
    assert not (tmp_path / "w" / "journal.db").exists()
    where = OperatePlace("m", tmp_path / "w")
    # The grid is of seconds, and a slow machine may need one for its first look.
    begun = operate(where, {"every": 1_000, "settle": 0, "trials": 2}, True, print)
    time.sleep(2.2)
    assert begun + operate(where, {}, True, print) >= 2
    look = overview(tmp_path / "w", "m")
    assert look.versions[0].champion
    assert [r.number for r in look.rounds] == list(range(len(look.rounds)))
