"""What a budget holds: folds, trials, final fits, and the seconds that everything after them takes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from journeyman.entities.candidate import BASELINE, SIMPLE, Candidate, offered
from journeyman.entities.search import Search
from journeyman.entities.split import Split
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble, Trial
from journeyman.interfaces import Algorithm, StartsSlowly, minimises
from journeyman.runtime.components import Components
from journeyman.runtime.finishing import finishing_seconds
from journeyman.settings import BuildSettings
from journeyman.stages.ensemble import FitLimit
from journeyman.stages.rank import Cost, CostModel, Proposal, TrialCost
from journeyman.stages.train import LEAST_ROUNDS
from journeyman.transformers.derived import text_columns

__all__ = [
    "expected_costs",
    "fit_limit",
    "fit_seconds",
    "measured_prediction_seconds",
    "members_of",
    "planned_prediction_seconds",
    "seconds_after_fits",
    "seconds_after_search",
    "seconds_for_seed_replicas",
    "seconds_of_fits",
    "seconds_to_finish",
    "seconds_to_start",
    "timed",
    "trial_seconds",
    "within_budget",
]

_HANDFUL = 6
"""Candidates that a budget should hold."""

_SAFE_SHARE = 0.8
"""Of the time left that copies may be planned for."""

_DEARER = (1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3)  # seconds of an answer: with the last, importance asks for 2,500

_HURRIED = (2e-4, 4e-4, 8e-4, 1.6e-3)
"""Seconds of an answer that finishing assumes before the search has ended: where no more is left, importance
asks for 20,000 answers, or for fewer where these would take more than the share of the budget below."""

_FINISHING_SHARE = 0.08

_LEAST_FITTING = 0.1


def within_budget(components: Components, table: Table, task: Task, split: Split, settings: BuildSettings) -> Split:
    """Return a split with no more folds than leave time for a handful of candidates.

    Where fits are dear, a few candidates on half of the folds teach more than one on all of them.
    """
    if not timed(settings):
        return split
    rows, features = max(len(fold.fit) for fold in split.folds), table.features
    firsts: dict[str, float] = {}
    able = (a for name, a in components.algorithms.items() if name not in SIMPLE and minimises(a, task))
    for algorithm in able:
        for candidate in offered(algorithm.candidates(task, rows, features)):
            if candidate.learner not in firsts:
                firsts[candidate.learner] = algorithm.seconds(candidate, task, rows, len(features))
    usual = float(np.median(list(firsts.values()))) if firsts else 0.0
    assert settings.budget is not None  # timed
    whole = len(split.folds)
    folds = next((n for n in (whole, whole // 2, 2) if n > 1 and usual * n * _HANDFUL <= settings.budget), 1)
    if folds == whole:
        return split
    # By time the last folds learn from the most rows, and are examined on the latest.
    used = "1 of the folds is used" if folds == 1 else f"{folds} of the folds are used"
    reason = f"{split.reason}; {used}, so that the budget holds a few fits"
    return replace(split, folds=split.folds[-folds:], reason=reason)


def timed(settings: BuildSettings) -> bool:
    """Return whether the clock bounds the build; where a number of trials is set, nothing may depend on it."""
    return settings.budget is not None and settings.trials is None


def seconds_to_start(algorithm: Algorithm, trials: Sequence[Trial]) -> float:
    """Return the seconds that an algorithm's first fit takes besides learning, once a process: 0 after its first trial.

    Libraries are loaded, programs are compiled.
    """
    if not isinstance(algorithm, StartsSlowly) or any(t.candidate.algorithm == algorithm.name for t in trials):
        return 0.0
    return algorithm.start_seconds


def expected_costs(
    components: Components,
    table: Table,
    task: Task,
    split: Split,
    settings: BuildSettings,
    waiting: Sequence[Candidate],
    trials: Sequence[Trial],
    known: tuple[Mapping[str, float], CostModel],
) -> Mapping[str, Cost]:
    """Return what each waiting candidate's trial is expected to cost, by its key.

    From sizes and shipped beliefs alone where the number of trials is set (then nothing may depend on the clock), else
    moved by how long the trials so far really took.

    Parameters
    ----------
    known : (mapping of str to float, CostModel)
        Meta-features of the table with what the trials have shown, and what is known of costs when the search begins.
    """
    context, cost_model = known
    rows_fit, repeatable = max(len(fold.fit) for fold in split.folds), settings.trials is not None
    waves = len(split.folds) if repeatable else _waves(split, settings.threads)

    def plain(candidate: Candidate) -> float:
        fit = components.algorithms[candidate.algorithm].seconds(candidate, task, rows_fit, len(table.features))
        return fit * (candidate.treatment.fits if candidate.treatment is not None else 1) * waves

    tried: Counter[str] = Counter()

    def proposal(candidate: Candidate) -> Proposal:
        same = {"same": float(np.log1p(tried[candidate.learner]))}
        return Proposal(candidate.learner, candidate.name, {**context, **same})

    shown = []
    for trial in trials:
        if trial.fold_scores and trial.candidate.algorithm != BASELINE:
            seconds = fit_seconds(trial, split, settings.threads) * waves + trial.preparing
            shown.append(TrialCost.of(proposal(trial.candidate), seconds, plain(trial.candidate)))
            tried[trial.candidate.learner] += 1
    sizes = [plain(candidate) for candidate in waiting]
    seconds_each = cost_model.seconds([proposal(c) for c in waiting], sizes, () if repeatable else shown)
    return {
        c.key: Cost(seconds + seconds_to_start(components.algorithms[c.algorithm], trials), size)
        for c, seconds, size in zip(waiting, seconds_each, sizes, strict=True)
    }


def trial_seconds(
    components: Components,
    table: Table,
    split: Split,
    settings: BuildSettings,
    elapsed: float,
    chosen: Sequence[Trial],
    trials: Sequence[Trial],
    slow: float,
) -> float | None:
    """Return the seconds left for a trial, so that what it finds can still be fitted and released; None without end.

    Parameters
    ----------
    chosen : sequence of Trial
        Those whose final fits the time must hold in any case.
    slow : float
        How many times longer finishing takes here than where it was measured.
    """
    if not timed(settings):
        return None
    assert settings.budget is not None  # timed
    left = settings.budget - elapsed - seconds_after_search(components, table, split, settings, chosen, trials, slow)
    more = _more(split, len(table.frame), settings.threads)
    return max(0.0, left / (1.0 + more / _waves(split, settings.threads)))


def seconds_after_search(
    components: Components,
    table: Table,
    split: Split,
    settings: BuildSettings,
    chosen: Sequence[Trial],
    trials: Sequence[Trial],
    slow: float,
) -> float:
    """Return the seconds that final fits of some trials and finishing take, the latter with fewer questions asked."""
    more = _more(split, len(table.frame), settings.threads)
    again = sum(fit_seconds(t, split, settings.threads) for t in chosen)
    again += _preparing(table, chosen, trials) / _waves(split, settings.threads)
    answer = sum(map(_one_answer, chosen))
    assert settings.budget is not None  # only a budget keeps anything
    each = [components.finishing(table, split, answer, max(answer, hurried), slow) for hurried in _HURRIED]
    finish = next((seconds for seconds in each if seconds <= _FINISHING_SHARE * settings.budget), each[-1])
    return again * more + finish


def members_of(chosen: Ensemble | None, trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials that an ensemble is made of, in the order in which they were run."""
    members = {m.candidate.key for m in chosen.members} if chosen is not None else set()
    return [t for t in trials if t.candidate.key in members]


