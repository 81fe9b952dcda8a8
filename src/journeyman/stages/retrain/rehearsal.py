"""Rehearsal: before any truth has come, what the first build's own rows say of learning again from more of them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from journeyman.entities.labelled import Labelled
from journeyman.entities.staleness import Staleness
from journeyman.stages.retrain.back_test import BlockLosses, QuickModels, absorb
from journeyman.stages.retrain.windows import ALL_ROWS
from journeyman.tasks import task_type

__all__ = ["rehearse", "rehearsed"]

_LEAST_ROWS = 200
_FROM = 0.25
"""Share of the rows that the oldest of the models learns from: further back, a curve is of other models than ours."""
_PARTS = 5


def rehearse(models: QuickModels, labelled: Labelled) -> tuple[BlockLosses, ...]:
    """Back-test on rows of the first build, in a random order: its learning curve, as if the rows had come one by one.

    In a random order, since a table may be sorted by anything; of drift this says nothing, of what more rows are worth
    it says what later back-tests would take months to find out.

    Parameters
    ----------
    labelled : Labelled
        Rows of the first build.

    Returns
    -------
    tuple of BlockLosses
        Empty where rows are too few to tell anything, or are steps of series, which no random order leaves whole.
    """
    rows = len(labelled)
    if rows < _LEAST_ROWS or not models.columns or models.task.panel is not None:
        return ()
    mixed = labelled.take(np.random.default_rng(0).permutation(rows))
    first, *ends = (int(end) for end in np.linspace(_FROM * rows, rows, _PARTS))
    twin = models.learn(mixed, first, ALL_ROWS)
    blocks = []
    for begin, end in itertools.pairwise(ends):
        part, fresh = mixed.take(np.arange(begin, end)), models.learn(mixed, begin, ALL_ROWS)
        old, new = (
            task_type(models.task).live_losses(part.truths, answers(part.rows), models.scale)
            for answers in (twin, fresh)
        )
        blocks.append(BlockLosses(old, new, {}, begin - first, end))
    return tuple(blocks)


def rehearsed(blocks: tuple[BlockLosses, ...], truths: int) -> Staleness:
    """Return the staleness of a champion that has just learned from so many truths, knowing what was rehearsed.

    How fast models of this table gain by more rows, and the evidence that learning again gives better ones, go on; the
    champion itself is fresh.

    Examples
    --------
    >>> rehearsed((), 2000) == Staleness(2000, tested=2000)
    True
    """
    if not blocks:
        return Staleness(truths, tested=truths)
    first = blocks[0].known - len(blocks[0].twin) - blocks[0].age
    shown = Staleness(first, tested=first)
    for block in blocks:
        shown = absorb(shown, block)
    return replace(shown, learned=truths, tested=truths, blocks=())
