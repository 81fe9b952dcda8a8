"""Ask later: what a release would have answered to rows from before it was there, whose truth came after it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.logged import LoggedSpan
from journeyman.entities.task import Task
from journeyman.entities.traffic import Traffic
from journeyman.inference.release import Release
from journeyman.operations.traffic import read_rows

__all__ = ["backfill_shadow"]

FloatArray = NDArray[np.float64]


def backfill_shadow(span: LoggedSpan, traffic: Traffic, task: Task, release: Release) -> Traffic:
    """Return the traffic with the answers of a release to rows whose truth came in the span and that it was not asked.

    The release was built from truths that had come before the span, so that these rows taught it nothing: what it says
    of them is worth as much as a prediction in the shadow, a label delay sooner. Where somebody corrects a truth
    that did teach it, it learned the wrong one, which speaks against it if at all. Nothing is asked where the log holds
    not all of its columns as they came, or where it knows other classes or predicts other numbers.

    Parameters
    ----------
    traffic : Traffic
        Of the span.
    task : Task
        The champion's, whose classes the answers stand for.
    release : Release
        Champion or challenger, made before the span began.
    """
    version, width = release.version, traffic.answers.shape[1]
    names, own = task.prediction_names, release.task.prediction_names
    if set(own) != set(names):
        return traffic
    shadow = traffic.shadows.get(version, np.full((len(traffic.ids), width), np.nan))
    wanted = traffic.told & (traffic.versions != version) & ~np.isfinite(shadow).all(axis=1)
    ids = set(traffic.ids[wanted].tolist())
    read = read_rows([row for row in span.rows if row.id in ids], release) if ids else None
    if read is None or not read.rows or read.hidden:
        return traffic
    answers, places = np.array(shadow), np.searchsorted(traffic.ids, [row.id for row in read.rows])
    order = [own.index(name) for name in names] or [0]
    answers[places] = release.answer_block(read.block)[:, order]
    return replace(traffic, shadows={**traffic.shadows, version: answers})
