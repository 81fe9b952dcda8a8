"""The search: rank, train, combine, and stop when more is not worth it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from journeyman.entities.analysis import ModelAction
from journeyman.entities.candidate import BASELINE, SIMPLE, Candidate, NotTried, Refusal, Turn, offered
from journeyman.entities.dataset import Dataset
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.search import Choice, Search, TrialOutcome
from journeyman.entities.table import target_values
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble, Trial, TrialStatus
from journeyman.entities.weakness import Attempt
from journeyman.errors import InputError
from journeyman.interfaces import Metric, concerns, minimises
from journeyman.pipelines.improve import Diagnosed, attempted, diagnosed, informed, untried
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.components import Components
from journeyman.runtime.fold_cache import SharedFolds
from journeyman.runtime.machine_speed import measured_work, slowdown
from journeyman.runtime.time_budget import TimeBudget, members_of, seconds_to_start, timed
from journeyman.settings import BuildSettings
from journeyman.stages.call_candidates import action_candidates
from journeyman.stages.ensemble import EnsembleLimits, ensemble, fastest_alike, lift
from journeyman.stages.rank import (
    Cost,
    CostModel,
    meta_features,
    overhead_allowance,
    rank,
    remembered,
    shown_by,
    update_prior,
)
from journeyman.stages.stop import choose_next, fits_whole, must_stop, reason_to_stop, thin_search
from journeyman.stages.train import Allowance, Terms, train
from journeyman.tasks import task_type
from journeyman.transformers.target_scale import SCALES, long_tailed

__all__ = ["SearchPlan", "SearchState", "propose", "search"]

_SIMPLE_SHARE = 0.2
"""Of the time left that the simple model may take."""

_NO_TIME = "no remaining candidate that may help would fit"

_LONG = 2.0  # times as long as on usual tables
_GRAVE = 0.01
"""Share of the loss that a treatment is expected to bring back, its probability counted."""

_MUCH_WORSE = 1.1
"""Times the best loss: a trial that is worse than that is nothing to fall back on."""

_LARGEST_SHARE = 0.5
"""Of the whole budget that one trial may take, so that another algorithm still gets its turn."""

_BASE = "lightgbm"  # what actions of an analysis are given to
_NOTHING = Refusal("it proposed nothing, and did not say why")


@dataclass(frozen=True)
class SearchPlan:
    """What a search knows from its start.

    Attributes
    ----------
    context, data, metric
        What it works with and learns from, and what scores its trials.
    experience : sequence of Experience
        Of earlier searches.
    budget : TimeBudget
        What its seconds are judged by.
    folds : SharedFolds
        The prepared folds, made once for all trials.
    """

    context: BuildContext
    data: Dataset
    metric: Metric
    experience: Sequence[Experience]
    budget: TimeBudget
    folds: SharedFolds


@dataclass(frozen=True)
class SearchState:
    """What a search has come to after some trials.

    Attributes
    ----------
    waiting : tuple of Candidate
        Not tried yet.
    trials : tuple of Trial
        In the order they were run.
    expectations, outcomes, scores : tuple
        Of each trial: what was stated before it, what it did to the ensemble, and the ensemble's score after it.
    best : Ensemble or None
        None while no trial has succeeded.
    diagnosed : Diagnosed
        Weaknesses of the ensemble that were found.
    attempts : tuple of Attempt
        What was tried against them.
    work_seconds : tuple of float
        Seconds that a fixed piece of work took at each choice, which tell how fast the machine is.
    """

    waiting: tuple[Candidate, ...]
    trials: tuple[Trial, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    outcomes: tuple[TrialOutcome, ...] = ()
    scores: tuple[float, ...] = ()
    best: Ensemble | None = None
    diagnosed: Diagnosed = field(default_factory=Diagnosed)
    attempts: tuple[Attempt, ...] = ()
    work_seconds: tuple[float, ...] = ()

    @property
    def baseline(self) -> float | None:
        """Score of the baseline; None while it has none."""
        scores = (t.score for t in self.trials if t.candidate.algorithm == BASELINE)
        return next((score for score in scores if score is not None), None)


@dataclass(frozen=True)
class _Queue:
    """Expectations of the candidates that wait.

    Attributes
    ----------
    smooth, early : sequence of Expectation
        Those whose turn has come whatever is expected of them.
    ranked : sequence of Expectation
        All, the most promising first.
    """

    smooth: Sequence[Expectation]
    early: Sequence[Expectation]
    ranked: Sequence[Expectation]


def search(
    context: BuildContext,
    data: Dataset,
    metric: Metric,
    experience: Sequence[Experience],
    actions: Sequence[ModelAction] = (),
) -> Search:
    """Try candidates in the order of their expected gain per second until a reason to stop comes up.

    ``actions`` are what an analysis has called for: candidates that follow them are tried, too.

    Each choice and each trial is a step of the run, so that a resumed run goes the way it went before.
    """
    folds = SharedFolds(context.components, data, context.settings)
    budget = TimeBudget(data, context.settings, context.components)
    plan = SearchPlan(context, data, metric, experience, budget, folds)
    proposed, not_tried = propose(context.components, data)
    state = SearchState(tuple(folds.admit([*proposed, *_called_for(actions, proposed, data.task)])))
    expect = _expectations(plan, state.waiting)
    while True:
        queue = expect(state)
        choice = context.run.step(f"choose {len(state.trials) + 1}", partial(_choose, plan, state, queue))
        state = replace(state, work_seconds=state.work_seconds + ((choice.work,) if choice.work else ()))
        if choice.expectation is None:
            break
        state = _try_next(plan, state, choice, choice.expectation)
    found = _search_result(plan, state, choice)
    found = replace(found, thin=_thin(context.settings, found, queue.ranked), not_tried=not_tried)
    limits = context.run.step("time for final fits", partial(_ensemble_limits, plan, found))
    released = _released(plan, found, replace(limits, latency=context.settings.latency))
    return replace(found, ensemble=released, scores=(*found.scores[:-1], released.score))


def _called_for(actions: Sequence[ModelAction], proposed: Sequence[Candidate], task: Task) -> tuple[Candidate, ...]:
    """Return the candidates that actions call for, by the first boosted trees on columns as they are."""
    bases = (c for c in proposed if c.algorithm == _BASE and c.preparation == "native" and c.target_scale == "plain")
    base = next(bases, None)
    return () if base is None or not actions else action_candidates(actions, base, task)


def _expectations(plan: SearchPlan, first: Sequence[Candidate]) -> Callable[[SearchState], _Queue]:
    """Return a function from a state to what is expected of its candidates, by what was known before the first."""
    context = meta_features(plan.data.table, plan.data.task)
    prior = update_prior(context, [(c.learner, c.name) for c in first], plan.experience)
    known, cost_model = remembered(context, plan.experience), CostModel(prior, plan.experience)

    def expect(state: SearchState) -> _Queue:
        waiting, trials = state.waiting, state.trials
        shown = shown_by(trials, state.outcomes, state.best, plan.metric.optimum)
        costs = plan.budget.expected_costs(waiting, trials, {**context, **shown.overall}, cost_model)
        costs = _longer(costs, waiting, trials)
        more = overhead_allowance(costs, _seconds_left(plan.context.settings, trials))
        ranked = informed(rank(waiting, costs, context, shown, prior, known, more), state.diagnosed, more)
        return _queue(ranked, waiting, trials)

    return expect


def _try_next(plan: SearchPlan, state: SearchState, choice: Choice, chosen: Expectation) -> SearchState:
    """Return the state after the trial of the candidate that was chosen."""
    data, progress = plan.data, plan.context.components.progress
    candidate = next(c for c in state.waiting if c.key == chosen.candidate)
    progress.trial(len(state.trials) + 1, candidate, _expectation_text(chosen))
    trial = replace(_try(plan, state, candidate, choice.seconds), started=choice.started)
    state = replace(
        state,
        waiting=tuple(c for c in state.waiting if c is not candidate),
        trials=(*state.trials, trial),
        expectations=(*state.expectations, chosen),
    )
    before, y, weights = state.best, data.validated_labels, data.validated_weights
    limits = EnsembleLimits(plan.context.settings.latency)
    best = ensemble(plan.metric, state.trials, y, data.task, before, limits, weights)
    if best is None:
        outcomes = (*state.outcomes, TrialOutcome(False, 0.0))
        return replace(state, outcomes=outcomes, scores=(*state.scores, float("nan")))
    outcome = lift(y, before, best, data.task, weights)
    attempts = attempted(data, state.diagnosed, candidate, before, best, outcome)
    seen, treated = diagnosed(plan.context, data, state.diagnosed, state.trials, state.waiting, best)
    progress.best(best.score, state.baseline, len(best.members))
    return replace(
        state,
        waiting=(*state.waiting, *treated),
        outcomes=(*state.outcomes, outcome),
        scores=(*state.scores, best.score),
        best=best,
        diagnosed=seen,
        attempts=(*state.attempts, *attempts),
    )


def _search_result(plan: SearchPlan, state: SearchState, last: Choice) -> Search:
    """Return what a search has found, without what follows from the time that is left.

    Raises
    ------
    InputError
        Where no trial has succeeded.
    """
    if state.best is None:
        causes = "; ".join(f"{t.candidate.learner}: {t.cause}" for t in state.trials)
        raise InputError(f"no candidate could learn from this table ({causes})", hint="look at the columns' kinds")
    return Search(
        ensemble=state.best,
        trials=state.trials,
        expectations=state.expectations,
        outcomes=state.outcomes,
        scores=state.scores,
        stop_reason=last.reason,
        limited=plan.folds.limited,
        weaknesses=state.diagnosed.weaknesses,
        attempts=(*state.attempts, *untried(state.diagnosed, state.waiting)),
        slowness=slowdown(state.work_seconds),
        stopped=last.started if timed(plan.context.settings) else 0.0,
    )


def _ensemble_limits(plan: SearchPlan, found: Search) -> EnsembleLimits:
    """Return how long final fits may take. A step of its own because it reads the clock."""
    return plan.budget.ensemble_limits(plan.context.run.elapsed(), found)


def _released(plan: SearchPlan, found: Search, limits: EnsembleLimits) -> Ensemble:
    """Return the ensemble to release: the fastest one that is as good as the best that can be fitted in time."""
    best, metric, task = found.ensemble, plan.metric, plan.data.task
    y, weights = plan.data.validated_labels, plan.data.validated_weights
    if sum(limits.of(t) for t in members_of(best, found.trials)) > limits.seconds:
        best = ensemble(metric, found.trials, y, task, None, limits, weights) or best
    if limits.latency is not None:
        return best
    return fastest_alike(metric, found.trials, y, task, best, limits, weights)


def _thin(settings: BuildSettings, found: Search, waiting: Sequence[Expectation]) -> str:
    """Say that a search which time has ended was thin; empty where it was not, or where it ended for another reason."""
    if settings.budget is None or not timed(settings) or not found.stop_reason.startswith(_NO_TIME):
        return ""
    worked = [t for t in found.trials if t.status in (TrialStatus.DONE, TrialStatus.STOPPED)]
    tried = sum(t.candidate.algorithm not in SIMPLE for t in worked)
    spent = settings.budget - sum(t.seconds for t in found.trials)
    return thin_search(tried, waiting, settings.budget, spent)


def _longer(costs: Mapping[str, Cost], waiting: Sequence[Candidate], trials: Sequence[Trial]) -> Mapping[str, Cost]:
    """Return costs that know that where one algorithm learned for long, another that boosts will do so too."""
    if not any(t.learned_long for t in trials):
        return costs
    tried = {t.candidate.learner for t in trials}
    new = {c.key for c in waiting if c.turn is Turn.EARLY and c.learner not in tried}
    return {k: replace(cost, seconds=_LONG * cost.seconds) if k in new else cost for k, cost in costs.items()}


def _queue(ranked: Sequence[Expectation], waiting: Sequence[Candidate], trials: Sequence[Trial]) -> _Queue:
    """Return who waits, and who of them comes next whatever is expected.

    Those that are made for what the table holds, those that are strong without tuning, the quickest first, and what
    treats a weakness from which much of the loss is expected back, since it takes several fits and would else wait for
    what is quick and hardly helps. Before them, once a trial has learned for long or was still learning when its time
    was up, what suits functions without much noise.
    """
    turns = {c.key: c.turn for c in waiting if c.treatment is None and c.target_scale == "plain"}
    learners, tried = {c.key: c.learner for c in waiting}, {t.candidate.learner for t in trials}
    smooth = [e for e in ranked if turns.get(e.candidate) is Turn.SMOOTH and learners[e.candidate] not in tried]
    order = (Turn.FALLBACK, Turn.SUITED, Turn.EARLY)
    early = [e for e in ranked if turns.get(e.candidate) in order]
    early.sort(key=lambda e: (order.index(turns[e.candidate]), e.seconds))
    treatments = {c.key for c in waiting if c.treatment is not None}
    early += [e for e in ranked if e.candidate in treatments and e.probability * e.gain >= _GRAVE]
    learning = any(t.unfinished or t.learned_long for t in trials)
    return _Queue(smooth[:1] if learning else (), early, ranked)


def _choose(plan: SearchPlan, state: SearchState, queue: _Queue) -> Choice:
    """Choose the next candidate. A step of its own: it looks at the clock and at the user's wish to end."""
    settings, budget, trials = plan.context.settings, plan.budget, state.trials
    left = None if settings.trials is None else settings.trials - len(trials)
    elapsed = plan.context.run.elapsed()
    work = measured_work() if timed(settings) else 0.0
    slowed = slowdown([*state.work_seconds, work])
    members = members_of(state.best, trials)
    seconds = budget.trial_seconds(elapsed, members, trials, slowed)
    # Where a fallback is done, what comes next is what is to be released.
    secured = any(t.candidate.turn is Turn.FALLBACK and t.status is TrialStatus.DONE for t in trials)
    first = len(trials) < len(SIMPLE) and not secured
    interrupted = plan.context.components.interrupted() and state.best is not None
    reason = must_stop(len(queue.ranked), left, interrupted)
    if reason:
        return Choice(None, None, reason, elapsed, work)
    if first and seconds is not None:
        # Something usable is worth a share of any budget; but the simple model may not eat up the time of the others.
        return Choice(queue.ranked[0], max(1.0, seconds * _SIMPLE_SHARE), "", elapsed, work)
    most = None if settings.budget is None else settings.budget * _LARGEST_SHARE
    # What is due may replace the ensemble, whose final fits are then not needed: those of a lean one must fit in.
    spare = _least(budget.trial_seconds(elapsed, _lean(plan, members, trials), trials, slowed), most)
    free = _least(budget.trial_seconds(elapsed, (), trials, slowed), most)
    # A fit that has learned for long can be cut short and is still worth most of what it was.
    half = spare if spare is None or free is None else (spare + free) / 2
    due = [(e, half) for e in queue.smooth if fits_whole(e, half, scheduled=True)]
    due += [(e, spare) for e in queue.early if fits_whole(e, spare)]
    if due and not first:
        return Choice(due[0][0], due[0][1], "", elapsed, work)
    reason = reason_to_stop(queue.ranked, None if first else seconds, left, interrupted)
    allowed = _least(seconds, most)
    chosen = choose_next(queue.ranked, allowed) if not reason else None
    # What time alone leaves without hope is told as such.
    if reason and (seconds is None or reason_to_stop(queue.ranked, None, left, interrupted)):
        return Choice(None, None, reason, elapsed, work)
    if chosen is None:
        assert settings.budget is not None  # else every candidate fits
        kept = min(budget.seconds_after_search(members, trials, slowed), max(0.0, settings.budget - elapsed))
        reason = f"{_NO_TIME}; {kept:.0f} s were kept for finishing"
    return Choice(chosen, allowed, reason, elapsed, work)


