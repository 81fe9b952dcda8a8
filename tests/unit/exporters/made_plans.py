"""Scoring plans made by hand, for tests of what reads them: each operation on inputs whose outputs are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.scoring_plan import PlanColumn, PlanStep, ScoringPlan

__all__ = ["CASES", "Case", "In", "Out", "Places", "form_plan", "plan_of_cases"]

NAN, INF = math.nan, math.inf


@dataclass(frozen=True)
class In:
    """A register among a case's inputs."""

    place: int = 0


@dataclass(frozen=True)
class Out:
    """The first register that is written."""


@dataclass(frozen=True)
class Places:
    """A list of registers among a case's inputs."""

    places: tuple[int, ...]


Argument = In | Out | Places | Sequence[float] | float


@dataclass(frozen=True)
class Case:
    """An operation, the registers that it reads, its arguments, and what it writes."""

    operation: str
    inputs: tuple[float, ...]
    arguments: tuple[Argument, ...]
    expected: tuple[float, ...]
    exact: bool = True


O, I = Out(), In()  # noqa: E741 - the letters of the page that says what they are


def _mix(word: int) -> int:
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB % 2**64
    return word ^ (word >> 31)


def _mark(values: Sequence[float]) -> int:
    total = 0
    for i, value in enumerate(values, 1):
        word = 0x7FF8000000000000 if math.isnan(value) else int(np.float64(value + 0.0).view(np.uint64))
        total += _mix((word + i * 0xD1342543DE82EF95) % 2**64)
    return _mix(total % 2**64)


def _lookup(prior: float, labels: Sequence[float]) -> tuple[Argument, ...]:
    """Return the arguments of a lookup that knows the row (0.0, nan) three times."""
    marks = sorted([5, 2**63, *[_mark((0.0, NAN))] * 3])
    by_mark = iter(labels)
    values = [next(by_mark) if mark == _mark((0.0, NAN)) else 9.0 for mark in marks]
    high, low = [float(m >> 32) for m in marks], [float(m & 0xFFFFFFFF) for m in marks]
    return (prior, Places((0, 1)), high, low, values)


_SELU = 1.0507009873554805 * 1.6732632423543772 * math.expm1(-1.0)
_E = math.exp(2.0)
_MISH = 2.0 * (_E * (_E + 2) / (_E * (_E + 2) + 2))
_DAY = 1717158645.75  # 2024-05-31 12:30:45.75, a Friday
_TREE: dict[str, list[float]] = {
    # node 0: x0 <= 1.5, NaN as 0; node 1: category in {1, 33}; node 2: NaN is missing and goes left; node 3: zero is
    # missing and goes right
    "feature": [0, 1, 0, 0],
    "threshold": [1.5, 0, 1e-35, 5.0],
    "flags": [0, 8, 2 + 4, 1],
    "left": [1, -1, -1, -1],
    "right": [-3, -2, -2, -2],
}


def _trees(inputs: tuple[float, float], roots: Sequence[float], expected: tuple[float, ...]) -> Case:
    arrays = (*_TREE.values(), [0.1, 0.2, 0.4], roots, [0, 2], [2, 2])
    return Case("trees", inputs, (O, Places((0, 1)), len(expected), *arrays), expected)


_FOREST = (
    [0, 0, 0, 0],
    [0.1, NAN, NAN, NAN],
    [1, 1, 2, 3],
    [2, 1, 2, 3],
    [0, 1, 2, 3],
    [0, 0, 1, 2, 3, 4, 10, 20],
    [0, 3],
)
_BOTH, _NONE = Places((0, 1)), Places(())
_SYMMETRIC = ([0], [1], [0, 3], [5.0, 6.0, 7.0], 2, [0, 1, 1, 1], [0.1, 6.5, 7.0, 5.0])
_LEAVES = [1, 2, 3, 4, 10, 20, 30, 40]
_NINE, _TEN = 1 + 1e-9, 1 + 2e-9  # sums of what is at least 1e-9

