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
    finding = {"type": "record", "name": "Finding", "fields": [_avro_field(n) for n in ("code", "column", "message")]}
    numbers: dict[str, Any] = {"type": "map", "values": "double"}
    fields = [
        _avro_field("id"),
        _avro_field("model"),
        _avro_field("version", "int"),
        _avro_field("part"),
        {**_avro_field("prediction", ["null", value]), "default": None},
        {**_avro_field("probabilities", numbers), "default": {}},
        {**_avro_field("interval", {"type": "array", "items": "double"}), "default": []},
        {**_avro_field("labels", {"type": "array", "items": value}), "default": []},
        {**_avro_field("coverage", ["null", "double"]), "default": None},
        {**_avro_field("findings", {"type": "array", "items": finding}), "default": []},
        {**_avro_field("outputs", numbers), "default": {}},
    ]
    return {"type": "record", "name": "Prediction", "namespace": "journeyman", "fields": fields}


def _avro_field(name: str, kind: Any = "string") -> dict[str, Any]:
    return {"name": name, "type": kind}


def _proto(value: str) -> Any:
    """Return what a compiler would make of the text."""
    one, many, kind = "LABEL_OPTIONAL", "LABEL_REPEATED", f"TYPE_{value.upper()}"

    def field(number: int, name: str, kind: str = "TYPE_STRING", label: str = one) -> dict[str, Any]:
        # the library's own JSON names, as a compiler writes them
        return {"name": name, "number": number, "type": kind, "label": label, "jsonName": name}

    def optional(number: int, name: str, kind: str, place: int) -> dict[str, Any]:
        return {**field(number, name, kind), "proto3Optional": True, "oneofIndex": place}

    def messages(number: int, name: str, of: str) -> dict[str, Any]:
        return {**field(number, name, "TYPE_MESSAGE", many), "typeName": f".journeyman.Prediction.{of}"}

    def numbers(number: int, name: str) -> dict[str, Any]:
        return messages(number, name, f"{name.capitalize()}Entry")

    def entry(name: str) -> dict[str, Any]:
        pair = [field(1, "key"), field(2, "value", "TYPE_DOUBLE")]
        return {"name": f"{name}Entry", "field": pair, "options": {"mapEntry": True}}

    finding = {"name": "Finding", "field": [field(1, "code"), field(2, "column"), field(3, "message")]}
    fields = [
        field(1, "id"),
        field(2, "model"),
        field(3, "version", "TYPE_INT32"),
        field(4, "part"),
        optional(5, "prediction", kind, 0),
        numbers(6, "probabilities"),
        field(7, "interval", "TYPE_DOUBLE", many),
        field(8, "labels", kind, many),
        optional(9, "coverage", "TYPE_DOUBLE", 1),
        messages(10, "findings", "Finding"),
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
