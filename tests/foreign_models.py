"""Models made elsewhere, for tests: a project as `convert` writes one, an MLflow model, and what they learned from."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

__all__ = ["PIPELINE", "fitted", "people", "write_mlflow", "write_project"]

PIPELINE = """
import joblib


class Pipeline:
    def __init__(self, model):
        self.model = model

    @classmethod
    def load(cls, path):
        return cls(joblib.load(path))

    def predict(self, rows):
        return self.model.predict(rows)

    def predict_proba(self, rows):
        return self.model.predict_proba(rows)
"""
_SIGNATURE = [("age", "double"), ("children", "long"), ("city", "string")]


def people(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Return people, and whether they stay."""
    rng = np.random.default_rng(seed)
    age, children = rng.normal(40, 10, rows).round(1), rng.integers(0, 4, rows)
    city = rng.choice(["Rome", "Bern", "?"], rows)
    stays = np.where(age / 20 + children + (city == "Rome") + rng.normal(0, 0.5, rows) > 4, "yes", "no")
    frame = pd.DataFrame({"age": age, "children": children, "city": city, "stays": stays})
    frame.loc[rng.random(rows) < 0.05, "age"] = np.nan
    return frame


def fitted() -> object:
    """Return a pipeline of scikit-learn that has learned from people."""
    frame = people()
    names = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["city"]), (SimpleImputer(), ["age", "children"])
    )
    return make_pipeline(names, LogisticRegression(max_iter=1_000)).fit(frame[["age", "children", "city"]], frame.stays)


def write_project(folder: Path, pipeline: str = PIPELINE, model: object = None) -> Path:
    """Write a project whose class Pipeline is this text; the model is a fitted one by default."""
    package = folder / "src" / "toy"
    package.mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "toy"\nversion = "1"\n')
    (package / "__init__.py").write_text("")
    (package / "pipeline.py").write_text(pipeline)
    (package / "contract.py").write_text('TARGET: str | None = "stays"\n')
    joblib.dump(fitted() if model is None else model, folder / "model.joblib")
    columns = [
        {"name": "age", "kind": "number", "dtype": "float64", "may_be_missing": True, "categories": []},
        {"name": "children", "kind": "number", "dtype": "int64", "may_be_missing": False, "categories": []},
        {
            "name": "city",
            "kind": "category",
            "dtype": "str",
            "may_be_missing": False,
            "categories": ["?", "Bern", "Rome"],
        },
    ]
    (folder / "contract.json").write_text(json.dumps({"columns": columns}))
    report = {"metric": "accuracy", "score_as_told": 0.95, "score_honest": 0.9}
    (folder / "report.json").write_text(json.dumps(report))
    return folder


def write_mlflow(folder: Path) -> Path:
    """Write what ``mlflow.sklearn.save_model`` does, without MLflow, whose import takes seconds."""
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(fitted()))
    inputs = json.dumps([{"type": kind, "name": name, "required": True} for name, kind in _SIGNATURE])
    (folder / "MLmodel").write_text(
        "flavors:\n"
        "  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n"
        "  sklearn:\n    code: null\n    pickled_model: model.pkl\n    serialization_format: pickle\n"
        "    sklearn_version: 1.9.1\n"
        "mlflow_version: 3.17.2\n"
        f"signature:\n  inputs: '{inputs}'\n  outputs: null\n  params: null\n"
    )
    return folder
