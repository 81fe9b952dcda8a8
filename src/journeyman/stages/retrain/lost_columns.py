"""Lost columns: what a model that learned without them spares, told from old truths, so that no new one is needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeyman.entities.decision import Action
from journeyman.entities.labelled import Labelled
from journeyman.entities.operation import Economics, Move, WindowPlan
from journeyman.entities.signal import LastingFault
from journeyman.entities.staleness import Staleness
from journeyman.entities.table import Block
from journeyman.stages.retrain.back_test import QuickModels
from journeyman.stages.retrain.windows import ALL_ROWS
from journeyman.tasks import task_type

__all__ = ["gain_without", "relearn_without", "settled_words"]

_LEAST_ROWS = 200
_LEARN = 0.75
"""Share of the champion's rows that both models learn from; they are compared on the others."""
_ONE_SIDED = 2.326  # 99 %


def gain_without(models: QuickModels, labelled: Labelled, staleness: Staleness, dead: Block) -> float:
    """Return by how much the loss of a row is less with a model that never saw the lost columns; at least so much.

    Two quick models learn from three quarters of the rows that the champion learned from, one with the lost columns
    and one without. They are compared on the other rows, in which the lost columns hold what they hold now. The lower
    end of a one-sided 99% interval is returned; 0 where there are too few rows.

    Parameters
    ----------
    labelled : Labelled
        All rows with a truth, those that the champion learned from first.
    dead : Block
        Rows as they arrive now.
    """
    rows, fresh = min(staleness.learned, len(labelled)), models.fresh
    arrived = len(next(iter(dead.values()), ()))
    if rows < _LEAST_ROWS or not fresh.columns or not arrived:
        return 0.0
    # In a random order, as in the rehearsal: a table may be sorted by anything.
    mixed = labelled.take(np.random.default_rng(0).permutation(rows))
    known = int(rows * _LEARN)
    part = mixed.take(np.arange(known, rows))
    broken = {**part.rows, **{n: np.resize(dead[n], len(part)) for n in models.lost if n in part.rows}}
    whole, less = (
        task_type(m.task).live_losses(part.truths, m.learn(mixed, known, ALL_ROWS)(broken), m.scale)
        for m in (models, fresh)
    )
    steps = whole - less
    return float(steps.mean() - _ONE_SIDED * steps.std() / np.sqrt(len(steps)))


def settled_words(faults: Sequence[LastingFault], lost: Sequence[str]) -> str:
    """Say which faults of the feed count as its normal state from now on.

    Parameters
    ----------
    lost : sequence of str
        Columns that are given up for it.

    Examples
    --------
    >>> settled_words([LastingFault("DR002 temp", 0, 3, 750)], ["temp"])
    "'temp' has been broken for 3 looks and 750 rows, and counts as lost: it is given up."
    >>> settled_words([LastingFault("DR004 weight", 0, 4, 900)], [])
    "DR004 'weight' has lasted for 4 looks and 900 rows: it counts as normal, and such rows are learned from again."
    """
    parts = []
    gone = [f for f in faults if f.column in lost]
    other = [f for f in faults if f.column not in lost]
    if gone:
        names = ", ".join(dict.fromkeys(repr(f.column) for f in gone))
        verb, it = ("has", "it is") if len(gone) == 1 else ("have", "they are")
        count = "counts" if len(gone) == 1 else "count"
        parts.append(f"{names} {verb} been broken for {_lasted(gone)}, and {count} as lost: {it} given up.")
    if other:
        names = ", ".join(f"{f.code} {f.column!r}" if f.column else f.code for f in other)
        verb, it = ("has", "it counts") if len(other) == 1 else ("have", "they count")
        words = f"{it} as normal, and such rows are learned from again."
        parts.append(f"{names} {verb} lasted for {_lasted(other)}: {words}")
    return " ".join(parts)


def relearn_without(lost: Sequence[LastingFault], gain: float, window: WindowPlan, economics: Economics) -> Move | None:
    """Return the retraining without the lost columns; None where it would not pay.

    Parameters
    ----------
    lost : sequence of LastingFault
        Faults of the columns that are given up.
    gain : float
        From ``gain_without``.
    window : WindowPlan
        Which rows a retraining learns from.
    economics : Economics
        As ``price`` gave it.
    """
    benefit = gain * economics.loss * economics.horizon
    if benefit <= economics.retraining:
        return None
    columns = tuple(dict.fromkeys(f.column for f in lost))
    reason = (
        f"A model without {', '.join(map(repr, columns))} would spare at least {gain:.2g} of loss on each "
        f"prediction, worth {benefit:.3g} {economics.unit} over {economics.horizon:,} predictions; learning again "
        f"costs {economics.retraining:.3g}."
    )
    codes = tuple(dict.fromkeys(f.code for f in lost))
    evidence: dict[str, str | int | float] = {
        "trigger": "column",
        "sure gain": gain,
        "expected gain": gain,
        "given up": ", ".join(columns),
    }
    return Move(Action.RETRAIN, reason, codes, None, window, economics.retraining, benefit, evidence)


def _lasted(faults: Sequence[LastingFault]) -> str:
    looks, rows = max(f.looks for f in faults), max(f.rows for f in faults)
    return f"{looks} looks and {rows:,} rows"
