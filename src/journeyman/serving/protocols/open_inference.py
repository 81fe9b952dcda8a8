"""The Open Inference Protocol v2 (KServe, Triton, MLServer): named tensors in, named tensors out."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from journeyman import __version__
from journeyman.entities.column import Column, Kind
from journeyman.entities.prediction import Answer
from journeyman.serving.binary_tensors import HEADER, SIZE, BinaryPart, packed, split_body
from journeyman.serving.http import Request, Response, Route, json_response
from journeyman.serving.openapi import operation
from journeyman.serving.predictions import predictions_of
from journeyman.serving.refusals import Fault, Refusal, decoded, flag, is_infinite
from journeyman.serving.requests import Row, StoredPrediction, numbered_ids
from journeyman.serving.served_release import ServedRelease
from journeyman.serving.service import Service
from journeyman.serving.tokens import Permission

__all__ = ["OpenInference"]

OIP = "open inference"
_HINT = 'send {"inputs": [{"name": "COLUMN", "shape": [1], "datatype": "FP64", "data": [1.5]}, ...]}'
_LARGEST = 2**40  # of a size: beyond that, products of sizes take long
_MOST_DIMENSIONS = 8
_WHOLE = {f"INT{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)}
_WHOLE |= {f"UINT{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)}
_REAL = {"FP16": 65_504.0, "FP32": 3.4028235e38, "FP64": sys.float_info.max}
_NOT_OFFERED = ("shared_memory_region", "classification")  # extensions of Triton's, which change what the data are


class _Tensor(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: Any = msgspec.UNSET
    parameters: dict[str, Any] | None = None


class _Wanted(msgspec.Struct):
    name: str
    parameters: dict[str, Any] | None = None


class _Infer(msgspec.Struct):
    inputs: list[_Tensor]
    id: str | None = None
    outputs: list[_Wanted] | None = None
    parameters: dict[str, Any] | None = None


class OpenInference:
    """Version 2 of the protocol; the model goes by its name, with or without a version."""

    name, weight = "open_inference", 300

    def routes(self, service: Service, environment: Mapping[str, str]) -> list[Route]:
        """Return all below /v2; nothing of it is named by the environment."""
        return _routes(service)

    def refuse(self, refusal: Refusal) -> Response:
        """Say why as the protocol wants it: ``{"error": "one sentence"}``."""
        fault = refusal.fault
        said = f"{fault.message} (hint: {fault.hint})" if fault.hint else fault.message
        return json_response({"error": said}, refusal.status, refusal.headers)


def _routes(service: Service) -> list[Route]:

    def check(arguments: Sequence[str]) -> ServedRelease:
        champion = service.champion
        if arguments and arguments[0] != champion.name:
            raise _unknown("model", arguments[0], champion.name)
        if len(arguments) > 1 and arguments[1] != str(champion.version):
            raise _unknown("version", arguments[1], str(champion.version))
        return champion

    async def infer(request: Request) -> Response:
        text, binary = split_body(request.body, request.headers.get(HEADER))
        asked = decoded(text, _Infer, _HINT)
        champion = check(request.arguments)
        wanted = _requested_outputs(asked, [name for name, _, _ in _outputs(champion)])
        service.check_size(max((tensor.shape[0] for tensor in asked.inputs if tensor.shape), default=0))
        rows = _rows([_Values(tensor, i, binary) for i, tensor in enumerate(asked.inputs)], champion.columns)
        binary.end()
        ids = None if asked.id is None else numbered_ids(asked.id, len(rows))
        outcomes = await service.predict(rows, ids, OIP, True)
        answers = predictions_of(outcomes)
        tensors = _tensors(answers, champion)
        told: dict[str, Any] = {"model_name": champion.name, "model_version": str(answers[0].version)}
        if asked.id is not None:
            told["id"] = asked.id
        told["parameters"] = {"prediction_ids": [f"{o.id:016x}" for o in outcomes if isinstance(o, StoredPrediction)]}
        chosen = [tensor for tensor in tensors if tensor["name"] in wanted]
        parts = [_pack(tensor) for tensor in chosen if wanted[tensor["name"]]]
        told["outputs"] = chosen
        response = json_response(told)
        if not any(parts):
            return response
        length = {HEADER: str(len(response.body))}
        return Response(200, b"".join([response.body, *parts]), "application/octet-stream", length)

    async def about(request: Request) -> Response:
        champion = check(request.arguments)
        inputs = [{"name": c.name, "datatype": _datatype(c), "shape": [-1]} for c in champion.columns]
        outputs = [{"name": n, "datatype": d, "shape": s} for n, d, s in _outputs(champion)]
        described = {"name": champion.name, "versions": [str(champion.version)], "platform": "journeyman"}
        return json_response(described | {"inputs": inputs, "outputs": outputs})

    async def ready(request: Request) -> Response:
        champion = check(request.arguments)
        trouble = await service.health()
        body: dict[str, Any] = {"ready": not trouble}
        if request.arguments:
            body = {"name": champion.name, **body}
        return json_response(body, 503 if trouble else 200)

    async def live(request: Request) -> Response:
        return json_response({"live": True})

    async def server(request: Request) -> Response:
        return json_response({"name": "journeyman", "version": __version__, "extensions": ["binary_tensor_data"]})

    def get(path: str, handler: Callable[..., Any], summary: str, right: Permission | None = None) -> Route:
        return Route("GET", path, handler, right, OIP, operation(summary, error=_ERROR))

    def post(path: str) -> Route:
        described = operation("Predict rows", _SCHEMA, error=_ERROR)
        return Route("POST", path, infer, Permission.PREDICT, OIP, described)

    return [
        get("/v2", server, "The server"),
        get("/v2/health/live", live, "Whether the server runs"),
        get("/v2/health/ready", ready, "Whether predictions can be recorded"),
        get("/v2/models/{model}", about, "The model's tensors", Permission.PREDICT),
        get("/v2/models/{model}/ready", ready, "Whether the model answers"),
        post("/v2/models/{model}/infer"),
        get("/v2/models/{model}/versions/{version}", about, "A version's tensors", Permission.PREDICT),
        get("/v2/models/{model}/versions/{version}/ready", ready, "Whether a version answers"),
        post("/v2/models/{model}/versions/{version}/infer"),
    ]


def _requested_outputs(asked: _Infer, known: Sequence[str]) -> dict[str, bool]:
    """Return the names of wanted outputs, each with whether its values are to come as raw bytes."""
    usual = flag(asked.parameters or {}, "binary_data_output")
    if not asked.outputs:
        return dict.fromkeys(known, usual)
    for output in asked.outputs:
        if output.name not in known:
            raise _bad("outputs", output.name[:60], f"one of {', '.join(known)}")
        _check_offered(output.parameters, f"outputs[{output.name}]")
    return {output.name: flag(output.parameters or {}, "binary_data", usual) for output in asked.outputs}


def _check_offered(parameters: Mapping[str, Any] | None, field: str) -> None:
    for name in _NOT_OFFERED:
        if name in (parameters or {}):
            raise _bad(field, name, "nothing of what is not offered here")


def _pack(tensor: dict[str, Any]) -> bytes:
    """Return the values of a tensor as raw bytes, and put their size in their place; nothing where that cannot be."""
    content = packed(tensor["data"], tensor["datatype"])
    if content is None:
        return b""
    del tensor["data"]
    tensor["parameters"] = {SIZE: len(content)}
    return content


class _Values:
    """A tensor with its values, which stand in it or behind the JSON."""

    def __init__(self, tensor: _Tensor, position: int, binary: BinaryPart) -> None:
        self.name, self.shape = tensor.name, tensor.shape
        self.flat = _values(tensor, position, binary)


def _rows(tensors: Sequence[_Values], columns: Sequence[Column]) -> list[Row]:
    """Return rows from one tensor a column, or from one tensor of all columns in the model's order."""
    if not tensors:
        raise _bad("inputs", "nothing", "a tensor for each column")
    names = [column.name for column in columns]
    first = tensors[0]
    if len(tensors) == 1 and len(first.shape) == 2 and first.name not in names:
        values = first.flat
        rows, width = first.shape
        if width != len(names):
            raise _bad("inputs[0].shape", str(first.shape), f"[rows, {len(names)}], in the order of the columns")
        return [dict(zip(names, values[row * width : (row + 1) * width], strict=True)) for row in range(rows)]
    length = first.shape[0] if first.shape else 0
    read: dict[str, list[Any]] = {}
    for position, tensor in enumerate(tensors):
        if tensor.shape not in ([length], [length, 1]):
            raise _bad(f"inputs[{position}].shape", str(tensor.shape[:6]), f"[{length}], one value a row")
        if tensor.name in read:
            raise _bad(f"inputs[{position}].name", tensor.name[:60], "each name once")
        read[tensor.name] = tensor.flat
    return [dict(zip(read, values, strict=True)) for values in zip(*read.values(), strict=True)]


