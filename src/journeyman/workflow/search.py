"""The search: rank, train, combine, and stop when more is not worth it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from journeyman.entities.candidate import Candidate
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.search import Choice, Search
from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task, TaskKind
from journeyman.entities.trial import Ensemble, Trial, answers_within
from journeyman.entities.weakness import Attempt
from journeyman.errors import InputError
from journeyman.interfaces import Metric, Run
from journeyman.settings import BuildSettings
from journeyman.stages.ensemble import MOST_COPIES, ensemble, lift
from journeyman.stages.evaluate import MOST_SHUFFLED, SHUFFLING_SECONDS, shuffled_answers
from journeyman.stages.explain import EXPLAINING_SECONDS, MOST_DRAWN, drawn_answers
from journeyman.stages.rank import judge, meta_features, rank, shown_by
from journeyman.stages.stop import choose_next, reason_to_stop
from journeyman.stages.train import Allowance, Terms, train
from journeyman.transformers.derived import text_columns
from journeyman.transformers.target_scale import SCALES, long_tailed
from journeyman.workflow.iterate import Diagnosed, attempted, diagnosed, informed, untried
from journeyman.workflow.kit import Kit
from journeyman.workflow.shared_folds import SharedFolds

__all__ = [
    "affordable_copies",
    "propose",
    "search",
    "seconds_after_fits",
    "seconds_to_finish",
    "within_budget",
]

_FIRST = ("baseline", "linear")
_HANDFUL = 6
"""Candidates that a budget should hold."""

_PLAIN_COPIES = 4
"""Where no clock bounds the build."""

_SAFE_SHARE = 0.8
"""Of the time left that copies may be planned for."""

_PREPARED_ROW = 1e-5
"""Seconds that preparing a row among many takes, beside what models take to answer it."""

_SIMPLE_SHARE = 0.2
"""Of the time left that the simple model may take."""

_LARGEST_SHARE = 0.5
"""Of the whole budget that one trial may take, so that another algorithm still gets its turn."""


@dataclass(frozen=True)
class _Plan:
    """What the search knows from the start."""

    table: Table
    task: Task
    split: Split
    metric: Metric
    settings: BuildSettings
    past: Sequence[Experience]

    @property
    def rows_fit(self) -> int:
        return max(len(fold.fit) for fold in self.split.folds)


def seconds_to_finish(table: Table, split: Split, answer_seconds: float) -> float:
    """Return the seconds that evaluating, explaining and packaging take after the last fit (docs/decisions/0007).

    Parameters
    ----------
    answer_seconds : float
        Of one answer of the ensemble: importance asks for each column's shuffled rows, dependence for a grid.
    """
    examined = len(split.holdout) or len(split.train)
    allowed = answers_within(answer_seconds, SHUFFLING_SECONDS, MOST_SHUFFLED)
    asked = examined + shuffled_answers(len(table.features), examined, allowed)
    asked += drawn_answers(len(split.train), answers_within(answer_seconds, EXPLAINING_SECONDS, MOST_DRAWN))
    return 2.0 + 2e-5 * min(table.source_rows, 300_000) + asked * (answer_seconds + _PREPARED_ROW)


def seconds_after_fits(
    found: Search, chosen: Ensemble, table: Table, split: Split, threads: int
) -> tuple[tuple[float, float], ...]:
    """Return the seconds that are needed after each member's fit for good: for the other fits, and to finish.

    Two figures: with a third of finishing, since a fit that takes longer than its trial promised is cut short for no
    less; and with all of it and another copy of the member, which is not begun without the time for it.
    """
    trials = {t.candidate.key: t for t in found.trials}
    members = [trials[m.candidate.key] for m in chosen.members]
    refit = _refit_share(split, len(table.frame), threads)
    finish = seconds_to_finish(table, split, chosen.answer_seconds)
    fits, needed = 0.0, []
    for trial, member in reversed(list(zip(members, chosen.members, strict=True))):
        once = (trial.seconds - trial.preparing) * refit
        needed.append((fits + finish / 3, fits + finish + once))
        fits += once * member.copies
    return tuple(reversed(needed))


def affordable_copies(found: Search, table: Table, split: Split, settings: BuildSettings, elapsed: float) -> int:
    """Return how often each member can be fitted for good in the time left; by the clock only where time bounds it."""
    if settings.budget is None or settings.trials is not None:
        return _PLAIN_COPIES
    trials = {t.candidate.key: t for t in found.trials}
    members = [trials[m.candidate.key] for m in found.ensemble.members]
    refit = _refit_share(split, len(table.frame), settings.threads)
    once = sum(t.seconds - t.preparing for t in members) * refit
    left = settings.budget - elapsed - sum(t.preparing for t in members) * refit
    answer = sum(t.answer_seconds for t in members)
    # More copies take longer to answer, too: evaluating and explaining ask many times.
    held = (
        n
        for n in range(MOST_COPIES, 1, -1)
        if n * once <= _SAFE_SHARE * (left - seconds_to_finish(table, split, n * answer))
    )
    return next(held, 1)


def within_budget(kit: Kit, table: Table, task: Task, split: Split, settings: BuildSettings) -> Split:
    """Return a split with no more folds than leave time for a handful of candidates.

    Where fits are dear, a few candidates on half of the folds teach more than one on all of them.
    """
    if settings.budget is None or settings.trials is not None:
        return split
    rows, features = max(len(fold.fit) for fold in split.folds), table.features
    firsts = [
        algorithm.seconds(algorithm.candidates(task, rows, features)[0], task, rows, len(features))
        for name, algorithm in sorted(kit.algorithms.items())
        if name not in _FIRST and algorithm.candidates(task, rows, features)
    ]
    usual = float(np.median(firsts)) if firsts else 0.0
    folds = next((n for n in (len(split.folds), 2) if usual * n * _HANDFUL <= settings.budget), 1)
    if folds == len(split.folds):
        return split
    # By time the last folds learn from the most rows, and are examined on the latest.
    used = "1 of the folds is used" if folds == 1 else f"{folds} of the folds are used"
    reason = f"{split.reason}; {used}, so that the budget holds a few fits"
    return replace(split, folds=split.folds[-folds:], reason=reason)


def search(
    kit: Kit,
    run: Run,
    table: Table,
    task: Task,
    split: Split,
    metric: Metric,
    settings: BuildSettings,
    past: Sequence[Experience],
) -> Search:
    """Try candidates in the order of their expected gain per second until a reason to stop comes up.

    Each choice and each trial is a step of the run, so that a resumed run goes the way it went before.
    """
    plan = _Plan(table, task, split, metric, settings, past)
    y = target_values(table, task.target)[np.concatenate([fold.validate for fold in split.folds])]
    folds = SharedFolds(kit, table, task, split, settings)
    waiting = folds.admit(propose(kit, table, task, split))
    context = meta_features(table, task)
    beliefs = judge(context, [(c.algorithm, c.name) for c in waiting], past)
    trials: list[Trial] = []
    expectations: list[Expectation] = []
    outcomes: list[tuple[bool, float]] = []
    scores: list[float] = []
    best: Ensemble | None = None
    baseline: float | None = None
    seen, attempts, rows = Diagnosed(), list[Attempt](), (table, split, task, settings.seed)
    while True:
        shown = shown_by(trials, outcomes, best, metric.greater_is_better)
        ranked = informed(rank(waiting, _costs(kit, plan, waiting, trials), context, shown, beliefs), seen)
        choice = run.step(f"choose {len(trials) + 1}", partial(_choose, kit, run, plan, ranked, trials, best))
        chosen = choice.expectation
        if chosen is None:
            break
        candidate = next(c for c in waiting if c.key == chosen.candidate)
        waiting.remove(candidate)
        kit.progress.trial(len(trials) + 1, candidate, _said(chosen))
        trial = _try(kit, run, plan, candidate, len(trials) + 1, choice.seconds, folds, best)
        trials.append(replace(trial, started=choice.started))
        expectations.append(chosen)
        incumbent, best = best, ensemble(metric, trials, y, task, best, settings.latency)
        if best is None:
            outcomes.append((False, 0.0))
            scores.append(float("nan"))
            continue
        outcomes.append(lift(y, incumbent, best, task))
        scores.append(best.score)
        attempts += attempted(seen, candidate, (incumbent, best), outcomes[-1], rows, y)
        seen, treated = diagnosed(run, kit.algorithms, seen, rows, trials, waiting, best)
        waiting += treated
        if candidate.algorithm == "baseline" and trial.score is not None:
            baseline = trial.score
        kit.progress.best(best.score, baseline, len(best.members))
    if best is None:
        causes = "; ".join(f"{t.candidate.algorithm}: {t.cause}" for t in trials)
        raise InputError(f"no candidate could learn from this table ({causes})", hint="look at the columns' kinds")
    told = (tuple(trials), tuple(expectations), tuple(outcomes), tuple(scores), choice.reason, folds.limited)
    return Search(best, *told, seen.weaknesses, (*attempts, *untried(seen, waiting)))


def _choose(
    kit: Kit,
    run: Run,
    plan: _Plan,
    ranked: Sequence[Expectation],
    trials: Sequence[Trial],
    best: Ensemble | None,
) -> Choice:
    """Choose the next candidate. A step of its own: it looks at the clock and at the user's wish to end."""
    left = None if plan.settings.trials is None else plan.settings.trials - len(trials)
    elapsed = run.elapsed()
    seconds = _seconds_left(kit, plan, elapsed, best, trials)
    first = len(trials) < len(_FIRST)
    reason = reason_to_stop(ranked, None if first else seconds, left, kit.interrupted() and best is not None)
    if reason:
        return Choice(None, None, reason, elapsed)
    if first and seconds is not None:
        # Something usable is worth a share of any budget; but the simple model may not eat up the time of the others.
        return Choice(ranked[0], max(1.0, seconds * _SIMPLE_SHARE), "", elapsed)
    most = None if plan.settings.budget is None else plan.settings.budget * _LARGEST_SHARE
    allowed = seconds if seconds is None or most is None else min(seconds, most)
    chosen = choose_next(ranked, allowed)
    return Choice(chosen, allowed, "" if chosen else "the budget is used", elapsed)


