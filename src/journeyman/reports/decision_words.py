"""What is said of a decision: the verdict in the user's unit, and each figure in a sentence."""

from __future__ import annotations

import math

from journeyman.entities.decided_case import CaseVerdict, DecidedCase, GroupGap, PilotPlan, ValueEstimate
from journeyman.entities.overview import RealisedValue
from journeyman.entities.pilot_reading import PilotReading
from journeyman.reports.words import count, number, percent, plural

__all__ = [
    "break_even_words",
    "chance_words",
    "decision_headline",
    "group_words",
    "money",
    "pilot_words",
    "range_words",
    "reading_words",
    "uplift_words",
    "use_words",
    "value_words",
]


def money(value: float, unit: str, digits: int = 3) -> str:
    """Say an amount with its unit.

    Examples
    --------
    >>> money(12345.6, "EUR"), money(-0.0371, "EUR"), money(2.5e6, "USD")
    ('12,300 EUR', '-0.0371 EUR', '2,500,000 USD')
    """
    if not math.isfinite(value) or value == 0.0:
        return f"{number(value)} {unit}"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    text = f"{rounded:,.{max(0, places)}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}"


def range_words(value: ValueEstimate, unit: str) -> str:
    """Say a value with its interval."""
    return f"{money(value.mean, unit)} (90% interval: {money(value.low, unit)} to {money(value.high, unit)})"


def chance_words(probability: float) -> str:
    """Say a probability; never as certain.

    Examples
    --------
    >>> chance_words(0.9996), chance_words(0.42), chance_words(0.0)
    ('>99.9%', '42%', '<0.1%')
    """
    if probability >= 1.0:
        return ">99.9%"
    return "<0.1%" if probability <= 0.0 else percent(probability)


def decision_headline(decided: DecidedCase) -> str:
    """Say the verdict and the value in one line."""
    unit, volume = decided.case.unit, decided.case.volume
    over = f"over {number(volume.days)} days"
    if decided.verdict is CaseVerdict.GO:
        return f"GO: worth {range_words(decided.total, unit)} more than what is done today, {over}"
    if decided.verdict is CaseVerdict.PILOT:
        pilot = decided.pilot
        first = "" if pilot is None else f"try it on at most {plural(pilot.cases, 'case')} first; "
        return f"PILOT: {first}expected {range_words(decided.total, unit)} more than today, {over}"
    return f"NO-GO: expected {range_words(decided.total, unit)} against what is done today, {over}"


def use_words(decided: DecidedCase) -> str:
    """Say how many cases, for how long, and what is done today."""
    volume, case = decided.case.volume, decided.case
    limit = ""
    if volume.capacity is not None:
        limit = f", of which {number(volume.capacity)} can be acted on"
    elif volume.budget is not None:
        limit = f", with a budget of {money(volume.budget, case.unit)} a day"
    spent = f" The model costs {money(case.overhead, case.unit)} in that time." if case.overhead else ""
    cases = f"{number(volume.cases)} cases a day{limit}, for {number(volume.days)} days."
    return f"{cases} Today: {case.today.words()}.{spent}"


def break_even_words(decided: DecidedCase) -> tuple[str, ...]:
    """Say at which price of acting, and at which prevalence, nothing is left."""
    unit, found = decided.case.unit, []
    if decided.price is not None:
        found.append(
            f"Acting may cost {money(decided.price, unit)} a case more than the file says until nothing is left."
        )
    for label, share, at in decided.prevalence:
        if at is None:
            found.append(f"No share of '{label}' changes the sign of the value (it is {percent(share)}).")
        else:
            side, lost = "below" if at < share else "above", decided.total.mean > 0.0
            what = "Nothing is left" if lost else "It would pay"
            found.append(f"{what} where the share of '{label}' is {side} {percent(at, 3)}; it is {percent(share, 3)}.")
    return tuple(found)


