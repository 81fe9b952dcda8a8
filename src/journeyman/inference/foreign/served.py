"""A model that is served elsewhere, asked over HTTP in the protocol that its server speaks."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from journeyman.entities.foreign_model import (
    ForeignAnswers,
    ForeignColumn,
    ForeignKind,
    ForeignModel,
    ValueType,
    class_text,
)
from journeyman.errors import ModelError

__all__ = ["ServedModel", "find_served"]

NATIVE, MLFLOW, OPEN_INFERENCE = "journeyman", "mlflow", "open inference"
_SECONDS = 10.0
_TRIES = 3
_PAUSE = 0.3  # seconds before a second try, twice as many before the third
_MOST_ROWS = 1_000  # of a request
_LONGEST = 64 << 20  # bytes of a response
_AGAIN = {429, 502, 503, 504}
_TYPES = {"BOOL": ValueType.BOOLEAN, "BYTES": ValueType.TEXT, "FP16": ValueType.NUMBER, "FP32": ValueType.NUMBER}
_TYPES |= {"FP64": ValueType.NUMBER}
_DATATYPES = {ValueType.BOOLEAN: "BOOL", ValueType.TEXT: "BYTES", ValueType.NUMBER: "FP64", ValueType.INTEGER: "INT64"}
_KINDS = {"number": ValueType.NUMBER, "integer": ValueType.INTEGER, "boolean": ValueType.BOOLEAN}
_Part = Mapping[str, Sequence[Any]]


class ServedModel:
    """Asks the server of a model; see :class:`journeyman.entities.foreign_model.AnswersRows`.

    Parameters
    ----------
    model : ForeignModel
        From ``find_served``.
    seconds : float
        That a request may take; it is tried three times where the server is busy or not to be reached.
    """

    def __init__(self, model: ForeignModel, seconds: float = _SECONDS) -> None:
        self._model, self._seconds = model, seconds
        self._send: Callable[[_Part, int], ForeignAnswers] = {
            NATIVE: self._native,
            MLFLOW: self._invoke,
            OPEN_INFERENCE: self._infer,
        }[model.loader]

    def describe(self) -> Mapping[str, Any]:
        """Return nothing: what a server tells of its model was asked when it was found."""
        return {}

    def answer(self, columns: Mapping[str, Sequence[Any]], count: int) -> ForeignAnswers:
        """Return an answer a row, asked some hundred at a time.

        Raises
        ------
        ModelError
            Where the server does not answer, or not each row.
        """
        values: list[Any] = []
        chances: list[Sequence[float]] = []
        for start in range(0, count, _MOST_ROWS):
            part = {name: list(some[start : start + _MOST_ROWS]) for name, some in columns.items()}
            rows = min(_MOST_ROWS, count - start)
            told = self._send(part, rows)
            if len(told.values) != rows or (told.probabilities is not None and len(told.probabilities) != rows):
                raise ModelError(
                    f"{self._model.origin} gave {len(told.values)} answers for {rows} rows",
                    hint="a served model is to answer each row; look at the server's own log",
                )
            values += told.values
            chances += told.probabilities or ()
        return ForeignAnswers(values, chances if len(chances) == count else None)

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _native(self, part: _Part, rows: int) -> ForeignAnswers:
        records = [dict(zip(part, row, strict=True)) for row in zip(*part.values(), strict=True)]
        said = self._ask("/predict", {"rows": records})
        told = said.get("predictions", []) if isinstance(said, dict) else []
        wrong = next((one["error"] for one in told if isinstance(one, dict) and one.get("error")), None)
        if wrong:
            raise ModelError(f"{self._model.origin} refuses a row: {_text(wrong)}", hint="give rows that it can answer")
        chances = [[one.get("probabilities", {}).get(class_text(c), 0.0) for c in self._model.classes] for one in told]
        return ForeignAnswers([one.get("prediction") for one in told], chances if self._model.classes else None)

    def _invoke(self, part: _Part, rows: int) -> ForeignAnswers:
        data = [list(row) for row in zip(*part.values(), strict=True)]
        said = self._ask("/invocations", {"dataframe_split": {"columns": list(part), "data": data}})
        told = said.get("predictions", said) if isinstance(said, dict) else said
        if not isinstance(told, list):
            raise self._odd(said)
        if told and isinstance(told[0], dict):
            told = [next(iter(one.values())) for one in told]
        if told and isinstance(told[0], list) and len(told[0]) == 1:
            told = [one[0] for one in told]
        return ForeignAnswers(told)

    def _infer(self, part: _Part, rows: int) -> ForeignAnswers:
        tensor = self._model.arguments.get("tensor")
        if tensor:
            numbers = [
                [float(v) if v is not None else float("nan") for v in r] for r in zip(*part.values(), strict=True)
            ]
            inputs = [{"name": tensor, "shape": [rows, len(part)], "datatype": "FP64", "data": numbers}]
        else:
            inputs = [_tensor(column, part[column.name], rows) for column in self._model.columns]
        said = self._ask(f"/v2/models/{quote(self._model.arguments['name'])}/infer", {"inputs": inputs})
        outputs = said.get("outputs") if isinstance(said, dict) else None
        if not outputs:
            raise self._odd(said)
        named = {one["name"]: one for one in outputs}
        first = named.get("predict", outputs[0])
        chances = named.get("predict_proba")
        return ForeignAnswers(
            [row[0] if len(row) == 1 else row for row in _matrix(first)],
            _matrix(chances) if chances is not None and self._model.classes else None,
        )

    def _ask(self, path: str, body: Mapping[str, Any]) -> Any:
        return _post(self._model.arguments["address"] + path, body, self._seconds, _TRIES)

    def _odd(self, said: object) -> ModelError:
        return ModelError(
            f"{self._model.origin} answered {json.dumps(said)[:80]}, and predictions were wanted",
            hint="look at the server's own log",
        )


def find_served(url: str, seconds: float = _SECONDS) -> ForeignModel:
    """Return what is served at an address, told by asking: ours, the Open Inference Protocol, or MLflow's.

    Parameters
    ----------
    url : str
        Of the server, or of the model there: http://host:8080, http://host:8080/v2/models/houses, .../invocations.

    Raises
    ------
    ModelError
        Where nothing answers, or nothing that is known.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ModelError(f"{url} is no address of a server", hint="give one such as http://host:8000")
    base, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    base += path.partition("/v2/")[0].removesuffix("/invocations").removesuffix("/predict").removesuffix("/v2")
    ours = _looked(f"{base}/models", seconds)
    if isinstance(ours, dict) and {"name", "target", "columns"} <= set(ours):
        return _of_ours(url, base, ours)
    if "/v2/models/" in path:
        return _described(url, base, path.partition("/v2/models/")[2].split("/")[0], seconds)
    if not path.endswith("/invocations"):
        server = _looked(f"{base}/v2", seconds)
        if isinstance(server, dict) and "name" in server:
            return _described(url, base, _only_model(url, base, seconds), seconds)
    if _looked(f"{base}/ping", seconds) is not None:
        return ForeignModel(ForeignKind.SERVED, url, loader=MLFLOW, arguments={"address": base})
    raise ModelError(
        f"{url} answers, but in no protocol that is known",
        hint="known are `journeyman serve`, MLflow's /invocations and the Open Inference Protocol (/v2/models/NAME)",
    )


