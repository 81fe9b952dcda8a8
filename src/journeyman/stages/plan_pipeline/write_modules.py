"""Write the modules of a pipeline: learned, preparation, training, tables, and the pipeline itself."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping, Sequence

from journeyman.entities.recording import RecordedTable
from journeyman.stages.plan_pipeline import learned as learned_module
from journeyman.stages.plan_pipeline.find_prediction import Prediction
from journeyman.stages.plan_pipeline.imports import import_lines, imports_of, unknown_names
from journeyman.stages.plan_pipeline.layout import Layout, indented
from journeyman.stages.plan_pipeline.program import Program
from journeyman.stages.plan_pipeline.tables import TableReader

__all__ = ["write_modules"]


def write_modules(
    program: Program, prediction: Prediction, layout: Layout, reader: TableReader, target: str | None
) -> Mapping[str, str]:
    """Return file name to text."""
    imports = imports_of(program)
    shared = _names_of(layout.shared)
    return {
        "learned.py": inspect.getsource(learned_module),
        "preparation.py": _preparation(layout, imports),
        "training.py": _training(layout, imports, shared),
        "tables.py": reader.module(imports),
        "pipeline.py": _pipeline(reader.table, reader.columns, target, prediction.method),
    }


def _preparation(layout: Layout, imports: Mapping[str, str]) -> str:
    head = '"""From rows as they were read to the features of the model."""'
    body = [*layout.shared]
    if layout.clean:
        back = f"return {', '.join(layout.live)}" if layout.live else "return None"
        body.append(
            _function("clean_rows", "rows, learned", "Return the rows as both learning and predicting need them.",
                      [*layout.clean, back])
        )  # fmt: skip
    call = [_clean_call(layout)] if layout.clean else []
    body.append(
        _function("prepare_features", "rows, learned", "Return the features of rows, with what was learned.",
                  [*call, *layout.features, f"return {layout.result}"])
    )  # fmt: skip
    return _module(head, body, imports, frozenset())


def _clean_call(layout: Layout) -> str:
    if not layout.live:
        return "clean_rows(rows, learned)"
    left = ", ".join(layout.live)
    return f"{left} = clean_rows(rows, learned)"


def _training(layout: Layout, imports: Mapping[str, str], shared: frozenset[str]) -> str:
    body = [*layout.own]
    call = [_clean_call(layout)] if layout.clean else []
    doc = "Learn all that predicting needs; where ``learned.told``, rows are divided."
    body.append(_function("learn_all", "rows, learned", doc, [*call, *layout.training]))
    head = '"""What is learned from rows: the preparation, and the model."""'
    return _module(head, body, imports, shared)


def _function(name: str, arguments: str, doc: str, lines: Sequence[str]) -> str:
    inside = "\n".join(indented(line) for line in lines)
    return f'def {name}({arguments}):\n    """{doc}"""\n{inside}'


def _module(head: str, body: Sequence[str], imports: Mapping[str, str], shared: frozenset[str]) -> str:
    """Return a module with the imports that its text needs."""
    text = "\n\n\n".join(body)
    needed = import_lines(unknown_names(text), imports, shared)
    return f"{head}\n\n{needed}\n\n{text}\n" if needed else f"{head}\n\n\n{text}\n"


def _names_of(texts: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for text in texts:
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Assign):
                found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return frozenset(found)


def _pipeline(table: RecordedTable, names: Sequence[str], target: str | None, method: str) -> str:
    probabilities = _PROBABILITIES if method != "predict_proba" else ""
    text = _PIPELINE.replace("METHOD", method).replace("PROBABILITIES", probabilities)
    text = text.replace("AVAILABLE", "from sklearn.utils.metaestimators import available_if\n" if probabilities else "")
    text = text.replace("\n\n\nclass Pipeline", f"{_TELLS if probabilities else ''}\n\n\nclass Pipeline")
    columns = [name for name in names if name != target]
    listed = ",\n".join(f"    {name!r}" for name in columns)
    text = text.replace("COLUMNS_HERE", f"(\n{listed},\n)").replace("TARGET_HERE", repr(target))
    text = text.replace("ALL_HERE", str(list(names).index(target)) if target is not None and target in names else "0")
    text = text.replace("INDEX_HERE", "numbered from 0" if table.plain_index else "labelled as they are")
    return text.replace("PLAIN_HERE", "rows.reset_index(drop=True)" if table.plain_index else "rows.copy()")


_PIPELINE = '''"""The pipeline: learn from rows, predict for rows, be stored and loaded."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
AVAILABLE
from .learned import Learned
from .preparation import prepare_features
from .training import learn_all

pd.options.future.infer_string = False  # texts are objects, as they were when the prototype was written

COLUMNS = COLUMNS_HERE
TARGET = TARGET_HERE
TARGET_PLACE = ALL_HERE


class Pipeline:
    """All that lies between a table as it was read and predictions for its rows."""

    def __init__(self) -> None:
        self.learned = Learned()

    def fit(self, rows: pd.DataFrame) -> "Pipeline":
        """Learn the preparation and the model from all rows given."""
        return self._fit(rows, Learned())

    def fit_as_told(self, rows: pd.DataFrame) -> "Pipeline":
        """Learn from what the prototype learned from, with its division of rows."""
        return self._fit(rows, Learned(told=True))

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Return one prediction for each row, in the order of the rows."""
        features = self.prepare(rows)
        return np.asarray(self.learned("model").METHOD(features))
PROBABILITIES
    def prepare(self, rows: pd.DataFrame):
        """Return the features of the model for each row."""
        missing = [name for name in COLUMNS if name not in rows.columns]
        if missing:
            raise ValueError(f"the table has no column {', '.join(map(repr, missing))}")
        self.learned.learning = False
        self.learned.begin()
        return prepare_features(self._table(rows), self.learned)

    def save(self, path: "str | Path") -> None:
        """Store what was learned."""
        joblib.dump(self, path)

    @staticmethod
    def load(path: "str | Path") -> "Pipeline":
        """Return a stored pipeline; load only files that you trust."""
        return joblib.load(path)

    def _fit(self, rows: pd.DataFrame, learned: Learned) -> "Pipeline":
        if TARGET is not None:
            learned.keep("target_example", rows[TARGET].dropna().mode().iloc[0])
        learn_all(_as_read(rows), learned)
        self.learned = learned
        return self

    def _table(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows that have a target, on which predictions do not depend."""
        table = _as_read(rows)
        if TARGET is not None and TARGET not in table.columns:
            table.insert(min(TARGET_PLACE, table.shape[1]), TARGET, self.learned("target_example"))
        return table


def _as_read(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose rows are INDEX_HERE, and whose texts are objects."""
    table = PLAIN_HERE
    texts = [name for name, kind in table.dtypes.items() if isinstance(kind, pd.StringDtype)]
    return table.astype(dict.fromkeys(texts, object))
'''
_TELLS = """


def _tells_probabilities(pipeline: "Pipeline") -> bool:
    return hasattr(pipeline.learned("model"), "predict_proba")"""
_PROBABILITIES = '''
    @available_if(_tells_probabilities)
    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probability of each class for each row."""
        return np.asarray(self.learned("model").predict_proba(self.prepare(rows)))
'''
