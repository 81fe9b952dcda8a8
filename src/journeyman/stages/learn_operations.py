"""Learn from operations: what earlier retrainings were expected to bring and did bring, for the next decision."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from journeyman.entities.decision import Action
from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import Move, Operation, Outcome
from journeyman.entities.staleness import Staleness

__all__ = ["context_of", "learn_operations"]

_STREAMS = 1.0
"""Streams that the shipped belief about how fast models go stale counts for."""
_RETRAININGS = 4.0
"""Retrainings whose gain came true just as expected that the shipped belief counts for."""
_WINDOWS = 2.0
"""Streams on which no window was better than all rows that the shipped belief counts for."""
_WINDOW = "window "


def context_of(staleness: Staleness, slope: float, unit: float, move: Move) -> Mapping[str, float]:
    """Return what is to be kept with an operation, so that it can teach.

    Parameters
    ----------
    slope : float
        From ``retrain.slope_of``.
    unit : float
        From ``retrain.reference_unit``; figures are kept relative to it.
    """
    gain = move.evidence.get("expected gain", 0.0)
    context = {"slope": slope / unit, "expected gain": float(gain) / unit, "unit": unit}
    for name, score in staleness.windows.items():
        if score.weight >= 2.0:
            context[f"{_WINDOW}{name}"] = score.total / score.weight / unit
    return context


def learn_operations(operations: Sequence[Operation], shipped: Lessons | None = None) -> Lessons:
    """Return what the next decision starts from: the shipped prior, moved by what operations have taught.

    Each model counts once for how fast its stream makes models stale and for how its windows did, by its last
    retraining; each measured retraining counts for how much of an expected gain comes true. Everything is shrunk
    towards the shipped prior, as if a few streams or retrainings had borne them out.

    Parameters
    ----------
    operations : sequence of Operation
        Of all models, the oldest first; retrainings count, and what came of them once it is measured: in the shadow, or
        after a promotion against the former champion.

    Examples
    --------
    >>> learn_operations(()) == Lessons()
    True
    """
    lessons = shipped or Lessons()
    retrained = [o for o in operations if Action.RETRAIN in (o.move.action, o.move.wanted) and "slope" in o.context]
    if not retrained:
        return lessons
    latest = {o.model: o for o in retrained}.values()
    measured = [replace(o, outcome=came) for o in retrained if (came := _outcome(o, operations)) is not None]
    slopes = [o.context["slope"] for o in latest]
    slope = (_STREAMS * lessons.slope + sum(slopes)) / (_STREAMS + len(slopes))
    apart = _STREAMS * lessons.slope_spread**2 + sum((value - slope) ** 2 for value in slopes)
    return replace(
        lessons,
        slope=slope,
        slope_spread=math.sqrt(apart / (_STREAMS + len(slopes))),
        kept=_realised_shares(measured, lessons),
        windows=_windows([o.context for o in latest], lessons),
        operations=len(measured),
    )


def _outcome(retrained: Operation, operations: Sequence[Operation]) -> Outcome | None:
    """Return what was measured of the release that a retraining gave; None where nothing was."""
    own = retrained.outcome
    if own is None or own.labels > 0:
        return own
    promoted = [o.outcome for o in operations if o.model == retrained.model and o.move.action is Action.PROMOTE]
    return next((o for o in promoted if o is not None and o.labels > 0 and o.version == own.version), None)


def _realised_shares(measured: Sequence[Operation], lessons: Lessons) -> Mapping[str, float]:
    """Return by trigger which share of the expected gain came true, between a quarter and all.

    More than all is no reason to hurry: a gain is measured over the life of a release, in which the former one would
    have gone on ageing.
    """
    pairs: dict[str, list[tuple[float, float]]] = {}
    for operation in measured:
        expected = operation.context.get("expected gain", 0.0)
        if expected > 0.0 and operation.outcome is not None:
            came = operation.outcome.gain / operation.context["unit"]
            trigger = str(operation.move.evidence.get("trigger", ""))
            pairs.setdefault(trigger, []).append((expected, came))
    kept = dict(lessons.kept)
    for trigger, some in pairs.items():
        # Ratios, each bounded, so that one tiny expectation or one wild outcome does not outweigh the others.
        ratios = sum(min(2.0, max(-1.0, came / expected)) for expected, came in some)
        share = (_RETRAININGS * kept.get(trigger, 1.0) + ratios) / (_RETRAININGS + len(some))
        kept[trigger] = min(1.0, max(0.25, share))
    return kept


def _windows(contexts: Sequence[Mapping[str, float]], lessons: Lessons) -> Mapping[str, float]:
    windows = dict(lessons.windows)
    names = {name for context in contexts for name in context if name.startswith(_WINDOW)}
    for name in sorted(names):
        values = [context[name] for context in contexts if name in context]
        plan = name.removeprefix(_WINDOW)
        windows[plan] = (_WINDOWS * windows.get(plan, 0.0) + sum(values)) / (_WINDOWS + len(values))
    return windows
