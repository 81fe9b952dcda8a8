"""The line of a decision: from held-out rows and worths to GO, PILOT or NO-GO, with what the answer hangs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.business_case import BusinessCase
from journeyman.entities.case_rows import CaseRows, RowSampling
from journeyman.entities.decided_case import DecidedCase, Uplift
from journeyman.entities.held_out import HeldOut
from journeyman.metrics.case_policy import choose_actions, gains, recalibrated
from journeyman.stages.compare_groups import compare_groups
from journeyman.stages.describe_policy import describe_policy
from journeyman.stages.judge_case import judge_case, open_questions
from journeyman.stages.plan_pilot import plan_pilot
from journeyman.stages.price_outcomes import check_trade_off, price_outcomes
from journeyman.stages.recalibrate import cross_recalibrate
from journeyman.stages.reference import design_effect
from journeyman.stages.value_policy import (
    break_even_price,
    break_even_prevalence,
    perfect_value,
    value_curve,
    value_over_rivals,
    value_policy,
)
from journeyman.stages.vary_case import vary_case

__all__ = ["AboutModel", "decide_case"]

_FEW = 200
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


def decide_case(
    held: HeldOut, case: BusinessCase, about: AboutModel, uplift: Uplift | None = None, seed: int = 0
) -> DecidedCase:
    """Decide a business case.

    Parameters
    ----------
    uplift : Uplift or None
        What a randomised trial says of acting.
    seed : int
        Of folds, intervals and simulated pilots.

    Raises
    ------
    SettingsError
        Where the worths do not fit the rows, or leave nothing to decide.
    """
    rows = price_outcomes(held, case, about.labels, about.target)
    check_trade_off(rows, case)
    predicted, correction = cross_recalibrate(rows, seed)
    chosen = choose_actions(rows, predicted, case.volume)
    found = gains(rows, chosen)
    sampling = RowSampling(
        clusters=rows.clusters,
        dependence=design_effect(found) if held.in_time and len(rows) else 1.0,
        strata=rows.outcome if case.prevalence else None,
        shares=tuple(case.prevalence.values()),
        seed=seed,
    )
    hurdle = case.overhead / case.volume.total
    before, net = value_policy(rows, chosen, hurdle, sampling)
    rivals = value_over_rivals(rows, chosen, case, sampling)
    everyone = choose_actions(rows, recalibrated(rows.predicted, correction, rows.classes), case.volume)
    policy = describe_policy(rows, everyone, correction, case, about.labels)
    gap = compare_groups(rows, predicted, chosen, case.protected) if case.protected else None
    questions = open_questions(case, gap, uplift, held.in_time)
    pilot = plan_pilot(rows, chosen, case, seed=seed) if net.mean > 0.0 else None
    verdict, reasons = judge_case(net, rivals, policy, questions, pilot, case)
    shares = dict(zip(about.labels, rows.happened.mean(axis=0).tolist(), strict=True)) if about.labels else {}
    perfect, loss = perfect_value(rows, case.volume), float(held.losses.mean())
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
        rivals=rivals,
        perfect=perfect,
        price=break_even_price(rows, chosen, net.mean, case.actions),
        prevalence=break_even_prevalence(rows, chosen, about.labels, hurdle),
        sensitivities=vary_case(case, shares, _value_of(held, case, about, predicted, seed)),
        curve=value_curve(rows, predicted),
        groups=gap,
        questions=questions,
        pilot=pilot,
        uplift=uplift,
        notes=(*held.notes, *_notes(rows, found, about.valued)),
        loss_price=max(0.0, perfect - before.mean) / loss if loss > 0.0 else None,
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
            f"These rows have been valued under {valued} economics files by now: the best answer of several looks better "
            "than it is."
        )
    return tuple(notes)
