"""The judgement: whether learning again pays, in the user's unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from journeyman.entities.decision import Action
from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import Economics, Move
from journeyman.entities.signal import Signal, Tier, Watched
from journeyman.entities.staleness import Staleness, TestedBlock
from journeyman.stages.retrain.ageing import aged, borne, rows_learned
from journeyman.stages.retrain.windows import choose_window, window_name

__all__ = ["Known", "price", "retrain", "slope_of"]

_NOISE_ROWS = 1_000
_ONE_SIDED = 2.326  # 99 %: it is looked at with every block
_CLUSTERED = 1.5  # neighbours err alike: a mean of rows in order is about so much less sure than of rows drawn


@dataclass(frozen=True)
class Known:
    """What a judgement stands on besides signals.

    Attributes
    ----------
    staleness : Staleness
        From ``back_test``.
    truths : int
        Truths that are known now, those of the first build included.
    unit : float
        From ``reference_unit``.
    challenger : float or None
        Loss that a challenger in the shadow may spare each row lately, from ``most_spared``; None without one.
    """

    staleness: Staleness
    truths: int
    unit: float
    challenger: float | None = None


def price(economics: Economics, unit: float) -> Economics:
    """Set what a loss costs where the user has not: what 1,000 truths could just tell is worth a retraining.

    A loss as large as the standard error of a mean over 1,000 rows of the reference, borne over the horizon, costs as
    much as one retraining.

    Examples
    --------
    >>> price(Economics(), 0.2).loss
    0.0158...
    """
    if economics.loss > 0.0:
        return economics
    noise = unit / math.sqrt(_NOISE_ROWS)
    return replace(economics, loss=economics.retraining / (noise * economics.horizon))


def slope_of(staleness: Staleness, lessons: Lessons, unit: float) -> float:
    """Return how fast models go stale here, in loss per ``aged``; never below 0.

    A mean of what this stream has shown and of what others have taught.
    """
    weight = (0.5 / lessons.slope_spread) ** 2
    return max(0.0, (staleness.slope_total + weight * lessons.slope * unit) / (staleness.slope_weight + weight))


def retrain(history: Sequence[Watched], known: Known, economics: Economics, lessons: Lessons) -> Move:
    """Decide whether learning again pays.

    It pays when what staleness has cost since the champion learned has grown to the cost of a retraining: then the
    mean cost of staleness and retraining together is least if it grows evenly, and at most twice the least whatever
    it does (ski rental; the cumulative threshold of CARA). It pays at once when the loss that a fresh model would
    surely spare, borne over the horizon, costs more than a retraining; where truths have proved that the champion is
    worse than its reference, the expected loss will do. It never pays on a broken feed. While a challenger waits for
    labels, it pays only where a fresh model would surely spare so much more than that challenger may.

    Parameters
    ----------
    history : sequence of Watched
        Looks since the champion learned, the latest last.
    known : Known
        Back-tests up to now.
    economics : Economics
        As ``price`` gave it.
    lessons : Lessons
        From ``learn_operations``.

    Returns
    -------
    Move
        Keep, or retrain with a window; cost and benefit in the user's unit.

    References
    ----------
    Mahadevan and Mathioudakis 2024, "Cost-aware retraining for machine learning", arXiv 2310.04216. Karlin, Manasse,
    Rudolph and Sleator 1988, "Competitive snoopy caching" (rent or buy).
    """
    broken = [s for s in history[-1].signals if s.rung is Tier.FEED and s.alarming] if history else []
    if broken:
        codes = tuple(s.code for s in broken)
        return Move(Action.KEEP, f"Nothing is learned from rows that arrive broken. {broken[0].message}", codes)
    alarms = _alarms(history)
    proved = any(s.rung is Tier.LOSS for s in alarms)
    figures = _Figures.of(known, economics, lessons, _predictions_per_truth(history))
    trigger, gain = figures.trigger(proved, known.challenger)
    window = choose_window(known.staleness.windows, lessons, known.unit, known.truths)
    kept = lessons.kept.get(trigger, 1.0)
    evidence: dict[str, str | int | float] = {
        "trigger": trigger,
        "spent on staleness": round(figures.spent, 3),
        "sure gain": max(0.0, figures.sure),
        "expected gain": max(0.0, figures.mean, figures.expected if trigger == "age" else 0.0),
        "slope": figures.slope / known.unit,
        "came true of earlier expectations": round(kept, 3),
        "truths since it learned": figures.age,
        "window": window_name(window),
    }
    codes = tuple(dict.fromkeys(s.code for s in alarms))
    cost, benefit = economics.retraining, max(0.0, gain * economics.loss * economics.horizon * kept)
    if trigger == "age" and figures.spent * kept >= cost:
        reason = (
            f"Since it learned, staleness has cost about {figures.spent:.2g} {economics.unit}, as much as learning "
            f"again from {_words(window_name(window), known.truths)}."
        )
        return Move(Action.RETRAIN, reason, codes, None, window, cost, max(benefit, figures.spent), evidence)
    if trigger in ("jump", "alarm") and benefit > cost:
        reason = (
            f"A fresh model would spare about {gain:.2g} of loss on each prediction, worth {benefit:.3g} "
            f"{economics.unit} over {economics.horizon:,} predictions; learning again costs {cost:.3g}."
        )
        return Move(Action.RETRAIN, reason, codes, None, window, cost, benefit, evidence)
    return Move(Action.KEEP, _why_not(alarms, figures, economics), codes, None, None, cost, benefit, evidence)


@dataclass(frozen=True)
class _Figures:
    """What back-tests make of the champion's age.

    ``sure`` and ``mean`` are the loss that a fresh model spares each row now: what it surely spares, and in the mean.
    """

    age: int
    slope: float
    expected: float
    spent: float
    sure: float
    mean: float
    tested: int
    cost: float
    worth: float

    @classmethod
    def of(cls, known: Known, economics: Economics, lessons: Lessons, per_truth: float) -> _Figures:
        staleness = known.staleness
        slope = slope_of(staleness, lessons, known.unit)
        age = max(0, known.truths - staleness.learned)
        blocks = staleness.blocks
        seen = max(staleness.paid, blocks[-1].age if blocks else 0)
        rows = rows_learned(staleness)
        ahead = slope * max(0.0, borne(age, rows) - borne(seen, rows))
        expected, worth = slope * aged(age, rows), economics.loss * economics.horizon
        if not blocks:
            spent = ahead * economics.loss * per_truth
            return cls(age, slope, expected, spent, 0.0, 0.0, 0, economics.retraining, worth)
        sizes = np.array([b.rows for b in blocks], dtype=np.float64)[::-1]
        steps = [_step(b, staleness.handicap, known.challenger is None) for b in blocks]
        sums = sizes * np.array([mean for mean, _ in steps])[::-1]
        squares = sizes * np.array([spread**2 + mean**2 for mean, spread in steps])[::-1]
        # Over the last block, the last two, the last three ...: a jump may be as young as one block.
        count, total = np.cumsum(sizes), np.cumsum(sums)
        means = total / count
        errors = _CLUSTERED * np.sqrt(np.maximum(np.cumsum(squares) / count - means**2, 0.0) / count)
        lower = means - _ONE_SIDED * errors
        best = int(np.argmax(lower))
        spent = (max(0.0, float(total.max())) + ahead) * economics.loss * per_truth
        return cls(
            age,
            slope,
            expected,
            spent,
            float(lower[best]),
            float(means[best]),
            int(count[-1]),
            economics.retraining,
            worth,
        )

    def trigger(self, proved: bool, challenger: float | None) -> tuple[str, float]:
        """Return what speaks most for learning again, and the loss that it would spare each prediction."""
        spared = max(0.0, challenger or 0.0)
        mean, sure = self.mean - spared, self.sure - spared
        if proved and mean * self.worth > self.cost:
            return "alarm", mean
        if sure * self.worth > self.cost:
            return "jump", sure
        return ("age", max(sure, self.expected, 0.0)) if challenger is None else ("challenger", 0.0)


def _step(block: TestedBlock, handicap: float, alone: bool) -> tuple[float, float]:
    """Return what a fresh model spares each row of a block, in the mean, and the spread of the rows' differences.

    Twin and fresh model are quick ones of one kind: their difference is age. A champion that lags behind the fresh one
    by more than its twin does has aged worse than its twin, for instance since it goes on along lines where the world
    has turned; then what it loses is what counts. While a challenger waits, of whose kind nothing is known yet, only
    the twin's word is taken.
    """
    worse = block.worse - handicap
    return (worse, block.worse_spread) if alone and worse > block.mean else (block.mean, block.spread)


def _alarms(history: Sequence[Watched]) -> list[Signal]:
    tiers = (Tier.LOSS, Tier.ESTIMATE)
    return [s for watched in history for s in watched.signals if s.alarming and s.rung in tiers]


def _predictions_per_truth(history: Sequence[Watched]) -> float:
    """Return how many predictions stand behind each truth, where only some are ever labelled."""
    rows, labels = sum(w.rows for w in history), sum(w.labels for w in history)
    return max(1.0, rows / labels) if labels else 1.0


def _words(window: str, truths: int) -> str:
    kind, _, rows = window.partition(" ")
    if kind == "sliding":
        return f"the latest {int(rows):,} rows"
    if kind == "weighted":
        return f"all {truths:,} rows, halved in weight every {int(rows):,}"
    return f"all {truths:,} rows"


def _why_not(alarms: Sequence[Signal], figures: _Figures, economics: Economics) -> str:
    share = f"staleness has cost {max(0.0, figures.spent):.2g} of the {economics.retraining:.2g} {economics.unit}"
    if alarms and figures.tested:
        return (
            f"Something has changed, but a fresh model would not be better by enough to pay: {share} of learning again."
        )
    if alarms:
        return "Something has changed; too few labels have come to say whether a fresh model would be better."
    return f"Nothing asks for a change: {share} that learning again costs."