def _least(seconds: float | None, most: float | None) -> float | None:
    return seconds if seconds is None or most is None else min(seconds, most)


def _lean(plan: SearchPlan, members: Sequence[Trial], trials: Sequence[Trial]) -> Sequence[Trial]:
    """Return what a build can fall back on in half the time of an ensemble's final fits, where it is not much worse."""
    seconds = plan.budget.fit_seconds

    def loss(trial: Trial) -> float:
        assert trial.score is not None  # only finished trials are asked
        return abs(plan.metric.optimum - trial.score)

    half = sum(map(seconds, members)) / 2
    done = [t for t in trials if t.score is not None and np.isfinite(t.score)]
    most = _MUCH_WORSE * min(map(loss, done), default=0.0)
    lean = [t for t in done if seconds(t) <= half and loss(t) <= most]
    return [min(lean, key=loss)] if lean else members


def _seconds_left(settings: BuildSettings, trials: Sequence[Trial]) -> float:
    """Return the seconds of the budget after the last trial, from what was written down of it; 0 where none is set."""
    if not timed(settings) or settings.budget is None:
        return 0.0
    return settings.budget - (trials[-1].started + trials[-1].seconds if trials else 0.0)


def _expectation_text(expectation: Expectation) -> str:
    """Say what is expected of a trial."""
    return f"about {expectation.seconds:.0f} s, {expectation.probability:.0%} likely to improve the score"


