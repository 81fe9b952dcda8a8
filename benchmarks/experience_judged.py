"""How good a judgement is that was learned from replayed searches, on tables that it has not seen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from experience_costs import costs_of, probes_of, report_costs, with_costs
from experience_searches import Random, report_learning, report_searches
from journeyman.entities.candidate import SIMPLE
from journeyman.stages.rank.features import Proposal
from journeyman.stages.rank.judgement import Prior, blank, expect_successes, update

GROUPS = 8
CAUTIONS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
REPLAYS_COUNT = 0.6
"""How much a row counts: the same trials are replayed in several orders, which is less than as many trials."""


@dataclass(frozen=True)
class Rows:
    """Trials after the simple ones, as the model reads them."""

    tables: np.ndarray
    jobs: np.ndarray
    proposals: list[Proposal]
    succeeded: np.ndarray
    gains: np.ndarray
    tasks: tuple[str, ...] = ()
    table_of: Mapping[str, str] = field(default_factory=dict)
    random: Random = field(default_factory=dict)

    def of(self, kept: np.ndarray) -> "Rows":
        at = np.flatnonzero(kept)
        return Rows(
            self.tables[at],
            self.jobs[at],
            [self.proposals[i] for i in at],
            self.succeeded[at],
            self.gains[at],
        )


def rows_of(cache: Path) -> Rows:
    read = [
        json.loads(line) for path in sorted(cache.glob("*.jsonl")) for line in path.read_text().splitlines() if line
    ]
    random: dict[str, tuple[list[float], list[float]]] = {}
    for row in read:
        losses, seconds = random.setdefault(row["job"], ([], []))
        losses.append(row["loss"])
        seconds.append(row["seconds"])
    read = [row for row in read if row["algorithm"] not in SIMPLE]
    return Rows(
        np.array([row["table"] for row in read]),
        np.array([row["job"] for row in read]),
        [Proposal(row["algorithm"], row["candidate"], row["context"]) for row in read],
        np.array([row["succeeded"] for row in read]),
        np.array([row["gain"] for row in read]),
        tuple(sorted({row["task"] for row in read})),
        {row["task"]: row["table"] for row in read},
        random,
    )


def learned(rows: Rows, caution: float) -> Prior:
    prior = blank([(p.algorithm, p.name) for p in rows.proposals], caution)
    weights = np.full(len(rows.proposals), REPLAYS_COUNT)
    won = rows.succeeded & (rows.gains > 0)
    first = replace(prior, spread=float(np.log(rows.gains[won]).std()) if won.any() else 1.0)
    rough = update(first, rows.proposals, rows.succeeded, rows.gains, weights)
    # The spread around the expectation is known once there is an expectation.
    _, expected = expect_successes(rough, [p for p, w in zip(rows.proposals, won, strict=True) if w])
    around = np.log(rows.gains[won]) - (np.log(expected) - rough.spread**2 / 2)
    settled = replace(prior, spread=float(around.std()), jobs=len(set(rows.jobs)))
    return update(settled, rows.proposals, rows.succeeded, rows.gains, weights)


def parts(tables: np.ndarray) -> dict[str, int]:
    """Deal whole tables to groups."""
    names = np.unique(tables)
    order = np.random.default_rng(0).permutation(len(names))
    return {name: int(order[i] % GROUPS) for i, name in enumerate(names)}


def calibration_error(stated: np.ndarray, came: np.ndarray, bins: int = 10) -> float:
    """Return the mean distance of what was stated from what came, in bins of equally many."""
    order = np.argsort(stated, kind="stable")
    return float(
        sum(
            len(b) / len(stated) * abs(stated[b].mean() - came[b].mean()) for b in np.array_split(order, bins) if len(b)
        )
    )


def brier(stated: np.ndarray, came: np.ndarray) -> float:
    return float(((stated - came) ** 2).mean())


def left_out(rows: Rows, caution: float) -> tuple[np.ndarray, np.ndarray, list[Prior]]:
    """Return what is stated of each row by beliefs that have not seen its table, and those beliefs by group."""
    part = parts(rows.tables)
    group = np.array([part[t] for t in rows.tables])
    chances, gains = np.zeros(len(group)), np.zeros(len(group))
    all_beliefs = []
    for g in range(GROUPS):
        prior = learned(rows.of(group != g), caution)
        all_beliefs.append(prior)
        at = np.flatnonzero(group == g)
        if len(at):
            chances[at], gains[at] = expect_successes(prior, [rows.proposals[i] for i in at])
    return chances, gains, all_beliefs


def _user(rows: Rows, half: int, caution: float) -> tuple[list[str], Prior]:
    """Return the tasks of half of the tables, and what is believed by somebody who has seen only the other half."""
    part = parts(rows.tables)
    mine = {table for table, group in part.items() if group % 2 == half}
    others = np.array([table not in mine for table in rows.tables])
    return sorted(task for task, table in rows.table_of.items() if table in mine), learned(rows.of(others), caution)


def report_judgement(cache: Path, pool: Any) -> Prior:
    """Print how good the judgement is on tables that it has not seen; return what is learned from all of them."""
    rows = rows_of(cache)
    came = rows.succeeded.astype(float)
    print(
        f"{len(came)} trials after the simple ones in {len(set(rows.jobs))} replays of {len(set(rows.tasks))} tasks "
        f"of {len(set(rows.tables))} tables; {came.mean():.0%} lifted the ensemble"
    )
    print("\nleaving tables out (Brier score of the share alone in brackets)")
    print("caution   Brier score  calibration error  likelihood  spread of the gain's logarithm (of it alone)")
    chosen, best = CAUTIONS[0], np.inf
    for caution in CAUTIONS:
        chances, gains, _ = left_out(rows, caution)
        won = rows.succeeded & (rows.gains > 0)
        error = np.log(gains[won]) - np.log(rows.gains[won])
        loss = float(-(came * np.log(chances) + (1 - came) * np.log(1 - chances)).mean())
        print(
            f"{caution:7.1f}  {brier(chances, came):.4f} ({came.mean() * (1 - came.mean()):.4f})  "
            f"{calibration_error(chances, came):17.4f}  {loss:10.4f}  "
            f"{error.std():.2f} ({np.log(rows.gains[won]).std():.2f})"
        )
        if loss < best:
            chosen, best = caution, loss
    chances, _, by_group = left_out(rows, chosen)
    print(f"\nstated and came, caution {chosen}")
    order = np.argsort(chances, kind="stable")
    for some in np.array_split(order, 10):
        print(f"{chances[some].mean():8.2f} {came[some].mean():8.2f}  of {len(some)}")
    costs, probes = costs_of(cache), probes_of(cache)
    known = {*costs, *probes}
    part = {table: k % GROUPS for k, table in enumerate(sorted(known - set(rows.tables)))} | parts(rows.tables)
    by_group = [
        with_costs(prior, costs, probes, {t for t in known if part[t] != group}) for group, prior in enumerate(by_group)
    ]
    report_costs(costs, probes, {table: by_group[part[table]] for table in known})
    unseen = {task: by_group[part[table]] for task, table in sorted(rows.table_of.items())}
    report_searches(cache, pool, unseen, rows.random)
    report_learning(cache, pool, [_user(rows, half, chosen) for half in (0, 1)])
    return with_costs(learned(rows, chosen), costs, probes, known)
