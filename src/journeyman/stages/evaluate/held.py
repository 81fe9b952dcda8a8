"""Whether prediction intervals, or sets of labels, hold the truth as often as they promise."""

from __future__ import annotations

import numpy as np
from scipy import stats

from journeyman.entities.conformal import Conformal
from journeyman.entities.evaluation import IntervalCheck
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound
from journeyman.stages.evaluate.examined import Examined
from journeyman.stages.evaluate.resample import independent_units
from journeyman.tasks import task_type

__all__ = ["check_intervals"]


def check_intervals(conformal: Conformal | None, examined: Examined, task: Task, block: Block) -> IntervalCheck | None:
    """Return how often a release's intervals held the truth of the holdout.

    Parameters
    ----------
    conformal : Conformal or None
        Learned from out-of-fold predictions.
    examined : Examined
        Where its rows are no holdout nothing is said: the same rows have set the width.
    block : Block
        The examined rows' features.

    Notes
    -----
    The interval of the share is that of Clopper and Pearson (1934), with as many trials as there are rows, groups or
    blocks that are independent of each other.
    """
    if conformal is None or not examined.on_holdout or not len(examined.y):
        return None
    if task_type(task).traits.bound is Bound.LABELS:
        held = conformal.label_sets(examined.predictions)[np.arange(len(examined.y)), examined.y.astype(np.int64)]
    else:
        ends = conformal.intervals(examined.predictions, block)
        held = (examined.y >= ends[:, 0]) & (examined.y <= ends[:, 1])
    share = float(held.mean())
    trials = independent_units(examined.units, held.astype(np.float64))
    low = float(stats.beta.ppf(0.025, share * trials, trials - share * trials + 1)) if share > 0 else 0.0
    high = float(stats.beta.ppf(0.975, share * trials + 1, trials - share * trials)) if share < 1 else 1.0
    return IntervalCheck(conformal.coverage, share, len(held), low, high)
