"""A release as a module for SWI-Prolog: facts that a person can read, and what predicts by them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import PlanColumn, PlanStep, ScoringPlan
from journeyman.exporters.example_row import example_cells
from journeyman.exporters.project_files import needs_tool, run_tool, source_text
from journeyman.exporters.tensors.known_rows import mark_totals
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["PrologExporter"]

_LISTS: dict[str, tuple[int, ...]] = {
    "fill": (1, 2, 3, 4, 6),
    "code": (1,),
    "calendar": (2,),
    "gaps": (1, 2),
    "bin": (2,),
    "constant": (1,),
    "above": (4,),
    "ordered": (3,),
    "mean": (2, 3),
    "spread": (4, 5),
    "factor": (2, 3),
    "size": (1,),
    "correct": tuple(range(8, 17)),
    "squash": (1, 2, 3),
    "bend": (4,),
}
"""Which arguments of an operation are arrays, written as lists."""
_TABLES = {"table": 3, "cell": 5, "embed": 4}
"""Which argument is an array that is asked by position, written as one term."""
_PLAIN = (
    "plain onehot slot weigh product ratio copy logistic share softmax clip affine divide add temper unscale interval"
)
_CALENDAR = ("year", "month", "day", "weekday", "day of the year", "hour", "days")


@dataclass(frozen=True)
class PrologExporter:
    """Writes a module with ``predict/3`` and ``explain/2``.

    References
    ----------
    https://www.swi-prolog.org/pldoc/man?section=modules

    Examples
    --------
    >>> "trees" in PrologExporter().operations, "known" in PrologExporter().operations
    (True, True)
    """

    name: str = "prolog"

    @property
    def operations(self) -> frozenset[str]:
        """All that ``write_step/4`` knows."""
        return frozenset((*_LISTS, *_TABLES, *_PLAIN.split(), *_FACTS))

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the module, the facts that it stands on, the self-test and README."""
        package = facts.package if facts.package[0].isalpha() else f"model_{facts.package}"
        rows = ",\n".join(f"     {_atom(name)}-{_value(cell)}" for name, cell in example_cells(facts))
        words = {
            "PACKAGE": package,
            "PACKAGE_cells": f"{package}_cells",
            "VERSION": str(facts.plan.version),
            "TITLE": f"`{facts.plan.name}`",
            "SUBJECT": f"`{facts.plan.target}`",
            "EXAMPLE": rows,
            "RESULT": "probabilities in the order of `labels/1`" if facts.plan.labels else "values",
        }
        names = {"model.pl": f"{package}.pl", "cells.pl": f"{package}_cells.pl"}
        for name in ("model.pl", "cells.pl", "nets.pl", "explain.pl", "files.pl", "selftest.pl", "README.md"):
            (folder / names.get(name, name)).write_text(source_text("prolog", name, words), encoding="utf-8")
        plan = (folder / "plan.txt").read_bytes()
        first = _string(plan.split(b"\n", 1)[0].decode())
        told = f"{_facts(facts.plan)}plan_file({first}, {len(plan)}).\n"
        (folder / "plan.pl").write_text(told, encoding="utf-8", newline="\n")

    def toolchain(self) -> Refusal | None:
        """Return None, or that SWI-Prolog is not installed."""
        return needs_tool(("swipl",), "swi-prolog-nox")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows in SWI-Prolog."""
        (module,) = (path.name.removesuffix("_cells.pl") for path in folder.glob("*_cells.pl"))
        goal = f"answer_file({_atom(str(rows.absolute()))}, {_atom(str(answers.absolute()))})"
        run_tool(["swipl", "--on-error=status", "-g", goal, "-t", "halt", f"{module}.pl"], folder)


class _Facts:
    """Lines of facts, and how many nodes they hold so far."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.nodes = 0

    def add(self, name: str, *arguments: str, note: str = "") -> None:
        self.lines.append(f"{name}({', '.join(arguments)})." + (f" % {note}" if note else ""))


