"""Judge a case: GO, PILOT or NO-GO, and the questions that data cannot answer (docs/decisions/0091)."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.entities.business_case import BusinessCase, Effect
from journeyman.entities.decided_case import (
    CaseVerdict,
    GroupGap,
    PilotPlan,
    Policy,
    Question,
    Rival,
    Uplift,
    ValueEstimate,
)

__all__ = ["judge_case", "open_questions"]

_PLAUSIBLE = 0.2
_ALIKE = 0.8  # selection rates whose ratio is lower are asked about: the four-fifths rule
_LEVEL = 0.05
_LONGEST = 0.5  # share of the time of use that a pilot may take


def open_questions(
    case: BusinessCase, groups: GroupGap | None, uplift: Uplift | None, in_time: bool
) -> tuple[Question, ...]:
    """Return what data cannot tell, the questions that GO waits for first.

    Parameters
    ----------
    uplift : Uplift or None
        What a randomised trial says; it answers what acting does.
    in_time : bool
        Whether held-out rows are later than those that taught.
    """
    found = []
    if case.effect is Effect.ASSUMED and uplift is None:
        found.append(
            Question(
                "effect",
                "Prediction is not effect: nobody has measured what acting changes. The worths hold what is "
                "believed; a pilot, or treatment data (--treatment COLUMN), can show it.",
                must=True,
                answer=case.replies.get("effect", ""),
            )
        )
    if groups is not None and groups.ratio < _ALIKE and groups.p_value < _LEVEL:
        least, most = (f(groups.groups, key=lambda g: g.selected) for f in (min, max))
        found.append(
            Question(
                "groups",
                f"By '{groups.column}', '{most.name}' is acted on in {most.selected:.1%} of the cases and "
                f"'{least.name}' in {least.selected:.1%}. Is that wanted, allowed, and who has decided it?",
                must=True,
                answer=case.replies.get("groups", ""),
            )
        )
    if case.effect is not Effect.NONE:
        found.append(
            Question(
                "feedback",
                "Acting changes what is seen later: the outcome of a case that was acted on is no longer the one "
                "that the model predicts. Leave some cases to chance, or later labels teach the policy and not "
                "the world.",
            )
        )
    else:
        found.append(
            Question(
                "feedback",
                "Is the outcome of cases that are left alone still seen? Where only cases that are acted on get "
                "a label, later models learn from those alone.",
            )
        )
    if not in_time:
        found.append(
            Question(
                "time",
                "The held-out rows are of the same time as those that taught the model; that tomorrow is like "
                "them is not shown. Rows of a later time (--table) can show it.",
            )
        )
    return tuple(sorted(found, key=lambda q: not q.must))


def judge_case(
    net: ValueEstimate,
    rivals: Sequence[Rival],
    policy: Policy,
    questions: Sequence[Question],
    pilot: PilotPlan | None,
    case: BusinessCase,
) -> tuple[CaseVerdict, tuple[str, ...]]:
    """Return the verdict and its reasons, the weightiest first.

    GO: the policy is worth more than the status quo, and than each rule without a model, with a probability of
    ``case.sure`` at least, and no question that must be answered is open. PILOT: both are plausible, and a pilot can
    show it in half of the time of use. NO-GO otherwise.

    Parameters
    ----------
    net : ValueEstimate
        A case, over the status quo, less what the model costs.
    rivals : sequence of Rival
        Rules without a model.
    pilot : PilotPlan or None
        What a pilot would be; None where none would do.
    """
    worst = min(rivals, key=lambda rival: (rival.over.probability, rival.over.mean), default=None)
    against = 1.0 if worst is None else worst.over.probability
    waiting = [question for question in questions if question.is_open]
    reasons = [_over_today(net)]
    if policy.share == 0.0:
        return CaseVerdict.NO_GO, ("No case is worth acting on by what the model predicts.", *reasons)
    if worst is not None and against < case.sure:
        reasons.append(_over_rival(worst, net))
    reasons += [question.text for question in waiting]
    if min(net.probability, against) >= case.sure:
        if not waiting:
            reasons.append(f"It also beats each rule without a model, with a probability of {case.sure:.0%} at least.")
            return CaseVerdict.GO, tuple(reasons)
        return _piloted(pilot, case, reasons)
    if min(net.probability, against) < _PLAUSIBLE:
        order = (
            reasons
            if net.probability < against or worst is None
            else [_over_rival(worst, net), reasons[0], *reasons[2:]]
        )
        return CaseVerdict.NO_GO, tuple(order)
    return _piloted(pilot, case, reasons)


def _piloted(pilot: PilotPlan | None, case: BusinessCase, reasons: list[str]) -> tuple[CaseVerdict, tuple[str, ...]]:
    if pilot is None:
        return CaseVerdict.NO_GO, (*reasons, "No pilot of 100,000 cases would show it.")
    if pilot.days > _LONGEST * case.volume.days:
        wanted = (
            f"{pilot.cases:,} cases, or {pilot.days:,.0f} days of the {case.volume.days:,.0f} that it would be used"
        )
        return CaseVerdict.NO_GO, (*reasons, f"A pilot that could show it takes {wanted}.")
    return CaseVerdict.PILOT, tuple(reasons)


def _over_today(net: ValueEstimate) -> str:
    chance = "more than 99.9%" if net.probability > 0.999 else f"{net.probability:.1%}"
    return f"The probability that it is worth more than what is done today is {chance}."


def _over_rival(rival: Rival, net: ValueEstimate) -> str:
    over = rival.over
    if over.low == over.high == 0.0 or abs(over.mean) < 1e-12 * max(1.0, abs(net.mean)):
        return f"A rule without a model does the same: {rival.name}."
    if over.mean <= 0.0:
        return f"A rule without a model is worth as much or more: {rival.name}."
    return f"That it beats a rule without a model is not shown: {rival.name} (probability {over.probability:.1%})."