def pilot_words(pilot: PilotPlan, name: str, unit: str, place: str = "") -> tuple[str, ...]:
    """Say what a pilot is, and how it ends; ``place`` is the option that names the workspace."""
    hurdle = f"more than {money(pilot.hurdle, unit)}" if pilot.hurdle else "anything"
    return (
        "Of the cases that the model would treat otherwise than today, give each to the policy or to what is "
        f"done today by a fair coin: at most {plural(pilot.cases, 'case')}, which is {number(pilot.days)} days.",
        f"Write one row a case, in their order, with columns arm ('policy' or 'today') and value (what it was worth in "
        f"{unit}, between {money(pilot.low, unit)} and {money(pilot.high, unit)}).",
        f"Look as often as you like: journeyman decide {name} --pilot RESULTS.csv{place}. It says GO when it is shown "
        f"that a case gains {hurdle}; a false GO has a probability of at most {percent(pilot.alpha)}, however "
        "often one looks.",
        f"Where cases gain what the held-out rows say, it ends after {count(round(pilot.expected))} cases "
        f"({number(pilot.expected_days)} days) on average, with GO in {percent(pilot.power)} of such pilots. A "
        f"test of fixed size, with one look at its end, would take {plural(pilot.fixed_size, 'case')}.",
    )


def group_words(gap: GroupGap, decided: DecidedCase) -> tuple[str, ...]:
    """Say how groups are treated, and what treating them alike costs."""
    unit, total = decided.case.unit, decided.case.volume.total
    found = [
        f"The lowest selection rate by '{gap.column}' is {percent(gap.ratio)} of the highest"
        + (f" (p = {gap.p_value:.2g})." if gap.p_value >= 1e-4 else " (p < 0.0001).")
    ]
    for what, value in (("selection rates", gap.cost_of_rates), ("shares missed", gap.cost_of_missed)):
        if value is None:
            found.append(f"Too few cases of a group to say what equal {what} would cost.")
            continue
        cost = value * total
        said = f"cost {money(cost, unit)}" if cost > 0 else f"earn {money(-cost, unit)}"
        found.append(f"A cut of its own for each group, so that {what} are equal, would {said} in the time of use.")
    return tuple(found)


def uplift_words(decided: DecidedCase) -> tuple[str, ...]:
    """Say what a randomised trial has shown; empty without one."""
    uplift, unit = decided.uplift, decided.case.unit
    if uplift is None:
        return ()
    rank = uplift.ranked
    ranked = (
        "the model ranks cases by it" if rank.probability >= 0.95 else "that cases can be ranked by it is not shown"
    )
    return (
        f"'{uplift.column}' was given to {plural(uplift.treated, 'row')} and not to {count(uplift.others)}; "
        f"nothing in the columns tells to whom (p = {uplift.balance:.2g}).",
        f"Acting changes a case by {range_words(uplift.average, unit)} on average.",
        f"In the half with the greater estimated uplift it changes {range_words(rank, unit)} more than in the "
        f"other half: {ranked}.",
    )


def reading_words(reading: PilotReading) -> tuple[str, ...]:
    """Say what a pilot shows so far, the verdict first."""
    unit = reading.unit
    return (
        f"{reading.verdict}: {reading.reason}",
        f"A case gained {money(reading.effect, unit)} by the policy ({plural(reading.policy, 'case')}) over what "
        f"is done today ({count(reading.today)}); interval that holds at every look: {money(reading.low, unit)} to "
        f"{money(reading.high, unit)}.",
        f"Evidence for it: {_odds(reading.evidence)}; against it: {_odds(reading.against)}; "
        f"{_odds(1 / reading.plan.alpha)} decides.",
    )


def value_words(value: RealisedValue) -> tuple[str, ...]:
    """Say what live rows have earned beside what was expected."""
    expected = (
        f"Expected when it was decided: {range_words(value.expected, value.unit)} a case over what was done before."
    )
    if value.realised is None:
        return (f"Nothing is known of the value yet: {value.obstacle}.", expected)
    real, hoped = value.realised, value.expected
    apart = ""
    if real.high < hoped.low:
        apart = " That is less than was expected, beyond chance: decide again."
    elif real.low > hoped.high:
        apart = " That is more than was expected, beyond chance."
    return (
        f"Realised on {plural(value.rows, 'labelled row')}: {range_words(real, value.unit)} a case.{apart}",
        expected,
        "By the policy and the labels that came; where acting changes outcomes, those labels are what it left of them.",
    )


def _odds(value: float) -> str:
    return f"{value:,.0f} to 1" if value >= 10 else f"{value:.2g} to 1"
