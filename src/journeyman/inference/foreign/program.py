"""Answer rows with a foreign model, in the process that is confined for it: a line of JSON in, a line of JSON out.

This file is run by itself with the standard library, pandas and what the model brings: nothing else of Journeyman is
imported here.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import runpy
import sys
import threading
import time
from pathlib import Path
from typing import Any

__all__ = ["main"]

_DIE_WITH_PARENT = 1
_DEPTH = 3
_MANY = 200  # characters of an error that are told


def main() -> None:
    """Raise the walls, open the model, and answer until the asking process closes its end or is gone."""
    asked = json.loads(sys.argv[1])
    sys.path[:] = asked["path"]
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what the model prints is no answer
    confine = runpy.run_path(asked["confinement"])["confine"]
    kept = confine(asked["readable"], asked["writable"], asked["memory"], asked["file_size"])
    if sys.platform == "linux":  # the thread that asked first may end before this process
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, 0, 0, 0, 0)
    threading.Thread(target=_end_with, args=(asked["parent"],), daemon=True).start()
    try:
        model = _open_model(asked)
    except BaseException as error:  # noqa: BLE001 - whatever foreign code raises is told
        _write_line(pipe, {"error": _error_text(error)})
        return
    classes = _classes(model)
    able = classes is not None and hasattr(model, "predict_proba")
    _write_line(pipe, {"walls": list(kept), "classes": classes, "columns": _columns(model), "probabilities": able})
    for line in sys.stdin.buffer:
        try:
            said = _predict_rows(model, json.loads(line), asked["types"], able)
        except Exception as error:  # noqa: BLE001 - as above
            said = {"error": _error_text(error)}
        _write_line(pipe, said)


def _write_line(pipe: Any, said: object) -> None:
    pipe.write(json.dumps(said).encode() + b"\n")
    pipe.flush()


def _error_text(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"[:_MANY]


def _end_with(parent: int) -> None:
    """End with the process that asks, even where the model never comes back."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _open_model(asked: dict[str, Any]) -> Any:
    folder, arguments = Path(asked["folder"]), asked["arguments"]
    sys.path[:0] = [str(folder / place) for place in arguments.get("code", "").split(os.pathsep) if place]
    if "package" in arguments:
        pipeline = importlib.import_module(f"{arguments['package']}.pipeline").Pipeline
        return pipeline.load(folder / arguments["file"])
    return _LOADERS[asked["loader"]](folder, arguments)


def _pickled(folder: Path, arguments: dict[str, str]) -> Any:
    path = folder / arguments["file"]
    if arguments.get("format") == "skops":
        skops = importlib.import_module("skops.io")
        return skops.load(path, trusted=skops.get_untrusted_types(file=path))  # the walls are what protects
    with path.open("rb") as file:
        if arguments.get("format") == "cloudpickle":
            return importlib.import_module("cloudpickle").load(file)
    return importlib.import_module("joblib").load(path)  # reads plain pickles, too


def _lightgbm(folder: Path, arguments: dict[str, str]) -> Any:
    if arguments["file"].endswith(".pkl"):
        return _pickled(folder, {"format": "cloudpickle", **arguments})
    return importlib.import_module("lightgbm").Booster(model_file=str(folder / arguments["file"]))


def _xgboost(folder: Path, arguments: dict[str, str]) -> Any:
    xgboost = importlib.import_module("xgboost")
    name = arguments.get("class", "").rpartition(".")[2] or "Booster"
    model = getattr(xgboost, name)()
    model.load_model(str(folder / arguments["file"]))
    return _OnMatrix(model, xgboost.DMatrix) if name == "Booster" else model


def _python_function(folder: Path, arguments: dict[str, str]) -> Any:
    module = importlib.import_module(arguments["module"])
    return module._load_pyfunc(str(folder / arguments["file"]) if arguments.get("file") else str(folder))


class _OnMatrix:
    """A booster of XGBoost, which takes matrices of its own."""

    def __init__(self, booster: Any, matrix: Any) -> None:
        self._booster, self._matrix = booster, matrix
        self.feature_names_in_ = booster.feature_names

    def predict(self, rows: Any) -> Any:
        return self._booster.predict(self._matrix(rows))


_LOADERS = {"sklearn": _pickled, "lightgbm": _lightgbm, "xgboost": _xgboost, "python_function": _python_function}


def _classes(model: Any, depth: int = _DEPTH) -> list[Any] | None:
    """Return the classes of a model, or of what it holds; None where none are told."""
    found = getattr(model, "classes_", None)
    if found is not None and getattr(found, "ndim", 1) == 1 and not callable(found):
        return list(found.tolist() if hasattr(found, "tolist") else found)
    if depth == 0 or isinstance(model, (str, bytes, int, float)):
        return None
    held = list(vars(model).values()) if hasattr(model, "__dict__") else []
    return next((told for one in held if hasattr(one, "predict") and (told := _classes(one, depth - 1))), None)


def _columns(model: Any) -> list[str] | None:
    names = getattr(model, "feature_names_in_", None)
    if names is None and callable(getattr(model, "feature_name", None)):
        names = model.feature_name()
    return None if names is None else [str(name) for name in names]


def _predict_rows(model: Any, asked: dict[str, Any], types: list[list[Any]], able: bool) -> dict[str, Any]:
    rows = _rows(asked, types)
    told = model.predict(rows)
    said = {"values": _json_predictions(told)}
    if able:
        said["probabilities"] = _json_predictions(model.predict_proba(rows))
    return said


def _json_predictions(told: Any) -> Any:
    """Return predictions as JSON has them; of a table of one column, or the first of several, a value a row."""
    if hasattr(told, "iloc"):
        told = told.iloc[:, 0] if told.ndim == 2 else told
    plain = told.tolist() if hasattr(told, "tolist") else list(told)
    if plain and isinstance(plain[0], list) and len(plain[0]) == 1:
        return [one[0] for one in plain]
    return plain


def _rows(asked: dict[str, Any], types: list[list[Any]]) -> Any:
    """Return the rows as a table of the types that the model knows, whatever a few rows look like."""
    import pandas  # noqa: PLC0415 - threads that libraries start would keep the kernel from raising the walls

    made = {name: _series(pandas, asked["columns"][str(name)], kind) for name, kind in types}
    return pandas.DataFrame(made, index=range(asked["count"]))


def _series(pandas: Any, values: list[Any], kind: str) -> Any:
    if kind == "text":
        texts = pandas.Series([None if value is None else str(value) for value in values], dtype=object)
        return texts.astype("str") if pandas.__version__ >= "3" else texts
    missing = any(value is None for value in values)
    if kind == "integer" and not missing and all(float(value).is_integer() for value in values):
        return pandas.Series([int(value) for value in values], dtype="int64")
    if kind == "boolean":
        return pandas.Series(values, dtype=object if missing else bool)
    return pandas.Series(values, dtype="float64")


if __name__ == "__main__":
    main()
