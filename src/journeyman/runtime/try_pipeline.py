"""Try the code of a pipeline: does it repeat what was recorded, for one row alone, and in any order of rows."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from journeyman.entities.conversion import PipelineCode, ProjectChecks
from journeyman.entities.recording import RecordedCall, Recording
from journeyman.runtime.confined_program import Limits, run_confined

__all__ = ["try_pipeline"]

_PACKAGE = "tried"
_MOST_ROWS = 2000
_MOST_ALONE = 20


def try_pipeline(code: PipelineCode, recording: Recording, folder: Path, limits: Limits) -> ProjectChecks:
    """Return whether a pipeline, learned as told, predicts what the prototype predicted.

    Its modules run confined. Where it is not known which rows were predicted, rows with the recorded features stand
    for them.

    Parameters
    ----------
    code : PipelineCode
    recording : Recording
    folder : Path
        May be written to; ``folder / "data"`` holds the files of the prototype, as ``code.files`` names them.
    limits : Limits
        Of time, memory and disk.
    """
    call = next(one for one in recording.calls if one.number == code.call)
    if call.output is None or (not call.given and call.inputs not in recording.arrays):
        return ProjectChecks(message="the rows of the recorded predictions are not known")
    package = folder / "src" / _PACKAGE
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    for name, text in code.modules.items():
        (package / name).write_text(text, encoding="utf-8")
    _write_question(folder, recording, call)
    program = folder / "try_it.py"
    program.write_text(_PROGRAM.replace("LABEL", repr(code.target)), encoding="utf-8")
    run = run_confined(program, folder, limits)
    answer = folder / "answer.json"
    if not answer.exists():
        message = _last_line(run.errors) or f"it ended by {run.ending.value}"
        return ProjectChecks(equal_predictions=False, message=message)
    told = json.loads(answer.read_text(encoding="utf-8"))
    fields = {field.name for field in dataclasses.fields(ProjectChecks)}
    return ProjectChecks(**{name: value for name, value in told.items() if name in fields})


def _write_question(folder: Path, recording: Recording, call: RecordedCall) -> None:
    assert call.output is not None
    if call.given:
        np.save(folder / "rows.npy", recording.row_sets[call.given[0]].numbers)
    np.save(folder / "output.npy", recording.arrays[call.output])
    inputs = recording.arrays.get(call.inputs) if call.inputs is not None else None
    if inputs is not None:
        np.save(folder / "inputs.npy", inputs)


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


_PROGRAM = f'''
import json, sys, traceback, warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
sys.path.insert(0, "src")
answer = {{"message": ""}}
most_rows, most_alone, label = {_MOST_ROWS}, {_MOST_ALONE}, LABEL


def tell():
    Path("answer.json").write_text(json.dumps(answer))


def difference(left, right):
    """Largest relative difference of numbers, or the share of classes that differ."""
    left, right = np.asarray(left), np.asarray(right)
    left, right = left.reshape(len(left), -1), right.reshape(len(right), -1)
    if left.shape != right.shape:
        return float("inf")
    if left.dtype.kind in "fc" or right.dtype.kind in "fc":
        left, right = left.astype(float), right.astype(float)
        with np.errstate(all="ignore"):
            gap = np.abs(left - right) / np.maximum(np.maximum(np.abs(left), np.abs(right)), 1e-9)
        gap[np.isnan(left) & np.isnan(right)] = 0
        return float(np.nan_to_num(gap, nan=np.inf).max()) if gap.size else 0.0
    return float(np.mean(left != right)) if left.size else 0.0


def why(error):
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "tried" in f.filename]
    where = f" ({{Path(frames[-1].filename).name}}, line {{frames[-1].lineno}})" if frames else ""
    return f"{{type(error).__name__}}: {{str(error).splitlines()[0] if str(error) else ''}}{{where}}"


def found_rows(features):
    """Number of the first row with the features of each recorded one."""
    features = features.toarray() if hasattr(features, "toarray") else np.asarray(features)
    keys = {{}}
    for number, row in enumerate(np.round(features.astype(float), 6) + 0.0):
        keys.setdefault(row.tobytes(), number)
    asked = np.round(np.load("inputs.npy").astype(float), 6)
    found = [keys.get(row.tobytes()) for row in asked + 0.0]
    if None in found:
        raise LookupError("the features recorded are of no row of the table")
    return np.array(found)


def main():
    from {_PACKAGE}.pipeline import Pipeline
    from {_PACKAGE}.tables import read_rows

    stage = "reading"
    try:
        table = read_rows()
        stage = "learning"
        model = Pipeline().fit_as_told(table)
        output = np.load("output.npy")
        stage = "finding the rows"
        numbers = np.load("rows.npy") if Path("rows.npy").exists() else found_rows(model.prepare(table))
        rows = table.iloc[numbers]
        stage = "predicting"
        found = model.predict(rows)
    except Exception as error:
        answer.update(equal_predictions=False, message=f"{{stage}}: {{why(error)}}")
        return
    gap = difference(found, output)
    answer.update(n_compared=len(numbers), largest_difference=gap if np.isfinite(gap) else None)
    answer["equal_predictions"] = bool(gap <= 1e-6)
    if gap > 1e-6:
        answer["message"] = f"predictions differ by {{gap:.3g}}"
        try:
            inputs = np.load("inputs.npy")
            features = model.prepare(rows)
            features = features.toarray() if hasattr(features, "toarray") else np.asarray(features)
            apart = difference(features, inputs)
            answer["message"] += f"; features differ by {{apart:.3g}}"
        except Exception as error:
            answer["message"] += f"; features: {{why(error)}}"
    tell()
    some = np.linspace(0, len(rows) - 1, min(most_alone, len(rows))).astype(int)
    try:
        alone = [difference(model.predict(rows.iloc[[k]]), found[[k]]) for k in some]
        answer["one_row_equal"] = bool(max(alone) <= 1e-6)
        if not answer["one_row_equal"]:
            answer["message"] += f"; one row alone differs by {{max(alone):.3g}}"
    except Exception as error:
        answer["one_row_equal"] = False
        answer["message"] += f"; one row alone: {{why(error)}}"
    order = np.random.default_rng(0).permutation(len(rows))[:most_rows]
    try:
        answer["shuffled_equal"] = bool(difference(model.predict(rows.iloc[order]), found[order]) <= 1e-6)
    except Exception as error:
        answer["shuffled_equal"] = False
        answer["message"] += f"; shuffled: {{why(error)}}"
    if label is not None:
        try:
            without = model.predict(rows.iloc[some].drop(columns=[label]))
            if difference(without, found[some]) > 1e-6:
                answer["message"] += "; predictions depend on the target"
        except Exception as error:
            answer["message"] += f"; without the target: {{why(error)}}"
    needed = [name for name in table.columns if name != label]
    try:
        model.predict(rows.drop(columns=needed[:1]))
        answer["missing_column_told"] = False
    except Exception as error:
        answer["missing_column_told"] = str(needed[0]) in str(error)
    try:
        Pipeline().fit(table)
    except Exception as error:
        answer["message"] += f"; fit without a division: {{why(error)}}"


main()
tell()
'''
