"""Feeds that break while the loop runs: no retraining is asked for by such rows, and none learns from them."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.api.build import build
from journeyman.api.operations import ask
from journeyman.entities.decision import Action
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.overview import Request, RequestKind
from journeyman.entities.signal import Tier
from journeyman.errors import SettingsError
from journeyman.inference.release import open_release
from journeyman.operations.training_data import TrainingTable
from journeyman.operations.worker import Worker
from journeyman.pipelines.operate import operate_round
from journeyman.runtime.clock import SystemClock
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace

pytestmark = pytest.mark.slow

_spec = importlib.util.spec_from_file_location("loop_world", Path(__file__).with_name("loop_world.py"))
assert _spec is not None
assert _spec.loader is not None
world = sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(world)
BEGUN, SPAN = world.BEGUN, world.SPAN
LATER = BEGUN + 100_000 * SPAN

ROWS, CALM, BROKEN, DRIFT, END = 60, 6, 3, 12, 18
"""Rows of a span; spans before the feed breaks, in which it is broken, until the world changes, and in all."""
Break = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]


def factory_rows(seed: int, rows: int, minute: int = 0) -> pd.DataFrame:
    """Return rows of a small factory: weight and girth go together, and the weight decides."""
    rng = np.random.default_rng(seed)
    girth = rng.lognormal(1.0, 0.2, rows)
    return pd.DataFrame(
        {
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(minute + np.arange(rows), "min"),
            "weight": (20.0 * girth * rng.lognormal(0.0, 0.1, rows)).round(4),
            "girth": girth.round(4),
            "heat": rng.normal(200.0, 10.0, rows).round(4),
        }
    )


def truths(frame: pd.DataFrame, drifted: bool) -> np.ndarray:
    high = (frame["weight"] > 54.0) ^ (drifted & (frame["heat"] > 195.0))
    return np.where(high, "yes", "no").astype(object)


BREAKS: dict[str, tuple[str, Break]] = {
    "all null": ("DR001", lambda now, before: now.assign(weight=np.nan)),
    "stuck sensor": ("DR002", lambda now, before: now.assign(weight=51.5)),
    "columns swapped": ("DR003", lambda now, before: now.assign(weight=now["girth"], girth=now["weight"])),
    "thousandfold": ("DR004", lambda now, before: now.assign(weight=now["weight"] * 1000.0)),
    "pounds": ("DR004", lambda now, before: now.assign(weight=now["weight"] / 0.45359237)),
    "sent twice": ("DR005", lambda now, before: before),
    "clock jump": ("DR006", lambda now, before: now.assign(when=now["when"] + pd.Timedelta(days=9_000))),
}


class Capturing:
    """The quick builder, which remembers what it was given to learn from."""

    def __init__(self, workspace: Workspace) -> None:
        self.builder, self.tables = world.CopyBuilder(workspace), list[pd.DataFrame]()

    def __call__(self, table: TrainingTable, run: str) -> ModelVersion:
        self.tables.append(table.frame)
        version: ModelVersion = self.builder(table, run)
        return version


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("factory")
    frame = factory_rows(3, 600)
    build(frame.assign(y=truths(frame, False)), target="y", trials=2, workspace=place, name="m")
    return place


def live(
    workspace: Workspace,
    log: SqlitePredictionLog,
    broken: Break,
    rungs: Collection[Tier] = tuple(Tier),
    accepted: int = END,
) -> tuple[Capturing, set[float]]:
    """Let the loop live through calm spans, broken ones, calm ones, and a world that has changed.

    Parameters
    ----------
    accepted : int
        Span in which a person says that the rows which arrive broken are right; they go on to come so then.

    Returns
    -------
    builder, heats
        Who knows what retrainings were given, and the heats of the rows that arrived broken, which tell rows apart.
    """
    builder = Capturing(workspace)
    parts = world.worker_of(workspace, log, lambda: LATER)._parts
    watching = tuple(d for d in parts.detectors if d.rung in rungs)
    parts = replace(parts, actuator=replace(parts.actuator, build=builder), detectors=watching)
    worker = Worker(parts, operate_round, SystemClock(), lambda: LATER, BEGUN)
    release, hit, before = (
        open_release(workspace.path / workspace.registry.version("m").path),
        set[float](),
        factory_rows(0, 1),
    )
    for span in range(END):
        rows, drifted = factory_rows(1_000 + span, ROWS, 600 + span * ROWS), span >= DRIFT
        arrives, true = rows, truths(rows, drifted)
        if CALM <= span < (CALM + BROKEN if accepted == END else END):
            arrives = broken(rows, before)
            true = truths(before, False) if arrives is before else true
            hit |= set(arrives["heat"].tolist()) - set(before["heat"].tolist())
        else:
            before = rows
        at = BEGUN + span * SPAN + 10_000
        if span == accepted:
            ask(workspace.path, "m", Request(RequestKind.ACCEPT, at, "ann", note="pounds from now on"))
        sent = arrives.assign(when=arrives["when"].dt.strftime("%Y-%m-%d %H:%M:%S")).astype(object)
        sent = sent.where(arrives.notna(), None)
        ids = world.record(log, at, sent, release.answers(sent)[:, 1])
        world.label(log, at + 1_000, ids, true)
        worker.round()
    return builder, hit


@pytest.mark.parametrize("kind", sorted(BREAKS))
def test_a_feed_that_breaks_is_neither_answered_by_learning_nor_learned_from(
    built: Path, tmp_path: Path, kind: str
) -> None:
    code, broken = BREAKS[kind]
    place = Path(shutil.copytree(built, tmp_path / "w"))
    log = SqlitePredictionLog(place / "predictions" / "m")
    with Workspace(place) as workspace:
        builder, hit = live(workspace, log, broken)
        rounds, done = (
            sorted(workspace.operations.rounds("m"), key=lambda r: r.number),
            workspace.operations.operations("m"),
        )
    log.close()
    seen = {r.number: {s.code for s in r.watched.signals if s.alarming} for r in rounds}
    assert all(code in seen[n] for n in range(CALM + 1, CALM + BROKEN)), "by the second span at the latest"
    assert not any("DR00" in code for n in (*range(CALM), *range(CALM + BROKEN + 1, END)) for code in seen[n])
    inside = [(a, b) for a, b in rounds[-1].watched.broken if a <= BEGUN + CALM * SPAN + 10_000]
    assert any(b >= BEGUN + (CALM + BROKEN) * SPAN for _, b in inside), "and the first one is not learned from either"
    learned = [o.round for o in done if o.move.action is Action.RETRAIN]
    assert len(learned) == len(builder.tables) > 0
    assert min(learned) >= DRIFT, "the world changes then, and not before"
    for number, table in zip(learned, builder.tables, strict=True):
        known = table["heat"].round(4)
        assert len(table) > 600 + (number - BROKEN - 1) * ROWS, "what came sound is learned from"
        assert not set(known).intersection(hit)


@pytest.mark.parametrize("kind", ["pounds", "columns swapped"])
def test_what_the_feeds_rung_does_not_tell_truths_do(built: Path, tmp_path: Path, kind: str) -> None:
    code, broken = BREAKS[kind]
    place = Path(shutil.copytree(built, tmp_path / "w"))
    log = SqlitePredictionLog(place / "predictions" / "m")
    with Workspace(place) as workspace:
        builder, hit = live(workspace, log, broken, set(Tier) - {Tier.FEED})
        rounds, done = workspace.operations.rounds("m"), workspace.operations.operations("m")
    log.close()
    told = {r.number: {s.code for s in r.watched.signals if s.alarming and s.rung is Tier.FEED} for r in rounds}
    assert all(told[n] == {code} for n in range(CALM, CALM + BROKEN))
    assert not any(told[n] for n in (*range(CALM), *range(CALM + BROKEN, END)))
    learned = [o.round for o in done if o.move.action is Action.RETRAIN]
    assert len(learned) == len(builder.tables) > 0
    assert min(learned) >= DRIFT
    assert not any(set(table["heat"].round(4)).intersection(hit) for table in builder.tables)


@pytest.mark.parametrize("rungs", [tuple(Tier), set(Tier) - {Tier.FEED}], ids=["all rungs", "truths alone"])
def test_what_a_person_says_is_right_is_learned_from(built: Path, tmp_path: Path, rungs: Collection[Tier]) -> None:
    place, said = Path(shutil.copytree(built, tmp_path / "w")), CALM + 3
    log = SqlitePredictionLog(place / "predictions" / "m")
    with Workspace(place) as workspace:
        builder, hit = live(workspace, log, BREAKS["pounds"][1], rungs, said)
        rounds, done = workspace.operations.rounds("m"), workspace.operations.operations("m")
        with pytest.raises(
            SettingsError, match="nothing of m is to be accepted: at the last look no row of it arrived"
        ):
            ask(place, "m", Request(RequestKind.ACCEPT, LATER, "ann"))
    log.close()
    told = {r.number: {s.code for s in r.watched.signals if s.alarming and s.rung is Tier.FEED} for r in rounds}
    assert all(told[n] == {"DR004"} for n in range(CALM + 1, said + 1))
    assert not any(told[n] for n in range(said + 1, END)), "a person knows better"
    assert all(r.watched.accepted == ("DR004 weight",) for r in rounds if r.number > said)
    accepted = next(o for o in done if o.round == said)
    assert (accepted.move.action, accepted.move.signals) == (Action.KEEP, ("DR004",))
    assert accepted.move.reason == "ann said that rows arrive as they should (DR004 weight): pounds from now on."
    learned = [o.round for o in done if o.move.action is Action.RETRAIN]
    assert learned
    assert said < min(learned) < DRIFT, "and the model, which has become worse by it, is learned again"
    first = set(builder.tables[0]["heat"].round(4)).intersection(hit)
    assert len(first) == (learned[0] - CALM + 1) * ROWS, "from those too that were kept out until then"
