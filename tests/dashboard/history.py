"""Made facts of operated models: sixty hours with a broken feed, a drift, a retraining, a promotion and a question."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from journeyman.entities.decision import Action
from journeyman.entities.finding import Severity
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.operating import Operated, OperateSettings
from journeyman.entities.operation import Move, Operation, Outcome, WindowKind, WindowPlan
from journeyman.entities.overview import ModelState, Round
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import Signal, Tier, Watched
from journeyman.metrics.e_process import update
from journeyman.stores.workspace import Workspace

HOUR = 3_600_000
BEGIN = 1_793_059_200_000  # 27 Oct 2026, 00:00 UTC
LEVEL = 0.12


def eventful(name: str = "churn", rounds: int = 60) -> ModelState:
    """Return a model of which a good deal is to be told; an operation waits for a person at its end."""
    rng = np.random.default_rng(7)
    contest: PairedComparison | None = None
    seen: list[Round] = []
    for k in range(rounds):
        champion = 1 if k < 35 else 2
        challenger = 2 if 25 <= k < 35 else 1 if 35 <= k < 45 else 3 if k >= 49 else None
        if challenger is None:
            contest = None
        elif contest is None or contest.challenger != challenger:
            contest = PairedComparison(champion, challenger, guard=35 <= k < 45)
        else:
            gain = -0.03 if 35 <= k < 45 else 0.045 if k < 35 else 0.02
            contest = update(contest, np.clip(rng.normal(gain, 0.2, 130), -1.0, 1.0))
        seen.append(_round(k, champion, challenger, contest, rng))
    versions = tuple(
        ModelVersion(name, n, "r", "d", f"2026-10-2{6 + n}T08:15:00+00:00", "roc_auc", 0.9 + n / 200, "release", n == 2)
        for n in (1, 2, 3)
    )
    done = tuple(o for o in _operations(name) if o.round < rounds)
    waiting = tuple(o.number for o in done if o.move.wanted is not None)
    return ModelState(name, versions, "Brier score", False, tuple(seen), done, waiting, BEGIN + 10**6 * HOUR)


def calm(name: str = "houses", rounds: int = 60) -> ModelState:
    """Return a model of which nothing is to be told."""
    state = eventful(name, 12)
    seen = [replace(state.rounds[3 + k % 8], number=k, begin=_at(k), end=_at(k + 1)) for k in range(rounds)]
    return replace(state, versions=state.versions[:1], loss="absolute error", rounds=tuple(seen), operations=())


def broken(name: str = "demand") -> ModelState:
    """Return a model whose feed broke in the last round."""
    state = eventful(name, 13)
    return replace(state, versions=state.versions[:1])


def worse(name: str = "fraud") -> ModelState:
    """Return a model that has become worse, and nothing was done yet."""
    state = eventful(name, 24)
    return replace(state, versions=state.versions[:1], operations=(), waiting=())


def stored(workspace: Workspace, state: ModelState) -> None:
    """Write what a state holds, as the loop does; the release is there already."""
    workspace.operations.begin(Operated(state.name, OperateSettings(every=HOUR), BEGIN))
    by_round = {o.round: o for o in state.operations}
    for seen in state.rounds:
        here = by_round.get(seen.number)
        workspace.operations.keep_round(state.name, seen, (here,) if here is not None else ())


def release_again(workspace: Workspace, name: str, other: str, more: int) -> None:
    """Register releases of another name that are the first one over again."""
    first = workspace.registry.versions(name)[0]
    for k in range(more):
        run = f"{other}-{k}"
        number = workspace.registry.reserve(other, run)
        workspace.registry.register(replace(first, name=other, version=number, run=run, champion=False))


def _at(k: int) -> int:
    return BEGIN + k * HOUR


def _round(
    k: int, champion: int, challenger: int | None, contest: PairedComparison | None, rng: np.random.Generator
) -> Round:
    rows = int(300 + 80 * np.sin(k / 24 * 2 * np.pi) + rng.integers(0, 30))
    labels = 0 if k < 2 else int(rows * min(0.75, 0.2 + 0.02 * k) * rng.uniform(0.7, 1.1))
    drift = min(1.0, max(0.0, (k - 18) / 6)) if champion == 1 else 0.0
    level = LEVEL + 0.055 * drift + (0.002 if champion == 2 else 0.0)
    mended = k in (12, 13)
    signals = _signals(k, drift)
    if mended:
        labels = 0
    guess = level + float(rng.normal(0, 0.003))
    ends = (guess - 0.018, guess + 0.018)
    if not labels:
        unknown = Watched(signals, rows, 0, None, None, None, None, guess, *ends)
        return Round(k, _at(k), _at(k + 1), champion, challenger, unknown, contest)
    reach = 1.96 * 0.16 / float(np.sqrt(labels))
    loss = level + float(rng.normal(0, 0.16 / np.sqrt(labels)))
    reference = LEVEL if champion == 1 else LEVEL + 0.004
    watched = Watched(signals, rows, labels, loss, reference, max(0.0, loss - reach), loss + reach, guess, *ends)
    return Round(k, _at(k), _at(k + 1), champion, challenger, watched, contest)


def _signals(k: int, drift: float) -> tuple[Signal, ...]:
    if k in (12, 13):
        words = "The feed is broken: 'age' has no usable value in 97% of 320 rows. Since about 2026-10-27 12:00 UTC."
        return (Signal("DR001", Tier.FEED, Severity.ERROR, words, _at(12), ("age",), detector="feed"),)
    found = []
    if drift >= 0.8:
        words = (
            "The Brier score is 0.171 over the latest 1,204 truths, 0.12 when the model was released. It is worst "
            "where region = north: 0.31 in 402 rows, 0.13 before. Since about 2026-10-27 18:00 UTC; it hurts "
            "rows where region = north; each prediction costs 0.051 more (Brier score)."
        )
        columns = ("region", "income")
        found.append(
            Signal("DR101", Tier.LOSS, Severity.ERROR, words, _at(18), columns, "region = north", 0.051, "loss")
        )
    if drift >= 0.4:
        words = (
            "Rows have moved to where the model errs more: estimated Brier score 0.165 (95% interval 0.147 to 0.183), "
            "0.12 when the model was released; 'income' lies 0.8 of its spread higher."
        )
        severity = Severity.ERROR if drift >= 0.6 else Severity.NOTE
        code = "DR201" if drift >= 0.6 else "DR203"
        found.append(Signal(code, Tier.ESTIMATE, severity, words, _at(19), ("income",), "", 0.045, "rows"))
    if drift > 0:
        words = "'income' lies 0.8 of its spread higher."
        found.append(Signal("DR301", Tier.COLUMN, Severity.NOTE, words, _at(18), ("income",), detector="columns"))
    if k >= 50 or 5 <= k < 9:
        words = "'tenure_in_months_since_first_contract' lies 0.3 of its spread lower."
        column = "tenure_in_months_since_first_contract"
        found.append(Signal("DR301", Tier.COLUMN, Severity.NOTE, words, _at(50), (column,), detector="columns"))
    return tuple(found)


def _operations(name: str) -> tuple[Operation, ...]:
    sliding = WindowPlan(WindowKind.SLIDING, 4_000, 0.124, {"all": 0.139, "latest 4000": 0.124, "weighted 2000": 0.127})
    learn = "Learning again is expected to save more than it costs: the loss has risen by 0.051 a prediction."
    better = "The challenger, release 2, is better than the champion: 1,170 truths prove it (31.2 to 1)."
    stood = "The promotion has stood the test of 1,170 truths that both have answered; release 1 leaves the shadow."
    again = "Learning again pays: models have gone stale by 0.008 a row since the last one."
    ask = (
        "The challenger, release 3, is better than the champion: 1,300 truths that both have answered prove it "
        "(22.8 to 1). A person has to approve it."
    )
    feed = "Nothing is to be done about the model. The feed is broken: 'age' has no usable value in 97% of 320 rows."
    odds = {"evidence for": 22.8, "evidence against": 0.01, "evidence needed": 20.0, "truths": 1300, "mean gain": 0.021}
    return (
        Operation(1, name, 12, _at(13), Move(Action.KEEP, feed, ("DR001",)), 1, {}, Outcome()),
        Operation(
            2, name, 24, _at(25), Move(Action.RETRAIN, learn, ("DR101", "DR201"), None, sliding, 1.0, 4.1), 1,
            {"version": 2.0}, Outcome(0.046, 1170, 96.0, 2, better),
        ),
        Operation(
            3, name, 34, _at(35), Move(Action.PROMOTE, better, (), 2, None, 0.0, 3.7, {**odds, "truths": 1170}), 1, {},
            Outcome(0.031, 1170, 0.0, 2, stood),
        ),
        Operation(4, name, 44, _at(45), Move(Action.KEEP, stood, (), 1), 2, {}, Outcome(note="Release 1 left.")),
        Operation(
            5, name, 48, _at(49), Move(Action.RETRAIN, again, (), None, WindowPlan(WindowKind.ALL), 1.0, 1.6), 2,
            {"version": 3.0, "seconds": 88.0},
        ),
        Operation(6, name, 59, _at(60), Move(Action.ASK, ask, (), 3, None, 0.0, 1.7, odds, Action.PROMOTE), 2),
    )  # fmt: skip
