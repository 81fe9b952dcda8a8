"""Example rows with the columns that moved their predictions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.evaluation import Evaluation, Example
from journeyman.entities.image import SmallImage
from journeyman.entities.profile import Profile
from journeyman.entities.table import Table, to_block
from journeyman.entities.task import Task
from journeyman.inference.release_plan import label_step
from journeyman.inference.scorer import Scorer
from journeyman.interfaces import CombinesColumns, FlagsRows
from journeyman.stages.attribute import attributions, typical_row
from journeyman.stages.single_out import reliefs, usual_values
from journeyman.tasks import task_type

__all__ = ["explained_examples", "value_text"]

FloatArray = NDArray[np.float64]
_MOST_REASONS = 4


def explained_examples(
    scorer: Scorer, table: Table, task: Task, evaluation: Evaluation, statistics: Profile
) -> tuple[Example, ...]:
    """Return the evaluation's example rows, each with up to four columns that moved its prediction most.

    Contributions are to the probability of the predicted class, or to the value (the first output), as against a
    typical row; where odd rows are flagged, how much less odd the row would be with a usual value there.

    Parameters
    ----------
    scorer : Scorer
        The examined model.
    statistics : Profile
        What a typical row is made of.
    """
    chosen = evaluation.example_rows
    if not chosen or not table.features:
        return ()
    block = to_block(table.frame.iloc[[row.position for row in chosen]], table.features)
    decode = label_step(task, None)
    outputs = [int(decode.codes(np.array([row.predictions]))[0]) if decode is not None else 0 for row in chosen]
    kind, typical = task_type(task), typical_row(statistics, table.features)
    if isinstance(kind, FlagsRows):
        usual = usual_values(statistics, table.features)
        reasons = reliefs(lambda rows: kind.surprise(scorer.predict(rows)), block, usual, typical)
    else:
        reasons = attributions(scorer.predict, block, typical, outputs)
    names, opinions = list(block), scorer.opinions(block)
    found = []
    for i, row in enumerate(chosen):
        strongest = np.argsort(-np.abs(reasons[i]), kind="stable")[:_MOST_REASONS]
        moved = [(names[k], float(reasons[i, k])) for k in strongest if reasons[i, k] != 0.0]
        values = {column.name: value_text(column, block[column.name][i]) for column in table.features}
        said = tuple((name, values[name], change) for name, change in moved)
        if task.labels:
            labels = task.labels[int(row.truth)], task.labels[outputs[i]]
            found.append(Example(row.kind, *labels, row.predictions[outputs[i]], said, row.position))
        else:
            truth = kind.label_text(row.truth, task) if isinstance(kind, CombinesColumns) else f"{row.truth:.6g}"
            said_by = () if opinions is None else tuple(opinions[i].tolist())
            found.append(Example(row.kind, truth, f"{row.predictions[0]:.6g}", None, said, row.position, said_by))
    return tuple(found)


def value_text(column: Column, value: object) -> str:
    """Say a value of a block as the table has it."""
    if column.kind.categorical:
        code = int(value)  # type: ignore[call-overload]  # of a category, as to_block gives it
        return column.categories[code] if code >= 0 else "missing"
    if column.kind.numeric or column.kind is Kind.DATETIME:
        number = float(value)  # type: ignore[arg-type]  # as above
        if np.isnan(number):
            return "missing"
        if column.kind is Kind.BOOLEAN:
            return column.categories[int(number)] if len(column.categories) == 2 else "yes" if number else "no"
        if column.kind is Kind.DATETIME:
            said = str(np.datetime64(int(number), "s")).replace("T", " ")
            return said[:10] if number % 86_400 == 0 else said[:16]
        return f"{number:.6g}"
    if column.kind is Kind.IMAGE and value is not None:
        return SmallImage.from_text(str(value)).words
    return "missing" if value is None else f"{str(value)[:40]}…" if len(str(value)) > 40 else str(value)
