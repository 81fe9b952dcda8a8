"""Expressions of PMML: Python's operators write nested ``Apply`` elements. What is missing makes a result missing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.scoring_plan.text_form import number_word

__all__ = ["Expression", "apply", "constant", "field", "finite_word", "in_turn", "look_up", "missing", "when"]


@dataclass(frozen=True, eq=False)
class Expression:
    """An element that has a value."""

    element: Element

    def __add__(self, other: Given) -> Expression:
        return apply("+", self, other)

    def __sub__(self, other: Given) -> Expression:
        return apply("-", self, other)

    def __mul__(self, other: Given) -> Expression:
        return apply("*", self, other)

    def __truediv__(self, other: Given) -> Expression:
        return apply("/", self, other)

    def __lt__(self, other: Given) -> Expression:
        return apply("lessThan", self, other)

    def __le__(self, other: Given) -> Expression:
        return apply("lessOrEqual", self, other)

    def __gt__(self, other: Given) -> Expression:
        return apply("greaterThan", self, other)

    def __ge__(self, other: Given) -> Expression:
        return apply("greaterOrEqual", self, other)


Given = Expression | float | str


def constant(value: float | str) -> Expression:
    """Return a text or a number as an expression."""
    element = Element("Constant", dataType="string" if isinstance(value, str) else "double")
    element.text = value if isinstance(value, str) else finite_word(value)
    return Expression(element)


def finite_word(value: float) -> str:
    """Return a number; of an infinite one the greatest or least that is finite, as no value is beyond these."""
    return number_word(min(max(float(value), -sys.float_info.max), sys.float_info.max))


def field(name: str) -> Expression:
    """Return the value of a field."""
    return Expression(Element("FieldRef", field=name))


def apply(function: str, *arguments: Given) -> Expression:
    """Return a call of a function that PMML has."""
    element = Element("Apply", function=function)
    element.extend([(a if isinstance(a, Expression) else constant(a)).element for a in arguments])
    return Expression(element)


def when(condition: Expression, yes: Given, no: Given | None = None) -> Expression:
    """Return one of two values; without the second a missing one."""
    return apply("if", condition, yes) if no is None else apply("if", condition, yes, no)


def in_turn(terms: Sequence[Expression]) -> Expression:
    """Return the sum from left to right."""
    return reduce(lambda one, other: one + other, terms)


def look_up(x: Expression, values: NDArray[np.float64], otherwise: float) -> Expression:
    """Return ``values[x]`` by halving; what x is beyond is ``otherwise``. NaN among the values is a missing one."""

    def part(low: int, high: int) -> Expression:
        if np.array_equal(values[low:high], np.repeat(values[low], high - low), equal_nan=True):
            return missing() if np.isnan(values[low]) else constant(float(values[low]))
        middle = (low + high) // 2
        return when(x < float(middle), part(low, middle), part(middle, high))

    inside = apply("and", x >= 0.0, x < float(len(values)))
    other = missing() if np.isnan(otherwise) else constant(otherwise)
    return when(apply("isMissing", x), other, when(inside, part(0, len(values)), other))


def missing() -> Expression:
    """Return a missing value: an ``if`` without an else."""
    return when(constant(1.0) < 0.0, 0.0)