def _facts(plan: ScoringPlan) -> str:
    facts = _Facts()
    facts.lines += [
        f"% {' '.join(plan.name.split())}, version {plan.version}: predicts {' '.join(plan.target.split())}",
        "",
    ]
    for register, column in enumerate(plan.columns):
        _column_facts(register, column, facts)
    for register, name in sorted(_names(plan).items()):
        facts.add("feature", str(register), _atom(name))
    facts.add("registers", str(plan.registers))
    for number, step in enumerate(plan.steps):
        _FACTS.get(step.operation, _plain_facts)(plan, number, step, facts)
    facts.add("scores", _list(map(str, plan.scores)))
    facts.add("outputs", _list(map(str, plan.outputs)))
    facts.add("labels", _list(_label(label, plan.label_type) for label in plan.labels))
    facts.add("label_names", _list(map(_atom, plan.labels)))
    threshold = "none" if plan.threshold is None else _number(plan.threshold)
    facts.add("threshold", threshold)
    facts.add("ordered", "true" if plan.ordered else "false")
    facts.add("interval", *map(str, plan.interval or (-1, -1)))
    return "\n".join(facts.lines) + "\n"


def _column_facts(register: int, column: PlanColumn, facts: _Facts) -> None:
    lists = (_list(map(_atom, texts)) for texts in (column.categories, column.missing, column.formats))
    told = (str(register), _atom(column.name), column.kind, _atom(column.decimal), _atom(column.unit))
    facts.add("column", *told, *lists, str(column.century))
    if column.kind == "category":
        for code, name in enumerate(column.categories):
            facts.add("category", str(register), _atom(name), _number(code))
    if column.kind == "boolean":
        for place, name in enumerate(dict.fromkeys(name.lower() for name in column.categories)):
            place = [other.lower() for other in column.categories].index(name)
            facts.add("boolean_name", str(register), _atom(name), _number(place % 2))
    if column.kind != "date":
        for text in column.missing:
            value = _plain_number(text)
            if math.isfinite(value):
                facts.add("missing_number", str(register), _number(value))


def _plain_number(text: str) -> float:
    try:
        return float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan


def _names(plan: ScoringPlan) -> dict[int, str]:
    """Return what registers hold, by their place, as far as a name says it."""
    names = {i: column.name for i, column in enumerate(plan.columns)}
    for step in plan.steps:
        first, arrays = int(step.arguments[0]), plan.arrays
        a = step.arguments

        def column(place: float, names: dict[int, str] = names) -> str:
            return names.get(int(place), f"register {int(place)}")

        made: Sequence[str] = ()
        if step.operation in ("plain", "slot", "bin"):
            made = [column(a[1])]
        elif step.operation == "fill":
            places = arrays[int(a[1])]
            made = [column(p) for p in places] + [f"{column(places[int(k)])} is missing" for k in arrays[int(a[6])]]
        elif step.operation == "code":
            made = [column(p) for p in arrays[int(a[1])]]
        elif step.operation == "onehot":
            categories = plan.columns[int(a[1])].categories if a[1] < len(plan.columns) else ()
            made = [f"{column(a[1])} is {categories[k] if k < len(categories) else k}" for k in range(int(a[2]))]
        elif step.operation == "table":
            made = [f"{column(a[1])}, number {k}" for k in range(int(a[2]))]
        elif step.operation == "calendar":
            made = [f"{column(a[1])}: {_CALENDAR[int(p)]}" for p in arrays[int(a[2])]]
        elif step.operation in ("weigh", "product", "ratio"):
            sign = {"weigh": "and", "product": "*", "ratio": "/"}[step.operation]
            made = [f"{column(a[1])} {sign} {column(a[2])}"]
        elif step.operation == "gaps":
            made = ["missing values"]
        names |= {first + k: name for k, name in enumerate(made)}
    return names


def _plain_facts(plan: ScoringPlan, number: int, step: PlanStep, facts: _Facts) -> None:
    words = []
    for place, argument in enumerate(step.arguments):
        if place in _LISTS.get(step.operation, ()):
            values = plan.arrays[int(argument)]
            whole = step.operation in ("code", "calendar", "gaps", "ordered") or (step.operation, place) in _REGISTERS
            words.append(_list(str(int(v)) if whole else _number(v) for v in values))
        elif place == _TABLES.get(step.operation):
            words.append(_term("v", map(_number, plan.arrays[int(argument)])))
        else:
            words.append(_number(argument) if not float(argument).is_integer() else str(int(argument)))
    facts.add("step", str(number), step.operation, _list(words))


_REGISTERS = frozenset(
    {("fill", 1), ("fill", 6), ("mean", 2), ("size", 1), ("squash", 1), ("correct", 8), ("correct", 11)}
)