CASES = (
    Case("plain", (INF,), (O, I), (NAN,)),
    Case("plain", (-2.5,), (O, I), (-2.5,)),
    Case(
        "fill",
        (NAN, 7.0, -INF),
        (O, Places((0, 1, 2)), [1.0, 0.0, 3.0], [0.5, 0.0, 1.0], [2.0, 10.0, 1.0], 8.0, [0, 1, 2]),
        (1.0, 8.0, 2.0, 1.0, 0.0, 1.0),
    ),
    Case("fill", (NAN, 1.0), (O, _BOTH, [NAN, 0.0], [0.0, 0.0], [1.0, 3.0], 0.0, []), (NAN, 3.0)),
    Case("code", (-1.0, 4.0), (O, _BOTH), (NAN, 4.0)),
    Case("onehot", (1.0,), (O, I, 3), (0.0, 1.0, 0.0)),
    Case("onehot", (-1.0,), (O, I, 2), (0.0, 0.0)),
    Case("table", (1.0,), (O, I, 2, [1, 2, 3, 4, 5, 6]), (3.0, 4.0)),
    Case("table", (-1.0,), (O, I, 2, [1, 2, 3, 4, 5, 6]), (5.0, 6.0)),
    Case(
        "calendar",
        (_DAY,),
        (O, I, [0, 1, 2, 3, 4, 5, 6], 1717113600.0, -7.0),
        (2024.0, 5.0, 31.0, 4.0, 152.0, 45045 / 3600.0, (_DAY - 1717113600.0) / 86400),
    ),
    Case("calendar", (-0.5,), (O, I, [0, 3, 5], 0.0, -7.0), (1970.0, 3.0, 0.0)),
    Case("calendar", (-62135596800.0,), (O, I, [0, 1, 2, 4], 0.0, -7.0), (1.0, 1.0, 1.0, 1.0)),
    Case("calendar", (NAN,), (O, I, [0, 6], 0.0, -7.0), (-7.0, -7.0)),
    Case("gaps", (NAN, 1.0, INF, -1.0, 0.0), (O, Places((0, 1, 2)), Places((3, 4))), (3.0,)),
    Case("slot", (-1.0,), (O, I, 9), (9.0,)),
    Case("slot", (3.0,), (O, I, 9), (3.0,)),
    Case("bin", (2.0,), (O, I, [1.0, 2.0, 3.0]), (1.0,)),
    Case("bin", (9.0,), (O, I, [1.0, 2.0, 3.0]), (3.0,)),
    Case("bin", (NAN,), (O, I, [1.0, 2.0, 3.0]), (3.0,)),
    Case("cell", (1.0, 2.0), (O, I, In(1), 3, 1, [0, 1, 2, 3, 4, 5, 6, 7]), (6.0,)),
    Case("cell", (1.0,), (O, I, -1, 3, 1, [0, 1, 2, 3, 4, 5, 6, 7]), (4.0,)),
    Case("weigh", (2.0, 3.0), (O, I, In(1), 0.5, -1.0), (-2.0,)),
    Case("product", (1e300, 1e300), (O, I, In(1)), (NAN,)),
    Case("ratio", (1.0, 3.0), (O, I, In(1)), (1 / 3,)),
    Case("ratio", (1.0, 0.0), (O, I, In(1)), (NAN,)),
    Case("constant", (), (O, [1.5, -0.0]), (1.5, -0.0)),
    Case(
        "lines",
        (0.1, 0.2),
        (O, _BOTH, 2, [0.3, 1.0, 0.7, 2.0], [1.0, -1.0]),
        (0.1 * 0.3 + 0.2 * 0.7 + 1.0, 0.1 + 0.2 * 2.0 - 1.0),
    ),
    _trees((NAN, 1.0), [0], (0.1,)),
    _trees((1.5, 33.9), [0], (0.1,)),
    _trees((1.0, -0.5), [0], (0.2,)),
    _trees((1.0, 64.0), [0], (0.2,)),
    _trees((1.0, NAN), [0], (0.2,)),
    _trees((1.0, 4294967297.0), [0], (0.2,)),
    _trees((np.nextafter(1.5, 2), 1.0), [0], (0.4,)),
    _trees((NAN, 0.0), [2], (0.1,)),
    _trees((1.00000001e-35, 0.0), [2], (0.1,)),
    _trees((-1e-36, 0.0), [3], (0.2,)),
    _trees((NAN, 0.0), [3], (0.2,)),
    _trees((4.0, 0.0), [3], (0.1,)),
    Case("trees", (0.1,), (O, Places((0,)), 1, [0], [0.1], [16], [-1], [-2], [0.1, 0.2], [0], [0], []), (0.2,)),
    Case("trees", (0.5,), (O, Places((0,)), 1, [0], [0.5], [0], [-1], [-2], [0.1, 0.2], [0], [0], []), (0.1,)),
    _trees((3.0, 0.0), [0, 2, 3], (0.4 + 0.1, 0.2)),
    Case("forest", (0.1,), (O, Places((0,)), 2, *_FOREST), ((3 + 10) / 2, (4 + 20) / 2)),
    Case("forest", (NAN,), (O, Places((0,)), 2, *_FOREST), ((1 + 10) / 2, (2 + 20) / 2)),
    Case(
        "symmetric",
        (0.1, 7.0),
        (O, _BOTH, 1, *_SYMMETRIC, _LEAVES, [100.0]),
        (100.0 + 4.0 + 30.0,),
    ),
    Case(
        "symmetric",
        (1e300, NAN),
        (O, _BOTH, 1, *_SYMMETRIC, _LEAVES, [100.0]),
        (100.0 + 2.0 + 10.0,),
    ),
    Case(
        "neighbours",
        (1.0, 9.0),
        (O, _BOTH, 1, [0], [2.0], [2.0, 5.0, 2.0, 99.0], [1.0, 4.0, 3.0, 7.0], [1, 1, 2, 1], [], 2, 0, 0),
        ((1.0 + 2 * 3.0) / 3,),
        exact=False,
    ),
    Case(
        "neighbours",
        (1.0, 9.0),
        (O, _BOTH, 2, [0], [1.0], [1.0, 2.0, 3.0], [1, 0, 0, 1, 1, 0], [1, 1, 1], [0.5, 0.5], 2, 1, 1),
        ((1 / 1.75 * 2 + 0.5) / 3, (0.75 / 1.75 * 2 + 0.5) / 3),
        exact=False,
    ),
    Case("squash", (4.0,), (O, Places((0,)), [1.0], [0.5]), (1.5 / math.sqrt(1.25),)),
    Case(
        "waves",
        (0.5, 2.0),
        (O, I, 2, 2, 1, [1.0, 2.0, 3.0, 4.0], [0.0, 0.1, 0.2, 0.3], [1.0, -1.0, 0.5, 2.0], [10.0, 20.0]),
        (math.cos(0.5) - math.cos(1.1) + 10.0, math.cos(6.2) * 0.5 + math.cos(8.3) * 2.0 + 20.0),
        exact=False,
    ),
    Case("embed", (1.0,), (O, I, 3, 2, [1, 2, 3, 4, 5, 6]), (3.0, 4.0)),
    Case("embed", (3.0,), (O, I, 3, 2, [1, 2, 3, 4, 5, 6]), (5.0, 6.0)),
    Case("embed", (NAN,), (O, I, 3, 2, [1, 2, 3, 4, 5, 6]), (5.0, 6.0)),
    Case("dense", (1.0, 2.0), (O, _BOTH, 1, [3.0, 4.0], [0.5]), (11.5,)),
    Case("bend", (-1.0, 2.0), (O, I, 2, 0, [1.0, 0.5]), (_SELU, 2 + 0.5 * (2.101401974710961 - 2)), exact=False),
    Case("bend", (2.0,), (O, I, 1, 1, [1.0]), (_MISH,), exact=False),
    Case("copy", (1.0, NAN), (O, I, 2), (1.0, NAN)),
    Case("logistic", (0.0,), (O, I), (0.5, 0.5)),
    Case("logistic", (-800.0,), (O, I), (1.0, 0.0)),
    Case("share", (1.25,), (O, I), (0.0, 1.0)),
    Case("softmax", (1000.0, 1000.0), (O, I, 2), (0.5, 0.5)),
    Case("above", (0.0,), (O, I, 2, 0, [0.0, 0.0]), (0.5 / _NINE, 1e-9 / _NINE, 0.5 / _NINE), exact=False),
    Case("above", (-1e9, 1e9), (O, I, 2, 1, [0.0, 0.0]), (1e-9 / _TEN, 1 / _TEN, 1e-9 / _TEN), exact=False),
    Case("clip", (5.0, -5.0, NAN), (O, I, 3, -1, 2), (2.0, -1.0, NAN)),
    Case("affine", (2.0,), (O, I, 1, 0.1, 0.7), (0.1 + 0.7 * 2.0,)),
    Case("divide", (1.0,), (O, I, 1, 3), (1 / 3,)),
    Case("add", (1.0, 2.0, 10.0, 20.0), (O, I, In(2), 2), (11.0, 22.0)),
    Case("ordered", (3.0, -1.0, 2.0), (O, I, 3, [1, 0, 2]), (2.0, -1.0, 3.0)),
    Case("mean", (1.0, 2.0, 3.0, 4.0), (O, 2, Places((0, 2)), [0.25, 0.75]), (2.5, 3.5)),
    Case("temper", (0.0, 4.0), (O, I, 2, 0.5), (1e-7**0.5 / (1e-7**0.5 + 1), 1 / (1e-7**0.5 + 1)), exact=False),
    Case("unscale", (-3.0,), (O, I, 0, 9.0, 2.0), (2.0,)),
    Case("unscale", (4.0,), (O, I, 1, 3.0, 2.0), (11.0,)),
    Case(
        "correct",
        (5.0, 1.0, 0.25, 0.75),
        (O, In(2), 2, 1, I, 5.0, 6.0, 0, Places((0,)), [0.0], [4.0], Places((1,)), [1.0], [0, 0, 0, 0], [1, 1, 1, 1],
         [0.01, 0.02, 0.1, 0.2, 0, 0, 0, 0], [0.0, 1.0]),
        ((0.25 + 0.14) / (0.39 + 1.0), 1.0 / (0.39 + 1.0)),
        exact=False,
    ),
    Case("correct", (6.0, 0.5), (O, In(1), 1, 0, I, 5.0, 6.0, 0, _NONE, [], [], _NONE, [], [0], [1], [1], [9]), (0.5,)),
    Case(
        "correct",
        (NAN, 0.5),
        (O, In(1), 1, 0, I, 5.0, 6.0, 1, Places((0,)), [0], [1], _NONE, [], [0, 0], [1, 1], [7, 2], [9]),
        (10.5,),
    ),
    Case("known", (-0.0, NAN, 0.5), (O, In(2), 1, *_lookup(2.0, (1.0, 2.0, 3.0))), ((6.0 + 2.0 * 0.5) / 5.0,)),
    Case("known", (0.0, NAN, 0.5, 0.5), (O, In(2), 2, *_lookup(1.0, (1.0, 1.0, 0.0))), (1.5 / 4.0, 2.5 / 4.0)),
    Case("known", (1.0, NAN, 0.5), (O, In(2), 1, *_lookup(2.0, (1.0, 2.0, 3.0))), (0.5,)),
    Case("spread", (3.0, 1.0, 5.0, 9.0), (O, I, 4, 0.0, [0.5, 0.1, 0.9], [1.0, 2.0, 1.5]), (3.0, 0.0, 6.0, 9.0)),
    Case("spread", (3.0, 4.0, 2.0), (O, I, 3, NAN, [0.5, 0.1, 0.3], [1.0, 1.0, 1.0]), (3.0, 2.0, 2.0)),
    Case("factor", (1.5,), (O, I, [1.0, 2.0, 4.0], [0.0, 1.0, 5.0], 7.0), (0.5,)),
    Case("factor", (9.0,), (O, I, [1.0, 2.0, 4.0], [0.0, 1.0, 5.0], 7.0), (5.0,)),
    Case("factor", (INF,), (O, I, [1.0, 2.0, 4.0], [0.0, 1.0, 5.0], 7.0), (7.0,)),
    Case("factor", (1.0,), (O, I, [], [0.0, 1.0], 7.0), (1.0,)),
    Case("factor", (2.0,), (O, I, [], [0.0, 1.0], 7.0), (7.0,)),
    Case("size", (1.0, 2.0), (O, _BOTH, 0.5, -1.0, 2.0), (math.exp(2.0),), exact=False),
    Case("interval", (3.0, 2.0), (O, I, 0, 0, 0.5, 1.0, In(1)), (2.0, 5.0)),
    Case("interval", (3.0, 2.0, 3.5), (O, I, 1, 2, -2.0, 1.0, -1), (3.0, 4.5)),
)  # fmt: skip


