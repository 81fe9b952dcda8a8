"""What beliefs are worth: searches replayed as they would have it, beside searches in an uninformed order."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from experience_replay import (
    ORDERS,
    Replayed,
    as_believed,
    first_picks,
    halves,
    in_random_order,
    load,
    replay,
    seconds_to,
)
from journeyman.entities.candidate import SIMPLE
from journeyman.entities.experience import Experience
from journeyman.stages.rank import Prior, remembered, update_prior
from journeyman.stages.stop import chance_of_more

PICKS, LEAST_TRIALS, MORE_JOBS, USERS_ORDERS = 5, 8, 30, 2
OWN_TABLES, AFTERWARDS = 10, 20
Random = dict[str, tuple[list[float], list[float]]]


def _guided(work: tuple[Path, Prior]) -> tuple[str, Replayed, Replayed] | None:
    """Return a task's searches as beliefs have them; None where too few candidates make the order matter little."""
    path, prior = work
    tried = load(path)
    if sum(t.candidate.algorithm not in SIMPLE for t in tried.trials) < LEAST_TRIALS:
        return None
    return (
        path.stem,
        replay(tried, as_believed(tried, prior, per_second=False)),
        replay(tried, as_believed(tried, prior, per_second=True)),
    )


def report_searches(cache: Path, pool: Any, unseen: dict[str, Prior], random: Random) -> None:
    """Replay searches of each task as beliefs that have not seen its table would have it, and print what they gain.

    Parameters
    ----------
    random : dict of str to (list of float, list of float)
        Losses and seconds of the replays in a random order, by "task/order".
    """
    work = [(cache / f"{task}.trials", prior) for task, prior in unseen.items()]
    found = [guided for guided in pool.map(_guided, work, chunksize=1) if guided is not None]
    regrets, times, calls = [], [], []
    for task, by_gain, by_value in found:
        simple = sum(row.algorithm in SIMPLE for row in by_gain.rows)
        others = [random[f"{task}/{k}"] for k in range(ORDERS)]
        regrets.append(
            (first_picks(by_gain.losses, simple, PICKS), np.mean([first_picks(v, simple, PICKS) for v, _ in others]))
        )
        for losses, seconds in others:
            ends = np.cumsum(seconds)
            for share in (0.25, 0.5, 0.75):
                reached = max(int(np.searchsorted(ends, share * ends[-1], side="right")) - 1, simple - 1)
                used = [row.seconds for row in by_value.rows]
                times.append(seconds_to(by_value.losses, used, losses[reached]) / max(ends[reached], 1e-9))
        calls.append(by_value)
    if not regrets:
        print("\nno task with enough trials to replay searches")
        return
    said = np.array(regrets)
    print(f"\n{len(regrets)} tasks with {LEAST_TRIALS} candidates or more")
    mean, median = (f"{f(said[:, 0], 0):.2%} against {f(said[:, 1], 0):.2%}" for f in (np.mean, np.median))
    print(f"regret of the first {PICKS} picks against an uninformed order: mean {mean}, median {median}")
    late = f"median {np.median(times):.2f}, mean {np.mean(times):.2f}"
    print(f"time to the score of an uninformed order, relative to its time: {late}")
    report_stopping(calls)


def _learner(work: tuple[list[Path], Prior]) -> list[tuple[float, float, float]]:
    """Return the regret of the first picks of each job after a user's first ones: before, after them, and by chance."""
    paths, prior = work
    past: list[Experience] = []
    found = []
    for number, path in enumerate(paths):
        tried = load(path)
        names = [(t.candidate.algorithm, t.candidate.name) for t in tried.trials]
        simple = sum(t.candidate.algorithm in SIMPLE for t in tried.trials)
        moved = update_prior(tried.context, names, past, prior)
        search = replay(tried, as_believed(tried, moved, per_second=False))
        if number < MORE_JOBS:
            past.extend(search.rows)
        elif len(search.rows) >= simple + LEAST_TRIALS:
            before = replay(tried, as_believed(tried, prior, per_second=False))
            chance = replay(tried, in_random_order(tried, 0))
            found.append(tuple(first_picks(r.losses, simple, PICKS) for r in (before, search, chance)))
    return found