def _said(expectation: Expectation) -> str:
    """Say what is expected of a trial."""
    return f"about {expectation.seconds:.0f} s, lifts the score with a probability of {expectation.probability:.0%}"


def propose(kit: Kit, table: Table, task: Task, split: Split) -> list[Candidate]:
    """Return what every algorithm proposes, the simple ones first."""
    names = [*(n for n in _FIRST if n in kit.algorithms), *(n for n in kit.algorithms if n not in _FIRST)]
    rows = max(len(fold.fit) for fold in split.folds)
    proposals = [kit.algorithms[name].candidates(task, rows, table.features) for name in names]
    if not table.features:
        return list(proposals[0])
    plain = [candidate for several in proposals for candidate in several]
    y = target_values(table, task.target)[split.train]
    if task.kind is not TaskKind.REGRESSION or not long_tailed(y):
        return plain
    return [*plain, *_rescaled(proposals[1:])]


def _rescaled(proposals: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Return the first candidates of each algorithm on scales on which a long tail of the target weighs less."""
    return [
        replace(candidate, target_scale=scale, reason=f"{candidate.reason}; the target has a long tail")
        for several in proposals
        for candidate in several[:2]
        for scale in SCALES
    ]


def _costs(kit: Kit, plan: _Plan, waiting: Sequence[Candidate], trials: Sequence[Trial]) -> Mapping[str, float]:
    """Return the expected seconds of each waiting candidate's trial.

    From sizes alone where the number of trials is set (then nothing may depend on the clock), else corrected by how
    long the algorithm's earlier trials, or all of them, really took.
    """

    def plain(candidate: Candidate) -> float:
        fit = kit.algorithms[candidate.algorithm].seconds(candidate, plan.task, plan.rows_fit, len(plan.table.features))
        fits = candidate.treatment.fits if candidate.treatment is not None else 1
        return fit * fits * len(plan.split.folds)

    ratios: dict[str, list[float]] = {}
    if plan.settings.trials is None:
        for trial in trials:
            if trial.fold_scores and trial.candidate.algorithm != "baseline":
                whole = (trial.seconds - trial.preparing) * len(plan.split.folds) / len(trial.fold_scores)
                ratios.setdefault(trial.candidate.algorithm, []).append(whole / plain(trial.candidate))
    everything = [r for several in ratios.values() for r in several]
    usual = float(np.median(everything)) if everything else 1.0
    return {
        c.key: plain(c) * (float(np.median(ratios[c.algorithm])) if c.algorithm in ratios else usual) for c in waiting
    }


def _seconds_left(
    kit: Kit, plan: _Plan, elapsed: float, best: Ensemble | None, trials: Sequence[Trial]
) -> float | None:
    """Return the seconds left for trials, so that what they find can still be fitted and released."""
    if plan.settings.budget is None or plan.settings.trials is not None:
        return None
    refit = _refit_share(plan.split, len(plan.table.frame), plan.settings.threads)
    members = {m.candidate.key for m in best.members} if best is not None else set()
    chosen = [t for t in trials if t.candidate.key in members]
    again = sum(t.seconds - t.preparing for t in chosen) + _preparing(kit, plan, chosen, trials)
    finish = seconds_to_finish(plan.table, plan.split, sum(t.answer_seconds for t in chosen))
    left = plan.settings.budget - elapsed - again * refit - finish
    return max(0.0, left / (1.0 + refit))


def _preparing(kit: Kit, plan: _Plan, chosen: Sequence[Trial], trials: Sequence[Trial]) -> float:
    """Return the seconds that the preparations of some trials took, which the first trial that asked for each has paid.

    Texts are the first trial's.
    """
    paid: dict[str, float] = {}
    for trial in trials:
        name = kit.algorithms[trial.candidate.algorithm].preparation
        paid[name] = max(paid.get(name, 0.0), trial.preparing)
    texts = trials[0].preparing if trials and text_columns(plan.table.features) else 0.0
    return texts + sum(paid[name] for name in {kit.algorithms[t.candidate.algorithm].preparation for t in chosen})


def _refit_share(split: Split, rows: int, threads: int) -> float:
    """Return how long fitting a member for good takes, on the training rows and on all rows, in seconds of its trial.

    Folds run side by side, and so do the two fits for good; where one fold had all threads, the two must share them.
    """
    folds = len(split.folds)
    side = min(folds, threads)
    turns = math.ceil(2 / threads) if side > 1 or threads == 1 else min(2, threads)
    more_rows = rows / (sum(len(fold.fit) for fold in split.folds) / folds)
    return more_rows * turns / math.ceil(folds / side)


def _try(
    kit: Kit,
    run: Run,
    plan: _Plan,
    candidate: Candidate,
    number: int,
    seconds: float | None,
    folds: SharedFolds,
    best: Ensemble | None,
) -> Trial:
    algorithm = kit.algorithms[candidate.algorithm]
    prepared, threads = folds.make_room(candidate)
    allowance = Allowance(kit.clock, kit.clock.monotonic(), seconds)
    terms = Terms(plan.metric, allowance, threads, best.predictions if best is not None else None)
    function = partial(train, algorithm, prepared, terms)
    return run.step(f"trial {number}: {candidate.name}", function, candidate, plan.task, plan.settings.seed)
