"""What a release's own plan answers to texts: what every reader of the scoring plan is compared with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import cast

import numpy as np
import pandas as pd

from journeyman.entities.column import Column
from journeyman.entities.conformal import Conformal
from journeyman.entities.plan import DecodeStep, NodeKind, Plan
from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.exporters.scoring_plan.own_scores import own_scores
from journeyman.exporters.scoring_plan.selftest import Answers
from journeyman.inference.scorer import Scorer
from journeyman.sources.parsing import RowReader
from journeyman.stages.conform import conform

__all__ = ["plan_answers"]

_FEW = 50  # rows at a time, as a service has them: of many, forests add some trees at a time


def plan_answers(
    plan: Plan,
    written: ScoringPlan,
    columns: Sequence[Column],
    texts: Mapping[str, Sequence[str]],
    left_out: Collection[str] = (),
) -> Answers:
    """Return what a plan answers to texts, as a release reads them.

    Parameters
    ----------
    written : ScoringPlan
        The same plan as it is exported.
    columns : sequence of Column
        Of the release.
    texts : mapping of str to sequence of str
        Rows; columns that the plan does not look at may lack.
    left_out : collection of str
        Columns of the training table that are passed over.
    """
    rows = len(next(iter(texts.values()), ()))
    frame = pd.DataFrame({c.name: texts.get(c.name, [""] * rows) for c in columns}, dtype=object)
    block = conform(frame, RowReader(columns), left_out).block
    interval = None
    with np.errstate(over="ignore"):  # 1e300 is among the rows
        scorer = Scorer(plan)
        parts = [{name: values[i : i + _FEW] for name, values in block.items()} for i in range(0, rows, _FEW)]
        predictions = np.vstack([scorer.predict(part) for part in parts])
        scores = own_scores(plan, block)
    if written.interval is not None:
        (node,) = plan.of_kind(NodeKind.INTERVAL)
        interval = cast(Conformal, node.step).intervals(predictions, block)
    labels: tuple[str, ...] = ()
    for node in plan.of_kind(NodeKind.DECODE):
        step = cast(DecodeStep, node.step)
        labels = tuple(np.array(step.labels, dtype=object)[step.codes(predictions)].tolist())
    return Answers(scores, predictions, interval, labels)
