"""The line of a decision: from held-out rows and worths to GO, PILOT or NO-GO, with what the answer hangs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.business_case import BusinessCase
from journeyman.entities.case_rows import CaseRows, PolicyRows, Recalibration, RowSampling
from journeyman.entities.decided_case import DecidedCase, Policy, Rival, Uplift, ValueEstimate
from journeyman.entities.held_out import HeldOut, Trial
from journeyman.errors import SettingsError
from journeyman.metrics.case_policy import choose_actions, gains, recalibrated
from journeyman.stages.check_randomised import check_randomised, feature_matrix
from journeyman.stages.compare_groups import compare_groups
from journeyman.stages.describe_policy import describe_policy
from journeyman.stages.estimate_uplift import describe_uplift, estimate_uplift
from journeyman.stages.judge_case import judge_case, open_questions
from journeyman.stages.plan_pilot import pilot_cases, plan_pilot
from journeyman.stages.price_outcomes import check_limits, check_trade_off, price_outcomes
from journeyman.stages.recalibrate import cross_recalibrate
from journeyman.stages.reference import design_effect
from journeyman.stages.value_policy import (
    break_even_prevalence,
    break_even_price,
    perfect_value,
    value_curve,
    value_over_rivals,
    value_policy,
)
from journeyman.stages.vary_case import vary_case

__all__ = ["AboutModel", "ValuedCase", "decide_case", "value_case"]

_FEW = 200
_NOT_SERVED = (
    "The uplift was estimated for this decision; the release predicts what comes, and cannot serve this policy itself."
)
_DISCRETE = 20  # different gains, up to which they are no amounts


@dataclass(frozen=True)
class AboutModel:
    """What is told of the model whose predictions are valued.

    Attributes
    ----------
    name, version
        Of the release.
    labels : tuple of str
        Classes in code order; empty for a number.
    target : str
        Its column.
    created : str
        When this is decided, ISO 8601, UTC.
    valued : int
        How many economics files these rows have been valued under, this one included.
    """

    name: str
    version: int
    labels: tuple[str, ...]
    target: str
    created: str
    valued: int = 1


@dataclass(frozen=True)
class ValuedCase:
    """What the policy is worth on held-out rows.

    Attributes
    ----------
    rows : CaseRows
        With their worths.
    predicted : ndarray of shape (n_samples, n_outputs)
        Predictions that decide, each corrected by other rows.
    correction : Recalibration
        The correction that all rows call for.
    chosen : PolicyRows
        What is done with each row.
    policy : Policy
        The same as people apply it.
    before, net : ValueEstimate
        Value a case over the status quo, before and after what the model costs.
    rivals : tuple of Rival
        Rules without a model.
    uplift : Uplift or None
        What a randomised trial says of acting.
    """

    rows: CaseRows
    predicted: NDArray[np.float64]
    correction: Recalibration
    chosen: PolicyRows
    policy: Policy
    before: ValueEstimate
    net: ValueEstimate
    rivals: tuple[Rival, ...]
    uplift: Uplift | None = None


def value_case(
    held: HeldOut, case: BusinessCase, about: AboutModel, trial: Trial | None = None, seed: int = 0
) -> ValuedCase:
    """Choose a policy and value it, each row by a policy that other rows have chosen; errors as for ``decide_case``."""
    rows, uplift = price_outcomes(held, case, about.labels, about.target), None
    check_limits(rows, case)
    if trial is None:  # in a trial, what acting changes is in the outcomes, and acting may cost whatever comes
        check_trade_off(rows, case)
    measure = f"the probability of '{about.labels[-1]}'" if about.labels else f"the predicted '{about.target}'"
    if trial is not None:
        (rows, uplift), measure = _uplift_rows(rows, held, case, trial, seed), "the estimated uplift"
    # an estimated uplift is a regression on such scores already
    predicted, correction = cross_recalibrate(rows, seed) if trial is None else (rows.predicted, Recalibration())
    chosen = choose_actions(rows, predicted, case.volume)
    sampling = RowSampling(
        clusters=rows.clusters,
        dependence=design_effect(gains(rows, chosen)) if held.in_time else 1.0,
        strata=rows.outcome if case.prevalence else None,
        shares=tuple(case.prevalence.values()),
        seed=seed,
    )
    before, net = value_policy(rows, chosen, case.overhead / case.volume.total, sampling)
    rivals = value_over_rivals(rows, chosen, case, sampling)
    everyone = choose_actions(rows, recalibrated(rows.predicted, correction, rows.classes), case.volume)
    policy = describe_policy(rows, everyone, correction, case, measure)
    return ValuedCase(rows, predicted, correction, chosen, policy, before, net, rivals, uplift)


def decide_case(
    held: HeldOut, case: BusinessCase, about: AboutModel, trial: Trial | None = None, seed: int = 0
) -> DecidedCase:
    """Decide a business case.

    Parameters
    ----------
    trial : Trial or None
        Who was acted on in a randomised trial, where the rows are its rows.
    seed : int
        Of folds, intervals and simulated pilots.

    Raises
    ------
    SettingsError
        Where the worths do not fit the rows, or leave nothing to decide.
    """
    valued = value_case(held, case, about, trial, seed)
    rows, predicted, chosen, policy = valued.rows, valued.predicted, valued.chosen, valued.policy
    before, net, hurdle = valued.before, valued.net, case.overhead / case.volume.total
    gap = compare_groups(rows, predicted, chosen, case.protected) if case.protected else None
    if gap is not None and trial is not None:  # what would have paid in a single case is not known then
        blank = tuple(replace(one, false_alarms=None, missed=None) for one in gap.groups)
        gap = replace(gap, groups=blank, cost_of_missed=None)
    questions = open_questions(case, gap, valued.uplift, held.in_time)
    priced = rows if trial is None else price_outcomes(held, case, about.labels, about.target)
    done = None if trial is None else np.where(trial.treated, 1 - priced.leave, priced.leave)
    piloted = pilot_cases(priced, chosen, case.volume, done) if net.mean > 0.0 else None
    pilot = None if piloted is None else plan_pilot(piloted, case, seed=seed)
    verdict, reasons = judge_case(net, valued.rivals, policy, questions, pilot, case)
    shares = dict(zip(about.labels, rows.happened.mean(axis=0).tolist(), strict=True)) if rows.classes else {}
    perfect, loss = None if trial is not None else perfect_value(rows, case.volume), float(held.losses.mean())
    if trial is None:
        value_of = _value_of(held, case, about, predicted, seed)
    else:
        value_of = _value_in_trial(held, about, trial, valued)
    return DecidedCase(
        name=about.name,
        version=about.version,
        created=about.created,
        case=case,
        rows=len(rows),
        rows_from=held.said,
        verdict=verdict,
        reasons=reasons,
        per_case=before,
        total=net.scaled(case.volume.total),
        policy=policy,
        rivals=valued.rivals,
        perfect=perfect,
        price=break_even_price(rows, chosen, net.mean, case.actions),
        prevalence=break_even_prevalence(rows, chosen, about.labels, hurdle),
        sensitivities=vary_case(case, shares, value_of),
        curve=value_curve(rows, predicted),
        groups=gap,
        questions=questions,
        pilot=pilot,
        uplift=valued.uplift,
        notes=(
            *held.notes,
            *_notes(rows, gains(rows, chosen), about.valued),
            *(() if trial is None else (_NOT_SERVED,)),
        ),
        loss_price=max(0.0, perfect - before.mean) / loss if perfect is not None and loss > 0.0 else None,
        valued=about.valued,
        seed=seed,
    )


def _value_of(
    held: HeldOut, case: BusinessCase, about: AboutModel, predicted: NDArray[np.float64], seed: int
) -> Callable[[BusinessCase], float]:
    """Return a function that gives the value of a varied case while the model is used."""

    def value(varied: BusinessCase) -> float:
        rows = price_outcomes(held, varied, about.labels, about.target)
        decided = predicted if varied.prevalence == case.prevalence else cross_recalibrate(rows, seed)[0]
        earned = gains(rows, choose_actions(rows, decided, varied.volume))
        return float(np.average(earned, weights=rows.weights)) * varied.volume.total - varied.overhead

    return value


def _uplift_rows(
    priced: CaseRows, held: HeldOut, case: BusinessCase, trial: Trial, seed: int
) -> tuple[CaseRows, Uplift]:
    """Return rows of a trial as rows of a number, what acting changes: as estimated, and as outcomes say."""
    if priced.leave < 0 or len(case.actions) != 2 or case.prevalence:
        raise SettingsError(
            "a trial tells what one action does, over leaving a case alone, among cases like its own",
            hint="name two actions, one of them [worth.leave], and leave [prevalence] out",
        )
    balance = check_randomised(held.block, trial.treated, trial.column)
    matrix, _, categories = feature_matrix(held.block, trial.column)
    matrix = np.column_stack([matrix, held.predictions[:, -1]])
    act = 1 - priced.leave
    worth = priced.realised[np.arange(len(priced)), np.where(trial.treated, act, priced.leave)]
    found = estimate_uplift(matrix, (*categories, False), worth, trial.treated, seed)
    uplift = describe_uplift(found, trial.treated, trial.column, balance, RowSampling(priced.clusters, seed=seed))
    ones, worths = np.ones(len(priced)), np.zeros((len(priced), 2, 2))
    worths[:, act, 1] = 1.0
    rows = replace(
        priced,
        worth=worths,
        predicted=np.column_stack([ones, found.estimated]),
        happened=np.column_stack([ones, found.scored]),
        classes=False,
    )
    return rows, uplift


def _value_in_trial(
    held: HeldOut, about: AboutModel, trial: Trial, valued: ValuedCase
) -> Callable[[BusinessCase], float]:
    """Return a function that gives the value of a varied case while the policy stays, by the arms of the trial."""
    chosen, today = valued.chosen, valued.rows.today
    acts = np.where(chosen.action != valued.rows.leave, chosen.chance, 0.0) - (today != valued.rows.leave)
    share = float(trial.treated.mean())
    weights = np.where(trial.treated, acts / share, -acts / (1.0 - share))

    def value(varied: BusinessCase) -> float:
        rows = price_outcomes(held, varied, about.labels, about.target)
        arm = np.where(trial.treated, 1 - rows.leave, rows.leave)
        worth = rows.realised[np.arange(len(rows)), arm]
        return float((weights * worth).mean()) * varied.volume.total - varied.overhead

    return value


def _notes(rows: CaseRows, found: NDArray[np.float64], valued: int) -> tuple[str, ...]:
    """Return what makes the figures weaker than they look."""
    notes = []
    if len(rows) < _FEW:
        notes.append(f"Only {len(rows):,} rows were held out: the interval is wide, and rare outcomes may be missing.")
    apart = np.sort((found - found.mean()) ** 2)[::-1]
    few = max(3, len(rows) // 200)
    if apart.sum() > 0.0 and len(np.unique(found)) > _DISCRETE and apart[:few].sum() > apart.sum() / 2.0:
        notes.append(f"{few} of {len(rows):,} rows carry most of the spread: amounts have a long tail.")
    if valued > 1:
        notes.append(
            f"These rows have been valued under {valued} economics files by now: the best answer of several looks "
            "better than it is."
        )
    return tuple(notes)
