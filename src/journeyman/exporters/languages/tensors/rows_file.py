"""Rows of a file of comma-separated values as the typed columns of the model, and its answers as such a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scorer import read_plan

HERE = Path(__file__).parent
BATCH = 1000  # rows
FACTS = json.loads((HERE / "columns.json").read_text(encoding="utf-8"))
NUMBERS = (("scores", "score {}"), ("probabilities", "prediction {}"), ("value", "prediction {}"))
NUMBERS += (("values", "prediction {}"), ("low", "low"), ("high", "high"))


def typed_columns(rows: list[dict[str, str]]) -> dict[str, np.ndarray]:
    """Return the inputs of the model for rows of texts, each of shape (n_rows, 1)."""
    readers = {column.name: column.value for column in read_plan(HERE / "plan.txt").columns}
    inputs = {}
    for column in FACTS["columns"]:
        values = [readers[column["name"]](row[column["name"]]) for row in rows]
        if column["kind"] == "category":
            names = [column["categories"][int(value)] if value >= 0 else "" for value in values]
            inputs[column["input"]] = np.array(names, dtype=object)[:, None]
        else:
            inputs[column["input"]] = np.array(values, dtype=np.float64)[:, None]
    return inputs


def answer_file(predict: Callable[[dict[str, np.ndarray]], dict[str, Any]], rows: str, answers: str) -> None:
    """Answer a file of rows; ``predict`` takes inputs and returns outputs by their names."""
    with open(rows, newline="", encoding="utf-8-sig") as read, open(answers, "w", newline="", encoding="utf-8") as made:
        table = list(csv.DictReader(read))
        writer = csv.writer(made, lineterminator="\n")
        for start in range(0, len(table), BATCH):
            names, columns = _answers(predict(typed_columns(table[start : start + BATCH])))
            if start == 0:
                writer.writerow(names)
            writer.writerows(zip(*columns))


def _answers(outputs: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    found = list(_numbers(outputs))
    names, columns = [name for name, _ in found], [values for _, values in found]
    if "prediction" in outputs:
        labels = [label.decode() if isinstance(label, bytes) else label for label in outputs["prediction"].tolist()]
        texts = dict(zip(FACTS["labels"], FACTS["label_texts"]))
        names, columns = [*names, "label"], [*columns, [texts[label] for label in labels]]
    return names, columns


def _numbers(outputs: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for output, title in NUMBERS:
        if output in outputs:
            for i, values in enumerate(outputs[output].T):
                yield title.format(i), [repr(value) for value in values.tolist()]