def _line_facts(plan: ScoringPlan, number: int, step: PlanStep, facts: _Facts) -> None:
    first, features, outputs, weights, offsets = (int(a) for a in step.arguments)
    places, table = plan.arrays[features], plan.arrays[weights].reshape(-1, outputs)
    facts.add("step", str(number), "lines", _list([str(first), str(outputs)]))
    for k in range(outputs):
        terms = (f"{int(place)}-({_number(weight)})" for place, weight in zip(places, table[:, k], strict=True))
        facts.add("line", str(number), str(k), _list(terms), _number(plan.arrays[offsets][k]))


def _tree_facts(plan: ScoringPlan, number: int, step: PlanStep, facts: _Facts) -> None:
    first, features, outputs = (int(a) for a in step.arguments[:3])
    lists = [plan.arrays[int(a)] for a in step.arguments[3:]]
    feature, threshold, flags, left, right, leaves, roots, starts, bits = lists
    base, names = facts.nodes, _names(plan)
    places = plan.arrays[features]

    def side(place: float) -> str:
        return f"leaf({_number(leaves[-1 - int(place)])})" if place < 0 else str(base + int(place))

    single = "true" if any(int(flag) & 16 for flag in flags) else "false"
    words = (str(first), str(outputs), _list(str(int(p)) for p in places), single, _list(map(side, roots)))
    facts.add("step", str(number), "trees", _list(words))
    for i, flag in enumerate(map(int, flags)):
        way = "left" if flag & 4 else "right"
        missing = ("none", f"zero({way})", f"nan({way})")[flag & 3]
        test = f"at_most({_number(threshold[i])})"
        if flag & 8:
            words_of_set = bits[int(starts[int(threshold[i])]) : int(starts[int(threshold[i]) + 1])]
            test = f"in_set({sum(int(word) << 32 * k for k, word in enumerate(words_of_set))})"
        place = int(places[int(feature[i])])
        told = (str(base + i), str(int(feature[i]) + 1), test, missing, side(left[i]), side(right[i]))
        facts.add("node", *told, note=" ".join(names.get(place, "").split()))
    facts.nodes += len(flags)


def _forest_facts(plan: ScoringPlan, number: int, step: PlanStep, facts: _Facts) -> None:
    first, features, outputs = (int(a) for a in step.arguments[:3])
    feature, threshold, left, right, leaf, answers, roots = (plan.arrays[int(a)] for a in step.arguments[3:])
    base, rows = facts.nodes, answers.reshape(-1, outputs)

    def side(place: float) -> str:
        i = int(place)
        return f"row({_term('row', map(_number, rows[int(leaf[i])]))})" if left[i] == i else str(base + i)

    places = _list(str(int(p)) for p in plan.arrays[features])
    facts.add("step", str(number), "forest", _list([str(first), str(outputs), places, _list(map(side, roots))]))
    for i in range(len(left)):
        if left[i] != i:
            told = (str(base + i), str(int(feature[i]) + 1), _number(threshold[i]), side(left[i]), side(right[i]))
            facts.add("choice", *told)
    facts.nodes += len(left)


def _symmetric_facts(plan: ScoringPlan, number: int, step: PlanStep, facts: _Facts) -> None:
    a = [int(argument) for argument in step.arguments]
    first, outputs, depth = a[0], a[2], a[7]
    places, numbers, coded, starts, tables = (plan.arrays[k] for k in (a[1], a[3], a[4], a[5], a[6]))
    asked, border, leaves, bias = (plan.arrays[k] for k in a[8:])
    spans = [tables[int(b) : int(e)] for b, e in pairwise(starts)]
    told = [str(first), str(outputs), *(_list(str(int(v)) for v in values) for values in (places, numbers, coded))]
    told += [_list(_term("v", map(_number, span)) for span in spans), _list(map(_number, bias))]
    facts.add("step", str(number), "symmetric", _list(told))
    for tree, row in enumerate(leaves.reshape(-1, 2**depth * outputs)):
        at = slice(tree * depth, (tree + 1) * depth)
        levels = (f"{int(i) + 1}-({_number(b)})" for i, b in zip(asked[at], border[at], strict=True))
        facts.add("level", str(number), str(tree), _list(levels), _term("v", map(_number, row)))


def _dense_facts(plan: ScoringPlan, number: int, step: PlanStep, facts: _Facts) -> None:
    first, inputs, outputs, weights, offsets = (int(a) for a in step.arguments)
    facts.add("step", str(number), "dense", _list([str(first), _list(str(int(p)) for p in plan.arrays[inputs])]))
    for k, row in enumerate(plan.arrays[weights].reshape(-1, outputs).T):
        facts.add("unit", str(number), str(k), _list(map(_number, row)), _number(plan.arrays[offsets][k]))