def fit_limit(
    components: Components, table: Table, split: Split, settings: BuildSettings, elapsed: float, found: Search
) -> FitLimit:
    """Return how long final fits may take from now on, and what each trial's would take."""
    if not timed(settings):
        return FitLimit()
    assert settings.budget is not None  # timed
    more = _more(split, len(table.frame), settings.threads)
    least = {t.candidate.key: LEAST_ROUNDS if any(t.rounds) else 1.0 for t in found.trials}
    fits = {t.candidate.key: fit_seconds(t, split, settings.threads) for t in found.trials if t.fold_scores}
    each = {key: least[key] * seconds * more for key, seconds in fits.items()}
    chosen = members_of(found.ensemble, found.trials)
    preparing = _preparing(table, chosen, found.trials) / _waves(split, settings.threads) * more
    finish = components.finishing(table, split, sum(map(_one_answer, chosen)), _DEARER[-1], found.slowness)
    return FitLimit(max(_LEAST_FITTING, settings.budget - elapsed - preparing - finish), each)


def seconds_of_fits(found: Search, chosen: Ensemble, table: Table, split: Split, threads: int) -> tuple[float, ...]:
    """Return the seconds that one final fit of each member takes: on the training rows and on all rows."""
    trials = {t.candidate.key: t for t in found.trials}
    more = _more(split, len(table.frame), threads)
    return tuple(fit_seconds(trials[m.candidate.key], split, threads) * more for m in chosen.members)


