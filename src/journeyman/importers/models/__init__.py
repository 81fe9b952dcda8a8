"""Models that were made elsewhere, read as they lie in a folder: no code of theirs is run here."""

from __future__ import annotations

from pathlib import Path

from journeyman.entities.foreign_model import OfferedModel
from journeyman.errors import SourceError
from journeyman.importers.models.mlflow import DESCRIPTION, read_mlflow
from journeyman.importers.models.project import read_project

__all__ = ["read_model"]


def read_model(folder: Path) -> OfferedModel:
    """Return the model that lies in a folder: a project of ``journeyman convert``, or an MLflow model.

    Raises
    ------
    SourceError
        Where it holds neither, or a file of it is gone.
    """
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder}", hint="name a folder, or an address such as http://host:8000")
    if (folder / DESCRIPTION).is_file():
        return read_mlflow(folder)
    if (folder / "pyproject.toml").is_file() and any(folder.glob("src/*/pipeline.py")):
        return read_project(folder)
    raise SourceError(
        f"{folder} is not a model: neither {DESCRIPTION} nor pyproject.toml with src/PACKAGE/pipeline.py is there",
        hint="name the folder of an MLflow model, or of a project that `journeyman convert` wrote",
    )
