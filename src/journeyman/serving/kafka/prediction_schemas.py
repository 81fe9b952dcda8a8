"""The schemas that predictions are written in where the user gives none."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import descriptor_pb2, json_format

from journeyman.entities.task import Task
from journeyman.serving.kafka.codecs import AvroCodec, Codec, ProtobufCodec, descriptors_of

__all__ = ["prediction_schema"]

_AVRO = {"str": "string", "int": "long", "float": "double", "bool": "boolean"}
_PROTO = {"str": "string", "int": "int64", "float": "double", "bool": "bool"}
_TEXT = """syntax = "proto3";
package journeyman;

message Prediction {
  message Finding {
    string code = 1;
    string column = 2;
    string message = 3;
  }
  string id = 1;
  string model = 2;
  int32 version = 3;
  string part = 4;
  optional VALUE prediction = 5;
  map<string, double> probabilities = 6;
  repeated double interval = 7;
  repeated VALUE labels = 8;
  optional double coverage = 9;
  repeated Finding findings = 10;
  map<string, double> outputs = 11;
}
"""


def prediction_schema(kind: str, task: Task) -> tuple[str, Codec]:
    """Return the schema of a task's predictions as a registry takes it, and what writes it.

    Parameters
    ----------
    kind : str
        "AVRO" or "PROTOBUF".

    Examples
    --------
    >>> text, codec = prediction_schema("AVRO", Task("price", "regression", "rmse"))
    >>> made = codec.write({"id": "ff", "model": "m", "version": 1, "part": "champion", "prediction": 1.5})
    >>> codec.read(made)["prediction"], codec.read(made)["interval"]
    (1.5, [])
    """
    value = task.label_types if task.labels else "float"
    if kind == "AVRO":
        text = json.dumps(_avro(_AVRO[value]))
        return text, AvroCodec(text)
    pool = descriptors_of([_proto(_PROTO[value])])
    return _TEXT.replace("VALUE", _PROTO[value]), ProtobufCodec(pool.FindMessageTypeByName("journeyman.Prediction"))


def _avro(value: str) -> dict[str, Any]:
    finding = {"type": "record", "name": "Finding", "fields": [_named(n) for n in ("code", "column", "message")]}
    numbers: dict[str, Any] = {"type": "map", "values": "double"}
    fields = [
        _named("id"),
        _named("model"),
        _named("version", "int"),
        _named("part"),
        {**_named("prediction", ["null", value]), "default": None},
        {**_named("probabilities", numbers), "default": {}},
        {**_named("interval", {"type": "array", "items": "double"}), "default": []},
        {**_named("labels", {"type": "array", "items": value}), "default": []},
        {**_named("coverage", ["null", "double"]), "default": None},
        {**_named("findings", {"type": "array", "items": finding}), "default": []},
        {**_named("outputs", numbers), "default": {}},
    ]
    return {"type": "record", "name": "Prediction", "namespace": "journeyman", "fields": fields}


def _named(name: str, kind: Any = "string") -> dict[str, Any]:
    return {"name": name, "type": kind}


def _proto(value: str) -> Any:
    """Return what a compiler would make of the text."""
    one, many, kind = "LABEL_OPTIONAL", "LABEL_REPEATED", f"TYPE_{value.upper()}"

    def field(number: int, name: str, kind: str = "TYPE_STRING", label: str = one, **more: Any) -> dict[str, Any]:
        # the library's own JSON names, as a compiler writes them
        return {"name": name, "number": number, "type": kind, "label": label, "jsonName": name, **more}

    def numbers(number: int, name: str) -> dict[str, Any]:
        return field(number, name, "TYPE_MESSAGE", many, typeName=f".journeyman.Prediction.{name.capitalize()}Entry")

    def entry(name: str) -> dict[str, Any]:
        pair = [field(1, "key"), field(2, "value", "TYPE_DOUBLE")]
        return {"name": f"{name}Entry", "field": pair, "options": {"mapEntry": True}}

    finding = {"name": "Finding", "field": [field(1, "code"), field(2, "column"), field(3, "message")]}
    fields = [
        field(1, "id"),
        field(2, "model"),
        field(3, "version", "TYPE_INT32"),
        field(4, "part"),
        field(5, "prediction", kind, proto3Optional=True, oneofIndex=0),
        numbers(6, "probabilities"),
        field(7, "interval", "TYPE_DOUBLE", many),
        field(8, "labels", kind, many),
        field(9, "coverage", "TYPE_DOUBLE", proto3Optional=True, oneofIndex=1),
        field(10, "findings", "TYPE_MESSAGE", many, typeName=".journeyman.Prediction.Finding"),
        numbers(11, "outputs"),
    ]
    message = {
        "name": "Prediction",
        "field": fields,
        "nestedType": [finding, entry("Probabilities"), entry("Outputs")],
        "oneofDecl": [{"name": "_prediction"}, {"name": "_coverage"}],
    }
    made = {"name": "prediction.proto", "package": "journeyman", "syntax": "proto3", "messageType": [message]}
    return json_format.ParseDict(made, descriptor_pb2.FileDescriptorProto())
