"""Answers a file of rows with onnxruntime:

    python predict.py rows.csv answers.csv

``scorer.py`` reads the texts of the file as Journeyman does; ``model.onnx`` predicts of typed columns.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from scorer import read_plan

HERE = Path(__file__).parent
BATCH = 1000
OUTPUTS = {"prediction", "probabilities", "value", "values", "low", "high", "scores"}


def input_name(column: str) -> str:
    """Return the name of a column's input: its own, unless a value of the graph has it."""
    return f"{column} (column)" if column in OUTPUTS or column.startswith(("step/", "constant/")) else column


def main(rows: str, answers: str) -> None:
    plan = read_plan(HERE / "plan.txt")
    session = onnxruntime.InferenceSession(HERE / "model.onnx", providers=["CPUExecutionProvider"])
    given = {one.name: one.type for one in session.get_inputs()}
    with open(rows, newline="", encoding="utf-8-sig") as read, open(answers, "w", newline="", encoding="utf-8") as made:
        table = list(csv.DictReader(read))
        writer = csv.writer(made, lineterminator="\n")
        for start in range(0, len(table), BATCH):
            batch = table[start : start + BATCH]
            feed = {}
            for column in plan.columns:
                if column.kind == "text":
                    continue
                values = [column.value(row[column.name]) for row in batch]
                if column.kind == "category":
                    names = [column.categories[int(v)] if v >= 0 else "" for v in values]
                    feed[input_name(column.name)] = np.array(names, dtype=object)[:, None]
                else:
                    feed[input_name(column.name)] = np.array(values, dtype=np.float64)[:, None]
            told = dict(zip([one.name for one in session.get_outputs()], session.run(None, feed)))
            parts, names = [], []
            for output, title in (("scores", "score"), ("probabilities", "prediction"), ("value", "prediction"), ("values", "prediction")):
                if output in told:
                    parts.append(told[output])
                    names += [f"{title} {i}" for i in range(told[output].shape[1])]
            for end in ("low", "high"):
                if end in told:
                    parts.append(told[end])
                    names.append(end)
            columns = [list(map(repr, values.tolist())) for values in np.hstack(parts).T]
            if "prediction" in told:
                names.append("label")
                columns.append([plan.labels[i] for i in map(code_of(plan, told), range(len(batch)))])
            if start == 0:
                writer.writerow(names)
            writer.writerows(zip(*columns))
