"""What a budget holds: folds, trials, final fits, and the seconds that everything after them takes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from journeyman.entities.candidate import BASELINE, SIMPLE, Candidate, offered
from journeyman.entities.dataset import Dataset
from journeyman.entities.search import Search
from journeyman.entities.split import Split
from journeyman.entities.trial import Ensemble, Trial
from journeyman.interfaces import Algorithm, StartsSlowly, concerns, minimises
from journeyman.runtime.components import Components
from journeyman.settings import BuildSettings
from journeyman.stages.ensemble import EnsembleLimits
from journeyman.stages.rank import Cost, CostModel, Proposal, TrialCost
from journeyman.stages.train import LEAST_ROUNDS
from journeyman.transformers.derived import deriving

__all__ = [
    "SecondsAfterFit",
    "TimeBudget",
    "measured_prediction_seconds",
    "members_of",
    "seconds_to_start",
    "timed",
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


@dataclass(frozen=True)
class SecondsAfterFit:
    """Seconds that must be left of the budget when a member is fitted.

    Attributes
    ----------
    least : float
        With half of finishing: a fit that takes longer than its trial promised is cut short for no less.
    another : float
        With all of finishing and another fit of the member, which is not begun without the time for it.
    """

    least: float = 0.0
    another: float = 0.0


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


def members_of(chosen: Ensemble | None, trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials that an ensemble is made of, in the order in which they were run."""
    members = {m.candidate.key for m in chosen.members} if chosen is not None else set()
    return [t for t in trials if t.candidate.key in members]


def measured_prediction_seconds(chosen: Ensemble, trials: Sequence[Trial]) -> float:
    """Return the seconds that an answer of an ensemble takes, as its trials measured them."""
    each = {t.candidate.key: _one_answer(t) for t in trials}
    return sum(each[m.candidate.key] * m.copies for m in chosen.members)


def _one_answer(trial: Trial) -> float:
    return trial.measured_seconds or trial.answer_seconds


