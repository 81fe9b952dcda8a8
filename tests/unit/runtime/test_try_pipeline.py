"""A pipeline that does not repeat what was recorded is told, and so is one that does not run."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from journeyman.entities.conversion import ModelChoice, PipelineCode
from journeyman.entities.recording import CallRole, RecordedCall, Recording, RowSet, Span
from journeyman.runtime.confined_program import Limits
from journeyman.runtime.try_pipeline import try_pipeline

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="programs are confined by Linux")]

_TABLES = (
    "import pandas as pd\n\n\ndef read_rows():\n    return pd.DataFrame({'a': [1.0, 2.0, 4.0], 'y': [2.0, 4.0, 8.0]})\n"
)
_PIPELINE = """\
class Pipeline:
    def fit(self, rows):
        return self

    def fit_as_told(self, rows):
        return self

    def predict(self, rows):
        if "a" not in rows:
            raise ValueError("the table has no column 'a'")
        return (PREDICTION).to_numpy()
"""


def _tried(prediction: str, folder: Path) -> object:
    modules = {"tables.py": _TABLES, "pipeline.py": _PIPELINE.replace("PREDICTION", prediction)}
    model = ModelChoice(0, "sklearn.linear_model.LinearRegression", "model")
    code = PipelineCode(modules, (), 0, ("a",), "y", {}, (), model, 0)
    name = "sklearn.linear_model.LinearRegression.predict"
    call = RecordedCall(0, Span(1, 0, 1, 5), CallRole.PREDICT, name, 0, given=(0,), output="output0")
    recording = Recording(
        "", True, "done", 0.0, calls=(call,), row_sets=(RowSet(0, np.array([2, 0])),),
        arrays={"output0": np.array([8.0, 2.0])},
    )  # fmt: skip
    folder.mkdir()
    checks = try_pipeline(code, recording, folder, Limits(seconds=60.0))
    return checks.equal_predictions, checks.one_row_equal, checks.shuffled_equal, checks.message


def test_what_a_pipeline_does_is_told(tmp_path: Path) -> None:
    assert _tried("rows['a'] * 2", tmp_path / "right") == (True, True, True, "")
    equal, *_ = _tried("rows['a'] * 3", tmp_path / "wrong")
    assert equal is False
    equal, alone, shuffled, message = _tried("rows['a'] * 8 / rows['a'].max()", tmp_path / "together")
    assert (equal, alone) == (True, False)
    assert "one row alone differs" in str(message)
    equal, alone, shuffled, message = _tried("rows['gone']", tmp_path / "broken")
    assert (equal, alone, shuffled) == (False, None, None)
    assert str(message).startswith("predicting: KeyError")
