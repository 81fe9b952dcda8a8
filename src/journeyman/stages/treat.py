"""Treat: what is tried against each weakness, as candidates like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from journeyman.entities.candidate import Candidate
from journeyman.entities.task import Scheme, Task
from journeyman.entities.weakness import Cause, Treatment, TreatmentKind, Weakness
from journeyman.tasks import task_type
from journeyman.transformers.target_scale import SCALES

__all__ = ["treat"]

_NOISY = 1.5  # times the others' errors: rows below that tell about as much as any


def treat(weakness: Weakness, base: Candidate, task: Task) -> tuple[Candidate, ...]:
    """Return candidates against a weakness: the base with a treatment; none where rows already there cannot help.

    Parameters
    ----------
    base : Candidate
        Of an algorithm that weighs rows and that is shown columns as they are.

    Examples
    --------
    >>> from journeyman.entities.weakness import Place
    >>> faded = Weakness(Place("the latest rows"), 90, 2.0, 1.0, 0.3, 0.0, Cause.DRIFT, "")
    >>> task = Task("y", "regression", "rmse", scheme=Scheme.TIME)
    >>> [c.name for c in treat(faded, Candidate("lightgbm"), task)]
    ['lightgbm (older rows fade)', 'lightgbm (older rows fade fast)']
    """
    reason = f"{base.reason}; against {weakness.cause} where {weakness.place.text}"
    traits = task_type(task).traits
    if weakness.cause is Cause.WRONG_SCALE:
        if not traits.rescaled:
            return ()
        return tuple(replace(base, target_scale=scale, reason=reason) for scale in SCALES)
    return tuple(
        replace(base, treatment=t, reason=reason) for t in _treatments(weakness, task) if t.kind in traits.treatments
    )


def _treatments(weakness: Weakness, task: Task) -> Sequence[Treatment]:
    condition = weakness.place.condition
    if weakness.cause in (Cause.TOO_FEW_ROWS, Cause.OTHER_RELATION) and condition is not None:
        return (Treatment(TreatmentKind.CORRECTED, condition),)
    if weakness.cause is Cause.LABEL_NOISE:
        return (Treatment(TreatmentKind.DOUBT, condition),)
    noisy = weakness.cause is Cause.MISSING_INFORMATION and weakness.loss >= _NOISY * weakness.others
    if noisy and condition is not None:
        # Weighted by the inverse of their variance (Aitken 1936), rows of all slices tell as much as they can.
        return (Treatment(TreatmentKind.QUIETED, condition, (weakness.others / weakness.loss) ** 2),)
    if weakness.cause is Cause.IMBALANCE:
        return (Treatment(TreatmentKind.BALANCED),)
    if weakness.cause is Cause.DRIFT and task.scheme is Scheme.TIME:
        return (Treatment(TreatmentKind.FADING), Treatment(TreatmentKind.FADING_FAST))
    return ()
