"""Labels as they are given, recorded: what every protocol and every topic does with them."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.entities.prediction import LabelFate
from journeyman.serving.labels import GivenLabel, read_label, unknown_prediction
from journeyman.serving.refusals import Fault
from journeyman.serving.service import Service

__all__ = ["record_labels"]


async def record_labels(service: Service, given: Sequence[GivenLabel | Fault]) -> list[LabelFate | Fault]:
    """Record labels; return what became of each, in order. What is a fault already stays one.

    Raises
    ------
    Refusal
        Where they are too many, too many wait, or the log cannot be written.
    """
    task, rules = service.champion.task, service.rules
    read = [one if isinstance(one, Fault) else read_label(one, task, rules) for one in given]
    fates = iter(await service.label([one for one in read if not isinstance(one, Fault)]))
    told: list[LabelFate | Fault] = []
    for one, asked in zip(read, given, strict=True):
        fate = one if isinstance(one, Fault) else next(fates)
        if fate is LabelFate.UNKNOWN and isinstance(asked, GivenLabel):
            fate = unknown_prediction(str(asked.id))
        told.append(fate)
    return told