def _values(tensor: _Tensor, position: int, binary: BinaryPart) -> list[Any]:
    if not all(0 <= size <= _LARGEST for size in tensor.shape) or len(tensor.shape) > _MOST_DIMENSIONS:
        raise _bad(f"inputs[{position}].shape", str(tensor.shape[:6])[:60], "sizes of rows and columns, from 0 on")
    fits = _FITS.get(tensor.datatype)
    if fits is None:
        raise _bad(f"inputs[{position}].datatype", tensor.datatype[:60], f"one of {', '.join(sorted(_FITS))}")
    _check_offered(tensor.parameters, f"inputs[{position}]")
    if SIZE in (tensor.parameters or {}):
        assert tensor.parameters is not None  # it holds the size
        if tensor.data is not msgspec.UNSET:
            raise _bad(f"inputs[{position}]", f"data and {SIZE}", "one of them")
        flat = binary.take(tensor.datatype, tensor.parameters[SIZE], f"inputs[{position}]")
    elif tensor.data is msgspec.UNSET:
        raise _bad(f"inputs[{position}]", "no data", f"data, or {SIZE} and the values behind the JSON")
    else:
        flat = _flattened(tensor.data, tensor.shape, f"inputs[{position}].data")
    size = math.prod(tensor.shape)
    if len(flat) != size:
        raise _bad(
            f"inputs[{position}].data", f"{len(flat)} values", f"{size} values, as shape {tensor.shape[:6]} says"
        )
    for value in flat:
        if value is not None and not fits(value):
            raise _bad(f"inputs[{position}].data", repr(value)[:60], f"values of {tensor.datatype}")
    return flat


