"""Vary a case: what the value becomes where a worth, the volume or the prevalence is otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from journeyman.entities.business_case import BusinessCase, Worth
from journeyman.entities.decided_case import Sensitivity

__all__ = ["variations", "vary_case"]

_STEP = 0.2
_MOST = 12


def variations(
    case: BusinessCase, shares: Mapping[str, float]
) -> tuple[tuple[str, str, BusinessCase, str, BusinessCase], ...]:
    """Return what is varied: its name, and a lower and a higher case, each with what it is in words.

    Parameters
    ----------
    shares : mapping of str to float
        Share of each class among the held-out rows, where there are two; else empty.

    Examples
    --------
    >>> from journeyman.entities.business_case import Effect, Today, Volume
    >>> worth = {"act": {"each": Worth(5.0)}, "leave": {"each": Worth()}}
    >>> case = BusinessCase("EUR", Effect.NONE, worth, Today("leave"), Volume(10, 100))
    >>> [(name, low, high) for name, low, _, high, _ in variations(case, {})]
    [('worth of act, each', '4 EUR', '6 EUR')]
    """
    found = []
    for action, row in case.worth.items():
        for outcome, worth in row.items():
            if worth == Worth():
                continue
            low, high = (_scaled(worth, factor) for factor in (1.0 - _STEP, 1.0 + _STEP))
            if worth.plus < 0.0 and not worth.rates:
                low, high = high, low
            name = f"worth of {action}, {outcome}"
            cases = [_with_worth(case, action, outcome, one) for one in (low, high)]
            said = (
                [f"{sign}{_STEP:.0%}" for sign in "-+"]
                if worth.rates
                else [one.words(case.unit) for one in (low, high)]
            )
            found.append((name, said[0], cases[0], said[1], cases[1]))
    volume = case.volume
    if volume.capacity is not None and volume.capacity < volume.cases:
        ends = [volume.capacity * (1.0 - _STEP), min(volume.cases, volume.capacity * (1.0 + _STEP))]
        cases = [replace(case, volume=replace(volume, capacity=end)) for end in ends]
        found.append(("capacity a day", f"{ends[0]:g}", cases[0], f"{ends[1]:g}", cases[1]))
    if volume.budget is not None:
        ends = [volume.budget * (1.0 - _STEP), volume.budget * (1.0 + _STEP)]
        cases = [replace(case, volume=replace(volume, budget=end)) for end in ends]
        found.append(("budget a day", f"{ends[0]:g}", cases[0], f"{ends[1]:g}", cases[1]))
    if case.overhead > 0.0:
        ends = [volume.days * (1.0 - _STEP), volume.days * (1.0 + _STEP)]
        cases = [replace(case, volume=replace(volume, days=end)) for end in ends]
        found.append(("days of use", f"{ends[0]:g}", cases[0], f"{ends[1]:g}", cases[1]))
        cases = [replace(case, fixed=case.fixed * f, running=case.running * f) for f in (1.0 + _STEP, 1.0 - _STEP)]
        found.append(("costs of the model", f"+{_STEP:.0%}", cases[0], f"-{_STEP:.0%}", cases[1]))
    if len(shares) == 2:
        (other, _), (positive, share) = (case.prevalence or shares).items()
        ends = [share * (1.0 - _STEP), min(1.0 - 1e-6, share * (1.0 + _STEP))]
        cases = [replace(case, prevalence={other: 1.0 - end, positive: end}) for end in ends]
        found.append((f"share of {positive}", f"{ends[0]:.3g}", cases[0], f"{ends[1]:.3g}", cases[1]))
    return tuple(found)


def vary_case(
    case: BusinessCase, shares: Mapping[str, float], value_of: Callable[[BusinessCase], float]
) -> tuple[Sensitivity, ...]:
    """Return what moves the value most, first; the policy follows each variation.

    Parameters
    ----------
    value_of : callable
        Gives the value of a case while the model is used.
    """
    told = [
        Sensitivity(name, low, high, value_of(lower), value_of(higher))
        for name, low, lower, high, higher in variations(case, shares)
    ]
    told.sort(key=lambda one: (-abs(one.high - one.low), one.what))
    return tuple(told[:_MOST])


def _scaled(worth: Worth, factor: float) -> Worth:
    return Worth(worth.plus * factor, {name: rate * factor for name, rate in worth.rates.items()})


def _with_worth(case: BusinessCase, action: str, outcome: str, worth: Worth) -> BusinessCase:
    return replace(case, worth={**case.worth, action: {**case.worth[action], outcome: worth}})
