"""The rows that a prototype predicted and what it gave, as the text of a file that a project's tests read."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np

from journeyman.entities.conversion import PipelineCode
from journeyman.entities.recording import CallRole, Recording

__all__ = ["RecordedRows", "recorded_rows"]

_MOST_ROWS = 5_000


@dataclass(frozen=True)
class RecordedRows:
    """What was asked of the model, and what it gave.

    Attributes
    ----------
    method : str
        Of the pipeline.
    text : str
        CSV: ``row``, from 0, and one column or several of predictions; "" where it is not known which rows they were.
    numeric : bool
        Whether predictions are numbers; they are texts otherwise, even where they look like numbers.
    """

    method: str
    text: str
    numeric: bool


def recorded_rows(code: PipelineCode, recording: Recording) -> RecordedRows:
    """Return the recorded prediction that a pipeline is to repeat.

    Where there are more than 5,000 rows, those are told that lie evenly among them.
    """
    call = next((one for one in recording.calls if one.number == code.call), None)
    asked_apart = "def predict_proba(" in code.modules.get(
        "pipeline.py", ""
    )  # else ``predict`` gives what was recorded
    probabilities = call is not None and call.role is CallRole.PROBABILITY and asked_apart
    method = "predict_proba" if probabilities else "predict"
    if call is None or call.output is None or call.output not in recording.arrays:
        return RecordedRows(method, "", True)
    sets = [k for k in (*call.given, *call.rows) if k is not None and k < len(recording.row_sets)]
    predictions = np.asarray(recording.arrays[call.output])
    rows = next((recording.row_sets[k] for k in sets if recording.row_sets[k].table == code.table), None)
    if rows is None or predictions.ndim not in (1, 2) or len(rows.numbers) != len(predictions):
        return RecordedRows(method, "", True)
    step = -(-len(predictions) // _MOST_ROWS) or 1
    table = predictions[::step].reshape(len(rows.numbers[::step]), -1)
    names = ["prediction"] if table.shape[1] == 1 else [f"prediction_{k + 1}" for k in range(table.shape[1])]
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(["row", *names])
    writer.writerows([int(number), *line] for number, line in zip(rows.numbers[::step], table.tolist(), strict=True))
    return RecordedRows(method, held.getvalue(), predictions.dtype.kind in "fiub")