def propose(components: Components, data: Dataset) -> tuple[list[Candidate], tuple[NotTried, ...]]:
    """Return what every algorithm proposes, the simple ones first, and which propose nothing, and why."""
    table, task, rows = data.table, data.task, data.fit_rows
    names = [*(n for n in SIMPLE if n in components.algorithms), *(n for n in components.algorithms if n not in SIMPLE)]
    names = [name for name in names if minimises(components.algorithms[name], task)]
    names = [name for name in names if concerns(components.algorithms[name], table.features)]
    if not table.features:
        return list(offered(components.algorithms[names[0]].candidates(task, rows, ()))), ()
    answers = {name: components.algorithms[name].candidates(task, rows, table.features) for name in names}
    refusals = {name: a if isinstance(a, Refusal) else _NOTHING for name, a in answers.items() if not offered(a)}
    not_tried = tuple(NotTried(name, refusal) for name, refusal in sorted(refusals.items()))
    plain = [candidate for answer in answers.values() for candidate in offered(answer)]
    y = target_values(table, task.target)[data.split.train]
    if not task_type(task).traits.rescaled or not long_tailed(y):
        return plain, not_tried
    return [*plain, *_rescaled([c for c in plain if c.algorithm != BASELINE])], not_tried


def _rescaled(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the first candidates of each learner on scales on which a long tail of the target weighs less."""
    by_learner: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_learner.setdefault(candidate.learner, []).append(candidate)
    return [
        replace(candidate, target_scale=scale, reason=f"{candidate.reason}; the target has a long tail")
        for several in by_learner.values()
        for candidate in several[:2]
        for scale in SCALES
    ]


def _try(plan: SearchPlan, state: SearchState, candidate: Candidate, seconds: float | None) -> Trial:
    """Run a trial, which may take so many seconds."""
    components, clock, number = plan.context.components, plan.context.components.clock, len(state.trials) + 1
    algorithm = components.algorithms[candidate.algorithm]
    prepared, threads = plan.folds.make_room(candidate)
    allowance = Allowance(clock, clock.monotonic(), seconds, seconds_to_start(algorithm, state.trials))
    # Nothing has to win against a fallback, which is there only until something else is done.
    fallback = state.best is None or any(m.candidate.turn is Turn.FALLBACK for m in state.best.members)
    beaten = None if state.best is None or fallback else state.best.predictions
    terms = Terms(plan.metric, allowance, threads, beaten, components.fits)
    parts = (algorithm, components.preparations[candidate.preparation], plan.metric)
    function, name = partial(train, algorithm, prepared, terms), f"trial {number}: {candidate.name}"
    return plan.context.run.step(name, function, candidate, plan.data.task, plan.context.settings.seed, using=parts)
