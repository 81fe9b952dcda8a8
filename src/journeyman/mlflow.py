"""MLflow's flavour of releases: save, log, register and load them, and have MLflow serve them.

MLflow itself is imported only where it is needed; it comes with the extra ``mlflow``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from journeyman.api.export_deployment import DEPLOYMENTS
from journeyman.api.export_request import ExportOptions, ExportRequest
from journeyman.errors import SettingsError
from journeyman.inference.load_release import load
from journeyman.inference.release import Release
from journeyman.plugins import make_part

__all__ = ["load_model", "log_model", "save_model"]

FLAVOR_NAME = "journeyman"  # how MLflow asks a flavour for its name


def save_model(release: Release | str | Path, path: str | Path, mlflow_model: Any = None) -> None:
    """Write a release as an MLflow model into a folder that is not there yet.

    Parameters
    ----------
    release : Release, str or Path
        A release, its folder, or the name of a model, whose champion is taken.
    mlflow_model : mlflow.models.Model, optional
        What MLflow has begun to describe; it gets flavours, signature and example.

    Raises
    ------
    SettingsError
        For an unknown name, or a folder that holds something.
    """
    named = release.path if isinstance(release, Release) else release
    folder = Path(path)
    request = ExportRequest(named, folder, "mlflow", ExportOptions(check=False))
    DEPLOYMENTS.write(make_part(DEPLOYMENTS.group, "mlflow"), request)
    if mlflow_model is None:
        return
    written = _mlflow().models.Model.load(str(folder / "MLmodel"))
    for flavour, facts in written.flavors.items():
        mlflow_model.add_flavor(flavour, **facts)
    mlflow_model.signature = written.signature
    mlflow_model.saved_input_example_info = written.saved_input_example_info
    mlflow_model.save(str(folder / "MLmodel"))


def log_model(release: Release | str | Path, name: str | None = None, registered_model_name: str | None = None) -> Any:
    """Log a release as a model of MLflow's active run, and register it where a name is given.

    Parameters
    ----------
    name : str, optional
        Of the logged model; the release's own by default.

    Returns
    -------
    mlflow.models.model.ModelInfo

    Raises
    ------
    SettingsError
        Where MLflow is not installed.
    """
    loaded = release if isinstance(release, Release) else load(release)
    import journeyman.mlflow as flavour  # noqa: PLC0415  # MLflow asks for the module itself

    return _mlflow().models.Model.log(
        artifact_path=None,
        name=name or loaded.name,
        flavor=flavour,
        registered_model_name=registered_model_name,
        release=loaded,
    )


def load_model(model_uri: str) -> Release:
    """Return a release that was saved or logged, from any address that MLflow knows.

    Raises
    ------
    SettingsError
        Where MLflow is needed to fetch it and not installed, or the model is none of Journeyman's.
    """
    folder = Path(model_uri)
    if not folder.is_dir():
        folder = Path(_mlflow().artifacts.download_artifacts(model_uri, dst_path=tempfile.mkdtemp()))
    if not (folder / "release").is_dir():
        raise SettingsError(f"{model_uri} is no model of Journeyman's", hint="mlflow.pyfunc.load_model reads any model")
    return load(folder / "release")


class _PyfuncModel:
    """What MLflow asks for predictions."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def predict(self, model_input: Any, params: Any = None) -> pd.DataFrame:
        """Return predictions, and probabilities of classes, a row each."""
        rows = model_input if isinstance(model_input, pd.DataFrame) else pd.DataFrame(model_input)
        told = pd.DataFrame({"prediction": self._release.predict(rows)}, index=rows.index)
        labels = self._release.task.labels
        if labels:
            chances = self._release.predict_proba(rows)
            told[[f"probability {label}" for label in labels]] = chances
        return told


def _load_pyfunc(data_path: str) -> _PyfuncModel:
    """Return what ``python_function`` predicts with; MLflow calls this by its name."""
    return _PyfuncModel(load(Path(data_path)))


def _mlflow() -> Any:
    try:
        import mlflow  # noqa: PLC0415  # an extra, and slow to load
        import mlflow.models  # noqa: PLC0415  # an extra, and slow to load
    except ImportError:
        raise SettingsError("MLflow is not installed", hint='pip install "journeyman[mlflow]"') from None
    return mlflow