def _of_ours(url: str, base: str, said: Mapping[str, Any]) -> ForeignModel:
    columns = tuple(
        ForeignColumn(str(one["name"]), _KINDS.get(str(one["kind"]), ValueType.TEXT)) for one in said["columns"]
    )
    labels = tuple(said.get("labels") or ())
    arguments = {"address": base, "name": str(said["name"])}
    return ForeignModel(ForeignKind.SERVED, url, columns, str(said["target"]), labels, bool(labels), NATIVE, arguments)


def _described(url: str, base: str, name: str, seconds: float) -> ForeignModel:
    said = _looked(f"{base}/v2/models/{quote(name)}", seconds)
    if not isinstance(said, dict) or "inputs" not in said:
        raise ModelError(f"{url} does not describe the model {name!r}", hint="look at its name there")
    arguments = {"address": base, "name": name}
    inputs = said["inputs"]
    if len(inputs) == 1 and len(inputs[0].get("shape", ())) == 2:  # one matrix, whose columns have no names
        arguments["tensor"] = str(inputs[0]["name"])
        return ForeignModel(ForeignKind.SERVED, url, loader=OPEN_INFERENCE, arguments=arguments)
    columns = tuple(
        ForeignColumn(str(one["name"]), _TYPES.get(str(one["datatype"]), ValueType.INTEGER)) for one in inputs
    )
    able = any(one.get("name") == "predict_proba" for one in said.get("outputs", ()))
    return ForeignModel(ForeignKind.SERVED, url, columns, "", (), able, OPEN_INFERENCE, arguments)