@dataclass(frozen=True)
class TimeBudget:
    """What the seconds of a build are judged by.

    Attributes
    ----------
    data : Dataset
        What it learns from.
    settings : BuildSettings
        Budget, trials and threads.
    components : Components
        Whose algorithms say how long they take, and which says how long finishing takes.
    """

    data: Dataset
    settings: BuildSettings
    components: Components

    def affordable_split(self) -> Split:
        """Return the split with no more folds than leave time for a handful of candidates.

        Where fits are dear, a few candidates on half of the folds teach more than one on all of them.
        """
        split = self.data.split
        if not timed(self.settings):
            return split
        task, rows, features = self.data.task, self.data.fit_rows, self.data.table.features
        firsts: dict[str, float] = {}
        algorithms = self.components.algorithms
        able = (a for name, a in algorithms.items() if name not in SIMPLE and minimises(a, task))
        for algorithm in (a for a in able if concerns(a, features)):
            for candidate in offered(algorithm.candidates(task, rows, features)):
                if candidate.learner not in firsts:
                    firsts[candidate.learner] = algorithm.seconds(candidate, task, rows, len(features))
        usual = float(np.median(list(firsts.values()))) if firsts else 0.0
        whole = len(split.folds)
        folds = next((n for n in (whole, whole // 2, 2) if n > 1 and usual * n * _HANDFUL <= self._seconds), 1)
        if folds == whole:
            return split
        # By time the last folds learn from the most rows, and are examined on the latest.
        used = "1 of the folds is used" if folds == 1 else f"{folds} of the folds are used"
        reason = f"{split.reason}; {used}, so that the budget holds a few fits"
        return replace(split, folds=split.folds[-folds:], reason=reason)

    def expected_costs(
        self,
        waiting: Sequence[Candidate],
        trials: Sequence[Trial],
        context: Mapping[str, float],
        cost_model: CostModel,
    ) -> Mapping[str, Cost]:
        """Return what each waiting candidate's trial is expected to cost, by its key.

        From sizes and shipped beliefs alone where the number of trials is set (then nothing may depend on the clock),
        else moved by how long the trials so far really took.

        Parameters
        ----------
        context : mapping of str to float
            Meta-features of the table, with what the trials have shown.
        cost_model : CostModel
            What is known of costs when the search begins.
        """
        task, features, repeatable = self.data.task, len(self.data.table.features), self.settings.trials is not None
        waves = len(self.data.split.folds) if repeatable else self._waves

        def seconds_by_sizes(candidate: Candidate) -> float:
            algorithm = self.components.algorithms[candidate.algorithm]
            fit = algorithm.seconds(candidate, task, self.data.fit_rows, features)
            return fit * (candidate.treatment.fits if candidate.treatment is not None else 1) * waves

        tried: Counter[str] = Counter()

        def proposal(candidate: Candidate) -> Proposal:
            same = {"same": float(np.log1p(tried[candidate.learner]))}
            return Proposal(candidate.learner, candidate.name, {**context, **same})

        measured = []
        for trial in trials:
            if trial.fold_scores and trial.candidate.algorithm != BASELINE:
                seconds = self.fit_seconds(trial) * waves + trial.preparing
                measured.append(TrialCost.of(proposal(trial.candidate), seconds, seconds_by_sizes(trial.candidate)))
                tried[trial.candidate.learner] += 1
        sizes = [seconds_by_sizes(candidate) for candidate in waiting]
        seconds_each = cost_model.seconds([proposal(c) for c in waiting], sizes, () if repeatable else measured)
        return {
            c.key: Cost(seconds + seconds_to_start(self.components.algorithms[c.algorithm], trials), size)
            for c, seconds, size in zip(waiting, seconds_each, sizes, strict=True)
        }

    def trial_seconds(
        self, elapsed: float, chosen: Sequence[Trial], trials: Sequence[Trial], slow: float
    ) -> float | None:
        """Return the seconds left for a trial, so that what it finds can be fitted and released; None without end.

        Parameters
        ----------
        chosen : sequence of Trial
            Those whose final fits the time must hold in any case.
        slow : float
            How many times longer finishing takes here than where it was measured.
        """
        if not timed(self.settings):
            return None
        left = self._seconds - elapsed - self.seconds_after_search(chosen, trials, slow)
        return max(0.0, left / (1.0 + self._waves_of_final_fits / self._waves))

    def seconds_after_search(self, chosen: Sequence[Trial], trials: Sequence[Trial], slow: float) -> float:
        """Return the seconds that final fits of some trials and finishing take, the latter with fewer questions."""
        again = sum(map(self.fit_seconds, chosen)) + self._preparing(chosen, trials) / self._waves
        answer = sum(map(_one_answer, chosen))
        each = [self._finishing(answer, max(answer, hurried), slow) for hurried in _HURRIED]
        finish = next((seconds for seconds in each if seconds <= _FINISHING_SHARE * self._seconds), each[-1])
        return again * self._waves_of_final_fits + finish

    def ensemble_limits(self, elapsed: float, found: Search) -> EnsembleLimits:
        """Return how long final fits may take from now on, and what each trial's would take."""
        if not timed(self.settings):
            return EnsembleLimits()
        more = self._waves_of_final_fits
        least = {t.candidate.key: LEAST_ROUNDS if any(t.rounds) else 1.0 for t in found.trials}
        fits = {t.candidate.key: self.fit_seconds(t) for t in found.trials if t.fold_scores}
        each = {key: least[key] * seconds * more for key, seconds in fits.items()}
        chosen = members_of(found.ensemble, found.trials)
        preparing = self._preparing(chosen, found.trials) / self._waves * more
        finish = self._finishing(sum(map(_one_answer, chosen)), _DEARER[-1], found.slowness)
        left = max(_LEAST_FITTING, self._seconds - elapsed - preparing - finish)
        return EnsembleLimits(seconds=left, each=each)

    def seconds_of_fits(self, found: Search, chosen: Ensemble) -> tuple[float, ...]:
        """Return the seconds that one final fit of each member takes: on the training rows and on all rows."""
        trials = {t.candidate.key: t for t in found.trials}
        more = self._waves_of_final_fits
        return tuple(self.fit_seconds(trials[m.candidate.key]) * more for m in chosen.members)

    def seconds_after_fits(self, found: Search, chosen: Ensemble) -> tuple[SecondsAfterFit, ...]:
        """Return the seconds that are needed after each member's final fit: for the other fits, and to finish."""
        finish = self.seconds_to_finish(measured_prediction_seconds(chosen, found.trials), found.slowness)
        fits, needed = 0.0, []
        for seconds, member in reversed(list(zip(self.seconds_of_fits(found, chosen), chosen.members, strict=True))):
            needed.append(SecondsAfterFit(fits + finish / 2, fits + finish + seconds))
            fits += seconds * member.copies
        return tuple(reversed(needed))

    def seconds_for_seed_replicas(self, found: Search, elapsed: float) -> Callable[[float], float] | None:
        """Return a function from prediction time to the seconds left for final fits; None without a budget.

        An ensemble that takes longer to answer leaves less: evaluating and explaining ask many times.
        """
        if not timed(self.settings):
            return None
        trials = {t.candidate.key: t for t in found.trials}
        again = sum(trials[m.candidate.key].preparing for m in found.ensemble.members) / self._waves
        left = self._seconds - elapsed - again * self._waves_of_final_fits
        expected = found.ensemble.answer_seconds
        real = measured_prediction_seconds(found.ensemble, found.trials) / expected if expected > 0 else 1.0
        return lambda seconds: _SAFE_SHARE * (left - self.seconds_to_finish(real * seconds, found.slowness))

    def seconds_to_finish(self, answer_seconds: float, slow: float = 1.0) -> float:
        """Return the seconds that evaluating, explaining and packaging take after the final fit (docs/decisions/0007).

        Parameters
        ----------
        answer_seconds : float
            Of one answer of the ensemble: importance asks for each column's shuffled rows, dependence for a grid.
        slow : float
            How many times longer all else takes here than where it was measured.
        """
        return self._finishing(answer_seconds, answer_seconds, slow)

    def planned_prediction_seconds(self, answer_seconds: float, elapsed: float, slow: float) -> float:
        """Return the seconds per prediction that evaluating and explaining assume, so that they end in time.

        Those of the ensemble where there is time; more where it is short, and fewer answers are asked for then.
        """
        if not timed(self.settings):
            return answer_seconds
        left = self._seconds - elapsed
        dearer = (answer_seconds, *(seconds for seconds in _DEARER if seconds > answer_seconds))
        fitting = (seconds for seconds in dearer if self._finishing(answer_seconds, seconds, slow) <= left)
        return next(fitting, dearer[-1])

    def fit_seconds(self, trial: Trial) -> float:
        """Return the seconds of one wave of a trial's fits, side by side, without what is loaded or compiled once."""
        return trial.fit_seconds or (trial.seconds - trial.preparing) / self._waves

    def _finishing(self, answer_seconds: float, assumed: float, slow: float) -> float:
        return self.components.finishing(self.data.table, self.data.split, answer_seconds, assumed, slow)

    @property
    def _seconds(self) -> float:
        assert self.settings.budget is not None  # whoever asks is timed
        return self.settings.budget

    @property
    def _side(self) -> int:
        return max(1, min(len(self.data.split.folds), self.settings.threads))

    @property
    def _waves(self) -> int:
        return math.ceil(len(self.data.split.folds) / self._side)

    @property
    def _waves_of_final_fits(self) -> float:
        """How long final fits take, on the training rows and on all rows, in seconds of a wave of fits.

        Folds run side by side, and so do the two final fits; where one fold had all threads, the two must share them.
        """
        folds, threads = self.data.split.folds, self.settings.threads
        turns = math.ceil(2 / threads) if self._side > 1 or threads == 1 else min(2, threads)
        return turns * len(self.data.table.frame) / (sum(len(fold.fit) for fold in folds) / len(folds))

    def _preparing(self, chosen: Sequence[Trial], trials: Sequence[Trial]) -> float:
        """Return the seconds that preparations of some trials took, which the first trial that asked for each paid.

        Texts and images are the first trial's.
        """
        paid: dict[str, float] = {}
        for trial in trials:
            name = trial.candidate.preparation
            paid[name] = max(paid.get(name, 0.0), trial.preparing)
        derived = trials[0].preparing if trials and deriving(self.data.table.features) else 0.0
        return derived + sum(paid[name] for name in {t.candidate.preparation for t in chosen})
