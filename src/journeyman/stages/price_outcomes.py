"""Price outcomes: what each action is worth under each outcome of each held-out row, and what is done with it today."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.business_case import LARGEST_AMOUNT, LEAVE, BusinessCase, Rule, RuleKind, Worth
from journeyman.entities.case_rows import CaseRows
from journeyman.entities.held_out import HeldOut, NamedColumn
from journeyman.errors import SettingsError

__all__ = ["check_limits", "check_trade_off", "price_outcomes"]

FloatArray = NDArray[np.float64]
_SLACK = 1.1  # a rule may hold a little more often in the held-out rows than it does


def price_outcomes(held: HeldOut, case: BusinessCase, labels: Sequence[str], target: str) -> CaseRows:
    """Return held-out rows with their worths.

    A stated prevalence moves the probabilities to it (Saerens, Latinne and Decaestecker 2002) and weighs the rows.

    Parameters
    ----------
    labels : sequence of str
        Classes in code order; empty for a number.
    target : str
        Its column: a worth that names it is a rate of what comes.

    Raises
    ------
    SettingsError
        Where a column holds no numbers, a rule holds nowhere, or a class that prevalence names has no row.
    """
    count, outcomes = len(held), tuple(labels) or tuple(next(iter(case.worth.values())))
    worth = np.zeros((count, len(case.actions), max(2, len(outcomes))))
    for a, action in enumerate(case.actions):
        for k, outcome in enumerate(outcomes):
            plain = case.worth[action][outcome]
            if labels:
                worth[:, a, k] = _amounts(plain, held, f"worth.{action}.{outcome}")
            else:
                rates = {name: rate for name, rate in plain.rates.items() if name != target}
                worth[:, a, 0] = _amounts(Worth(plain.plus, rates), held, f"worth.{action}.{outcome}")
                worth[:, a, 1] = plain.rates.get(target, 0.0)
    if labels:
        predicted, happened = held.predictions, np.eye(len(labels))[held.truths.astype(np.int64)]
    else:
        predicted = np.column_stack([np.ones(count), held.predictions[:, 0]])
        happened = np.column_stack([np.ones(count), held.truths])
    predicted, weights = _at_prevalence(predicted, happened, case, labels)
    volume = case.volume
    price = np.ones(count) if volume.budget is None else _amounts(volume.price, held, "volume.price")
    if (price < 0.0).any():
        raise SettingsError(
            f"volume.price is negative in {int((price < 0).sum()):,} rows: acting would give budget back",
            hint="write what acting takes as a positive number",
        )
    if case.protected == target:
        raise SettingsError(
            f"protected = '{target}' is what the model predicts: its values are outcomes, not groups",
            hint="name a column that tells people apart, such as an age, or leave `protected` out",
        )
    groups = held.columns[case.protected].texts if case.protected else None
    leave = case.actions.index(LEAVE) if LEAVE in case.actions else -1
    today = _today(held, case)
    return CaseRows(worth, predicted, happened, today, price, leave, bool(labels), weights, held.clusters, groups)


def check_trade_off(rows: CaseRows, case: BusinessCase) -> None:
    """Refuse worths under which one action is the best whatever comes: a cost, or what it earns, is not said.

    Raises
    ------
    SettingsError
        Naming the action.
    """
    outcomes = rows.worth if rows.classes else rows.realised[:, :, None]
    for a, action in enumerate(case.actions):
        others = [b for b in range(len(case.actions)) if b != a]
        apart = outcomes[:, a : a + 1] - outcomes[:, others]
        if (apart >= 0.0).all():
            other = case.actions[others[0]]
            same = not apart.any()
            what = (
                "all actions are worth the same"
                if same
                else f"'{action}' is the best action in each of {len(rows):,} rows"
            )
            raise SettingsError(
                f"costs of one sign only: {what}, whatever comes, so that there is nothing to decide",
                hint=f"say what [worth.{action}] costs where it was not needed, and [worth.{other}] where it was: "
                "what is spent is a negative number",
            )


def _amounts(worth: Worth, held: HeldOut, place: str) -> FloatArray:
    found = np.full(len(held), worth.plus)
    for name, rate in worth.rates.items():
        numbers = held.columns[name].numbers
        if not np.isfinite(numbers).all():
            raise SettingsError(
                f"'{name}', which {place} names, has no number in {int((~np.isfinite(numbers)).sum()):,} of "
                f"{len(held):,} rows",
                hint="name a column of numbers, or leave those rows out of the table",
            )
        found = found + rate * numbers
    if (most := float(np.abs(found).max(initial=0.0))) > LARGEST_AMOUNT:
        raise SettingsError(
            f"{place} reaches {most:.3g}, which is beyond the largest amount, {LARGEST_AMOUNT:g}",
            hint="count in a larger unit, or leave rows with such numbers out of the table",
        )
    return found


def check_limits(rows: CaseRows, case: BusinessCase) -> None:
    """Refuse a status quo that acts on clearly more cases than the limits allow: it could not be what is done.

    Raises
    ------
    SettingsError
        With what it takes a day.
    """
    volume, acted = case.volume, rows.today != rows.leave
    for limit, spent, what in (
        (volume.capacity, acted.astype(np.float64), "cases a day, above the capacity of"),
        (volume.budget, acted * rows.price, f"{case.unit} a day, above the budget of"),
    ):
        if limit is None:
            continue
        a_day = float(np.average(spent, weights=rows.weights)) * volume.cases
        if a_day > _SLACK * limit:
            raise SettingsError(
                f"today's rule ({case.today.words()}) takes {a_day:,.3g} {what} {limit:,.3g}",
                hint="correct the rule under [today], or the limit under [volume]",
            )


def _today(held: HeldOut, case: BusinessCase) -> NDArray[np.int64]:
    first, rule = case.actions.index(case.today.action), case.today.rule
    if rule is None:
        return np.full(len(held), first, dtype=np.int64)
    holds = _holds(held.columns[rule.column], rule)
    if not holds.any():
        known = sorted(set(held.columns[rule.column].texts.tolist()))[:6]
        raise SettingsError(
            f"today's rule holds in none of {len(held):,} rows: {rule.words()}",
            hint=f"'{rule.column}' holds {', '.join(known)}" + (" ..." if len(known) == 6 else ""),
        )
    return np.where(holds, first, case.actions.index(case.today.otherwise)).astype(np.int64)


def _holds(column: NamedColumn, rule: Rule) -> NDArray[np.bool_]:
    if rule.kind is RuleKind.IS:
        if isinstance(rule.value, str):
            return np.asarray(column.texts == rule.value)
        return np.asarray(column.numbers == rule.value)
    value = float(rule.value)
    compare: Callable[[FloatArray, float], NDArray[np.bool_]] = np.greater if rule.kind is RuleKind.ABOVE else np.less
    return np.asarray(compare(np.where(np.isfinite(column.numbers), column.numbers, value), value))


def _at_prevalence(
    predicted: FloatArray, happened: FloatArray, case: BusinessCase, labels: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    if not case.prevalence:
        return predicted, np.ones(len(predicted))
    shares = happened.mean(axis=0)
    lacking = [label for label, share in zip(labels, shares, strict=True) if share == 0.0]
    if lacking:
        raise SettingsError(
            f"prevalence names '{lacking[0]}', of which there is no held-out row", hint="name a table with --table"
        )
    ratio = np.array([case.prevalence[label] for label in labels]) / shares
    moved = predicted * ratio
    return moved / moved.sum(axis=1, keepdims=True), happened @ ratio
