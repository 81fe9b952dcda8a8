"""An MLflow model: what its file MLmodel says. The model itself is a pickle as a rule, and is not opened here.

Source: https://mlflow.org/docs/latest/ml/model/ on the format of models.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journeyman.entities.foreign_model import ForeignColumn, ForeignKind, ForeignModel, OfferedModel, ValueType
from journeyman.errors import SourceError
from journeyman.importers.models.files import folder_files

__all__ = ["DESCRIPTION", "read_mlflow"]

DESCRIPTION = "MLmodel"
_TYPES = {"double": ValueType.NUMBER, "float": ValueType.NUMBER, "long": ValueType.INTEGER}
_TYPES |= {"integer": ValueType.INTEGER, "boolean": ValueType.BOOLEAN}
_FILES = {"sklearn": "pickled_model", "lightgbm": "data", "xgboost": "data", "python_function": "data"}
_VERSIONS = {"sklearn": "sklearn_version", "lightgbm": "lgb_version", "xgboost": "xgb_version"}
_OWN = "journeyman"


def read_mlflow(folder: Path) -> OfferedModel:
    """Return an MLflow model, told by its description alone.

    Raises
    ------
    SourceError
        Where the description cannot be read, names no flavor that is known, or a file that is gone.
    """
    said = _description(folder / DESCRIPTION)
    flavors = said.get("flavors")
    if not isinstance(flavors, Mapping) or not flavors:
        raise SourceError(f"{folder / DESCRIPTION} names no flavor", hint="save the model again with mlflow")
    if _OWN in flavors:
        raise SourceError(
            f"{folder} is a release of ours, exported for MLflow", hint=f"journeyman predict {folder}/release TABLE"
        )
    flavor = next((name for name in _FILES if name in flavors), None)
    if flavor is None:
        raise SourceError(
            f"{folder} has the flavor {', '.join(map(str, flavors))}, and none of {', '.join(_FILES)}",
            hint="serve it with `mlflow models serve`, and adopt its address",
        )
    arguments = _arguments(flavor, flavors, folder)
    columns = _signature(said, "inputs")
    target = _signature(said, "outputs")
    named = target[0].name if target and target[0].name != "0" else ""
    model = ForeignModel(ForeignKind.MLFLOW, str(folder), columns, named, loader=flavor, arguments=arguments)
    return OfferedModel(model, folder_files(folder), _notes(said, flavor, flavors[flavor], columns))


def _description(path: Path) -> Mapping[str, Any]:
    try:
        import yaml  # noqa: PLC0415 - it comes with an extra
    except ImportError:
        raise SourceError(
            "PyYAML, which reads MLmodel, is not installed", hint='pip install "journeyman[mlflow]"'
        ) from None
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SourceError(f"{path} cannot be read as YAML", hint="save the model again with mlflow") from error
    if not isinstance(said, Mapping):
        raise SourceError(f"{path} describes nothing", hint="save the model again with mlflow")
    return said


def _arguments(flavor: str, flavors: Mapping[str, Any], folder: Path) -> dict[str, str]:
    facts = flavors[flavor] or {}
    function = flavors.get("python_function") or {}
    file = str(facts.get(_FILES[flavor]) or facts.get("model_path") or function.get("model_path") or "")
    arguments = {"file": file}
    if flavor == "sklearn":
        arguments["format"] = str(facts.get("serialization_format", "cloudpickle"))
    if flavor in ("lightgbm", "xgboost"):
        arguments["class"] = str(facts.get("model_class", ""))
    if flavor == "python_function":
        arguments["module"] = str(facts.get("loader_module", ""))
    code = facts.get("code") or function.get("code")
    if code:
        arguments["code"] = os.pathsep.join([str(code)])
    for name in filter(None, (file, code)):
        if not _inside(folder, str(name)).exists():
            raise SourceError(f"{folder} has no {name}, which its {DESCRIPTION} names", hint="copy the folder whole")
    return arguments


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise SourceError(f"{folder / DESCRIPTION} names {name}, outside of its folder", hint="copy the folder whole")
    return path


def _signature(said: Mapping[str, Any], part: str) -> tuple[ForeignColumn, ...]:
    """Return named columns of the signature; none where it has tensors, or is not there."""
    signature = said.get("signature") or {}
    try:
        listed = json.loads(signature.get(part) or "[]")
        return tuple(
            ForeignColumn(str(one.get("name", number)), _TYPES.get(str(one["type"]), ValueType.TEXT))
            for number, one in enumerate(listed)
            if one["type"] != "tensor"
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def _notes(
    said: Mapping[str, Any], flavor: str, facts: Mapping[str, Any], columns: tuple[ForeignColumn, ...]
) -> tuple[str, ...]:
    version = (facts or {}).get(_VERSIONS.get(flavor, "python_version"), "")
    made = f"made by {flavor} {version}".strip() + f" and MLflow {said.get('mlflow_version', 'of unknown version')}"
    kinds = ", ".join(f"{c.name} ({c.type})" for c in columns[:12]) + (", ..." if len(columns) > 12 else "")
    return (made, f"its signature names {len(columns)} columns: {kinds}" if columns else "it has no signature")
