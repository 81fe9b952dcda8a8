"""Models in folders: told by their files alone; what is no model is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.foreign_models import write_mlflow, write_project

from journeyman.entities.foreign_model import ForeignColumn, ForeignKind, ValueType
from journeyman.errors import SourceError
from journeyman.importers.models import read_model

COLUMNS = (
    ForeignColumn("age", ValueType.NUMBER),
    ForeignColumn("children", ValueType.INTEGER),
    ForeignColumn("city", ValueType.TEXT),
)


def test_a_project_tells_its_columns_and_target(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "toy", model="nothing")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_toy.py").write_text("")
    offered = read_model(folder)
    model = offered.model
    assert (model.kind, model.target) == (ForeignKind.PROJECT, "stays")
    assert model.columns == (*COLUMNS[:2], ForeignColumn("city", ValueType.TEXT, "?"))
    assert model.arguments["package"] == "toy"
    assert "src/toy/pipeline.py" in offered.files
    assert not any(name.startswith("tests") for name in offered.files)
    assert offered.notes == ("by its prototype accuracy is 0.95, and without leaks 0.9",)


def test_an_mlflow_model_tells_its_signature(tmp_path: Path) -> None:
    offered = read_model(write_mlflow(tmp_path / "m"))
    model = offered.model
    assert (model.kind, model.loader, model.columns) == (ForeignKind.MLFLOW, "sklearn", COLUMNS)
    assert model.arguments == {"file": "model.pkl", "format": "pickle"}
    assert "made by sklearn 1.9.1 and MLflow 3.17.2" in offered.notes


def test_a_real_mlflow_model_is_read(tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="MLflow is not installed")
    pytest.importorskip("mlflow.sklearn", reason="MLflow's flavour of scikit-learn is not there")
    from tests.foreign_models import fitted, people  # noqa: PLC0415 - only where MLflow is

    rows = people()[["age", "children", "city"]]
    signature = mlflow.models.infer_signature(rows)
    folder = tmp_path / "m"
    mlflow.sklearn.save_model(fitted(), folder, signature=signature, serialization_format="cloudpickle")
    assert read_model(folder).model.columns == COLUMNS


def _without(folder: Path, name: str) -> Path:
    (folder / name).unlink()
    return folder


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, message in (
        (tmp_path / "empty", "is not a model"),
        (tmp_path / "nowhere", "there is no folder"),
        (_without(write_project(tmp_path / "a", model="x"), "model.joblib"), "has no model.joblib"),
        (_without(write_project(tmp_path / "b", model="x"), "contract.json"), "has no contract.json"),
        (_without(write_mlflow(tmp_path / "c"), "model.pkl"), "has no model.pkl, which its MLmodel names"),
    ):
        with pytest.raises(SourceError, match=message):
            read_model(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flavors: {}", "names no flavor"),
        ("a: [", "cannot be read as YAML"),
        ("flavors:\n  keras:\n    data: data\n", "has the flavor keras"),
        ("flavors:\n  sklearn:\n    pickled_model: ../secret.pkl\n", "outside of its folder"),
        ("flavors:\n  journeyman:\n    data: release\n", "is a release of ours"),
    ],
)
def test_other_descriptions_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(SourceError, match=message):
        read_model(tmp_path)