def _flattened(data: Any, shape: Sequence[int], field: str) -> list[Any]:
    """Return values in the order of rows; where they are nested, as their shape says, which else would lie."""
    if not isinstance(data, list):
        raise _bad(field, repr(data)[:60], "a list of values")
    if not any(isinstance(value, list) for value in data):
        return data
    values, found = data, [len(data)]
    while values and all(isinstance(value, list) for value in values):
        found.append(len(values[0]))
        if len(found) > _MOST_DIMENSIONS or any(len(value) != found[-1] for value in values):
            raise _bad(field, "lists of several lengths", f"values of shape {list(shape[:6])}")
        values = [one for value in values for one in value]
    if [size for size in found if size != 1] != [size for size in shape if size != 1]:
        raise _bad(field, f"lists of shape {found}", f"values of shape {list(shape[:6])}, row by row")
    return values


def _whole(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _real(largest: float) -> Callable[[object], bool]:
    # what is infinite comes as text, and its row is refused by its column
    def fits(value: object) -> bool:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -largest <= value <= largest
        return is_infinite(value)

    return fits


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


_FITS: dict[str, Callable[[object], bool]] = {
    **{name: _whole(low, high) for name, (low, high) in _WHOLE.items()},
    **{name: _real(largest) for name, largest in _REAL.items()},
    "BYTES": _is_text,
    "BOOL": _is_flag,
}


def _outputs(release: ServedRelease) -> list[tuple[str, str, list[int]]]:
    task = release.task
    if not task.labels:
        several = [("outputs", "FP64", [-1, len(task.output_names)])] if task.output_names else []
        return [("predict", "FP64", [-1]), *several]
    kinds = {"int": "INT64", "float": "FP64", "bool": "BOOL"}
    return [("predict", kinds.get(task.label_types, "BYTES"), [-1]), ("predict_proba", "FP64", [-1, len(task.labels)])]


def _tensors(answers: Sequence[Answer], release: ServedRelease) -> list[dict[str, Any]]:
    tensors = []
    for name, datatype, shape in _outputs(release):
        if name == "predict":
            data: list[Any] = [answer.prediction for answer in answers]
        elif name == "outputs":  # in the order of the task's names; a row without a prediction has none of them
            data = [answer.outputs.get(output) for answer in answers for output in release.task.output_names]
        else:
            data = [p for answer in answers for p in answer.probabilities.values()]
        tensors.append({"name": name, "datatype": datatype, "shape": [len(answers), *shape[1:]], "data": data})
    return tensors


def _datatype(column: Column) -> str:
    if column.kind is Kind.BOOLEAN:
        return "BOOL"
    return "FP64" if column.kind.numeric else "BYTES"


def _bad(field: str, found: str, wanted: str) -> Refusal:
    return Refusal(400, Fault("bad request", f"{field}: found {found}, wanted {wanted}", field, found, wanted, _HINT))


def _unknown(what: str, found: str, wanted: str) -> Refusal:
    return Refusal(
        404, Fault("not found", f"no {what} {found[:100]!r} answers here, but {wanted!r}", what, found[:100], wanted)
    )


_ERROR: dict[str, Any] = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 190},
        "inputs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                    "datatype": {"enum": ["BOOL", "BYTES", *sorted(_WHOLE), *sorted(_REAL)]},
                    "data": {"type": "array", "items": {}},
                    "parameters": {"type": "object"},
                },
                "required": ["name", "shape", "datatype"],
            },
        },
        "outputs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "parameters": {"type": "object"}},
                "required": ["name"],
            },
        },
        "parameters": {"type": "object"},
    },
    "required": ["inputs"],
}