def _returning(work: tuple[list[Path], Prior, int]) -> list[tuple[float, float, float]]:
    """As ``_learner``, of a user who comes back to the same few tables with other rows each time."""
    paths, prior, order = work
    rng = np.random.default_rng([7, order])
    past: list[Experience] = []
    found = []
    for number in range(MORE_JOBS + AFTERWARDS):
        whole = load(paths[number % len(paths)])
        tried = halves(whole, int(rng.integers(1_000_000)))[0]
        names = [(t.candidate.algorithm, t.candidate.name) for t in tried.trials]
        simple = sum(t.candidate.algorithm in SIMPLE for t in tried.trials)
        moved, known = update_prior(tried.context, names, past, prior), remembered(tried.context, past)
        if number < MORE_JOBS:
            most = simple + PICKS + 5  # as many as a short budget holds, so that not all is known of any table
            search = replay(tried, as_believed(tried, moved, per_second=False, known=known), known, most)
            past.extend(replace(row, job=f"{number}") for row in search.rows)
        else:
            search = replay(tried, as_believed(tried, moved, per_second=False, known=known), known)
            before = replay(tried, as_believed(tried, prior, per_second=False))
            chance = replay(tried, in_random_order(tried, 0))
            found.append(tuple(first_picks(r.losses, simple, PICKS) for r in (before, search, chance)))
    return found


def report_learning(cache: Path, pool: Any, users: Sequence[tuple[Sequence[str], Prior]]) -> None:
    """Print what a user's own jobs do to the regret of the first picks.

    Parameters
    ----------
    users : sequence of (sequence of str, Prior)
        The tasks of each user, and beliefs that have not seen their tables; each user's tasks come in several orders.
    """
    rng = np.random.default_rng(4)
    work = [
        ([cache / f"{tasks[i]}.trials" for i in rng.permutation(len(tasks))], prior)
        for tasks, prior in users
        for _ in range(USERS_ORDERS)
    ]
    returning = []
    for number, (paths, prior) in enumerate(work):
        large = [path for path in paths if len(load(path).trials) >= LEAST_TRIALS + 2][:OWN_TABLES]
        returning += [(large, prior, number)] if len(large) == OWN_TABLES else []
    met = np.array([line for some in pool.map(_returning, returning, chunksize=1) for line in some])
    if len(met):
        before, after, chance = met.mean(axis=0)
        change = f"{after:.2%} instead of {before:.2%} (uninformed {chance:.2%})"
        own = f"{MORE_JOBS} jobs of {OWN_TABLES} tables, on the same tables with other rows"
        print(f"\nafter {own}: regret of the first {PICKS} picks {change}, {len(met)} searches")
    found = np.array([line for some in pool.map(_learner, work, chunksize=1) for line in some])
    if not len(found):
        print(f"no user has more than {MORE_JOBS} jobs: learning from one's own was not measured")
        return
    before, after, chance = found.mean(axis=0)
    change = f"{after:.2%} instead of {before:.2%} (uninformed {chance:.2%})"
    own = f"on tables never met: after {MORE_JOBS} more jobs the regret of the first {PICKS} picks is"
    print(f"{own} {change}, {len(found)} searches")


def report_stopping(calls: Sequence[Replayed]) -> None:
    """Print how true the combined chance of more is, and what stopping at a threshold saves and costs."""
    stated, came = [], []
    for call in calls:
        for k in range(2, len(call.rows)):
            stated.append([e.probability for e in call.stated[k]])
            came.append(any(row.succeeded for row in call.rows[k:]))
    truth = np.array(came, dtype=float)
    print("\nthat anything which waits lifts the ensemble, by how much each further candidate counts")
    for alike in (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        said = np.array([_combined(ps, alike) for ps in stated])
        clipped = np.clip(said, 1e-3, 1 - 1e-3)
        loss = float(-(truth * np.log(clipped) + (1 - truth) * np.log(1 - clipped)).mean())
        square = float(((said - truth) ** 2).mean())
        print(f"  {alike:.1f}: stated {said.mean():.2f}, came {truth.mean():.2f}, Brier {square:.3f}, {loss:.3f}")
    print("stopping below a chance: share of the time used, loss added (mean, worst tenth)")
    for threshold in (0.05, 0.1, 0.15, 0.2, 0.3, 0.4):
        used, cost = [], []
        for call in calls:
            ends = np.cumsum([row.seconds for row in call.rows])
            stop = next(
                (k for k in range(2, len(call.rows)) if chance_of_more(call.stated[k], None) < threshold),
                len(call.rows),
            )
            used.append(ends[stop - 1] / ends[-1])
            cost.append(call.losses[stop - 1] / call.losses[-1] - 1)
        print(f"  {threshold:.2f}: {np.mean(used):.2f}  {np.mean(cost):.3%}  {np.quantile(cost, 0.9):.2%}")


def _combined(probabilities: Sequence[float], alike: float) -> float:
    hazards = sorted((-np.log1p(-min(p, 1 - 1e-9)) for p in probabilities), reverse=True)
    return float(1.0 - np.exp(-sum(h * alike**k for k, h in enumerate(hazards))))