def plan_of_cases(cases: Sequence[Case] = CASES) -> ScoringPlan:
    """Return a plan that runs every case on one row; its outputs are theirs, one after the other."""
    arrays: list[np.ndarray] = []
    steps: list[PlanStep] = []
    outputs: list[int] = []
    at = 1

    def array(values: Sequence[float]) -> float:
        arrays.append(np.asarray(values, dtype=np.float64))
        return len(arrays) - 1

    for case in cases:
        first, written = at, at + len(case.inputs)
        at = written + len(case.expected)
        if case.inputs:
            steps.append(PlanStep("constant", (first, array(case.inputs))))
        given: list[float] = []
        for argument in case.arguments:
            if isinstance(argument, In):
                given.append(first + argument.place)
            elif isinstance(argument, Out):
                given.append(written)
            elif isinstance(argument, Places):
                given.append(array([first + place for place in argument.places]))
            elif isinstance(argument, Sequence):
                given.append(array(argument))
            else:
                given.append(argument)
        steps.append(PlanStep(case.operation, tuple(given)))
        outputs.extend(range(written, at))
    columns = (PlanColumn("nothing", "number"),)
    return ScoringPlan("cases", 1, "regression", "y", columns, (), tuple(arrays), at, tuple(steps), (), tuple(outputs))


