"""A retraining's table has types where a text file had none: its labels stay what the first build's were."""

from __future__ import annotations

import pandas as pd

from journeyman.entities.task import Task
from journeyman.operations.training_data import _as_labels


def test_labels_of_a_text_file_stay_whole_numbers() -> None:
    task = Task("y", "binary", "roc_auc", ("0", "1"), label_types="int")
    texts = pd.Series(["0", " '1'", None, str(2**60 + 1)], dtype=object)
    assert _as_labels(texts, task).tolist() == [0, 1, pd.NA, 2**60 + 1]
    names = pd.Series(["yes", "no"])
    assert _as_labels(names, task) is names
    assert _as_labels(texts, Task("y", "binary", "roc_auc", ("0", "1"))) is texts
