"""The scoring plan as a text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.scoring_plan import PLAN_VERSION, PlanColumn, ScoringPlan

__all__ = ["number_word", "plan_text", "text_word"]

_ESCAPES = str.maketrans({"\\": "\\\\", " ": "\\s", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def plan_text(plan: ScoringPlan) -> str:
    """Return ``plan.txt``, as docs/reference/scoring-plan.md says."""
    lists: list[tuple[str, ...]] = list(plan.texts)
    columns = [_column(column, lists) for column in plan.columns]
    labels = _place(plan.labels, lists) if plan.labels else -1
    threshold = math.nan if plan.threshold is None else plan.threshold
    lines = [
        f"journeyman-plan {PLAN_VERSION}",
        f"name {text_word(plan.name)}",
        f"version {plan.version}",
        f"task {text_word(plan.task)}",
        f"target {text_word(plan.target)}",
        f"texts {len(lists)}",
        *(" ".join([str(len(texts)), *map(text_word, texts)]) for texts in lists),
        f"arrays {len(plan.arrays)}",
        *(" ".join([str(len(array)), *_numbers(array)]) for array in plan.arrays),
        f"columns {len(columns)}",
        *columns,
        f"registers {plan.registers}",
        f"steps {len(plan.steps)}",
        *(f"{s.operation} {len(s.arguments)} {_words(s.arguments)}" for s in plan.steps),
        f"scores {len(plan.scores)} {_words(plan.scores)}".rstrip(),
        f"outputs {len(plan.outputs)} {_words(plan.outputs)}",
        f"labels {labels} {plan.label_type} {number_word(threshold)} {int(plan.ordered)}",
        f"interval {_words(plan.interval or (-1, -1))}",
        "end\n",
    ]
    return "\n".join(lines)


def _column(column: PlanColumn, lists: list[tuple[str, ...]]) -> str:
    places = [_place(texts, lists) for texts in (column.categories, column.missing, column.formats)]
    words = [text_word(column.name), column.kind, column.decimal, text_word(column.unit), *map(str, places)]
    return " ".join([*words, str(column.century)])


def _place(texts: tuple[str, ...], lists: list[tuple[str, ...]]) -> int:
    if texts not in lists:
        lists.append(texts)
    return lists.index(texts)


def _words(values: Iterable[float]) -> str:
    return " ".join(map(number_word, values))


def _numbers(array: NDArray[np.float64]) -> Sequence[str]:
    whole = bool(np.all(array == np.trunc(array)) and np.all(np.abs(array) < 1e15))  # NaN is not
    if whole and not np.signbit(array[array == 0]).any():
        return list(map(str, array.astype(np.int64).tolist()))
    return list(map(number_word, array.tolist()))


def text_word(text: str) -> str:
    r"""Return a text as one word.

    Examples
    --------
    >>> text_word("two words"), text_word("")
    ('two\\swords', '\\e')
    """
    return text.translate(_ESCAPES) if text else "\\e"


def number_word(value: float) -> str:
    """Return the shortest word that reads as the same double.

    Examples
    --------
    >>> [number_word(x) for x in (3.0, 0.1, -0.0, math.nan, math.inf)]
    ['3', '0.1', '-0.0', 'nan', 'inf']
    """
    if value == 0:
        return "-0.0" if math.copysign(1.0, value) < 0 else "0"
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(float(value))
