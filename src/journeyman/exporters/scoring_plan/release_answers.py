"""A release as a scoring plan, and what it answers itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import pandas as pd

from journeyman.entities.conformal import Conformal
from journeyman.entities.plan import DecodeStep, NodeKind, Plan
from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.exporters.scoring_plan.own_scores import own_scores
from journeyman.exporters.scoring_plan.selftest import Answers
from journeyman.inference.release import Release
from journeyman.inference.scorer import Scorer
from journeyman.sources.parsing import RowReader
from journeyman.stages.conform import conform

__all__ = ["release_answers"]


def release_answers(release: Release, plan: Plan, written: ScoringPlan, texts: Mapping[str, Sequence[str]]) -> Answers:
    """Return what a plan of a release answers to texts, as the release reads them.

    Parameters
    ----------
    plan : Plan
        The release's, or the same with fewer members.
    written : ScoringPlan
        The same as it is exported.
    texts : mapping of str to sequence of str
        Rows; columns that the plan does not look at may lack.
    """
    rows = len(next(iter(texts.values()), ()))
    frame = pd.DataFrame({c.name: texts.get(c.name, [""] * rows) for c in release.columns}, dtype=object)
    block = conform(frame, RowReader(release.columns), release.left_out).block
    predictions = Scorer(plan).predict(block)
    interval = None
    if written.interval is not None:
        (node,) = plan.of_kind(NodeKind.INTERVAL)
        interval = cast(Conformal, node.step).intervals(predictions, block)
    labels: tuple[str, ...] = ()
    for node in plan.of_kind(NodeKind.DECODE):
        step = cast(DecodeStep, node.step)
        labels = tuple(np.array(step.labels, dtype=object)[step.codes(predictions)].tolist())
    return Answers(own_scores(plan, block), predictions, interval, labels)
