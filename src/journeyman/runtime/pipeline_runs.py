"""The code of a pipeline, run confined: its table is read, its model learns from some rows and is asked of others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.conversion import PipelineCode
from journeyman.entities.honest_split import RowDivision
from journeyman.errors import InputError
from journeyman.runtime import pipeline_program
from journeyman.runtime.confined_program import Ending, Limits, run_confined

__all__ = ["PartPredictions", "lay_out_code", "predict_parts", "read_main_table"]

_QUESTION, _TABLE = "question.json", "table.parquet"


@dataclass(frozen=True)
class PartPredictions:
    """What a pipeline that learned from the training rows of a part predicted for its test rows.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_rows,)
        Numbers of the test rows whose truth the pipeline knows: it leaves others out in learning.
    truth, predicted : ndarray of shape (n_rows,)
    probabilities : ndarray of float64, shape (n_rows, n_classes), or None
    """

    rows: NDArray[np.int64]
    truth: NDArray[np.generic]
    predicted: NDArray[np.generic]
    probabilities: NDArray[np.float64] | None


def lay_out_code(code: PipelineCode, folder: Path, to: Path, package: str) -> None:
    """Write the modules of a pipeline to ``src/`` and its files to ``data/``, as in a project.

    Parameters
    ----------
    code : PipelineCode
    folder : Path
        In which the prototype ran.
    to : Path
    package : str
    """
    place = to / "src" / package
    place.mkdir(parents=True, exist_ok=True)
    for name, text in ({"__init__.py": ""} | dict(code.modules)).items():
        (place / name).write_text(text, encoding="utf-8")
    (to / "data").mkdir(exist_ok=True)
    for written, path in code.files.items():
        if (folder / written).is_file():
            (to / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / written, to / path)


def read_main_table(place: Path, package: str, limits: Limits) -> pd.DataFrame:
    """Return the main table as the pipeline's own code reads it, rows numbered from 0.

    Raises
    ------
    InputError
        Where the code fails.
    """
    _ask(place, {"package": package, "table": _TABLE}, limits)
    return pd.read_parquet(place / _TABLE)


def predict_parts(
    place: Path, package: str, model: str, parts: Sequence[RowDivision | None], left_out: Sequence[str], limits: Limits
) -> list[PartPredictions]:
    """Return what is predicted for the test rows of each part after learning from its training rows.

    Parameters
    ----------
    place : Path
        Where the code was laid out.
    package : str
    model : str
        Class of the model, by which its target is seen.
    parts : sequence of RowDivision or None
        None: learned as the prototype did, and asked of all rows.
    left_out : sequence of str
        Columns that get one value in all rows.
    limits : Limits

    Raises
    ------
    InputError
        Where the code fails.
    """
    for k, part in enumerate(parts):
        if part is not None:
            np.savez(place / f"part{k}.npz", training=part.training, test=part.test)
    asked: dict[str, object] = {"package": package, "model": model, "parts": [part is not None for part in parts]}
    _ask(place, asked | {"left_out": list(left_out)}, limits)
    return [_read_predictions(place / f"answer{k}.npz") for k in range(len(parts))]


def _read_predictions(file: Path) -> PartPredictions:
    with np.load(file, allow_pickle=False) as told:
        probabilities = told["probabilities"] if "probabilities" in told.files else None
        return PartPredictions(told["rows"], told["truth"], told["predicted"], probabilities)


def _ask(place: Path, question: Mapping[str, object], limits: Limits) -> None:
    (place / _QUESTION).write_text(json.dumps(question), encoding="utf-8")
    run = run_confined(Path(pipeline_program.__file__), place, limits, [_QUESTION])
    if run.ending is Ending.DONE:
        return
    lines = [line.strip() for line in run.errors.splitlines() if line.strip()]
    reason = lines[-1][:200] if run.ending is Ending.FAILED and lines else f"it was ended for {run.ending.value}"
    raise InputError(f"the pipeline could not be run again: {reason}", hint="run its tests in the project to see more")