def seconds_after_fits(
    found: Search, chosen: Ensemble, table: Table, split: Split, threads: int
) -> tuple[tuple[float, float], ...]:
    """Return the seconds that are needed after each member's final fit: for the other fits, and to finish.

    Two figures: with half of finishing, since a fit that takes longer than its trial promised is cut short for no
    less; and with all of it and another copy of the member, which is not begun without the time for it.
    """
    finish = seconds_to_finish(table, split, measured_prediction_seconds(chosen, found.trials), found.slowness)
    fits, needed = 0.0, []
    once = seconds_of_fits(found, chosen, table, split, threads)
    for seconds, member in reversed(list(zip(once, chosen.members, strict=True))):
        needed.append((fits + finish / 2, fits + finish + seconds))
        fits += seconds * member.copies
    return tuple(reversed(needed))


def seconds_for_seed_replicas(
    components: Components, found: Search, table: Table, split: Split, settings: BuildSettings, elapsed: float
) -> Callable[[float], float] | None:
    """Return a function from prediction time to the seconds left for final fits; None without a budget.

    An ensemble that takes longer to answer leaves less: evaluating and explaining ask many times.
    """
    if not timed(settings):
        return None
    assert settings.budget is not None  # timed
    trials = {t.candidate.key: t for t in found.trials}
    more = _more(split, len(table.frame), settings.threads)
    again = sum(trials[m.candidate.key].preparing for m in found.ensemble.members) / _waves(split, settings.threads)
    left = settings.budget - elapsed - again * more
    expected = found.ensemble.answer_seconds
    real = measured_prediction_seconds(found.ensemble, found.trials) / expected if expected > 0 else 1.0

    def seconds(answer_seconds: float) -> float:
        answer = real * answer_seconds
        return _SAFE_SHARE * (left - components.finishing(table, split, answer, answer, found.slowness))

    return seconds


def measured_prediction_seconds(chosen: Ensemble, trials: Sequence[Trial]) -> float:
    """Return the seconds that an answer of an ensemble takes, as its trials measured them."""
    each = {t.candidate.key: _one_answer(t) for t in trials}
    return sum(each[m.candidate.key] * m.copies for m in chosen.members)


def _one_answer(trial: Trial) -> float:
    return trial.measured_seconds or trial.answer_seconds


def seconds_to_finish(table: Table, split: Split, answer_seconds: float, slow: float = 1.0) -> float:
    """Return the seconds that evaluating, explaining and packaging take after the final fit (docs/decisions/0007).

    Parameters
    ----------
    answer_seconds : float
        Of one answer of the ensemble: importance asks for each column's shuffled rows, dependence for a grid.
    slow : float
        How many times longer all else takes here than where it was measured.
    """
    return finishing_seconds(table, split, answer_seconds, answer_seconds, slow)


def planned_prediction_seconds(
    table: Table, split: Split, settings: BuildSettings, answer_seconds: float, elapsed: float, slow: float
) -> float:
    """Return the seconds per prediction that evaluating and explaining assume, so that they end in time.

    Those of the ensemble where there is time; more where it is short, and fewer answers are asked for then.
    """
    if not timed(settings):
        return answer_seconds
    assert settings.budget is not None  # timed
    left = settings.budget - elapsed
    dearer = (answer_seconds, *(seconds for seconds in _DEARER if seconds > answer_seconds))
    fitting = (seconds for seconds in dearer if finishing_seconds(table, split, answer_seconds, seconds, slow) <= left)
    return next(fitting, dearer[-1])


def fit_seconds(trial: Trial, split: Split, threads: int) -> float:
    """Return the seconds of one wave of a trial's fits, side by side, without what is loaded or compiled once."""
    return trial.fit_seconds or (trial.seconds - trial.preparing) / _waves(split, threads)


def _side(split: Split, threads: int) -> int:
    return max(1, min(len(split.folds), threads))


def _waves(split: Split, threads: int) -> int:
    return math.ceil(len(split.folds) / _side(split, threads))


def _more(split: Split, rows: int, threads: int) -> float:
    """Return how long final fits take, on the training rows and on all rows, in seconds of a wave of fits.

    Folds run side by side, and so do the two final fits; where one fold had all threads, the two must share them.
    """
    folds = len(split.folds)
    turns = math.ceil(2 / threads) if _side(split, threads) > 1 or threads == 1 else min(2, threads)
    return turns * rows / (sum(len(fold.fit) for fold in split.folds) / folds)


def _preparing(table: Table, chosen: Sequence[Trial], trials: Sequence[Trial]) -> float:
    """Return the seconds that the preparations of some trials took, which the first trial that asked for each has paid.

    Texts are the first trial's.
    """
    paid: dict[str, float] = {}
    for trial in trials:
        name = trial.candidate.preparation
        paid[name] = max(paid.get(name, 0.0), trial.preparing)
    texts = trials[0].preparing if trials and text_columns(table.features) else 0.0
    return texts + sum(paid[name] for name in {t.candidate.preparation for t in chosen})