def _only_model(url: str, base: str, seconds: float) -> str:
    try:
        listed = _post(f"{base}/v2/repository/index", {}, seconds, 1)
    except ModelError:
        listed = []
    names = [str(one["name"]) for one in listed if isinstance(one, dict) and "name" in one]
    if len(names) == 1:
        return names[0]
    shown = f": {', '.join(names[:6])}" if names else ""
    raise ModelError(f"{url} serves several models{shown}", hint=f"give {base}/v2/models/NAME")


def _looked(url: str, seconds: float) -> Any:
    """Return what a GET gives, as JSON where it is such; None where there is no such address.

    Raises
    ------
    ModelError
        Where no server answers.
    """
    try:
        return _exchanged(urllib.request.Request(url), seconds)
    except urllib.error.HTTPError:
        return None
    except OSError as error:
        raise _unreachable(url, error) from error


def _post(url: str, body: Mapping[str, Any], seconds: float, tries: int) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    for left in range(tries - 1, -1, -1):
        try:
            return _exchanged(request, seconds)
        except urllib.error.HTTPError as error:
            if error.code not in _AGAIN or not left:
                said = error.read(2_000).decode("utf-8", "replace")
                raise ModelError(
                    f"{url} answered {error.code}: {_text(said)}", hint="look at the server's own log"
                ) from error
        except OSError as error:
            if not left:
                raise _unreachable(url, error) from error
        time.sleep(_PAUSE * (tries - left))
    raise AssertionError("unreachable")


def _exchanged(request: urllib.request.Request, seconds: float) -> Any:
    with urllib.request.urlopen(request, timeout=seconds) as response:
        content = response.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise ModelError(f"{request.full_url} answered more than {_LONGEST >> 20} MB", hint="ask with fewer rows")
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def _unreachable(url: str, error: OSError) -> ModelError:
    reason = getattr(error, "reason", error)
    return ModelError(f"{url} does not answer: {_text(reason)}", hint="look whether the server runs, and its address")


def _text(value: object) -> str:
    return " ".join(str(value).split())[:200]


def _tensor(column: ForeignColumn, values: Sequence[Any], rows: int) -> dict[str, Any]:
    datatype = _DATATYPES[column.type]
    if datatype == "INT64" and any(v is None or not float(v).is_integer() for v in values):
        datatype = "FP64"
    data = [int(v) for v in values] if datatype == "INT64" else list(values)
    return {"name": column.name, "shape": [rows], "datatype": datatype, "data": data}


def _matrix(tensor: Mapping[str, Any]) -> list[list[Any]]:
    """Return the rows of a tensor, whose data may be flat."""
    data, shape = tensor.get("data", []), tensor.get("shape", [0])
    if data and isinstance(data[0], list):
        return [list(row) for row in data]
    width = 1
    for size in shape[1:]:
        width *= int(size)
    return [data[start : start + width] for start in range(0, len(data), max(1, width))]
