"""Why an ensemble fails in a place: the evidence that tells one cause from another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.weakness import Cause
from journeyman.stages.diagnose.probe import told_by_columns
from journeyman.stages.diagnose.validated_rows import ValidatedRows

__all__ = ["cause_inside", "noisy"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_FEW_ROWS, _FEW_SHARE = 400, 0.05
_TOLD_SHARE, _TOLD_P = 0.03, 0.01
_LEAST_SKILL, _RIGHT_OFTEN, _NO_SKILL, _MUCH_HARDER = 0.15, 0.25, 0.05, 1.5
_PLATEAU, _PLATEAU_P, _LEAST_ERRORS = 0.6, 0.01, 8
_GROSS, _GROSS_SHARE, _MOST_GROSS = 6.0, 0.5, 0.05


def cause_inside(seen: ValidatedRows, inside: BoolArray, seed: int) -> tuple[Cause, str] | None:
    """Return the cause and what it is judged by, in words; None where nothing is wrong but that it is harder there.

    What can be told from the columns after all was not learned: rows were too few, or the relation is another one.
    Errors as frequent where the answers are sure as where they are not, are errors of the labels. Where the answers
    are hardly better than the shares of the classes, or the errors much larger than elsewhere, and the columns tell
    nothing of what is missed, information is missing.
    """
    rows = int(inside.sum())
    told = told_by_columns(seen, inside, seed)
    if told.p_value < _TOLD_P and told.share >= _TOLD_SHARE:
        said = f"{told.share:.0%} of what is missed there can be told from the columns"
        if rows < _FEW_ROWS or rows < _FEW_SHARE * len(inside):
            return Cause.TOO_FEW_ROWS, f"{rows} rows were too few to learn it; {said}"
        return Cause.OTHER_RELATION, f"{said}: the relation is another one than elsewhere"
    skill = _skill(seen, inside)
    noise = noisy(seen, inside) if skill >= _RIGHT_OFTEN else None
    if noise is not None:
        return Cause.LABEL_NOISE, noise[0]
    if seen.task.labels and skill >= _NO_SKILL:
        return None
    harder = float(seen.loss[inside].mean()) / max(float(seen.loss[~inside].mean()), 1e-300)
    if skill >= _LEAST_SKILL and harder < _MUCH_HARDER:
        return None
    said = f"the loss there is {max(0.0, skill):.0%} below that without a model"
    return Cause.MISSING_INFORMATION, f"{said}, and the columns tell nothing of what is missed"


def noisy(seen: ValidatedRows, inside: BoolArray) -> tuple[str, BoolArray] | None:
    """Return what speaks for labels that are wrong, in words, and the doubtful rows; None where nothing does."""
    return _sure_and_wrong(seen, inside) if seen.task.labels else _gross(seen, inside)


def _skill(seen: ValidatedRows, inside: BoolArray) -> float:
    """Return how far the loss inside is below that of the shares, or the median, inside.

    Where labels are wrong, answers that are too sure lose much and are yet right more often: errors count as well.
    """
    y = seen.y[inside]
    if not seen.task.labels:
        plain = float(np.abs(y - np.median(y)).mean())
        return 1.0 - float(seen.loss[inside].mean()) / plain if plain > 0 else 0.0
    codes = y.astype(np.int64)
    shares = np.bincount(codes) / len(codes)
    plain, wrong = float(-np.log(shares[codes]).mean()), float((seen.answers[inside].argmax(axis=1) != codes).mean())
    if plain <= 0:
        return 0.0
    return max(1.0 - float(seen.loss[inside].mean()) / plain, 1.0 - wrong / (1.0 - float(shares.max())))


def _sure_and_wrong(seen: ValidatedRows, inside: BoolArray) -> tuple[str, BoolArray] | None:
    """The surest quarter of the answers errs about as often as the others.

    Where classes overlap, errors thin out as answers become surer; labels that were written down wrong do not.
    """
    rows = np.flatnonzero(inside)
    wrong = seen.answers[rows].argmax(axis=1) != seen.y[rows]
    order = np.argsort(-seen.answers[rows].max(axis=1), kind="stable")
    surer, others = order[: len(order) // 4], order[len(order) // 4 :]
    sure, unsure = float(wrong[surer].mean()), float(wrong[others].mean())
    errors = int(wrong[surer].sum())
    chance = float(stats.binom.sf(errors - 1, len(surer), 0.5 * unsure))  # that sure answers err half as often
    if errors < _LEAST_ERRORS or sure < _PLATEAU * unsure or chance > _PLATEAU_P:
        return None
    doubtful = np.zeros(len(inside), dtype=bool)
    doubtful[rows[surer[wrong[surer]]]] = True
    words = f"{sure:.0%} of the surest quarter of predictions are wrong, hardly fewer than {unsure:.0%} of the others"
    return words, doubtful


def _gross(seen: ValidatedRows, inside: BoolArray) -> tuple[str, BoolArray] | None:
    """Few gross errors make up most of the squared error."""
    doubtful = inside & (seen.loss > _GROSS * 1.4826 * float(np.median(seen.loss[inside])))
    share = float((seen.loss[doubtful] ** 2).sum() / max(float((seen.loss[inside] ** 2).sum()), 1e-300))
    rows = int(doubtful.sum())
    if rows < _LEAST_ERRORS or share < _GROSS_SHARE or rows > _MOST_GROSS * inside.sum():
        return None
    return f"{rows / inside.sum():.1%} of the rows carry {share:.0%} of the squared error", doubtful
