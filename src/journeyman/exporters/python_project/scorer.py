"""Predicts rows by a scoring plan, with the standard library alone.

    python scorer.py rows.csv answers.csv

reads ``plan.txt`` beside this file and answers rows of comma-separated values, as texts. From Python:

    from scorer import read_plan
    model = read_plan("plan.txt")
    model.predict({"age": 41, "city": "Bern"})
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from journeyman.exporters.python_project.arguments import Arguments, Numbers, Row, Step, left_sum
from journeyman.exporters.python_project.features import FEATURE_STEPS
from journeyman.exporters.python_project.free_texts import TEXT_STEPS
from journeyman.exporters.python_project.models import MODEL_STEPS
from journeyman.exporters.python_project.predictions import PREDICTION_STEPS
from journeyman.exporters.python_project.texts import Column, PlanError, read_column, text_of_word

__all__ = ["OPERATIONS", "Answer", "Model", "main", "read_plan"]

OPERATIONS = {**FEATURE_STEPS, **TEXT_STEPS, **MODEL_STEPS, **PREDICTION_STEPS}
"""What each step does, by its name."""


@dataclass(frozen=True)
class Answer:
    """What is predicted of a row.

    Attributes
    ----------
    label : str, int, float, bool or None
        The class; None where values are predicted.
    predictions : tuple of float
        Probabilities in the order of the labels, or values.
    interval : (float, float) or None
        Where the true value lies.
    scores : tuple of float
        Raw scores of trees and lines.
    """

    label: str | int | float | bool | None
    predictions: tuple[float, ...]
    interval: tuple[float, float] | None
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Model:
    """A plan that predicts."""

    name: str
    version: int
    task: str
    target: str
    columns: tuple[Column, ...]
    registers: int
    steps: tuple[Step, ...]
    scores: tuple[int, ...]
    outputs: tuple[int, ...]
    labels: tuple[str, ...]
    label_type: str
    threshold: float
    ordered: bool
    interval: tuple[int, int] | None

    def predict(self, row: Mapping[str, object]) -> Answer:
        """Return what is predicted of a row: texts or typed values by columns; one that lacks is missing."""
        values = [row.get(column.name) for column in self.columns]
        r = Row(self.registers, [column.text(value) for column, value in zip(self.columns, values)])
        for i, (column, value) in enumerate(zip(self.columns, values)):
            r[i] = column.value(value)
        for step in self.steps:
            step(r)
        predictions = tuple(r[i] for i in self.outputs)
        interval = None if self.interval is None else (r[self.interval[0]], r[self.interval[1]])
        label = _typed(self.labels[self._code(predictions)], self.label_type) if self.labels else None
        return Answer(label, predictions, interval, tuple(r[i] for i in self.scores))

    def predict_file(self, rows: str | Path, answers: str | Path) -> int:
        """Answer a file of comma-separated values; return the number of rows."""
        csv.field_size_limit(2**31 - 1)  # a text may be longer than the module expects
        with (
            open(rows, newline="", encoding="utf-8-sig") as read,
            open(answers, "w", newline="", encoding="utf-8") as made,
        ):
            table = csv.DictReader(read)
            lacking = [c.name for c in self.columns if c.name not in (table.fieldnames or ())]
            if lacking:
                raise PlanError(f"{rows} lacks the columns {', '.join(lacking)}")
            writer = csv.writer(made, lineterminator="\n")
            names = [f"score {i}" for i in range(len(self.scores))]
            names += [f"prediction {i}" for i in range(len(self.outputs))]
            names += ["low", "high"] if self.interval else []
            writer.writerow([*names, "label"] if self.labels else names)
            count = 0
            for row in table:
                count += 1
                answer = self.predict(row)
                told = [repr(x) for x in (*answer.scores, *answer.predictions, *(answer.interval or ()))]
                writer.writerow([*told, self.labels[self._code(answer.predictions)]] if self.labels else told)
        return count

    def _code(self, p: Sequence[float]) -> int:
        """Return the position of the label."""
        if self.ordered:
            half, reached = 0.5 * left_sum(p) - 1e-12, 0.0
            for i, x in enumerate(p):
                reached += x
                if reached >= half:
                    return i
            return 0
        if not math.isnan(self.threshold):
            return 1 if p[1] >= self.threshold else 0
        return max(range(len(p)), key=lambda i: (p[i], -i))


def _typed(label: str, kind: str) -> str | int | float | bool:
    if kind == "int":
        return int(label) if label.lstrip("+-").isdigit() else int(float(label))
    if kind == "float":
        return float(label)
    return label.lower() in ("true", "1", "1.0", "yes") if kind == "bool" else label


def read_plan(path: str | Path) -> Model:
    """Read ``plan.txt``; PlanError where it is none, or of a newer version."""
    words = Path(path).read_text(encoding="utf-8").replace("\n", " ").split(" ")
    words = [word for word in words if word]
    if words[:1] != ["journeyman-plan"] or words[-1] != "end":
        raise PlanError(f"{path} is no whole scoring plan")
    if words[1] != "1":
        raise PlanError(f"{path} was written by a newer version: plan {words[1]}; wanted is 1")
    return _Words(words, 2).model()


class _Words:
    """The words of a plan, read one after the other."""

    def __init__(self, words: list[str], at: int) -> None:
        self.words, self.at = words, at

    def model(self) -> Model:
        name, version = self.named_text("name"), int(self.named("version"))
        task, target = self.named_text("task"), self.named_text("target")
        texts = [tuple(map(text_of_word, self.counted())) for _ in range(int(self.named("texts")))]
        arrays = [list(map(float, self.counted())) for _ in range(int(self.named("arrays")))]
        columns = tuple(read_column(self.take(8), texts) for _ in range(int(self.named("columns"))))
        registers = int(self.named("registers"))
        steps = tuple(self.step(arrays, texts) for _ in range(int(self.named("steps"))))
        scores, outputs = (self.registers(word) for word in ("scores", "outputs"))
        labels, label_type, threshold, ordered = self.named("labels"), *self.take(3)
        low, high = int(self.named("interval")), int(self.take(1)[0])
        return Model(
            name=name,
            version=version,
            task=task,
            target=target,
            columns=columns,
            registers=registers,
            steps=steps,
            scores=scores,
            outputs=outputs,
            labels=texts[int(labels)] if int(labels) >= 0 else (),
            label_type=label_type,
            threshold=float(threshold),
            ordered=ordered == "1",
            interval=None if low < 0 else (low, high),
        )

    def take(self, count: int) -> list[str]:
        self.at += count
        return self.words[self.at - count : self.at]

    def counted(self) -> list[str]:
        return self.take(int(self.take(1)[0]))

    def named(self, name: str) -> str:
        found, value = self.take(2)
        if found != name:
            raise PlanError(f"the plan is damaged: found {found!r}, wanted {name!r}")
        return value

    def named_text(self, name: str) -> str:
        return text_of_word(self.named(name))

    def registers(self, name: str) -> tuple[int, ...]:
        return tuple(map(int, self.take(int(self.named(name)))))

    def step(self, arrays: list[Numbers], texts: list[tuple[str, ...]]) -> Step:
        name = self.take(1)[0]
        if name not in OPERATIONS:
            raise PlanError(f"the plan has the step {name!r}, which this reader does not know")
        return OPERATIONS[name](Arguments(list(map(float, self.counted())), arrays, texts))


def main(arguments: Sequence[str]) -> int:
    """Answer a file of rows."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python scorer.py rows.csv answers.csv\n")
        return 2
    try:
        count = read_plan(Path(__file__).with_name("plan.txt")).predict_file(*arguments)
    except (PlanError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{arguments[1]}: {count} rows\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