def _wave_facts(plan: ScoringPlan, number: int, step: PlanStep, facts: _Facts) -> None:
    out, first, numbers, count, mixtures = (int(a) for a in step.arguments[:5])
    frequency, phase = (plan.arrays[int(a)].reshape(numbers, count) for a in step.arguments[5:7])
    mix = plan.arrays[int(step.arguments[7])].reshape(numbers, count, mixtures)
    offset = plan.arrays[int(step.arguments[8])].reshape(numbers, mixtures)
    facts.add("step", str(number), "waves", _list([str(out)]))
    for n in range(numbers):
        mixed = (_list(map(_number, mix[n, :, m])) for m in range(mixtures))
        told = (_list(map(_number, frequency[n])), _list(map(_number, phase[n])), _list(mixed))
        facts.add("wave", str(number), str(first + n), *told, _list(map(_number, offset[n])))


def _neighbour_facts(plan: ScoringPlan, number: int, step: PlanStep, facts: _Facts) -> None:
    a = [int(argument) for argument in step.arguments]
    places, columns, scale, prior = (plan.arrays[k] for k in (a[1], a[3], a[4], a[8]))
    points, answers = plan.arrays[a[5]].reshape(-1, len(columns)), plan.arrays[a[6]].reshape(-1, a[2])
    asked = _list(str(int(places[int(c)])) for c in columns)
    numbers = (_list(map(_number, values)) for values in (scale, prior))
    facts.add("step", str(number), "neighbours", _list([str(a[0]), asked, *numbers, *map(str, a[9:12])]))
    for place, (copies, point, answer) in enumerate(zip(plan.arrays[a[7]], points, answers, strict=True)):
        told = (_number(copies), _list(map(_number, point)), _list(map(_number, answer)))
        facts.add("neighbour", str(number), str(place), *told)


def _known_facts(plan: ScoringPlan, number: int, step: PlanStep, facts: _Facts) -> None:
    first, read, count = (int(a) for a in step.arguments[:3])
    columns, high, low, labels = (plan.arrays[int(a)] for a in step.arguments[4:8])
    told = [str(first), str(read), str(count), _number(step.arguments[3]), _list(str(int(c)) for c in columns)]
    facts.add("step", str(number), "known", _list(told))
    marks, totals, counts = mark_totals(high, low, labels, count)
    for mark, total, labelled in zip(marks.view(np.uint64), totals, counts, strict=True):
        facts.add("known_row", str(int(mark)), str(number), _number(labelled), _list(map(_number, total)))


_FACTS: dict[str, Callable[[ScoringPlan, int, PlanStep, _Facts], None]] = {
    "lines": _line_facts,
    "trees": _tree_facts,
    "forest": _forest_facts,
    "symmetric": _symmetric_facts,
    "dense": _dense_facts,
    "waves": _wave_facts,
    "neighbours": _neighbour_facts,
    "known": _known_facts,
}


def _number(value: float) -> str:
    """Return a number as Prolog reads it: with a point, and the words ``inf`` and ``nan``.

    Examples
    --------
    >>> _number(1), _number(1e300), _number(float("-inf")), _number(1e-7)
    ('1.0', '1.0e+300', '-inf', '1.0e-07')
    """
    text = repr(float(value))
    mantissa, power, exponent = text.partition("e")
    return f"{mantissa}.0e{exponent}" if power and "." not in mantissa else text


def _label(label: str, kind: str) -> str:
    if kind == "bool":
        return "true" if label.lower() in ("true", "1", "1.0", "yes") else "false"
    if kind in ("int", "float"):
        return str(int(float(label))) if kind == "int" else _number(float(label))
    return _atom(label)


def _list(words: Iterable[str]) -> str:
    return f"[{', '.join(words)}]"


def _term(name: str, words: Iterable[str]) -> str:
    return f"{name}({', '.join(words)})"


def _escaped(text: str) -> Iterator[str]:
    for sign in text:
        yield f"\\x{ord(sign):x}\\" if ord(sign) < 32 or sign in "\\'\"" else sign


def _atom(text: str) -> str:
    return "'" + "".join(_escaped(text)) + "'"


def _value(cell: str | float) -> str:
    # a blank, since a minus after a minus would be another operator
    return _string(cell) if isinstance(cell, str) else f" {_number(cell)}" if cell < 0 else _number(cell)


def _string(text: str) -> str:
    return '"' + "".join(_escaped(text)) + '"'
