"""Models that were chosen by the rows whose score is told, with no other rows left to judge them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.stages.trace_rows.row_sets import RowSet, overlap
from journeyman.stages.trace_rows.values import Chosen, Evaluation, Fit, Model

__all__ = ["chosen_leaks"]

_OF_FOLDS = ("fold:", "cross_val")
Judged = tuple[Model, Fit, Evaluation]


def chosen_leaks(models: Sequence[Model], choices: Sequence[Chosen]) -> list[CodeLeak]:
    """Return a leak for each choice by scores, by a search or by stopping early, on rows that judge what was chosen.

    Where a program scores what it has chosen on rows that did not choose it, there is none. Scores of a
    cross-validation choose among models without a part of their own, and are no matter of test rows.
    """
    scored = [one for model in models for one in _scored(model)]
    ends = [(choice.evaluations, choice.how.removeprefix("nan").removeprefix("a")) for choice in choices]
    ranges = {told for told, how in ends if how == "min"} & {told for told, how in ends if how == "max"}
    found = [
        leak
        for choice, (told, how) in zip(choices, ends, strict=True)
        if not (how in ("min", "max") and told in ranges)  # both ends are told, and none is taken
        for leak in _by_scores(choice, scored)
    ]
    for model, fit, one in scored:
        if fit.stopped_on and overlap(fit.stopped_on, one.rows) and not overlap(fit.rows, one.rows):
            found.append(_leak(fit, one, fit.line))
        searched = [told for told in model.chosen if overlap(told.rows, one.rows)]
        if searched and not overlap(fit.rows, one.rows):
            found.append(_leak(fit, one, min(told.line for told in searched)))
    first: dict[tuple[int, int], CodeLeak] = {}
    for leak in found:
        first.setdefault((leak.line, leak.cause), leak)
    return list(first.values())


def _scored(model: Model) -> Iterator[Judged]:
    for k, one in enumerate(model.evaluations):
        if k in model.scored and 0 < one.after <= len(model.fits):
            yield model, model.fits[one.after - 1], one


def _by_scores(choice: Chosen, scored: Sequence[Judged]) -> Iterator[CodeLeak]:
    chosen = [
        (model, model.fits[one.after - 1], one)
        for model, k in sorted(choice.evaluations, key=lambda pair: (pair[0].evaluations[pair[1]].line, pair[1]))
        if 0 < (one := model.evaluations[k]).after <= len(model.fits)
    ]
    chosen = [(m, fit, one) for m, fit, one in chosen if not overlap(fit.rows, one.rows) and not _of_folds(one.rows)]
    if not chosen or not (choice.several or len({(id(m), fit.line) for m, fit, _ in chosen}) > 1):
        return
    rows = frozenset[RowSet]().union(*(one.rows for _, _, one in chosen))
    if any(not overlap(one.rows, rows) and not overlap(one.rows, fit.rows) for _, fit, one in scored):
        return
    _, fit, one = chosen[-1]
    yield _leak(fit, one, choice.line)


def _of_folds(rows: frozenset[RowSet]) -> bool:
    return any(step.site.startswith(_OF_FOLDS) for one in rows for step in one.path)


def _leak(fit: Fit, judged: Evaluation, cause: int) -> CodeLeak:
    return CodeLeak(LeakKind.CHOSEN, fit.line, fit.method, cause, judged.line)
