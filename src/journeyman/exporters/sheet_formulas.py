"""A plan as formulas of a worksheet: lines and small trees exactly, where Excel's limits allow it.

Values in formulas have 15 digits, as Excel keeps them, so answers agree to about 1e-9 of their range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.baseline import ConstantModel
from journeyman.algorithms.binary_trees import BinaryTrees
from journeyman.algorithms.lightgbm_trees import BoosterModel
from journeyman.algorithms.linear import LinearModel
from journeyman.algorithms.symmetric_trees import SymmetricTrees
from journeyman.entities.column import Kind
from journeyman.entities.matrix import Matrix
from journeyman.entities.plan import DecodeStep, MeanStep, Node, NodeKind, ParseStep, Plan, TemperatureStep
from journeyman.entities.table import Block
from journeyman.exporters.sheet_trees import (
    CannotWriteError,
    binary_tree,
    leaf_of,
    number_text,
    symmetric_inputs,
    symmetric_tree,
)
from journeyman.transformers.steps import CalendarStep, CodeStep, JoinedSteps, LookupStep, NumberStep, OneHotStep
from journeyman.transformers.target_scale import TargetScale

__all__ = ["Cell", "SheetModel", "column_letters", "sheet_model"]

FloatArray = NDArray[np.float64]
MODEL = "Model"
"""The sheet of the formulas."""
FIRST_ROW = 3  # of formulas, counted from 1
_MOST_TREES = 1_200
_EPOCH = 25_569  # Excel's number of the first of January 1970
_ASIDE = (NodeKind.DECODE, NodeKind.INTERVAL)


@dataclass(frozen=True)
class Cell:
    """A formula of column B with its label and what it comes to; "" stands for a missing number."""

    label: str
    formula: str
    value: float | str


@dataclass(frozen=True)
class SheetModel:
    """A model as a sheet.

    Attributes
    ----------
    cells : tuple of Cell
        From row 3 on, one a row.
    constants : mapping of (int, int) to float
        Numbers in further cells: row from 1, column from 0.
    outputs : tuple of Cell
        Formulas for another sheet: the prediction, then the probabilities of labels.
    """

    cells: tuple[Cell, ...]
    constants: Mapping[tuple[int, int], float]
    outputs: tuple[Cell, ...]


def sheet_model(plan: Plan, typical: Block, inputs: Mapping[str, tuple[str, str]]) -> SheetModel | str:
    """Return a plan as formulas; or why it has none.

    Parameters
    ----------
    typical : Block
        The row that stands in the inputs at first.
    inputs : mapping of str to (str, str)
        By column: the cell that holds its value, and the range of its names (in the order of their codes; "" for
        numbers and dates).
    """
    try:
        return _Writer(plan.without(NodeKind.LOOKUP), typical, inputs).written()
    except CannotWriteError as error:
        return str(error)


@dataclass
class _Writer:
    """Grows the sheet, node by node."""

    plan: Plan
    typical: Block
    inputs: Mapping[str, tuple[str, str]]
    cells: list[Cell] = field(default_factory=list)
    constants: dict[tuple[int, int], float] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    features: dict[str, list[str]] = field(default_factory=dict)
    predictions: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, FloatArray] = field(default_factory=dict)
    dates: set[str] = field(default_factory=set)
    next_column: int = 2
    trees: int = 0

    def written(self) -> SheetModel:
        parse = self.plan.nodes[0].step
        assert isinstance(parse, ParseStep)
        read = {name for node in self.plan.nodes[1:] for name in node.columns}
        for column in parse.columns:
            if column.name in read:
                if column.kind is Kind.DATETIME:
                    self.dates.add(column.name)
                self._read(column.name, categorical=column.kind.categorical)
        for node in self.plan.nodes[1:]:
            if node.step.kind not in _ASIDE:
                self._write(node)
        return SheetModel(tuple(self.cells), dict(self.constants), tuple(self._outputs()))

    def _add(self, label: str, formula: str, value: Any) -> str:
        number = float(value) if not isinstance(value, str) else value
        self.cells.append(Cell(label, f"={formula}", "" if number != number else number))
        return f"B{FIRST_ROW + len(self.cells) - 1}"

    def _read(self, name: str, *, categorical: bool) -> None:
        if name not in self.inputs:
            raise CannotWriteError(f"no cell holds a value of {name!r}")
        cell, names = self.inputs[name]
        value = float(self.typical[name][0])
        if names:  # MATCH would take letters of either case, and stars for any text
            first = names.split(":")[0]
            place = f"SUMPRODUCT(EXACT({names},{cell})*(ROW({names})-ROW({first})+1))-1"
            if categorical:
                self.columns[name] = self._add(f"{name} (code)", place, value)
                return
            formula = f'IF({place}<0,"",{place})'  # yes or no
        else:
            formula = f'IF(ISNUMBER({cell}),{cell},"")'
        self.columns[name] = self._add(name, formula, value if names else self._given(name, value))

    def _given(self, name: str, value: float) -> float:
        """Return a number as the sheet holds it: dates in days."""
        return value / 86_400.0 + _EPOCH if name in self.dates else value

    def _write(self, node: Node) -> None:
        step: Any = node.step
        if node.features is None and not node.predictions:
            self.values[node.name] = step.transform(self.typical)
            self.features[node.name] = self._features(step, self.values[node.name][0])
            return
        if node.predictions:
            told = [self.values[name] for name in node.predictions]
            self.values[node.name] = step.adjust(told, None, self.typical)
            self.predictions[node.name] = self._adjusted(node, self.values[node.name][0])
            return
        read = [self.plan.node(name).step for name in node.features or ()]
        matrix = JoinedSteps(read).transform(self.typical)  # type: ignore[arg-type]  # they make features
        self.values[node.name] = step.predict(matrix)
        refs = [ref for name in node.features or () for ref in self.features[name]]
        groups = [self.features[name] for name in node.features or () if self.features[name]]
        self.predictions[node.name] = self._predicted(node, step, refs, groups, matrix)

    def _features(self, step: Any, values: FloatArray) -> list[str]:
        names, refs = step.names(), []
        for position, formula in enumerate(self._feature_formulas(step)):
            refs.append(self._add(names[position], formula, values[position]))
        return refs

    def _feature_formulas(self, step: Any) -> list[str]:
        if isinstance(step, NumberStep):
            if self.dates.intersection(step.columns):
                raise CannotWriteError("no formula is written of a date as a number")
            cells = [self.columns[name] for name in step.columns]
            shown = zip(cells, step.fill.tolist(), step.shift.tolist(), step.scale.tolist(), strict=True)
            return [_filled(*one, step.limit) for one in shown] + [
                f"IF(ISNUMBER({cells[i]}),0,1)" for i in step.flagged
            ]
        if isinstance(step, CodeStep):
            return [f'IF({self.columns[name]}<0,"",{self.columns[name]})' for name in step.columns]
        if isinstance(step, OneHotStep):
            return [f"IF({self.columns[step.column]}={i},1,0)" for i in range(len(step.labels))]
        if isinstance(step, LookupStep):
            cell, rows = self.columns[step.column], len(step.table)
            formulas = []
            for values in step.table.T.tolist():
                place = self._constants(values)
                formulas.append(f"INDEX({place},IF({cell}<0,{rows},{cell}+1))")
            return formulas
        if isinstance(step, CalendarStep):
            return [_calendar(part, self.columns[step.column], step.start, step.fill) for part in step.parts]
        raise CannotWriteError(f"no formula is written of {step.kind.value}")

    def _constants(self, values: Sequence[float], first: int = FIRST_ROW) -> str:
        """Write numbers into a column of their own; return their range."""
        column, self.next_column = self.next_column, self.next_column + 1
        if column > 16_000:
            raise CannotWriteError("it has more numbers than a sheet has columns")
        for i, value in enumerate(values):
            if not np.isfinite(value):
                raise CannotWriteError("one of its numbers is not finite")
            self.constants[first + i, column] = float(value)
        return f"${column_letters(column)}${first}:${column_letters(column)}${first + len(values) - 1}"

    def _predicted(self, node: Node, step: Any, refs: list[str], groups: list[list[str]], matrix: Matrix) -> list[str]:
        told, x = self.values[node.name][0], matrix.values
        if isinstance(step, ConstantModel):
            return [self._add(f"{node.name} constant", number_text(v), v) for v in step.answer]
        if type(step) is LinearModel:
            scores = x @ step.weights + step.offsets
            cells = []
            for output in range(step.weights.shape[1]):
                terms, taken = [number_text(float(step.offsets[output]))], 0
                for group in groups:
                    weights = self._constants(step.weights[taken : taken + len(group), output].tolist())
                    terms.append(f"SUMPRODUCT({group[0]}:{group[-1]},{weights})")
                    taken += len(group)
                cells.append(self._add(f"{node.name} score", "+".join(terms), scores[0, output]))
            if step.classifier:
                return self._softmax(node.name, cells, told)
            return [
                self._add(node.name, f"MAX({number_text(step.low)},MIN({number_text(step.high)},{cells[0]}))", told[0])
            ]
        if isinstance(step, BoosterModel):
            return self._boosted(node.name, step.arrays, refs, x, told)
        if isinstance(step, SymmetricTrees):
            return self._symmetric(node.name, step, refs, matrix, told)
        raise CannotWriteError(f"no formula is written of {step.kind.value} of this kind")

    def _symmetric(
        self, name: str, trees: SymmetricTrees, refs: list[str], matrix: Matrix, told: FloatArray
    ) -> list[str]:
        outputs = len(trees.bias)
        self._count(len(trees.feature) * outputs)
        read = symmetric_inputs(trees, matrix)
        cells = []
        for position, (place, table) in enumerate(read.places):
            if table is None:
                formula = f"IF(ISNUMBER({refs[place]}),{refs[place]},-1E+300)"
            else:
                last = len(table) - 1
                code = f"IF(ISNUMBER({refs[place]}),MIN({refs[place]}+1,{last}),0)"
                formula = f"INDEX({self._constants(table.astype(np.float64).tolist())},{code}+1)"
            cells.append(self._add(f"{name} input", formula, max(read.values[position], -1e300)))
        sums = []
        for output in range(outputs):
            made, score = [], float(trees.bias[output])
            for k in range(len(trees.feature)):
                value = float(trees.leaves[k, leaf_of(trees, k, read), output])
                score += value
                made.append(self._add(f"{name} tree {k + 1}", symmetric_tree(trees, k, output, cells), value))
            whole = f"+SUM({made[0]}:{made[-1]})" if made else ""
            sums.append(self._add(f"{name} score", f"{number_text(float(trees.bias[output]))}{whole}", score))
        return self._linked(name, trees.link, sums, told)

    def _count(self, trees: int) -> None:
        self.trees += trees
        if self.trees > _MOST_TREES:
            raise CannotWriteError(f"it has more than {_MOST_TREES:,} trees")

    def _linked(self, name: str, link: str, sums: list[str], told: FloatArray) -> list[str]:
        if link == "identity":
            return sums
        if link == "softmax":
            return self._softmax(name, sums, told)
        share = f"MAX(0,MIN(1,{sums[0]}))" if link == "share" else f"1/(1+EXP(-{sums[0]}))"
        second = self._add(f"{name} probability", share, told[1])
        return [self._add(f"{name} probability", f"1-{second}", told[0]), second]

    def _boosted(self, name: str, trees: BinaryTrees, refs: list[str], x: FloatArray, told: FloatArray) -> list[str]:
        if trees.single:
            raise CannotWriteError("its trees compare in single precision")
        self._count(len(trees.roots))
        ranges: list[list[str]] = [[] for _ in range(trees.outputs)]
        scores = np.zeros(trees.outputs)
        order = np.argsort(np.arange(len(trees.roots)) % trees.outputs, kind="stable")
        for k in order.tolist():
            formula = binary_tree(trees, int(trees.roots[k]), refs)
            alone = replace(trees, roots=trees.roots[k : k + 1], outputs=1, link="identity")
            value = float(alone.predict(x)[0, 0])
            scores[k % trees.outputs] += value
            ranges[k % trees.outputs].append(self._add(f"{name} tree {k + 1}", formula, value))
        sums = [
            self._add(f"{name} score", f"SUM({part[0]}:{part[-1]})" if part else "0", score)
            for part, score in zip(ranges, scores.tolist(), strict=True)
        ]
        return self._linked(name, trees.link, sums, told)

    def _softmax(self, name: str, cells: list[str], told: FloatArray) -> list[str]:
        whole = f"{cells[0]}:{cells[-1]}"
        top = max(float(self.cells[int(cell[1:]) - FIRST_ROW].value) for cell in cells)
        odds = [np.exp(float(self.cells[int(cell[1:]) - FIRST_ROW].value) - top) for cell in cells]
        raised = [
            self._add(f"{name} odds", f"EXP({cell}-MAX({whole}))", odd) for cell, odd in zip(cells, odds, strict=True)
        ]
        total = f"SUM({raised[0]}:{raised[-1]})"
        return [self._add(f"{name} probability", f"{c}/{total}", v) for c, v in zip(raised, told, strict=True)]

    def _adjusted(self, node: Node, told: FloatArray) -> list[str]:
        step: Any = node.step
        before = [self.predictions[name] for name in node.predictions]
        if isinstance(step, MeanStep):
            each = zip(*before, strict=True)
            formulas = ["+".join(f"{number_text(w)}*{c}" for w, c in zip(step.weights, cs, strict=True)) for cs in each]
            return [self._add(node.name, formula, v) for formula, v in zip(formulas, told, strict=True)]
        if isinstance(step, TemperatureStep):
            power, values = number_text(1.0 / step.temperature), self.values[node.predictions[0]][0]
            raised = [
                self._add(f"{node.name} power", f"MAX({c},1E-07)^{power}", max(v, 1e-7) ** (1.0 / step.temperature))
                for c, v in zip(before[0], values.tolist(), strict=True)
            ]
            total = f"SUM({raised[0]}:{raised[-1]})"
            return [self._add(node.name, f"{c}/{total}", v) for c, v in zip(raised, told, strict=True)]
        if isinstance(step, TargetScale):
            held = f"MAX(0,MIN({number_text(step.most())},{before[0][0]}))"
            raised_back = f"EXP({held})-1" if step.name == "log" else f"({held})^2"
            return [self._add(node.name, f"{raised_back}+{number_text(step.low)}", told[0])]
        raise CannotWriteError(f"no formula is written of {step.kind.value}")

    def _outputs(self) -> list[Cell]:
        refs = [f"{MODEL}!{ref}" for ref in self.predictions[self.plan.prediction]]
        values = self.values[self.plan.prediction][0]
        decode = next((n.step for n in self.plan.nodes if isinstance(n.step, DecodeStep)), None)
        if decode is None:
            return [Cell("prediction", f"={refs[0]}", float(values[0]))]
        if decode.ordered:
            raise CannotWriteError("no formula is written of ordered classes")
        label = decode.labels[int(decode.codes(values[None, :])[0])]
        quoted = [_text(name) for name in decode.labels]
        if decode.threshold is not None and decode.threshold != 0.5:
            chosen = f"IF({refs[1]}>={number_text(decode.threshold)},{quoted[1]},{quoted[0]})"
        elif len(refs) == 2:
            chosen = f"IF({refs[1]}>{refs[0]},{quoted[1]},{quoted[0]})"
        else:
            whole = f"{refs[0]}:{refs[-1].split('!')[1]}"
            chosen = f"INDEX({{{';'.join(quoted)}}},MATCH(MAX({whole}),{whole},0))"
        each = zip(decode.labels, refs, values.tolist(), strict=True)
        return [Cell("prediction", f"={chosen}", label), *(Cell(f"probability of {n}", f"={r}", v) for n, r, v in each)]


def _text(value: str) -> str:
    if len(value) > 250:
        raise CannotWriteError("a label is longer than a formula takes")
    return '"' + value.replace('"', '""') + '"'


def column_letters(column: int) -> str:
    """Return the letters of a column, counted from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(25), column_letters(26), column_letters(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _filled(cell: str, fill: float, shift: float, scale: float, limit: float) -> str:
    def scaled(value: str) -> str:
        moved = value if shift == 0.0 else f"({value}-{number_text(shift)})"
        return moved if scale == 1.0 else f"{moved}*{number_text(scale)}"

    def clipped(value: str) -> str:
        return f"MAX({number_text(-limit)},MIN({number_text(limit)},{value}))" if limit else value

    missing = '""' if np.isnan(fill) else clipped(scaled(number_text(fill)))
    return f"IF(ISNUMBER({cell}),{clipped(scaled(cell))},{missing})"


def _calendar(part: int, cell: str, start: float, fill: float) -> str:
    formulas = (
        f"YEAR({cell})",
        f"MONTH({cell})",
        f"DAY({cell})",
        f"WEEKDAY({cell},2)-1",
        f"INT({cell})-DATE(YEAR({cell}),1,1)+1",
        f"ROUND(({cell}-INT({cell}))*86400,0)/3600",
        f"{cell}-{number_text(start / 86_400.0 + _EPOCH)}",
    )
    return f"IF(ISNUMBER({cell}),{formulas[part]},{number_text(fill) if np.isfinite(fill) else chr(34) * 2})"
