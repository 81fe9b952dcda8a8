"""Read a pilot: GO, go on, or NO-GO, by a rule that may be looked at every day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.decided_case import DecidedCase
from journeyman.entities.pilot_reading import PilotReading, PilotVerdict
from journeyman.errors import SettingsError
from journeyman.metrics.pilot_process import evidence_paths, pilot_interval, signed_differences

__all__ = ["read_pilot"]

_FAIR = 1e-4  # arms that are less likely than this by a fair coin were not drawn by one


def read_pilot(decided: DecidedCase, values: NDArray[np.float64], treated: NDArray[np.bool_]) -> PilotReading:
    """Return what a pilot says.

    Parameters
    ----------
    decided : DecidedCase
        That has a plan of a pilot.
    values : ndarray of shape (n_cases,)
        What each case was worth, in the order in which it was decided.
    treated : ndarray of shape (n_cases,)
        Whether the coin gave it to the policy.

    Raises
    ------
    SettingsError
        Where there is no plan, a value lies outside of what the economics allow, or the arms were not drawn by a fair
        coin.
    """
    plan, unit = decided.pilot, decided.case.unit
    if plan is None:
        raise SettingsError(
            f"no pilot of {decided.name} {decided.version} was planned: the answer was {decided.verdict}",
            hint=f"`journeyman decide {decided.name} --economics FILE.toml` decides again",
        )
    if not len(values):
        raise SettingsError(
            "the pilot has no case yet", hint="add a row a case, in the order in which they were decided: arm and value"
        )
    slack = 1e-6 * (plan.high - plan.low)
    outside = (values < plan.low - slack) | (values > plan.high + slack)
    if outside.any():
        raise SettingsError(
            f"{int(outside.sum()):,} of {len(values):,} cases are worth less than {plan.low:,.6g} or more than "
            f"{plan.high:,.6g} {unit}, which the economics do not allow; the first is case "
            f"{int(outside.argmax()) + 1:,} with {values[outside.argmax()]:,.6g}",
            hint="correct the values, or decide again with worths that allow them, and begin a new pilot",
        )
    ours = int(treated.sum())
    chance = float(stats.binomtest(ours, len(values), 0.5).pvalue)
    if chance < _FAIR:
        raise SettingsError(
            f"{ours:,} of {len(values):,} cases went to the policy, which a fair coin does once in "
            f"{_often(chance)} pilots",
            hint="an arm was not drawn by lot, or cases are lacking: find out which, and begin a new pilot",
        )
    width = plan.high - plan.low
    apart = signed_differences(np.clip(values, plan.low, plan.high), treated, plan.low, plan.high)
    above, below = evidence_paths(apart, plan.hurdle / (2.0 * width))
    wanted = np.log(1.0 / plan.alpha)
    proved, refuted = _first(above >= wanted), _first(below >= wanted)
    low, high = (2.0 * width * end for end in pilot_interval(apart, plan.alpha))
    both = 0 < ours < len(values)
    effect = float(values[treated].mean() - values[~treated].mean()) if both else float("nan")
    verdict, ended, reason = _pilot_verdict(proved, refuted, len(values), decided)
    return PilotReading(
        name=decided.name,
        version=decided.version,
        unit=unit,
        plan=plan,
        verdict=verdict,
        reason=reason,
        policy=ours,
        today=len(values) - ours,
        effect=effect,
        low=low,
        high=high,
        evidence=float(np.exp(min(above.max(initial=0.0), 300.0))),
        against=float(np.exp(min(below.max(initial=0.0), 300.0))),
        ended=ended,
        days=plan.days,
    )


def _often(chance: float) -> str:
    return f"{1.0 / chance:,.0f}" if chance > 1e-6 else "more than a million"


def _first(passed: NDArray[np.bool_]) -> int | None:
    return int(passed.argmax()) + 1 if passed.any() else None


def _pilot_verdict(
    proved: int | None, refuted: int | None, count: int, decided: DecidedCase
) -> tuple[PilotVerdict, int | None, str]:
    plan, unit = decided.pilot, decided.case.unit
    assert plan is not None
    gains = f"gains more than {plan.hurdle:,.4g} {unit}, which pays for the model" if plan.hurdle else "gains anything"
    if proved is not None and (refuted is None or proved < refuted):  # it counts after the plan's end, too
        return PilotVerdict.GO, proved, f"A case {gains}: shown at case {proved:,}."
    if refuted is not None:
        return PilotVerdict.NO_GO, refuted, f"It is refuted that a case {gains}: shown at case {refuted:,}."
    if count >= plan.cases:
        reason = f"After all {plan.cases:,} cases of the plan it is not shown that a case {gains}."
        return PilotVerdict.NO_GO, plan.cases, reason
    left = plan.cases - count
    return (
        PilotVerdict.GO_ON,
        None,
        f"Not decided yet; at most {left:,} more cases are needed. Look as often as you like.",
    )
