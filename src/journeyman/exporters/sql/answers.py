"""Rows of texts as typed rows of a table, and a query's rows as a file of answers."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from journeyman.exporters.python_project.scorer import read_plan
from journeyman.exporters.sql.dialect import Dialect

__all__ = ["Answer", "Shape", "read_rows", "write_answers"]


@dataclass(frozen=True)
class Shape:
    """How many scores and outputs a plan has, and whether it has an interval and labels."""

    scores: int
    outputs: int
    interval: bool
    labels: bool


@dataclass(frozen=True)
class Answer:
    """Columns and rows of a query."""

    names: Sequence[str]
    rows: Sequence[tuple[Any, ...]]


def read_rows(plan: Path, rows: Path, dialect: Dialect) -> tuple[Shape, list[list[object]]]:
    """Return a plan's shape, and rows of texts as values of the types of its table."""
    model = read_plan(plan)
    names = _names(plan.read_text(encoding="utf-8"))
    made: list[list[object]] = []
    with rows.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            values: list[object] = [number]
            for column, known in zip(model.columns, names, strict=True):
                values.append(_typed(column.kind, column.value(row[column.name]), known, dialect))
            made.append(values)
    shape = Shape(len(model.scores), len(model.outputs), model.interval is not None, bool(model.labels))
    return shape, made


def _typed(kind: str, value: float, names: Sequence[str], dialect: Dialect) -> object:
    if kind == "text" or math.isnan(value) or (kind == "category" and value < 0):
        return None
    if kind == "category":
        return names[int(value)]
    if kind == "date" and dialect.moment == "TIMESTAMP":
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(value * 1e6))).replace(tzinfo=None)
    if kind == "boolean" and tuple(names[:2]) != ("0", "1"):
        return bool(value)
    return value


def _names(plan: str) -> list[tuple[str, ...]]:
    """Return the categories of each column of a plan's text."""
    signs = {"\\s": " ", "\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\"}
    lines = plan.split("\n")
    first = next(i for i, line in enumerate(lines) if line.startswith("texts "))
    count = int(lines[first].split()[1])

    def read(word: str) -> str:
        if word == "\\e":
            return ""
        made, at = "", 0
        while at < len(word):
            two = word[at : at + 2]
            made += signs.get(two, word[at])
            at += 2 if two in signs else 1
        return made

    texts = [tuple(map(read, line.split(" ")[1:])) for line in lines[first + 1 : first + 1 + count]]
    head = next(i for i, line in enumerate(lines) if line.startswith("columns "))
    columns = lines[head + 1 : head + 1 + int(lines[head].split()[1])]
    return [texts[int(line.split(" ")[4])] for line in columns]


def write_answers(path: Path, answer: Answer) -> None:
    """Write answers, NULL as nan."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([name.replace("_", " ") for name in answer.names])
        for row in answer.rows:
            writer.writerow(
                ["nan" if value is None else value if isinstance(value, str) else repr(float(value)) for value in row]
            )
