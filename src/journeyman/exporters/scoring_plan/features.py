"""Columns to features: each step of a preparation as steps of the scoring plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from journeyman.exporters.scoring_plan.draft import Draft
from journeyman.exporters.scoring_plan.free_texts import text_features
from journeyman.transformers.crafted_step import CraftedStep
from journeyman.transformers.steps import CalendarStep, CodeStep, LookupStep, NumberStep, OneHotStep
from journeyman.transformers.text_sparse import NgramStep
from journeyman.transformers.texts import TextStep

__all__ = ["FEATURES"]

Columns = Mapping[str, int]
"""Registers by the names of columns."""


def _numbers(draft: Draft, step: NumberStep, columns: Columns) -> tuple[int, ...]:
    width = len(step.columns) + len(step.flagged)
    registers = [columns[name] for name in step.columns]
    limit = float(step.limit)
    first = draft.emit("fill", width, registers, step.fill, step.shift, step.scale, limit, list(step.flagged))
    return tuple(range(first, first + width))


def _codes(draft: Draft, step: CodeStep, columns: Columns) -> tuple[int, ...]:
    first = draft.emit("code", len(step.columns), [columns[name] for name in step.columns])
    return tuple(range(first, first + len(step.columns)))


def _one_hot(draft: Draft, step: OneHotStep, columns: Columns) -> tuple[int, ...]:
    count = len(step.labels)
    first = draft.emit("onehot", count, columns[step.column], count)
    return tuple(range(first, first + count))


def _lookup(draft: Draft, step: LookupStep, columns: Columns) -> tuple[int, ...]:
    width = step.table.shape[1]
    first = draft.emit("table", width, columns[step.column], width, step.table)
    return tuple(range(first, first + width))


def _calendar(draft: Draft, step: CalendarStep, columns: Columns) -> tuple[int, ...]:
    first = draft.emit("calendar", len(step.parts), columns[step.column], list(step.parts), step.start, step.fill)
    return tuple(range(first, first + len(step.parts)))


def _crafted(draft: Draft, step: CraftedStep, columns: Columns) -> tuple[int, ...]:
    """Write what is needed only: an operand that no feature reads is left out."""
    numbers, keys, lookups, made = len(step.columns), step.keys, step.lookups, step.combinations
    slots: dict[int, int] = {}
    operands: dict[int, int] = {}

    def slot(key: int) -> int:
        if key not in slots:
            coded = len(keys.categories)
            if key < coded:
                slots[key] = draft.emit("slot", 1, columns[keys.categories[key]], keys.sizes[key])
            elif key < coded + len(keys.binned):
                slots[key] = draft.emit("bin", 1, columns[keys.binned[key - coded]], keys.edges[key - coded])
            else:
                slots[key] = -1  # the key that tells nothing
        return slots[key]

    def operand(position: int) -> int:
        if position not in operands:
            operands[position] = made_operand(position)
        return operands[position]

    def made_operand(position: int) -> int:
        if position < numbers:
            return draft.emit("plain", 1, columns[step.columns[position]])
        if position == numbers:
            counted, coded = step.gaps.numbers, step.gaps.categories
            return draft.emit("gaps", 1, [columns[c] for c in counted], [columns[c] for c in coded])
        at = position - numbers - 1
        a, b = slot(int(lookups.first[at, 0])), slot(int(lookups.second[at, 0]))
        stride, offset = float(lookups.stride[at, 0]), float(lookups.offset[at, 0])
        if a < 0:  # the first key tells nothing: its slot is 0
            a, b, stride = b, -1, 1.0
        return draft.emit("cell", 1, a, b, stride, offset, lookups.table)

    features = [operand(int(position)) for position in step.kept]
    sums = made.weights.shape[1]
    for i, (left, right) in enumerate(zip(made.left.tolist(), made.right.tolist(), strict=True)):
        a, b = operand(left), operand(right)
        if i < sums:
            features.append(draft.emit("weigh", 1, a, b, float(made.weights[0, i, 0]), float(made.weights[1, i, 0])))
        else:
            features.append(draft.emit("product" if i < sums + made.products else "ratio", 1, a, b))
    return tuple(features)


def _text(draft: Draft, step: TextStep, columns: Columns) -> tuple[int, ...]:
    return text_features(draft, step, columns[step.column])


def _ngrams(draft: Draft, step: NgramStep, columns: Columns) -> tuple[int, ...]:
    """Write nothing: a model that reads n-grams sums their weights itself."""
    return ()


FEATURES: Mapping[type, Callable[[Draft, Any, Columns], tuple[int, ...]]] = {
    NumberStep: _numbers,
    CodeStep: _codes,
    OneHotStep: _one_hot,
    LookupStep: _lookup,
    CalendarStep: _calendar,
    CraftedStep: _crafted,
    TextStep: _text,
    NgramStep: _ngrams,
}
"""By the type of the step: adds steps, returns the registers of the features in their order."""