def form_plan(labels: tuple[str, ...] = ("kept", "sold")) -> ScoringPlan:
    """Return a small plan with a column of each kind: probabilities of two labels, or a value with an interval."""
    columns = (
        PlanColumn("size", "number", missing=("-9",)),
        PlanColumn("city", "category", ("Bern", "7", "a </script> & b")),
        PlanColumn("garden", "boolean", ("no", "yes")),
        PlanColumn("day", "date", formats=("%d/%m/%Y", "%Y-%m-%d")),
        PlanColumn("note", "text"),
    )
    arrays = [
        *([0.0, 2.0, 3.0], [10.0, 0.5, 1.7e9], [10.0, 0.5, 1.7e9], [0.1, 2.0, 1e-8], []),  # fill
        [5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
        [-0.7, 0.3, 0.1, 0.9, 0.4, -1.1],
        [-0.25],
    ]
    steps = [
        PlanStep("fill", (5, 0, 1, 2, 3, 8.0, 4)),
        PlanStep("onehot", (8, 1, 3)),
        PlanStep("lines", (11, 5, 1, 6, 7)),
        PlanStep("logistic", (12, 11)) if labels else PlanStep("interval", (12, 11, 0, 0, 1.0, 2.0, -1)),
    ]
    return ScoringPlan(
        name="made",
        version=3,
        task="binary" if labels else "regression",
        target="outcome",
        columns=columns,
        texts=(),
        arrays=tuple(np.asarray(array, dtype=np.float64) for array in arrays),
        registers=14,
        steps=tuple(steps),
        scores=(11,),
        outputs=(12, 13) if labels else (11,),
        labels=labels,
        threshold=0.5 if labels else None,
        interval=None if labels else (12, 13),
    )
